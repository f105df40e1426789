"""Raw prices as they look on a day, adjusted for what was known and in effect by then; and raw again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, PRICES, Array, Float64, Int64
from friday_core.domain.sessions import to_days
from friday_core.market.corporate_actions.announcement import Announcement, by_ex_date, effective, effects

Columns = Mapping[str, Array]
_AVERAGE = "vwap"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """For each row what raw prices are divided by and raw volumes multiplied with.

    The products of exact fractions, rounded once to float64.
    """

    price: Float64
    shares: Float64

    @classmethod
    def of(
        cls, columns: Columns, announcements: Sequence[Announcement], asof: dt.date, *, dividends: bool = False
    ) -> Self:
        """From raw rows of one instrument: ``session`` ascending (days since 1970-01-01), ``close`` in paise.

        Only announcements that are effective by ``asof`` count, dividends only if they are asked
        for. P of a formula is the last positive close before the ex-date. ``DataError`` names a
        dividend that is not below it.
        """
        sessions, closes = columns["session"].astype(np.int64), columns["close"]
        price, shares = np.ones(len(sessions)), np.ones(len(sessions))
        product, split = Fraction(1), Fraction(1)
        end = len(sessions)
        days = list(by_ex_date(effective(announcements, asof, dividends=dividends)))
        for day, ones in reversed(days):
            before = int(np.searchsorted(sessions, to_days(day)))
            price[before:end], shares[before:end] = float(product), float(split)
            for effect in effects(ones, last_close(closes[:before])):
                product, split = product * effect.factor, split * effect.shares
            end = before
        price[:end], shares[:end] = float(product), float(split)
        return cls(price, shares)

    def adjusted(self, columns: Columns) -> dict[str, Array]:
        """Prices divided, ``volume`` multiplied, other columns as they are. Float64, and not rounded."""
        return {name: self._applied(name, values) for name, values in columns.items()}

    def raw(self, columns: Columns) -> dict[str, Array]:
        """What ``adjusted`` was made of: prices below 2**50 paise, and whole volumes, exactly."""
        raw = dict(columns)
        for name in columns.keys() & _PRICED:
            raw[name] = _whole(columns[name] * self.price)
        if "volume" in columns:
            raw["volume"] = np.rint(columns["volume"] / self.shares)
        return raw

    def _applied(self, name: str, values: Array) -> Array:
        if name in _PRICED:
            return np.asarray(values / self.price, np.float64)
        return values * self.shares if name == "volume" else values


_PRICED = frozenset({*PRICE_COLUMNS, *PRICES, _AVERAGE})


def adjusted(
    columns: Columns, announcements: Sequence[Announcement], asof: dt.date, *, dividends: bool = False
) -> dict[str, Array]:
    """The raw rows up to ``asof`` as they looked on that day: see ``Adjustment``.

    The newest rows are raw. To round to paise is the caller's affair, and cannot be undone: 101
    paise after a split of 10 for 1 are 10.1.
    """
    known = columns["session"] <= to_days(asof)
    rows = {name: values[known] for name, values in columns.items()}
    return Adjustment.of(rows, announcements, asof, dividends=dividends).adjusted(rows)


def last_close(closes: Array) -> Fraction | None:
    """The last positive one, in paise; ``None`` if there is none."""
    there = np.flatnonzero(closes > 0)
    return Fraction(closes[there[-1]].item()) if len(there) else None


def _whole(prices: Float64) -> Int64:
    return np.rint(prices).astype(np.int64)
