"""Returns of calendar months and years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec


class YearOfReturns(msgspec.Struct, frozen=True):
    """``months[0]`` is January; ``None`` for a month without a session. ``total`` compounds them."""

    year: int
    months: tuple[float | None, ...]
    total: float


def monthly_returns(dates: Sequence[dt.date], closes: Sequence[float], start: float) -> list[YearOfReturns]:
    """``last equity of the month / last equity of the month before - 1``; ``start`` stands before the first.

    ``dates`` ascend, one for each of ``closes``. A month whose equity began at or below zero has
    no return. The first and the last month are as long as the run makes them.
    """
    lasts = {(date.year, date.month): close for date, close in zip(dates, closes, strict=True)}
    months: dict[int, list[float | None]] = {}
    totals: dict[int, tuple[float, float]] = {}
    before = start
    for (year, month), close in lasts.items():
        row = months.setdefault(year, [None] * 12)
        row[month - 1] = close / before - 1.0 if before > 0 else None
        totals[year] = (totals.get(year, (before, close))[0], close)
        before = close
    return [
        YearOfReturns(year, tuple(row), end / begin - 1.0 if begin > 0 else 0.0)
        for (year, row), (begin, end) in zip(months.items(), totals.values(), strict=True)
    ]
