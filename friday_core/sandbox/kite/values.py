"""What the parts of the Kite sandbox tell each other: instruments, prints, quotes.

A price is a whole number of units of ``10**-decimals`` of its instrument, as Kite's socket sends it: two decimals,
four for BCD and NCO, seven for CDS. ``ts`` is the market's time and ``wall`` the wall clock's, both in microseconds
UTC.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import msgspec

#: India has not changed its clocks since 1945.
IST = dt.timezone(dt.timedelta(hours=5, minutes=30), "IST")
SECOND = 1_000_000
#: Segments by the last byte of a token, with the decimals of their prices (reference: Kite Connect v3, WebSocket).
DECIMALS = {1: 2, 2: 2, 3: 7, 4: 2, 5: 2, 6: 4, 7: 2, 8: 2, 9: 2, 12: 4}
INDICES = 9


class Listed(msgspec.Struct, frozen=True):
    """One row of the instrument list of a day; ``tick`` and ``strike`` are in price units, ``lot`` 0 does not trade."""

    token: int
    exchange: str
    symbol: str
    name: str
    segment: str
    kind: str
    tick: int
    lot: int
    expiry: dt.date | None = None
    strike: int = 0
    isin: str = ""

    @property
    def key(self) -> str:
        """As quotes name it: ``NSE:INFY``."""
        return f"{self.exchange}:{self.symbol}"

    @property
    def exchange_token(self) -> int:
        return self.token >> 8

    @property
    def decimals(self) -> int:
        return DECIMALS.get(self.token & 0xFF, 2)

    @property
    def is_index(self) -> bool:
        return self.token & 0xFF == INDICES

    def units(self, rupees: float) -> int:
        """A price of a form or of JSON in price units, to the nearest."""
        return round(rupees * 10.0**self.decimals)

    def rupees(self, units: int) -> float:
        """A price as JSON has it."""
        return units / 10.0**self.decimals


class Print(NamedTuple):
    """What traded in the market; a bar is four of them, with its volume among them."""

    ts: int
    token: int
    price: int
    quantity: int


class Level(NamedTuple):
    """One row of the market depth."""

    price: int
    quantity: int
    orders: int


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that may be seen of one instrument at ``ts``; OHLC are the day's, ``close`` that of the day before.

    ``ts`` is the exchange's stamp: when it last changed. Depth has five levels a side at most, the best one first;
    a side without anybody is empty.
    """

    token: int
    ts: int
    last_trade_ts: int
    last_price: int
    last_quantity: int
    average_price: int
    volume: int
    buy_quantity: int
    sell_quantity: int
    open: int
    high: int
    low: int
    close: int
    oi: int
    oi_high: int
    oi_low: int
    lower_limit: int
    upper_limit: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
