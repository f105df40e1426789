"""What Kite would refuse, found before it is sent: each refused request of our own making is a bug."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from friday_core.api import Refused, get_logger
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.orders import LONGEST_TAG
from friday_plugins.zerodha.outcomes import TokenDead, Unanswered

_CASH = frozenset({"NSE", "BSE"})
_CONTRACTS = frozenset({"NFO", "BFO"})
#: Instruments that one call may ask about.
_AT_ONCE = 400


class Band(NamedTuple):
    """Rupees: what an order's prices must lie within today, and the latest price; 0 where it is not known."""

    lower: Decimal = Decimal(0)
    upper: Decimal = Decimal(0)
    last: Decimal = Decimal(0)
    buyers: bool = True
    sellers: bool = True


UNKNOWN = Band()


class Bands:
    """The day's bands, from quotes. An app without the data plan has none, and goes without these checks."""

    def __init__(self, connection: Zerodha) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._bands: dict[str, Band] = {}
        self._read_at: dict[str, float] = {}
        self._is_off = False

    def fetch(self, keys: Iterable[str]) -> None:
        """Ask for many at once, as before the first order of a day."""
        wanted = sorted(keys)
        for first in range(0, len(wanted), _AT_ONCE):
            self._read(wanted[first : first + _AT_ONCE], 10.0)

    def fresh(self, key: str, seconds: float = 1.0) -> Band:
        """As it was at most so many seconds ago; as it was read last where Kite does not answer, or ``UNKNOWN``."""
        if time.monotonic() - self._read_at.get(key, float("-inf")) >= seconds:
            self._read([key], 3.0)
        return self._bands.get(key, UNKNOWN)

    def _read(self, keys: list[str], deadline: float) -> None:
        if self._is_off or not keys:
            return
        try:
            quotes = self._connection.read("quote", *keys, deadline=deadline)
        except TokenDead:
            raise
        except Refused as error:
            self._is_off = True
            get_logger("zerodha").warning("orders are not checked against the day's price bands", why=str(error))
            return
        except Unanswered as error:
            get_logger("zerodha").warning("quotes cannot be read", why=str(error))
            return
        with self._lock:
            self._bands |= {key: _band(quote) for key, quote in quotes.items()}
            self._read_at |= dict.fromkeys(quotes, time.monotonic())


def _band(quote: Mapping[str, Any]) -> Band:
    names = ("lower_circuit_limit", "upper_circuit_limit", "last_price")
    lower, upper, last = (Decimal(str(quote.get(name) or 0)) for name in names)
    depth = quote.get("depth") or {}
    buyers, sellers = (any(one.get("quantity") for one in depth.get(side, ())) for side in ("buy", "sell"))
    return Band(lower, upper, last, buyers, sellers)


def check(form: Mapping[str, Any], listed: Listed, day: dt.date) -> None:
    """``Refused`` with all that is wrong with an order in itself."""
    if wrong := [*_of_contract(form, listed, day), *_of_numbers(form, listed)]:
        raise Refused(f"order {form['tag']} is not sent: {'; '.join(wrong)}")


def check_prices(form: Mapping[str, Any], band: Band) -> None:
    """``Refused`` for prices outside the day's band, and for a stop on the wrong side of the latest price."""
    for name in ("price", "trigger_price"):
        price = Decimal(form.get(name) or 0)
        if price and band.upper and not band.lower <= price <= band.upper:
            raise Refused(
                f"order {form['tag']} is not sent: {name} {price} is outside today's {band.lower} to {band.upper}"
            )
    trigger = Decimal(form.get("trigger_price") or 0)
    if trigger and band.last:
        beyond = trigger > band.last if form["transaction_type"] == "BUY" else trigger < band.last
        if not beyond:
            side = "above" if form["transaction_type"] == "BUY" else "below"
            raise Refused(
                f"order {form['tag']} is not sent: its trigger {trigger} is not {side} the latest {band.last}"
            )


def _of_contract(form: Mapping[str, Any], listed: Listed, day: dt.date) -> Iterator[str]:
    if listed.is_index:
        yield f"{listed.key} is an index, and is not traded"
    if listed.expiry is not None and listed.expiry < day:
        yield f"{listed.key} expired on {listed.expiry}"
    if listed.exchange not in _CASH | _CONTRACTS:
        known = ", ".join(sorted(_CASH | _CONTRACTS))
        yield f"what a lot on {listed.exchange} is worth is in no list of Kite's: orders go to {known} only"
    fits = {"CNC", "MIS", "MTF"} if listed.exchange in _CASH else {"NRML", "MIS"}
    if form["product"] not in fits:
        yield f"{listed.exchange} has no product {form['product']}, only {', '.join(sorted(fits))}"
    if len(form["tag"]) > LONGEST_TAG:
        yield f"its tag has {len(form['tag'])} characters, and Kite takes {LONGEST_TAG}"


def _of_numbers(form: Mapping[str, Any], listed: Listed) -> Iterator[str]:
    if listed.lot > 1 and form["quantity"] % listed.lot:
        yield f"{form['quantity']} is no multiple of the lot of {listed.lot}"
    for name in ("price", "trigger_price"):
        price = Decimal(form.get(name) or 0)
        if price < 0 or (listed.tick and price % listed.tick):
            yield f"{name} {price} is no multiple of the tick of {listed.tick}"
    limit, trigger = Decimal(form.get("price") or 0), Decimal(form.get("trigger_price") or 0)
    sign = 1 if form["transaction_type"] == "BUY" else -1
    if limit and trigger and sign * (limit - trigger) < 0:
        yield f"its limit {limit} lies before its trigger {trigger}"
    protection = form.get("market_protection")
    if protection is not None and protection != -1 and not 0 < protection <= 100:
        yield f"market protection of {protection:g}% is not above 0 and at most 100"
