"""Good-till-triggered orders: a condition on the last price, and the limit orders that it sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.forms import Form
from friday_core.sandbox.kite.account.placement import Placement
from friday_core.sandbox.kite.account.prices import Prices, written
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.refusals import KiteRefusal, bad_input, not_found, order_refused
from friday_core.sandbox.kite.values import SECOND, Listed, Print

_KIND = "gtt"
_YEAR = 365 * 24 * 3600 * SECOND
#: A trigger is so far from the last price at least: a quarter of a percent.
_NEAREST = 400
_PRODUCTS = ("CNC", "NRML", "MTF")
_APP = 1

#: Places an order: its fields, and what its row is to say of where it came from.
Place = Callable[[Mapping[str, object], Mapping[str, Any]], str]


class Leg(msgspec.Struct, frozen=True):
    """What is sent when a trigger is met; ``price`` in price units."""

    side: str
    product: str
    quantity: int
    price: int
    result: dict[str, Any] | None = None


class Gtt(msgspec.Struct, frozen=True, kw_only=True):
    """``triggers`` and ``last`` are price units, ascending if there are two, one leg for each."""

    number: int
    type: str
    exchange: str
    symbol: str
    token: int
    triggers: tuple[int, ...]
    last: int
    legs: tuple[Leg, ...]
    created: int
    updated: int
    status: str = "active"

    def met(self, price: int) -> int | None:
        """The place of the trigger that a price meets."""
        if self.type == "two-leg":
            low, high = self.triggers
            return 0 if price <= low else 1 if price >= high else None
        (trigger,) = self.triggers
        return 0 if (price >= trigger) == (trigger > self.last) or price == trigger else None


class Gtts:
    """Every change stands inside the caller's transaction. ``KiteRefusal`` for what is not done."""

    def __init__(self, book: Book, market: Prices, placement: Placement, rules: Rules) -> None:
        self._book, self._market, self._placement, self._rules = book, market, placement, rules

    def rows(self) -> list[dict[str, Any]]:
        return [self._row(one) for one in self._all() if one.status != "deleted"]

    def row(self, number: int) -> dict[str, Any]:
        return self._row(self._found(number))

    def place(self, fields: Mapping[str, str]) -> int:
        self._book.put(_KIND, str(number := self._book.next("gtts")), self._read(fields, number))
        return number

    def modify(self, number: int, fields: Mapping[str, str]) -> int:
        before = self._active(number, "modified")
        self._book.put(_KIND, str(number), msgspec.structs.replace(self._read(fields, number), created=before.created))
        return number

    def delete(self, number: int) -> int:
        self._change(self._active(number, "deleted"), status="deleted")
        return number

    def is_due(self, prints: Sequence[Print], ts: int) -> bool:
        """Whether a step may change anything."""
        active = [one for one in self._all() if one.status == "active"]
        traded = {one.token for one in prints}
        return any(ts >= one.created + _YEAR or self._token(one) in traded for one in active)

    def step(self, prints: Sequence[Print], ts: int, place: Place) -> None:
        """Send what has been triggered by prints, expire what is a year old."""
        for one in self._all():
            if one.status != "active":
                continue
            if ts >= one.created + _YEAR:
                self._change(one, status="expired")
                continue
            token = self._token(one)
            for tick in prints:
                if tick.token == token and (met := one.met(tick.price)) is not None:
                    self._fire(one, met, ts, place)
                    break

    def _fire(self, gtt: Gtt, met: int, ts: int, place: Place) -> None:
        """Triggered says only that an order was sent: what became of it stands in its result."""
        legs = list(gtt.legs)
        listed = self._listed(gtt)
        leg = legs[met]
        fields = self._fields(gtt, leg, listed)
        meta = {"app_id": _APP, "gtt": gtt.number}
        try:
            outcome = {"status": "success", "order_id": place(fields, meta), "rejection_reason": ""}
        except KiteRefusal as refusal:
            outcome = {"status": "failed", "order_id": "", "rejection_reason": refusal.message}
        legs[met] = msgspec.structs.replace(
            leg,
            result={
                "account_id": self._rules.user, **_leg_row(gtt, leg, listed), "validity": "DAY",
                "meta": json.dumps(meta, separators=(",", ":")), "timestamp": written(ts),
                "triggered_at": listed.rupees(gtt.triggers[met]), "order_result": outcome,
            },
        )  # fmt: skip
        self._change(gtt, status="triggered", legs=tuple(legs))

    def _fields(self, gtt: Gtt, leg: Leg, listed: Listed) -> dict[str, object]:
        """The form of the order."""
        return {
            "exchange": gtt.exchange, "tradingsymbol": gtt.symbol, "transaction_type": leg.side,
            "quantity": leg.quantity, "product": leg.product, "order_type": "LIMIT",
            "price": listed.rupees(leg.price), "validity": "DAY",
        }  # fmt: skip

    def _read(self, fields: Mapping[str, str], number: int) -> Gtt:
        """A form, checked."""
        form, now = Form(fields), self._market.now
        type_ = form.one_of("type", ("single", "two-leg"))
        condition, orders = _json(form, "condition"), _json(form, "orders")
        if not isinstance(condition, dict) or not isinstance(orders, list):
            raise bad_input("Invalid `condition`.")
        where = Form(condition)
        listed = self._placement.listed(where.text("exchange"), where.text("tradingsymbol"), now)
        values, count = condition.get("trigger_values"), 2 if type_ == "two-leg" else 1
        if not isinstance(values, list) or len(values) != count or len(orders) != count:
            raise bad_input(f"A {type_} trigger has {count} trigger value(s) and {count} order(s).")
        triggers = [self._price({"trigger_values": value}, "trigger_values", listed) for value in values]
        snapshot = self._market.snapshot(listed.token)
        last = snapshot.last_price if snapshot is not None else self._price(condition, "last_price", listed)
        _check_triggers(triggers, last)
        return Gtt(
            number=number, type=type_, exchange=listed.exchange, symbol=listed.symbol, token=listed.token,
            triggers=tuple(triggers), last=last, legs=tuple(self._leg(one, listed) for one in orders),
            created=now, updated=now,
        )  # fmt: skip

    def _leg(self, fields: object, listed: Listed) -> Leg:
        if not isinstance(fields, dict):
            raise bad_input("Invalid `orders`.")
        form = Form(fields)
        form.one_of("order_type", ("LIMIT",))
        quantity = form.count("quantity", least=1)
        if quantity % listed.lot:
            raise bad_input(f"Invalid quantity. Quantity should be in multiples of the lot size {listed.lot}.")
        return Leg(
            form.one_of("transaction_type", ("BUY", "SELL")), form.one_of("product", _PRODUCTS), quantity,
            self._price(fields, "price", listed),
        )  # fmt: skip

    def _price(self, fields: Mapping[str, object], name: str, listed: Listed) -> int:
        units, exact = Form(fields).price(name, listed)
        if not units or not exact:
            raise bad_input(f"Invalid `{name}`.")
        return units

    def _all(self) -> list[Gtt]:
        return list(self._book.things(_KIND, Gtt).values())

    def _found(self, number: int) -> Gtt:
        found = self._book.things(_KIND, Gtt).get(str(number))
        if found is None:
            raise not_found("Trigger not found")
        return found

    def _active(self, number: int, done: str) -> Gtt:
        gtt = self._found(number)
        if gtt.status != "active":
            raise order_refused(f"Trigger cannot be {done} as it is {gtt.status}.")
        return gtt

    def _change(self, gtt: Gtt, **changes: object) -> None:
        self._book.put(_KIND, str(gtt.number), msgspec.structs.replace(gtt, updated=self._market.now, **changes))

    def _listed(self, gtt: Gtt) -> Listed:
        return self._placement.listed(gtt.exchange, gtt.symbol, self._market.now)

    def _token(self, gtt: Gtt) -> int:
        """Of what it is listed as today."""
        listed = self._market.listing.by_key(f"{gtt.exchange}:{gtt.symbol}")
        return gtt.token if listed is None else listed.token

    def _row(self, gtt: Gtt) -> dict[str, Any]:
        listed = self._market.listing.by_key(f"{gtt.exchange}:{gtt.symbol}")
        rupees = (lambda units: units / 100) if listed is None else listed.rupees
        return {
            "id": gtt.number, "user_id": self._rules.user, "parent_trigger": None, "type": gtt.type,
            "created_at": written(gtt.created), "updated_at": written(gtt.updated),
            "expires_at": written(gtt.created + _YEAR), "status": gtt.status,
            "condition": {
                "exchange": gtt.exchange, "last_price": rupees(gtt.last), "tradingsymbol": gtt.symbol,
                "trigger_values": [rupees(one) for one in gtt.triggers], "instrument_token": gtt.token,
            },
            "orders": [
                {
                    "exchange": gtt.exchange, "tradingsymbol": gtt.symbol, "product": leg.product,
                    "order_type": "LIMIT", "transaction_type": leg.side, "quantity": leg.quantity,
                    "price": rupees(leg.price), "result": leg.result,
                }
                for leg in gtt.legs
            ],
            "meta": {},
        }  # fmt: skip


def _leg_row(gtt: Gtt, leg: Leg, listed: Listed) -> dict[str, Any]:
    return {
        "exchange": gtt.exchange, "tradingsymbol": gtt.symbol, "product": leg.product, "order_type": "LIMIT",
        "transaction_type": leg.side, "quantity": leg.quantity, "price": listed.rupees(leg.price),
    }  # fmt: skip


def _check_triggers(triggers: Sequence[int], last: int) -> None:
    if len(triggers) == 2 and not triggers[0] < last < triggers[1]:
        raise bad_input("Trigger values of a two-leg trigger should be below and above the last price.")
    if any(abs(one - last) * _NEAREST < last for one in triggers):
        raise bad_input("Trigger price is too close to the last price: it should be at least 0.25% away.")


def _json(form: Form, name: str) -> Any:
    try:
        return json.loads(form.text(name))
    except ValueError:
        raise bad_input(f"Invalid `{name}`.") from None
