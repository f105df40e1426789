"""Findings about requests: too many of them, malformed ones, and those with a token that is dead."""

from __future__ import annotations

from collections.abc import Iterator

from friday_core.sandbox.kite.audit.finding import Finding, Rule
from friday_core.sandbox.kite.audit.story import Asked, Story
from friday_core.sandbox.kite.faults.fault import Do

#: Requests with a dead token until somebody must have noticed; orders among them.
_USES, _ORDERS = 5, 1
_LOGIN = ("/session", "/connect")


def rates(story: Story) -> Iterator[Finding]:
    """Answers of 429 that no fault asked for: in a time to cool down that one began they are the client's own."""
    for one in story.asked:
        if one.code == 429 and Do.RATE_LIMITED not in one.faults and Do.ERROR not in one.faults:
            yield Finding(Rule.RATES, f"too many requests: {one.method} {one.path}", (one.line, one.answered))
    faults = [one.number for one in story.lines if one.line.get("do") == Do.REFUSE_SOCKET]
    for socket in story.lines:
        if socket.line.get("what") == "refused" and socket.line.get("code") == 429:
            if faults and faults[0] < socket.number:
                faults.pop(0)
            else:
                yield Finding(Rule.RATES, "too many sockets", (socket.number,))


def invalid_requests(story: Story) -> Iterator[Finding]:
    """Requests that nobody should send: malformed, against a rule that is known beforehand, or of no route."""
    for one in story.asked:
        wrong = one.error_type == "InputException" or one.code in (404, 405)
        if wrong and not {Do.ERROR, Do.ERROR_AFTER} & one.faults.keys() and not one.in_doubt:
            words = f"{one.method} {one.path}: {one.message or one.code}"
            yield Finding(Rule.INVALID_REQUESTS, words, (one.line, one.answered))


def dead_token(story: Story) -> Iterator[Finding]:
    """Requests and handshakes without a token that lives, from its death to the next one that does."""
    asked = {one.line: one for one in story.asked if not one.path.startswith(_LOGIN)}
    spell: list[int] = []
    orders: list[int] = []
    for numbered in [*story.lines, None]:
        one = asked.get(numbered.number) if numbered else None
        if numbered is None or (one is not None and one.token_ok):
            yield from _of_spell(spell, orders)
            spell, orders = [], []
        elif one is not None or _is_dead_handshake(numbered.line):
            spell.append(numbered.number)
            orders += [numbered.number] if one is not None and _is_order(one) else []


def _of_spell(spell: list[int], orders: list[int]) -> Iterator[Finding]:
    if len(spell) > _USES:
        yield Finding(Rule.DEAD_TOKEN, f"a dead token was used {len(spell)} times", tuple(spell))
    if len(orders) > _ORDERS:
        yield Finding(Rule.DEAD_TOKEN, f"{len(orders)} orders were sent with a dead token", tuple(orders))


def _is_dead_handshake(line: object) -> bool:
    return isinstance(line, dict) and line.get("what") == "refused" and line.get("code") == 403


def _is_order(one: Asked) -> bool:
    return one.changes_orders or (one.method != "GET" and one.path.startswith("/gtt"))
