"""How the broker and the exchanges of a sandbox behave, and what a fault has in store for one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

#: Orders without market protection are refused from this day on.
PROTECTED_SINCE = dt.date(2026, 4, 1)
#: Shares with derivatives end their continuous trading at 15:15 from this day on.
AUCTION_SINCE = dt.date(2026, 8, 3)
#: The latest freeze quantities that were read, for days of which the dated facts say nothing.
_FREEZE: Mapping[str, int] = {
    "NIFTY": 1_800, "BANKNIFTY": 600, "FINNIFTY": 1_800, "MIDCPNIFTY": 2_800, "NIFTYNXT50": 600, "SENSEX": 1_000,
    "BANKEX": 900,
}  # fmt: skip


class Fate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a fault has in store for an order, or for one request to modify or cancel it.

    ``reject`` are the exchange's words: the order is REJECTED, the modification NOT MODIFIED. ``parts`` is how many
    trades the order has at most (-1: as many as it takes), of equal size as if one more would fill it. ``stuck`` is
    a status that it does not leave, or only after ``stuck_seconds``. After ``accept_after`` seconds the order is seen
    in the book, or the request does something. ``ignore_cancel`` and ``ignore_modify``: a request is answered well
    and nothing becomes of it. Of the slices of an order the last ``failed_slices`` are refused.
    """

    reject: str = ""
    parts: int = -1
    stuck: str = ""
    accept_after: float = 0.0
    ignore_cancel: bool = False
    ignore_modify: bool = False
    stuck_seconds: float = 0.0
    failed_slices: int = 0


ORDINARY = Fate()


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares that the account has to begin with; ``average`` in rupees."""

    key: str
    quantity: int
    average: float
    t1: int = 0


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Delays are seconds of the wall clock, money is rupees, times of day are IST (``HH:MM``).

    ``validation``, ``routing``, ``exchange`` pass before an order leaves PUT ORDER REQ RECEIVED, VALIDATION PENDING
    and OPEN PENDING; ``modification`` and ``cancellation`` before each of their steps. An order of any size trades in
    at least ``parts`` trades, ``part_delay`` apart; one that rests gets ``participation`` of what prints at its price
    or through it. ``legacy`` is for clients of older days: market protection is not asked for, a stop may be on the
    wrong side of the last price, a limit order without a price trades at any, after-market orders are taken at all
    times, and rows of cover orders say product CO.
    ``authorise`` asks for CDSL's authorisation before holdings are sold. ``square_off`` has the times of the
    broker's square-off by exchange, instead of Zerodha's; ``volatility`` annual fractions for margins.
    """

    user: str = "AB1234"
    user_name: str = "Sandbox Client"
    cash: float = 1_000_000.0
    commodity_cash: float = 0.0
    holdings: tuple[Opening, ...] = ()
    validation: float = 0.02
    routing: float = 0.02
    exchange: float = 0.02
    modification: float = 0.02
    cancellation: float = 0.02
    parts: int = 1
    part_delay: float = 0.1
    participation: float = 0.25
    legacy: bool = False
    authorise: bool = False
    publish_open: bool = True
    orders_a_day: int = 5_000
    modifications: int = 25
    slices: int = 10
    freeze: Mapping[str, int] = {}
    square_off: Mapping[str, str] = {}
    broker: str = "zerodha"
    index_volatility: float = 0.15
    stock_volatility: float = 0.35

    def __post_init__(self) -> None:
        delays = (self.validation, self.routing, self.exchange, self.modification, self.cancellation, self.part_delay)
        if min(*delays, self.cash, self.commodity_cash) < 0:
            raise ValueError("delays and money must not be negative")
        if min(self.parts, self.orders_a_day, self.slices) < 1 or self.modifications < 0:
            raise ValueError("parts, orders_a_day and slices are at least 1, modifications at least 0")
        if not 0 < self.participation <= 1:
            raise ValueError(f"participation is {self.participation}: it is above 0, and 1 at most")
        for text in self.square_off.values():
            dt.time.fromisoformat(text)

    def needs_protection(self, day: dt.date) -> bool:
        return day >= PROTECTED_SINCE and not self.legacy

    def freeze_of(self, name: str) -> int | None:
        """Where the dated facts say nothing."""
        return self.freeze.get(name, _FREEZE.get(name))

    def squared_off_at(self, exchange: str, day: dt.date) -> dt.time:
        """When the broker closes MIS positions; of shares earlier since there is a closing auction (assumed)."""
        own = self.square_off.get(exchange)
        if own is not None:
            return dt.time.fromisoformat(own)
        if exchange in {"NSE", "BSE"}:
            return dt.time(15, 20) if day < AUCTION_SINCE else dt.time(15, 10)
        return {"CDS": dt.time(16, 45), "BCD": dt.time(16, 45), "MCX": dt.time(23, 5)}.get(exchange, dt.time(15, 25))
