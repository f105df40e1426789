"""A block of slices: its bars one after the other, and what each instrument traded on it, by columns."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice

import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, Int64, Universe
from friday_core.domain.market import Bar
from friday_core.flow.align import slice_bounds
from friday_core.flow.coarser import Slices
from friday_core.session.slices import Slice, bars_of


@dataclass(frozen=True, slots=True)
class Traded:
    """The bars of one instrument: the number of each one's slice, and prices in price units."""

    slices: Int64
    high: Int64
    low: Int64


@dataclass(frozen=True, slots=True)
class Closes:
    """The closes of one instrument that are not missing; ``largest`` is the largest of them without its sign.

    ``is_full`` says that each slice of the block has one.
    """

    slices: Int64
    closes: Int64
    largest: int
    is_full: bool

    def mark(self, start: int, number: int, before: int) -> int:
        """The latest close up to slice ``number``; ``before`` where that is older than slice ``start``."""
        if self.is_full:
            return int(self.closes[number])
        place = int(self.slices.searchsorted(number, "right")) - 1
        return int(self.closes[place]) if place >= 0 and self.slices[place] >= start else before

    def marks(self, start: int, stop: int, before: int) -> Int64:
        """The latest close on each slice from ``start`` up to before ``stop``; ``before`` until there is one."""
        if self.is_full:
            return self.closes[start:stop]
        first, last = self.slices.searchsorted((start, stop)).tolist()
        if last - first == stop - start:
            return self.closes[first:last]
        known = self.slices[first:last].searchsorted(np.arange(start, stop), "right")
        return np.concatenate(([before], self.closes[first:last]))[known]


class Block:
    """Slices of which ``at`` is the next one to be stepped. Numbers of slices count from the block's beginning.

    ``first`` is the ordinal of the first slice, ``ts`` and ``sessions`` are times and sessions of all. ``bars`` is at
    the first bar of slice ``at``: bars are made in their order, once, and each stays as it is.
    """

    def __init__(self, slices: Slices, universe: Universe, first: int) -> None:
        self._rows = rows = slices.rows
        self._ends = slice_bounds(rows)
        begins = np.concatenate(([0], self._ends[:-1]))
        self._universe = universe
        self.first = first
        self.at = 0
        self.slices = len(self._ends)
        #: Whether each slice has one bar.
        self.is_single = self.slices == len(rows)
        self.ts: Int64 = rows.ts_event[begins]
        self.sessions: Int64 = rows["session"][begins].astype(np.int64)
        self.bars = bars_of(rows, universe)
        self._changes = [*(np.flatnonzero(np.diff(self.sessions)) + 1).tolist(), self.slices]
        self._traded: dict[int, Traded] = {}
        self._closes: dict[int, Closes] = {}

    def session_end(self, number: int) -> int:
        """The number of the first slice after this one that is of another session."""
        return self._changes[bisect_right(self._changes, number)]

    def session_from(self, session: int | None) -> int:
        """The first slice from the one at hand on that begins this session or a later one; the end if none does."""
        if session is None:
            return self.slices
        later = self.sessions[self.at :] >= session
        return self.at + int(later.argmax()) if later.any() else self.slices

    def take(self) -> tuple[Bar, ...]:
        """The bars of the slice at hand; they can be taken once."""
        if self.is_single:
            return (next(self.bars),)
        begin = int(self._ends[self.at - 1]) if self.at else 0
        return tuple(islice(self.bars, int(self._ends[self.at]) - begin))

    def moment(self, bars: tuple[Bar, ...]) -> Slice:
        """The slice at hand, of its bars."""
        one = bars[0]
        by_instrument = {one.instrument.id: one} if len(bars) == 1 else {bar.instrument.id: bar for bar in bars}
        return Slice(self.first + self.at, one.ts_event, one.session, bars, by_instrument)

    def traded(self, inst: int) -> Traded:
        """The bars of the instrument at a position of the universe."""
        if inst not in self._traded:
            rows = self._places(inst)
            self._traded[inst] = Traded(self._slices(rows), self._rows["high"][rows], self._rows["low"][rows])
        return self._traded[inst]

    def closes(self, inst: int) -> Closes:
        """Its closes."""
        if inst not in self._closes:
            rows = self._places(inst)
            closes = self._rows["close"][rows]
            is_known = closes != MISSING_PRICE
            slices, closes = self._slices(rows)[is_known], closes[is_known]
            largest = max(int(closes.max()), -int(closes.min())) if len(closes) else 0
            self._closes[inst] = Closes(slices, closes, largest, len(closes) == self.slices)
        return self._closes[inst]

    def _places(self, inst: int) -> Int64:
        return np.flatnonzero(self._rows.inst == inst)

    def _slices(self, rows: Int64) -> Int64:
        return rows if self.is_single else self._ends.searchsorted(rows, "right")
