"""Findings about sockets: not connected again in time, and orders while no tick came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from friday_core.sandbox.kite.audit.finding import Finding, Rule
from friday_core.sandbox.kite.audit.story import Asked, Held, Numbered, Story, holding, traded
from friday_core.sandbox.kite.faults.fault import Do
from friday_core.sandbox.kite.values import SECOND

_BACK_WITHIN = 30 * SECOND
_DEAD_AFTER = 10 * SECOND
_RANK = {"": 0, "ltp": 1, "quote": 2, "full": 3}
#: Codes of a close that somebody wished; without a code it was not.
_WISHED = frozenset({1000, 1001, 1005})
_EVER = 1 << 62


@dataclass
class _Socket:
    """What an open socket is to send, and until when it sends nothing."""

    modes: dict[int, str] = field(default_factory=dict)
    silent_until: int = 0


@dataclass
class _Sockets:
    """Those that are open, and since when nothing has come from any of them (-1: something comes, or none is used)."""

    open: dict[int, _Socket] = field(default_factory=dict)
    stopped: bool = False
    silent_since: int = -1
    silent_line: int = 0

    @property
    def modes(self) -> Mapping[int, str]:
        return {token: mode for one in self.open.values() for token, mode in one.modes.items()}

    def take(self, one: Numbered) -> dict[int, str]:
        """What a line does to them; the modes of what broke down by it."""
        broken: dict[int, str] = {}
        kind, what = one.line.get("kind"), one.line.get("what")
        if kind == "start":
            broken = dict(self.modes)
            self.open.clear()
        elif kind == "feed":
            self.stopped = what == "stop"
        elif kind == "socket":
            broken = self._take_socket(one, str(what))
        elif kind == "fault" and one.line.get("do") in (Do.MUTE, Do.STALL) and one.line.get("until"):
            for socket in self.open.values():
                socket.silent_until = int(one.line["until"])
        self._listen(one, lost=bool(broken))
        return broken

    def _take_socket(self, one: Numbered, what: str) -> dict[int, str]:
        number = one.line.get("socket") or 0
        if what == "close":
            gone = self.open.pop(number, _Socket())
            if one.line.get("code") not in _WISHED:
                return gone.modes
            if gone.silent_until <= one.wall and not self.open:
                self.silent_since = -1  # nobody wants ticks any more
            return {}
        socket = self.open.setdefault(number, _Socket()) if number else _Socket()
        if what in ("mute", "stall"):
            socket.silent_until = int(one.line.get("until") or _EVER)
        for token in one.line.get("tokens") or ():
            if what == "unsubscribe":
                socket.modes.pop(token, None)
            elif what in ("subscribe", "mode"):
                socket.modes[token] = one.line.get("mode") or "quote"
        return {}

    def _listen(self, one: Numbered, *, lost: bool) -> None:
        """Keep ``silent_since``: from the moment at which the last socket fell silent to that of the first tick."""
        used = [socket for socket in self.open.values() if socket.modes]
        if any(socket.silent_until <= one.wall for socket in used) and not self.stopped:
            self.silent_since = -1
        elif self.silent_since < 0 and (used or lost):
            self.silent_since, self.silent_line = one.wall, one.number


@dataclass
class _Broken:
    """Subscriptions that a drop took."""

    wall: int
    line: int
    modes: dict[int, str]


def reconnection(story: Story) -> Iterator[Finding]:
    """Drops after which the client went on, without what it had subscribed to, in the modes that it had."""
    sockets, reissued = _Sockets(), 0
    broken: _Broken | None = None
    alive = max((one.wall for one in story.asked), default=0)
    for one in story.lines:
        reissued += one.line.get("do") == Do.REISSUE_TOKEN
        lost = sockets.take(one)
        if lost:
            broken = _Broken(one.wall, one.number, lost | (broken.modes if broken else {}))
        if broken is None:
            continue
        if one.line.get("kind") == "start":
            broken.wall = one.wall
        missing = [t for t, mode in broken.modes.items() if _RANK[sockets.modes.get(t, "")] < _RANK[mode]]
        if len(missing) <= reissued:
            broken = None
        elif one.wall - broken.wall > _BACK_WITHIN and alive > broken.wall + _BACK_WITHIN:
            yield _not_back(broken, missing, one.number)
            broken = None


def dead_feed(story: Story) -> Iterator[Finding]:
    """Orders that open a position, or make it larger, while nothing had come for a while."""
    sockets, held = _Sockets(), Held()
    placed = {one.line: one for one in story.asked if one.places}
    trades = {one.number: one.line for one in story.trades}
    for one in story.lines:
        sockets.take(one)
        if one.number in trades:
            held[holding(trades[one.number])] += traded(trades[one.number])
        asked = placed.get(one.number)
        silent = one.wall - sockets.silent_since
        if asked is None or sockets.silent_since < 0 or silent <= _DEAD_AFTER or not _opens(asked, held):
            continue
        words = f"an order was sent {silent / SECOND:.0f} s after the last tick"
        yield Finding(Rule.DEAD_FEED, words, (sockets.silent_line, one.number))


def _opens(asked: Asked, held: Held) -> bool:
    now, then = held[holding(asked.form)], traded(asked.form)
    return now * then >= 0 or abs(then) > abs(now)


def _not_back(broken: _Broken, missing: list[int], line: int) -> Finding:
    tokens = ", ".join(map(str, missing[:3])) + (", ..." if len(missing) > 3 else "")
    words = f"30 s after a drop there was no subscription to {tokens} in the mode of before"
    return Finding(Rule.RECONNECTION, words, (broken.line, line))
