"""What time it is in the paper broker's market: it goes on with the wall clock, also while no process runs."""

from __future__ import annotations

from friday_core.sandbox.paper.book import Book
from friday_core.sandbox.paper.tape import Tape

_TIME, _WALL = "market_time", "market_wall"


class MarketClock:
    """Microseconds UTC. The first order, or ``advance``, says when it begins, and each later one may set it forth.

    Until then it stands before the first bar of a file, and shows the wall clock's time without one. From then on
    it goes ``speed`` times as fast as the wall clock. It never goes back.
    """

    def __init__(self, book: Book, tape: Tape, speed: float) -> None:
        self._book, self._tape, self._speed = book, tape, speed

    def now(self, wall: int) -> int:
        begun = self._book.fact(_TIME)
        if begun:
            return int(begun) + int(max(wall - int(self._book.fact(_WALL)), 0) * self._speed)
        first = self._tape.begin()
        return wall if first is None else first - 1

    def advance(self, ts: int, wall: int) -> int:
        """It is ``ts`` at least; returns what it is now. Inside of a transaction."""
        if self._book.fact(_TIME):
            ts = max(ts, self.now(wall))
        self._book.note(_TIME, ts)
        self._book.note(_WALL, wall)
        return ts
