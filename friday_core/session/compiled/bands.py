"""Of the rows of a block, the close of the session before: price bands depend on nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Float64, Int64, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.simulation.fill_rules import NO_PRICE
from friday_core.simulation.rows import Closes, Print

#: No price of the kernel's is as large.
_TOO_LARGE = 2.0**62


class Bands:
    """Before the slices of a block what ``closes`` of the matcher would say on them, and then what they leave there."""

    def __init__(self, universe: Universe, closes: Closes) -> None:
        self._universe = universe
        self._closes = closes
        self._prints: list[_Prints] = []

    def bind(self, rows: Chunk) -> Int64:
        """The rows of a block; of each the close of the session before in its prices, ``NO_PRICE`` if there is none."""
        before = np.full(len(rows), NO_PRICE, np.int64)
        self._prints = list(self._found(rows))
        for one in self._prints:
            before[one.rows] = one.before()
        return before

    def catch_up(self, row: int) -> None:
        """The matcher is told of the rows before one."""
        for one in self._prints:
            count = int(np.searchsorted(one.rows, row))
            if count:
                one.tell(self._closes, count)

    def _found(self, rows: Chunk) -> Iterator[_Prints]:
        trades = np.flatnonzero(np.min([rows[name] for name in PRICE_COLUMNS], axis=0) >= 1)
        trades = trades[np.argsort(rows.inst[trades], kind="stable")]
        inst = rows.inst[trades]
        for part in np.split(trades, np.flatnonzero(np.diff(inst)) + 1) if len(trades) else []:
            yield _Prints(self._universe[int(rows.inst[part[0]])].id, rows, part, self._closes)


class _Prints:
    """Of one instrument the rows on which it can trade; before them stands what was known of it."""

    def __init__(self, name: InstrumentId, block: Chunk, rows: Int64, closes: Closes) -> None:
        self._name = name
        self.rows = rows
        latest, self._earlier = closes.latest.get(name), closes.earlier.get(name)
        # Without a print before it, the first row begins no session of which one is known.
        first = latest or Print(int(block["session"][rows[0]]), 0, 1.0)
        self._session: Int64 = np.append(first.session, block["session"][rows].astype(np.int64))
        self._close: Int64 = np.append(first.close, block["close"][rows].astype(np.int64))
        self._factor: Float64 = np.append(first.factor, block["factor"][rows])
        begins = self._session[1:] > self._session[:-1]
        #: Of each row the place of the last print of the session before; -1 where it is what was known.
        self._place = np.maximum.accumulate(np.where(begins, np.arange(len(rows)), -1))

    def before(self) -> Int64:
        """As ``Closes.before``, of each row."""
        earlier, is_here = self._earlier, self._place >= 0
        close, factor = self._close[self._place], self._factor[self._place]
        if earlier is not None:
            close, factor = np.where(is_here, close, earlier.close), np.where(is_here, factor, earlier.factor)
        moved = np.minimum(close * (factor / self._factor[1:]) + 0.5, _TOO_LARGE).astype(np.int64)
        found = np.where(factor == self._factor[1:], close, moved)
        return found if earlier is not None else np.where(is_here, found, NO_PRICE)

    def tell(self, closes: Closes, count: int) -> None:
        """The first rows, so many, were noted."""
        closes.latest[self._name] = self._print(count)
        place = int(self._place[count - 1])
        if place >= 0:
            closes.earlier[self._name] = self._print(place)

    def _print(self, place: int) -> Print:
        return Print(int(self._session[place]), int(self._close[place]), float(self._factor[place]))
