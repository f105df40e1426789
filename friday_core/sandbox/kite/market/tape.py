"""Where prices come from: rows of bars or of ticks, and the prints that they stand for."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.sandbox.kite.values import Listed

#: Open interest of a tick that does not tell it.
UNTOLD = -1


class Tick(NamedTuple):
    """A print; ``quantity`` 0 is a price without a trade, as of an index. Arrays of prints have its columns."""

    ts: int
    price: int
    quantity: int
    oi: int


class Row(NamedTuple):
    """A bar; ``first`` and ``last`` are when its first and its last print stand, the same of a single tick.

    Arrays of rows have its columns.
    """

    first: int
    last: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    oi: int


class Tape(Protocol):
    """What trades in the market, whenever it is asked, in any process and in whatever pieces the same.

    Whoever asks for more than may be known at a time leaves it unseen: ``Market`` does.
    """

    def prints(self, listed: Listed, after: int, upto: int) -> Int64:
        """Prints later than ``after`` and not later than ``upto`` in the order of time."""
        ...

    def rows(self, listed: Listed, first: int, last: int) -> Int64:
        """Rows whose last print is not before ``first`` and not after ``last``; ``prints`` has theirs."""
        ...

    def last(self, listed: Listed, ts: int) -> Tick | None:
        """The last print up to ``ts``; ``None`` before the first."""
        ...


def no_rows() -> Int64:
    return np.empty((0, len(Row._fields)), np.int64)


def no_prints() -> Int64:
    return np.empty((0, len(Tick._fields)), np.int64)


def between(prints: Int64, after: int, upto: int) -> Int64:
    """Of prints in the order of time those later than ``after`` and not later than ``upto``."""
    start, end = np.searchsorted(prints[:, 0], [after, upto], "right")
    return prints[start:end]


def last_of(prints: Int64) -> Tick | None:
    """The last of prints in the order of time."""
    return Tick(*prints[-1].tolist()) if len(prints) else None


def prints_of(rows: Int64) -> Int64:
    """Open, low and high, close: of low and high the one nearer to the open first, a third of the time between each.

    Each has a quarter of the volume, the close what is left. The close stands at the end, when it is known for
    certain. A row without length is one print.
    """
    first, last, opened, high, low, close, volume, oi = rows.T
    is_bar = first < last
    low_first = opened - low <= high - opened
    near, far = np.where(low_first, low, high), np.where(low_first, high, low)
    third, quarter = (last - first) // 3, np.where(is_bar, volume // 4, 0)
    untold = np.full(len(rows), UNTOLD)
    prints = np.array(
        [
            [first, first + third, first + 2 * third, last],
            [opened, near, far, close],
            [quarter, quarter, quarter, volume - 3 * quarter],
            [untold, untold, untold, oi],
        ]
    )
    there = np.stack([is_bar, is_bar, is_bar, np.ones(len(rows), np.bool_)], axis=1)
    told: Int64 = prints.transpose(2, 1, 0)[there]
    return told
