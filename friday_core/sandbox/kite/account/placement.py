"""What the broker refuses before an order has a number, in its words where they are known."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import msgspec

from friday_core.market.instruments.dated_facts import InstrumentFacts, instrument_facts
from friday_core.sandbox.kite.account.forms import Asked
from friday_core.sandbox.kite.account.orders import Side, Terms
from friday_core.sandbox.kite.account.prices import OPTIONS, Prices, clock
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.refusals import KiteRefusal, bad_input, order_refused
from friday_core.sandbox.kite.values import Listed, Snapshot

_CASH = frozenset({"NSE", "BSE"})
_UNKNOWN = "The instrument you are placing an order for has either expired or does not exist."
_UNPROTECTED = (
    "Market orders without market protection are not allowed via API. "
    "Please set market protection or use a Limit order."
)
_CLOSED = "Markets are closed right now. Use GTT for placing long standing orders instead."
#: Percent that automatic protection allows: up to a price in rupees, of shares and futures, and of options.
_SLABS = ((100, 2.0), (500, 1.0), (None, 0.5))
_OPTION_SLABS = ((10, 5.0), (100, 3.0), (500, 2.0), (None, 1.0))


class Placement:
    """Checks of what an order asks for, against the instrument, the day and the market as it stands."""

    def __init__(self, market: Prices, rules: Rules) -> None:
        self._market, self._rules = market, rules

    def listed(self, exchange: str, symbol: str, ts: int) -> Listed:
        """What is traded under a name today."""
        found = self._market.listing.by_key(f"{exchange}:{symbol}")
        if found is None or (found.expiry is not None and found.expiry < self._market.day(ts)):
            raise bad_input(_UNKNOWN)
        if found.is_index or found.lot < 1:
            raise bad_input("Trading is not allowed in indices.")
        return found

    def check(self, asked: Asked, variety: str, ts: int) -> None:
        """Everything that is refused at once; ``KiteRefusal`` with the first that is found."""
        listed = asked.listed
        self._product(asked, variety, ts)
        if listed.kind in OPTIONS and asked.terms.type == "SL-M":
            raise bad_input("SL-M orders are not allowed for options. Use SL orders with a limit price instead.")
        self.terms(listed, asked.side, asked.terms, ts, exact=asked.exact)
        self._hours(asked, variety, ts)
        self._size(asked, variety, ts)

    def terms(self, listed: Listed, side: Side, terms: Terms, ts: int, *, exact: bool, waits: bool = True) -> None:
        """The part of ``check`` that a modification meets too; ``waits`` is whether its stop is still ahead."""
        if terms.type in {"LIMIT", "SL"} and not terms.price and not self._rules.legacy:
            raise bad_input("Missing or empty field `price`")
        if terms.type in {"SL", "SL-M"} and not terms.trigger:
            raise bad_input("Missing or empty field `trigger_price`")
        if not exact or terms.price % listed.tick or terms.trigger % listed.tick:
            step = f"{listed.rupees(listed.tick) * 100:.2f}"
            raise bad_input(
                f"Tick size for this script is {step} paise. "
                "Kindly enter price in the multiple of tick size for this script."
            )
        if terms.quantity % listed.lot:
            raise bad_input(f"Invalid quantity. Quantity should be in multiples of the lot size {listed.lot}.")
        if terms.validity == "IOC" and listed.exchange == "MCX" and not self._rules.legacy:
            raise bad_input("IOC orders are not allowed on MCX via API.")
        bare = terms.type in {"MARKET", "SL-M"} and not terms.protection
        if bare and self._rules.needs_protection(self._market.day(ts)):
            raise bad_input(_UNPROTECTED)
        self._disclosed(listed, terms)
        snapshot = self._market.snapshot(listed.token)
        if snapshot is not None:
            _within(listed, terms, snapshot)
            if waits and not self._rules.legacy:
                _right_side(listed, side, terms, snapshot)

    def protected(self, listed: Listed, side: Side, terms: Terms) -> tuple[Terms, float]:
        """A market order with protection as the limit order that it is turned into, and its percent; 0 without one."""
        if terms.type not in {"MARKET", "SL-M"} or not terms.protection:
            return terms, 0.0
        snapshot = self._market.snapshot(listed.token)
        base = terms.trigger or (snapshot.last_price if snapshot is not None else 0)
        if not base:
            raise order_refused(f"There is no last price of {listed.symbol} to protect a market order with.")
        percent = automatic(listed, base) if terms.protection == -1 else terms.protection
        bound = int(base * (Decimal(100) + side.sign * Decimal(str(percent))) / 100)
        price = bound // listed.tick * listed.tick if side is Side.BUY else -(-bound // listed.tick) * listed.tick
        type_ = "SL" if terms.type == "SL-M" else "LIMIT"
        # Above its circuit limits nothing trades.
        if snapshot is not None and snapshot.upper_limit:
            price = min(max(price, snapshot.lower_limit), snapshot.upper_limit)
        return msgspec.structs.replace(terms, type=type_, price=max(price, listed.tick)), percent

    def freeze(self, listed: Listed, ts: int) -> int | None:
        """The largest quantity of one order, by the facts of the day; ``None`` where there is none."""
        if listed.exchange in _CASH:
            return None
        known = _facts().known_freeze_quantity(listed.name, self._market.day(ts))
        return self._rules.freeze_of(listed.name) if known is None else known

    def _product(self, asked: Asked, variety: str, ts: int) -> None:
        listed, product = asked.listed, asked.product
        fits = {"CNC", "MIS", "MTF"} if listed.exchange in _CASH else {"NRML", "MIS"}
        if product not in fits:
            raise bad_input(f"Product type {product} is not allowed for {listed.exchange}.")
        if variety == "co" and product != "MIS":
            raise bad_input("Cover orders can only be placed with product MIS.")
        day = self._market.day(ts)
        if product == "MIS" and variety != "amo" and clock(ts) >= self._rules.squared_off_at(listed.exchange, day):
            raise order_refused("MIS orders are not allowed after the auto square-off time. Use another product.")

    def _hours(self, asked: Asked, variety: str, ts: int) -> None:
        phase = self._market.phase(asked.listed, ts).name
        if variety == "amo":
            if phase == "CONTINUOUS" and not self._rules.legacy:
                raise order_refused("After market orders (AMO) cannot be placed during market hours.")
            if asked.terms.validity != "DAY":
                raise bad_input("Invalid `validity`.")
        elif phase in {"CLOSED", "POST_CLOSE"}:
            raise order_refused(_CLOSED)
        elif phase != "CONTINUOUS" and (asked.terms.trigger or asked.terms.disclosed or variety in {"iceberg", "co"}):
            raise order_refused("Only market and limit orders are allowed in this session.")

    def _size(self, asked: Asked, variety: str, ts: int) -> None:
        largest, quantity = self.freeze(asked.listed, ts), asked.terms.quantity
        if variety == "iceberg":
            if not 2 <= asked.legs <= 50:
                raise bad_input("Invalid `iceberg_legs`. It should be between 2 and 50.")
            quantity = asked.leg_quantity or -(-quantity // asked.legs)
            if quantity % asked.listed.lot or not 0 < quantity < asked.terms.quantity:
                raise bad_input("Invalid `iceberg_quantity`.")
        if asked.autoslice:
            if largest is None or quantity <= largest:
                raise bad_input("Autoslice is allowed only for orders above the freeze quantity.")
            step = largest // asked.listed.lot * asked.listed.lot
            if -(-quantity // step) > self._rules.slices:
                raise bad_input(f"Orders can be sliced into at most {self._rules.slices} orders.")
        elif largest is not None and quantity > largest:
            raise bad_input(f"Order quantity {quantity} is above the freeze quantity of {largest}.")

    def _disclosed(self, listed: Listed, terms: Terms) -> None:
        if not terms.disclosed:
            return
        if listed.exchange not in _CASH or terms.validity == "IOC" or terms.disclosed > terms.quantity:
            raise bad_input("Invalid `disclosed_quantity`.")
        if 10 * terms.disclosed < terms.quantity:
            raise bad_input("Disclosed quantity cannot be less than 10% of the quantity.")


def automatic(listed: Listed, base: int) -> float:
    """Percent of protection that the broker thinks right at a price in price units."""
    slabs = _OPTION_SLABS if listed.kind in OPTIONS else _SLABS
    price = listed.rupees(base)
    return next(percent for most, percent in slabs if most is None or price <= most)


def beyond_limits(listed: Listed, price: int, snapshot: Snapshot) -> str:
    """What is said of a limit price outside the day's range; empty inside it."""
    for word, way, limit, wrong in (
        ("higher", "upper", snapshot.upper_limit, price > snapshot.upper_limit),
        ("lower", "lower", snapshot.lower_limit, price < snapshot.lower_limit),
    ):
        if limit and wrong:
            return (
                f"Your order price is {word} than the current {way} circuit limit of {listed.rupees(limit):g}. "
                "Place an order within the daily range."
            )
    return ""


def _within(listed: Listed, terms: Terms, snapshot: Snapshot) -> None:
    for price in (terms.price, terms.trigger):
        if price and (words := beyond_limits(listed, price, snapshot)):
            raise bad_input(words)


def _right_side(listed: Listed, side: Side, terms: Terms, snapshot: Snapshot) -> None:
    """A stop lies beyond the last price, and its limit beyond the stop."""
    if not terms.trigger:
        return
    word, beyond = ("higher", "lower") if side is Side.BUY else ("lower", "higher")
    if terms.price and (terms.price - terms.trigger) * side.sign < 0:
        raise _stop(side, f"should be {beyond} than the limit price")
    if snapshot.last_price and (terms.trigger - snapshot.last_price) * side.sign <= 0:
        last = f"{listed.rupees(snapshot.last_price):g}"
        raise _stop(side, f"should be {word} than the last traded price ({last})")


def _stop(side: Side, words: str) -> KiteRefusal:
    return bad_input(f"Trigger price for stoploss {side.lower()} orders {words}.")


@cache
def _facts() -> InstrumentFacts:
    return instrument_facts()
