"""Positions in futures, options and shares, and the market of a day, written as people say them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.market.margins.book import MarginBook
from friday_core.market.margins.legs import Contract, Leg, Right
from friday_core.market.margins.quotes import Quotes
from friday_core.market.margins.rows import Underlying
from friday_core.market.margins.shipped import margin_tables

NIFTY = InstrumentId("NIFTY 50", "NSE")
TABLES = margin_tables()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def paise(price: str | float) -> int:
    return int(Decimal(str(price)) * 100)


def share(quantity: int, product: str = "", name: str = "INFY.NSE") -> Leg:
    return Leg(Instrument(InstrumentId.parse(name), "INR"), quantity, product)


def future(quantity: int, expiry: str, kind: str = "index", product: str = "", on: InstrumentId = NIFTY) -> Leg:
    """Named after its expiry: ``NIFTY 50 2026-05-26 FUT.NFO``."""
    name = InstrumentId(f"{on.symbol} {expiry} FUT", "NFO")
    contract = Contract(on, Underlying(kind), day(expiry))
    return Leg(Instrument(name, "INR", kind="future"), quantity, product, contract)


def option(
    quantity: int,
    strike: str | float,
    right: str,
    expiry: str,
    kind: str = "index",
    *,
    product: str = "",
    on: InstrumentId = NIFTY,
) -> Leg:
    """Named after its terms: ``NIFTY 50 2026-05-26 24000 call.NFO``."""
    name = InstrumentId(f"{on.symbol} {expiry} {strike} {right}", "NFO")
    contract = Contract(on, Underlying(kind), day(expiry), paise(strike), Right(right))
    return Leg(Instrument(name, "INR", kind="option"), quantity, product, contract)


def book(
    on: str,
    prices: Mapping[Leg | InstrumentId, str | float],
    volatilities: Mapping[Leg | InstrumentId, float] | None = None,
    references: Mapping[InstrumentId, str | float] | None = None,
    cushion: int = 5,
) -> MarginBook:
    """A book of what is shipped; prices in rupees, by leg or by name."""
    quotes = Quotes(
        day(on),
        {_name(key): paise(price) for key, price in prices.items()},
        {_name(key): value for key, value in (volatilities or {}).items()},
        {name: paise(price) for name, price in (references or {}).items()},
    )
    return MarginBook(TABLES, quotes, cushion=Decimal(cushion))


def _name(key: Leg | InstrumentId) -> InstrumentId:
    return key.instrument.id if isinstance(key, Leg) else key
