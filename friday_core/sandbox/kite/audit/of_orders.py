"""Findings about orders: sent twice, lost from sight, repeated although refused, and left at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from friday_core.sandbox.kite.audit.finding import Finding, Rule
from friday_core.sandbox.kite.audit.story import Asked, Held, Holding, Ordered, Story, holding, traded
from friday_core.sandbox.kite.values import SECOND

#: Whoever has looked that long, and so often, may send an order again.
_PATIENCE, _LOOKS = 10 * SECOND, 3
#: So long after the last line nobody can be blamed for what is still to come.
_GRACE = 10 * SECOND
#: The same order later than that is another decision.
_MEMORY = 30 * SECOND
#: So long it takes to hear of a rejection.
_HEARING = SECOND


def duplicates(story: Story) -> Iterator[Finding]:
    """Orders that stand, of which one was sent because the fate of the other was not known."""
    placed = [one for one in story.asked if one.places]
    for place, doubtful in enumerate(placed):
        first = _standing(story, doubtful)
        again = next((one for one in placed[place + 1 :] if one.kind == doubtful.kind), None)
        if not doubtful.in_doubt or first is None or again is None:
            continue
        second = _standing(story, again)
        patient = (
            again.wall - doubtful.wall >= _PATIENCE and len(story.looked(doubtful.line, again.line)) >= _LOOKS
        )  # fmt: skip
        if second is None or story.seen(first, again, doubtful) or patient:
            continue
        words = f"{_named(again)} was sent again while nobody knew whether it stood, and it stands twice"
        yield Finding(Rule.DUPLICATES, words, (doubtful.line, first.line, again.line, second.line))


def lost_orders(story: Story) -> Iterator[Finding]:
    """Requests about orders whose outcome the client never learned, because it did not look."""
    over = story.lines[-1].number + 1 if story.lines else 0
    for doubtful in story.asked:
        if not (doubtful.changes_orders and doubtful.in_doubt):
            continue
        order = _standing(story, doubtful)
        repeated = next((one for one in story.asked if doubtful.places and _repeats(one, doubtful)), None)
        again = over if repeated is None else repeated.line
        if story.looked(doubtful.line, again):
            continue
        # Of an update nobody knows whether it was read: whoever sends the very same again did not.
        if order is not None and order.told and (repeated is None or repeated.exact != doubtful.exact):
            continue
        if again == over and story.ended is None and story.last_wall - doubtful.wall < _GRACE:
            continue
        what = _named(doubtful) if doubtful.places else f"{doubtful.method} {doubtful.path}"
        until = "it was sent again" if again != over else "the end"
        proof = (doubtful.line, doubtful.answered, again if again != over else 0)
        words = f"the outcome of {what} was not known, and the book not looked at until {until}"
        yield Finding(Rule.LOST_ORDERS, words, tuple(line for line in proof if line))


def repeated_refusals(story: Story) -> Iterator[Finding]:
    """Orders that were refused or rejected, and then sent once more as they were."""
    placed = [one for one in story.asked if one.places]
    for place, one in enumerate(placed):
        order = story.orders.get(story.came_of.get(one.line, ""))
        if one.refused:
            proof, known = one.answered, one.answered_wall
        elif order is not None and order.rejected:
            proof, known = order.rejected, order.rejected_wall + _HEARING
        else:
            continue
        again = next((late for late in placed[place + 1 :] if late.exact == one.exact and late.wall >= known), None)
        if again is not None and again.wall - known < _MEMORY:
            words = f"{_named(one)} was refused, and sent again as it was"
            yield Finding(Rule.REPEATED_REFUSALS, words, (one.line, proof, again.line))


def end_state(story: Story) -> Iterator[Finding]:
    """What is left of the client's own orders and positions; those of somebody else are none of its business."""
    end = story.ended
    mine = {number: one for number, one in story.orders.items() if one.owner != "external"}
    for number, one in mine.items():
        if one.is_open:
            words = f"order {number} ({' '.join(one.kind)}) is {one.row.get('status')}"
            yield Finding(Rule.END_STATE, words, (one.line, *((end.number,) if end else ())))
    held: Held = Counter()
    proof: dict[Holding, list[int]] = {}
    for trade in story.trades:
        if str(trade.line.get("order_id")) in mine:
            held[holding(trade.line)] += traded(trade.line)
            proof.setdefault(holding(trade.line), []).append(trade.number)
    for key, quantity in held.items():
        if quantity:
            yield Finding(Rule.END_STATE, f"{quantity:+d} {':'.join(key[:2])} {key[2]} is held", tuple(proof[key]))


def _standing(story: Story, asked: Asked) -> Ordered | None:
    """The order that came of a request, unless it was rejected."""
    order = story.orders.get(story.came_of.get(asked.line, ""))
    return None if order is None or order.rejected else order


def _repeats(one: Asked, earlier: Asked) -> bool:
    return one.places and one.line > earlier.line and one.kind == earlier.kind


def _named(asked: Asked) -> str:
    exchange, symbol, side, quantity = asked.kind
    return f"{side} {quantity} {exchange}:{symbol}"
