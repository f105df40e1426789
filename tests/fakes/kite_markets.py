"""Markets by hand: instruments, and a tape of rows that a test writes down."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.sandbox.kite.market.hours import Hours
from friday_core.sandbox.kite.market.listing import Listing
from friday_core.sandbox.kite.market.market import Market
from friday_core.sandbox.kite.market.tape import Row, Tick, between, last_of, no_rows, prints_of
from friday_core.sandbox.kite.values import IST, SECOND, Listed

MINUTE = 60 * SECOND
INFY = Listed(408065, "NSE", "INFY", "INFOSYS", "NSE", "EQ", 5, 1)
SBIN = Listed(779521, "NSE", "SBIN", "STATE BANK OF INDIA", "NSE", "EQ", 5, 1)
NIFTY = Listed(256265, "NSE", "NIFTY 50", "NIFTY 50", "INDICES", "EQ", 0, 0)
FUTURE = Listed(13385474, "NFO", "SBIN26NOVFUT", "SBIN", "NFO-FUT", "FUT", 5, 750, dt.date(2026, 11, 24))


def at(text: str) -> int:
    """``2026-11-20 09:15`` on India's clock."""
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=IST).timestamp()) * SECOND


def bar(start: int, *prices: int, volume: int = 400, oi: int = 0, length: int = MINUTE) -> Row:
    """``prices`` are open, high, low and close."""
    opened, high, low, close = prices
    return Row(start, start + length - 1, opened, high, low, close, volume, oi)


class ByHand:
    """The rows of each instrument, in the order of time."""

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        self._rows = {key: np.array(found, np.int64).reshape(-1, len(Row._fields)) for key, found in rows.items()}

    def prints(self, listed: Listed, after: int, upto: int) -> Int64:
        return between(prints_of(self._of(listed)), after, upto)

    def rows(self, listed: Listed, first: int, last: int) -> Int64:
        rows = self._of(listed)
        return rows[(rows[:, 1] >= first) & (rows[:, 1] <= last)]

    def last(self, listed: Listed, ts: int) -> Tick | None:
        return last_of(self.prints(listed, 0, ts))

    def _of(self, listed: Listed) -> Int64:
        return self._rows.get(listed.key, no_rows())


def market(rows: Mapping[str, Sequence[Row]], now: int, *listed: Listed) -> Market:
    """At ``now``, with INFY, SBIN and the NIFTY 50 if nothing else is listed."""
    listing = Listing(listed or (INFY, SBIN, NIFTY))
    return Market(listing, ByHand(rows), hours(listing.with_derivatives), now, seed=7)


@functools.cache
def hours(with_derivatives: frozenset[str]) -> Hours:
    """Looked up once for all markets."""
    return Hours(with_derivatives)
