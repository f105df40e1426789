"""A small market of well-known names, for a sandbox without any file: shares, indices, futures and options."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from friday_core.domain.schedule import Schedule
from friday_core.errors import FridayError
from friday_core.market.instruments.columns import FUTURE
from friday_core.market.instruments.contract_names import MONTHS
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.instruments.dated_rows import TickKind
from friday_core.market.instruments.expiry_rules import monthly_expiry
from friday_core.sandbox.kite.market.hours import SEGMENTS, sessions_of
from friday_core.sandbox.kite.values import DECIMALS, INDICES, Listed


class Share(NamedTuple):
    """``nse`` and ``bse`` are tokens of the exchanges, ``bse`` 0 where it is not listed there."""

    symbol: str
    name: str
    nse: int
    bse: int
    isin: str
    price: int


class Underlying(NamedTuple):
    """What contracts are on, by the name in their symbols; ``spread`` is how far strikes are apart, 0 for no options.

    ``lot`` stands in where no dated fact knows it.
    """

    name: str
    exchange: str
    lot: int
    tick: str
    spread: int = 0
    strikes: int = 0


#: Prices are where the synthetic ones wander about.
SHARES = (
    Share("INFY", "INFOSYS", 1594, 500209, "INE009A01021", 1_500),
    Share("RELIANCE", "RELIANCE INDUSTRIES", 2885, 500325, "INE002A01018", 1_400),
    Share("SBIN", "STATE BANK OF INDIA", 3045, 500112, "INE062A01020", 850),
    Share("TCS", "TATA CONSULTANCY SERV LT", 11536, 532540, "INE467B01029", 3_200),
    Share("HDFCBANK", "HDFC BANK", 1333, 500180, "INE040A01034", 980),
    Share("ICICIBANK", "ICICI BANK", 4963, 532174, "INE090A01021", 1_380),
    Share("ITC", "ITC", 1660, 500875, "INE154A01025", 410),
    Share("AXISBANK", "AXIS BANK", 5900, 532215, "INE238A01034", 1_200),
    Share("LT", "LARSEN & TOUBRO", 11483, 500510, "INE018A01030", 3_800),
    Share("WIPRO", "WIPRO", 3787, 507685, "INE075A01022", 245),
    Share("TATASTEEL", "TATA STEEL", 3499, 500470, "INE081A01020", 175),
    Share("IDEA", "VODAFONE IDEA", 14366, 532822, "INE669E01016", 9),
    Share("NIFTYBEES", "NIP IND ETF NIFTY BEES", 10576, 0, "INF204KB14I2", 285),
)
_INDEX_ROWS = (
    ("NIFTY 50", "NIFTY", "NSE", 1001),
    ("NIFTY BANK", "BANKNIFTY", "NSE", 1016),
    ("INDIA VIX", "INDIAVIX", "NSE", 1035),
    ("SENSEX", "SENSEX", "BSE", 1),
)
UNDERLYINGS = (
    Underlying("NIFTY", "NFO", 65, "0.10", 50, 10),
    Underlying("BANKNIFTY", "NFO", 30, "0.20", 100, 8),
    Underlying("SENSEX", "BFO", 20, "0.05", 100, 5),
    Underlying("INFY", "NFO", 400, "0.10", 20, 5),
    Underlying("RELIANCE", "NFO", 500, "0.10", 20, 5),
    Underlying("SBIN", "NFO", 750, "0.05"),
    Underlying("USDINR", "CDS", 1, "0.0025"),
    Underlying("GOLDM", "MCX", 1, "1"),
    Underlying("CRUDEOIL", "MCX", 1, "1"),
)
#: Where the price of an underlying wanders about, in rupees; those of shares stand beside them.
LEVELS = {
    "NIFTY": 25_000, "BANKNIFTY": 56_000, "SENSEX": 82_000, "INDIAVIX": 13,
    "USDINR": 88, "GOLDM": 120_000, "CRUDEOIL": 5_600, **{one.symbol: one.price for one in SHARES},
}  # fmt: skip
#: By the name of an index, what its contracts call it.
INDEX_NAMES = {symbol: name for symbol, name, _, _ in _INDEX_ROWS}
_SEGMENT = {"NSE": 1, "NFO": 2, "CDS": 3, "BSE": 4, "BFO": 5, "MCX": 7}
#: Contracts of a day have the next numbers; those of the next month have them again.
_FIRST_CONTRACT = 35_000
#: Of options in every market here.
_OPTION_TICK = "0.05"


def shipped_rows(day: dt.date, spot: Callable[[str], float]) -> list[Listed]:
    """What is listed on a day: futures of two months, and options of one, on both sides of ``spot`` of the underlying.

    Lots, ticks and expiries are those of the dated facts; where these know nothing of the day, the last in use.
    """
    facts = _Facts(day)
    rows = [*_indices(), *_shares(facts)]
    numbers = iter(range(_FIRST_CONTRACT, _FIRST_CONTRACT * 2))
    for one in UNDERLYINGS:
        months = facts.months(one)
        rows += (_contract(one, next(numbers), expiry, facts.lot(one, expiry)) for expiry in months)
        lot = facts.lot(one, months[0])
        for strike in _strikes(one, spot):
            rows += (_contract(one, next(numbers), months[0], lot, strike=strike, kind=kind) for kind in ("CE", "PE"))
    return rows


class _Facts:
    """What is known of a day."""

    def __init__(self, day: dt.date) -> None:
        self._day = day
        self._facts = instrument_facts()
        self._schedules: dict[str, Schedule] = {}

    def tick(self, kind: TickKind, price: int) -> int:
        """In paise."""
        try:
            return int(self._facts.tick_size(kind, str(price), self._day) * 100)
        except FridayError:
            return 1 if price < 250 or kind == "etf" else 10 if price > 1_000 else 5

    def lot(self, one: Underlying, expiry: dt.date) -> int:
        try:
            return self._facts.lot_size(one.name, expiry, self._day)
        except FridayError:
            return one.lot

    def months(self, one: Underlying) -> list[dt.date]:
        """The next two monthly expiries, the day's own included."""
        found: list[dt.date] = []
        year, month = self._day.year, self._day.month
        while len(found) < 2:
            expiry = self._expiry(one, year, month)
            found += [expiry] if expiry >= self._day else []
            year, month = (year, month + 1) if month < len(MONTHS) else (year + 1, 1)
        return found

    def _expiry(self, one: Underlying, year: int, month: int) -> dt.date:
        """By the rules for the underlying, those of NIFTY for others; without a rule, the last Tuesday."""
        name = one.name if one.name in ("BANKNIFTY", "SENSEX") else "NIFTY"
        try:
            return monthly_expiry(self._facts, name, year, month, self._schedule(one.exchange))
        except FridayError:
            end = dt.date(year, month, calendar.monthrange(year, month)[1])
            return end - dt.timedelta(days=(end.weekday() - 1) % 7)

    def _schedule(self, exchange: str) -> Schedule:
        if exchange not in self._schedules:
            self._schedules[exchange] = sessions_of(*SEGMENTS[exchange]).schedule()
        return self._schedules[exchange]


def _indices() -> Iterator[Listed]:
    for symbol, _, exchange, number in _INDEX_ROWS:
        yield Listed(number << 8 | INDICES, exchange, symbol, symbol, "INDICES", "EQ", 0, 0)


def _shares(facts: _Facts) -> Iterator[Listed]:
    for one in SHARES:
        tick = facts.tick("etf" if one.symbol.endswith("BEES") else "share", one.price)
        for exchange, number in (("NSE", one.nse), ("BSE", one.bse)):
            if number:
                token = number << 8 | _SEGMENT[exchange]
                yield Listed(token, exchange, one.symbol, one.name, exchange, "EQ", tick, 1, isin=one.isin)


def _strikes(one: Underlying, spot: Callable[[str], float]) -> list[int]:
    if not one.spread:
        return []
    middle = round(spot(one.name) / one.spread)
    return [one.spread * (middle + step) for step in range(-one.strikes, one.strikes + 1) if middle + step > 0]


def _contract(
    one: Underlying, number: int, expiry: dt.date, lot: int, *, strike: int = 0, kind: str = FUTURE
) -> Listed:
    scale = 10 ** DECIMALS[_SEGMENT[one.exchange]]
    month = f"{one.name}{expiry:%y}{MONTHS[expiry.month - 1]}"
    return Listed(
        number << 8 | _SEGMENT[one.exchange],
        one.exchange,
        f"{month}{strike or ''}{kind}",
        one.name,
        f"{one.exchange}-{'FUT' if kind == FUTURE else 'OPT'}",
        kind,
        int(Decimal(one.tick if kind == FUTURE else _OPTION_TICK) * scale),
        lot,
        expiry,
        strike * scale,
    )
