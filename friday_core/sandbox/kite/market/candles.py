"""Candles as Kite's history has them: open, high, low, close, volume and open interest of equal spans of a session."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.sandbox.kite.market.hours import Hours, day_number, midnight
from friday_core.sandbox.kite.market.tape import UNTOLD, prints_of
from friday_core.sandbox.kite.values import SECOND, Listed

#: Kite's names and their minutes; a day is that of India's clock.
INTERVALS = {
    "minute": 1, "3minute": 3, "5minute": 5, "10minute": 10, "15minute": 15, "30minute": 30, "60minute": 60,
    "day": 1_440,
}  # fmt: skip
DAY = "day"
_USUAL_OPEN = {"CDS": 540, "BCD": 540, "MCX": 540, "NCO": 540}
_SHARES_OPEN = 555
_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _OI = range(2, 8)


class Candle(NamedTuple):
    """``ts`` is when it begins, microseconds UTC; of a day midnight in India."""

    ts: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    oi: int


def candles_of(listed: Listed, hours: Hours, interval: str, rows: Int64, prints: Int64) -> list[Candle]:
    """Of rows and of the prints after them, in the order of time; what stands before the open counts for the day alone.

    A row that is longer than a candle is taken as its prints.
    """
    rows = np.concatenate([rows, _singles(prints)])
    begins = _begins(listed, hours, interval, rows[:, 0])
    across = begins != _begins(listed, hours, interval, rows[:, 1])
    if across.any():
        rows = np.concatenate([rows[~across], _singles(prints_of(rows[across]))])
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        begins = _begins(listed, hours, interval, rows[:, 0])
    inside = begins >= 0
    return _grouped(begins[inside], rows[inside])


def begin_of_candle(interval: str, ts: int) -> int:
    """From where on rows are needed for candles that begin at ``ts`` or later."""
    return midnight(day_number(ts)) if interval == DAY else ts


def _singles(prints: Int64) -> Int64:
    """Prints as rows of one price each."""
    ts, price, quantity, oi = prints.T
    return np.stack([ts, ts, price, price, price, price, quantity, oi], axis=1)


def _begins(listed: Listed, hours: Hours, interval: str, times: Int64) -> Int64:
    """Where the candle of each moment begins; -1 before the open of its day."""
    days = day_number(times)
    if interval == DAY:
        return midnight(days)
    found, where = np.unique(days, return_inverse=True)
    opens = np.array([_open(listed, hours, day) for day in found.tolist()], np.int64)
    since = times - opens[where] if len(found) else times
    width = INTERVALS[interval] * 60 * SECOND
    return np.where(since < 0, -1, times - since % width)


def _open(listed: Listed, hours: Hours, day: int) -> int:
    spans = hours.trading(listed, day)
    if spans:
        return spans[0].open
    return midnight(day) + _USUAL_OPEN.get(listed.exchange, _SHARES_OPEN) * 60 * SECOND


def _grouped(begins: Int64, rows: Int64) -> list[Candle]:
    if not len(rows):
        return []
    first = np.flatnonzero(np.diff(begins, prepend=begins[0] - 1))
    last = np.append(first[1:], len(rows)) - 1
    columns = (
        begins[first],
        rows[first, _OPEN],
        np.maximum.reduceat(rows[:, _HIGH], first),
        np.minimum.reduceat(rows[:, _LOW], first),
        rows[last, _CLOSE],
        np.add.reduceat(rows[:, _VOLUME], first),
        np.maximum(_told(rows[:, _OI])[last], 0),
    )
    return [Candle(*one) for one in zip(*(column.tolist() for column in columns), strict=True)]


def _told(oi: Int64) -> Int64:
    """The last one that was told, at each row."""
    places = np.maximum.accumulate(np.where(oi == UNTOLD, 0, np.arange(len(oi))))
    return oi[places]
