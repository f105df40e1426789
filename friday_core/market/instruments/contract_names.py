"""What the symbol of a contract says: underlying, year and month, strike."""

from __future__ import annotations

import datetime as dt
import re

from friday_core.market.instruments.columns import FUTURE

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
#: In the symbols of weekly contracts.
_MONTH = dict(zip(range(1, 13), "123456789OND", strict=True))
_MONTHLY = re.compile(rf"\d\d({'|'.join(MONTHS)})(?:FUT|[\d.]+(?:CE|PE))$")


def is_monthly(symbol: str, expiry: dt.date) -> bool | None:
    """Whether a symbol is written as that of a monthly contract; ``None`` if it does not show its expiry."""
    if _MONTHLY.search(symbol):
        return True
    return False if f"{expiry:%y}{_MONTH[expiry.month]}{expiry:%d}" in symbol else None


def names_month_of(symbol: str, expiry: dt.date) -> bool:
    """Whether the symbol can be that of a contract of this expiry: true unless it names another year or month."""
    found = _MONTHLY.search(symbol)
    return found is None or symbol[found.start() : found.start() + 5] == f"{expiry:%y}{MONTHS[expiry.month - 1]}"


def underlying(symbol: str, expiry: dt.date, strike: float, kind: str) -> str:
    """What stands before expiry, strike and type in a symbol; empty if they do not stand there."""
    monthly, weekly = f"{expiry:%y}{MONTHS[expiry.month - 1]}", f"{expiry:%y}{_MONTH[expiry.month]}{expiry:%d}"
    rest = kind if kind == FUTURE else f"{strike:.10g}{kind}"
    for written in (monthly, weekly):
        if symbol.endswith(written + rest):
            return symbol[: -len(written + rest)]
    return ""
