"""Executed orders, written as people say them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side
from friday_core.domain.sessions import to_days

KINDS = {"NSE": "equity", "BSE": "equity", "MCX": "future"}


def instrument(name: str, kind: str = "", **units: Any) -> Instrument:
    """``INFY.NSE``; on NFO and BFO an option, unless its symbol ends in FUT."""
    known = InstrumentId.parse(name)
    contract = "future" if known.symbol.endswith("FUT") else "option"
    return Instrument(known, "INR", kind=kind or KINDS.get(known.exchange, contract), **units)


def day(text: str) -> int:
    """``2026-05-05`` as days since 1970-01-01."""
    return to_days(dt.date.fromisoformat(text))


def executed(side: str, quantity: int, name: str, price: str, on: str, **more: Any) -> ExecutedOrder:
    """``executed("buy", 100, "INFY.NSE", "1000.00", "2026-05-05")``."""
    traded = instrument(name)
    return ExecutedOrder(traded, Side(side), quantity, int(Decimal(price) * 100) * quantity, day(on), **more)
