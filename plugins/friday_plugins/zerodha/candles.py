"""Candles of Kite's history: what may be asked at once, and which of them are finished."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.token_file import IST

SECOND = 1_000_000
MINUTE, DAY = 60 * SECOND, 86_400 * SECOND


class Interval(NamedTuple):
    """Kite's name, the length of a candle in microseconds, and the days of the longest span of a request."""

    kite: str
    length: int
    days: int


#: By Friday's name (spans: Kite Connect v3, historical data).
INTERVALS = {
    "1m": Interval("minute", MINUTE, 60),
    "3m": Interval("3minute", 3 * MINUTE, 100),
    "5m": Interval("5minute", 5 * MINUTE, 100),
    "10m": Interval("10minute", 10 * MINUTE, 100),
    "15m": Interval("15minute", 15 * MINUTE, 200),
    "30m": Interval("30minute", 30 * MINUTE, 200),
    "1h": Interval("60minute", 60 * MINUTE, 400),
    "1d": Interval("day", DAY, 2_000),
}


class Candle(NamedTuple):
    """``begin`` in microseconds UTC, midnight in India of a day; prices in rupees."""

    begin: int
    open: float
    high: float
    low: float
    close: float
    volume: int


def candles(
    account: Zerodha, token: int, interval: Interval, begin: int, end: int, *, deadline: float, continuous: bool = False
) -> list[Candle]:
    """Candles that begin from ``begin`` to just before ``end``, unfinished ones too; in a span that Kite allows.

    Raises as ``account.read``. The client drops the zone of a time, and a date would mean its midnight.
    """
    first, last = (_clock_in_india(one) for one in (begin, end - SECOND))
    rows = account.read("historical_data", token, first, last, interval.kite, continuous, deadline=deadline)
    found = (
        Candle(_moment(row["date"]), row["open"], row["high"], row["low"], row["close"], int(row["volume"]))
        for row in rows
    )
    return sorted({one.begin: one for one in found if begin <= one.begin < end}.values())


def _clock_in_india(moment: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment // SECOND, IST).replace(tzinfo=None)


def _moment(stamp: dt.datetime) -> int:
    aware = stamp if stamp.tzinfo else stamp.replace(tzinfo=IST)
    return int(aware.timestamp()) * SECOND
