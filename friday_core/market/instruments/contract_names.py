"""What the symbol of a contract says: underlying, year and month, strike."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from decimal import Decimal
from typing import NamedTuple

from friday_core.market.instruments.columns import FUTURE

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
#: In the symbols of weekly contracts.
_MONTH = dict(zip(range(1, 13), "123456789OND", strict=True))
_NUMBER = {letter: month for month, letter in _MONTH.items()}
#: The fewest letters before a year and a month are the underlying: ``NIFTYNXT5026JANFUT`` is on NIFTYNXT50.
_CONTRACT = re.compile(
    rf"(?P<underlying>.+?)(?P<year>\d\d)(?:(?P<month>{'|'.join(MONTHS)})|(?P<week>[1-9OND])(?P<day>[0-3]\d))"
    r"(?:FUT|(?P<strike>\d+(?:\.\d+)?)(?P<right>CE|PE))"
)
_MONTHLY = re.compile(rf"\d\d({'|'.join(MONTHS)})(?:FUT|[\d.]+(?:CE|PE))$")


class Expiry(NamedTuple):
    """A monthly expiry is one whose contracts are named by the month, as ``BANKNIFTY24APR48000CE``; others are weekly.

    Where names do not tell, it is the last one of its calendar month that is listed. That is no rule: a weekly
    expiry of 1 May that a holiday moves to 30 April comes after the monthly one of April.
    """

    date: dt.date
    monthly: bool


class ContractName(NamedTuple):
    """What a symbol of NFO or BFO says: of a weekly contract the ``day`` it expires on, 0 of a monthly one.

    ``kind`` is ``FUT``, ``CE`` or ``PE``; a future has no ``strike``.
    """

    underlying: str
    year: int
    month: int
    day: int
    kind: str
    strike: Decimal | None


def contract_name(symbol: str) -> ContractName | None:
    """``NIFTY26MAYFUT``, ``NIFTY26MAY24000CE`` or ``NIFTY2651924000CE`` in its parts; ``None`` for any other text."""
    found = _CONTRACT.fullmatch(symbol)
    if found is None:
        return None
    month, week, strike = found["month"], found["week"], found["strike"]
    year, number = 2000 + int(found["year"]), MONTHS.index(month) + 1 if month else _NUMBER[week]
    day = int(found["day"] or 0)
    if not (month or 1 <= day <= calendar.monthrange(year, number)[1]):
        return None
    price = None if strike is None else Decimal(strike)
    return ContractName(found["underlying"], year, number, day, found["right"] or FUTURE, price)


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
