"""What an account asks of the market, and what it reckons from an instrument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

from friday_core.domain.money import divide_half_even
from friday_core.sandbox.kite.values import IST, SECOND, Listed, Snapshot

OPTIONS = frozenset({"CE", "PE"})
COMMODITIES = frozenset({"MCX", "NCO"})
#: What one lot is worth, in units of the price, where Kite counts quantities in lots; by the name of a contract.
MULTIPLIERS: Mapping[str, int] = {
    "USDINR": 1_000, "EURINR": 1_000, "GBPINR": 1_000, "JPYINR": 1_000, "EURUSD": 1_000, "GBPUSD": 1_000,
    "USDJPY": 1_000, "GOLD": 100, "GOLDM": 10, "GOLDGUINEA": 1, "GOLDPETAL": 1, "SILVER": 30, "SILVERM": 5,
    "SILVERMIC": 1, "CRUDEOIL": 100, "CRUDEOILM": 10, "NATURALGAS": 1_250, "NATGASMINI": 250, "COPPER": 2_500,
    "ZINC": 5_000, "ZINCMINI": 1_000, "LEAD": 5_000, "LEADMINI": 1_000, "ALUMINIUM": 5_000, "ALUMINI": 1_000,
    "NICKEL": 1_500,
}  # fmt: skip
_IN_LOTS = frozenset({"CDS", "BCD", "MCX", "NCO"})


class Phased(Protocol):
    """A phase of the trading day: a member of the market's enum."""

    @property
    def name(self) -> str: ...


class Instruments(Protocol):
    def by_key(self, key: str, /) -> Listed | None: ...

    def by_token(self, token: int, /) -> Listed | None: ...


class Prices(Protocol):
    """The market as an account sees it; ``market.market.Market`` is one."""

    @property
    def listing(self) -> Instruments: ...

    @property
    def now(self) -> int: ...

    def snapshot(self, token: int, /) -> Snapshot | None: ...

    def phase(self, listed: Listed, ts: int, /) -> Phased: ...

    def day(self, ts: int, /) -> dt.date: ...


def written(ts: int) -> str:
    """A time of the market as REST answers have it."""
    return dt.datetime.fromtimestamp(ts // SECOND, IST).strftime("%Y-%m-%d %H:%M:%S")


def clock(ts: int) -> dt.time:
    """The time of day in India."""
    return dt.datetime.fromtimestamp(ts // SECOND, IST).time()


def multiplier_of(listed: Listed) -> int:
    return MULTIPLIERS.get(listed.name, 1) if listed.exchange in _IN_LOTS else 1


def paise(worth: int, decimals: int, multiplier: int = 1) -> int:
    """A sum of price units times quantity in paise, rounded half-even."""
    amount = worth * multiplier
    return amount * 10 ** (2 - decimals) if decimals <= 2 else divide_half_even(amount, 10 ** (decimals - 2))


def rupees(amount: int) -> float:
    """Paise as JSON has them."""
    return amount / 100
