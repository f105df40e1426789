"""Requests about orders: a form becomes an order, a change of one, or Kite's refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.forms import Asked, Form, asked, terms_of
from friday_core.sandbox.kite.account.life import Life
from friday_core.sandbox.kite.account.money import Money
from friday_core.sandbox.kite.account.orders import (
    STEADY,
    TERMINAL,
    KiteOrder,
    Owner,
    Terms,
    contract_of,
)
from friday_core.sandbox.kite.account.placement import Placement
from friday_core.sandbox.kite.account.prices import Prices
from friday_core.sandbox.kite.account.rules import ORDINARY, Fate, Rules
from friday_core.sandbox.kite.refusals import (
    KiteRefusal,
    bad_input,
    order_refused,
    short_of_funds,
    too_many_requests,
)
from friday_core.sandbox.kite.values import SECOND

VARIETIES = ("regular", "amo", "co", "iceberg", "auction")
_UNKNOWN = "Couldn't find that `order_id`."


class Autosliced(msgspec.Struct, frozen=True):
    """The answer for an order in slices: each child has an ``order_id``, or an ``error`` of its own."""

    order_id: str
    children: list[dict[str, Any]]

    def answer(self) -> dict[str, Any]:
        return {"order_id": self.order_id, "children": self.children}


class Origin(NamedTuple):
    """Where an order comes from, what is in store for it, and what its row says of that."""

    owner: Owner = Owner.CLIENT
    app: str = ""
    fate: Fate = ORDINARY
    meta: Mapping[str, Any] = {}


class Desk:
    """Places, modifies and cancels, inside the caller's transaction; nothing is written before all is checked."""

    def __init__(
        self, book: Book, market: Prices, placement: Placement, life: Life, *, money: Money, rules: Rules
    ) -> None:
        self._book, self._market, self._placement = book, market, placement
        self._life, self._money, self._rules = life, money, rules

    def place(
        self, variety: str, fields: Mapping[str, object], ts: int, wall: int, *, origin: Origin
    ) -> str | Autosliced:
        """The number of a new order, or those of its slices."""
        if variety not in VARIETIES:
            raise bad_input("Invalid `variety`.")
        if variety == "auction":
            raise order_refused("There is no auction for this instrument.")
        form = Form(fields)
        wanted = asked(form, self._placement.listed(form.text("exchange"), form.text("tradingsymbol"), ts))
        self._placement.check(wanted, variety, ts)
        if variety == "co":
            return self._cover(form, wanted, ts, wall, origin)
        draft = self._draft(wanted, variety, ts, wall, origin)
        if wanted.autoslice:
            return self._sliced(draft, wanted, ts, wall)
        self._count(1)
        if variety == "iceberg":
            draft = _first_leg(draft, wanted)
        return self._put(draft, wall)

    def modify(
        self, variety: str, number: str, fields: Mapping[str, object], ts: int, wall: int, *, fate: Fate = ORDINARY
    ) -> str:
        """A 200 for the request; whether the exchange agrees is known later."""
        order, form = self._found(variety, number, "modified"), Form(fields)
        if order.modifications >= self._rules.modifications:
            raise order_refused("Maximum allowed order modifications exceeded.")
        listed = self._placement.listed(order.contract.exchange, order.contract.symbol, ts)
        terms, exact = terms_of(form, listed, order.terms)
        if terms.quantity <= order.filled:
            raise bad_input("Quantity cannot be less than or equal to the filled quantity.")
        if order.triggered:
            terms = msgspec.structs.replace(terms, trigger=order.terms.trigger)
        self._placement.terms(listed, order.side, terms, ts, exact=exact, waits=not order.triggered)
        terms, _ = self._placement.protected(listed, order.side, terms)
        if fate.ignore_modify or order.fate.ignore_modify:
            return order.id
        self._life.modify(_fated(order, fate), terms, ts, wall, fate.accept_after)
        return order.id

    def cancel(self, variety: str, number: str, ts: int, wall: int, fate: Fate = ORDINARY) -> str:
        """A 200 for the request; a fill may win the race. Of a cover order's second leg it is the exit."""
        order = self._found(variety, number, "cancelled")
        if fate.ignore_cancel or order.fate.ignore_cancel:
            return order.id
        if variety == "co" and order.parent and order.waits:
            exit_ = msgspec.structs.replace(order.terms, type="MARKET", price=0, trigger=0)
            self._life.triggered(msgspec.structs.replace(order, terms=exit_), ts, wall)
        else:
            self._life.cancel(_fated(order, fate), ts, wall, fate.accept_after)
        return order.id

    def closing(self, draft: KiteOrder, wall: int) -> str:
        """An order of the broker's own: nobody checks it."""
        return self._put(draft, wall)

    def number(self, ts: int) -> str:
        """19 digits, as Kite's: no float holds them."""
        return f"{self._market.day(ts):%y%m%d}{self._book.next('orders'):013d}"

    def follow(self, order: KiteOrder, ts: int, wall: int) -> None:
        """What comes after an order that is complete: the next leg of an iceberg, the stop of a cover order."""
        iceberg = order.meta.get("iceberg")
        if iceberg and iceberg["remaining_quantity"]:
            quantity = min(iceberg["leg_quantity"], iceberg["remaining_quantity"])
            leg = {
                **iceberg, "leg": iceberg["leg"] + 1, "remaining_quantity": iceberg["remaining_quantity"] - quantity,
            }  # fmt: skip
            terms = msgspec.structs.replace(order.terms, quantity=quantity)
            after = msgspec.structs.replace(order, terms=terms, meta={**order.meta, "iceberg": leg})
            self._again(after, ts, wall)
        elif order.variety == "co" and not order.parent:
            trigger = order.meta["cover"]["trigger"]
            terms = Terms(type="SL-M", quantity=order.filled, trigger=trigger)
            after = msgspec.structs.replace(order, terms=terms, side=order.side.other, meta={}, parent=order.id)
            self._again(after, ts, wall)

    # ----------------------------------------------------------------------------------------------

    def _draft(self, wanted: Asked, variety: str, ts: int, wall: int, origin: Origin) -> KiteOrder:
        """An order without a number yet."""
        terms, percent = self._placement.protected(wanted.listed, wanted.side, wanted.terms)
        after = origin.fate.accept_after or self._rules.validation
        return KiteOrder(
            id="", owner=origin.owner, app=origin.app, day=self._book.day, placed_by=self._rules.user, variety=variety,
            contract=contract_of(wanted.listed), side=wanted.side, product=wanted.product, terms=terms,
            tick=wanted.listed.tick, lot=wanted.listed.lot, ts=ts, tag=wanted.tag,
            tags=("mktp", f"mktp:{percent:.2f}") if percent else (), fate=origin.fate,
            hidden=origin.fate.accept_after > 0, meta=dict(origin.meta),
            due=max(1, wall + round(after * SECOND)),
        )  # fmt: skip

    def _put(self, draft: KiteOrder, wall: int) -> str:
        order = msgspec.structs.replace(draft, id=self.number(draft.ts))
        if order.hidden:
            self._book.look(order)
        else:
            self._book.save(order, wall)
        return order.id

    def _sliced(self, draft: KiteOrder, wanted: Asked, ts: int, wall: int) -> Autosliced:
        """Slices of the freeze quantity; each is checked for itself, at once, and may fail while others stand."""
        largest = self._placement.freeze(wanted.listed, ts)
        assert largest is not None
        step = largest // draft.lot * draft.lot
        sizes = [min(step, draft.terms.quantity - begun) for begun in range(0, draft.terms.quantity, step)]
        self._count(len(sizes))
        parent = self.number(ts)
        tags = (*draft.tags, "autoslice", f"autoslice:{parent}")
        children: list[dict[str, Any]] = []
        for place, size in enumerate(sizes):
            terms = msgspec.structs.replace(draft.terms, quantity=size)
            one = msgspec.structs.replace(draft, terms=terms, tags=tags, checked=True)
            refusal = self._money.refusal(one)
            if place >= len(sizes) - draft.fate.failed_slices and refusal is None:
                refusal = short_of_funds(
                    draft.fate.reject or "Insufficient funds. Check the orderbook for open orders."
                )
            children.append({"order_id": self._put(one, wall)} if refusal is None else {"error": _error(refusal)})
        return Autosliced(parent, children)

    def _cover(self, form: Form, wanted: Asked, ts: int, wall: int, origin: Origin) -> str:
        """An order with a stop behind it, on the other side of the last price."""
        trigger, exact = form.price("trigger_price", wanted.listed)
        if not trigger:
            raise bad_input("Missing or empty field `trigger_price`")
        stop = Terms(type="SL-M", quantity=wanted.terms.quantity, trigger=trigger, protection=-1)
        self._placement.terms(wanted.listed, wanted.side.other, stop, ts, exact=exact)
        self._count(2)
        draft = self._draft(wanted, "co", ts, wall, origin)
        return self._put(msgspec.structs.replace(draft, meta={"cover": {"trigger": trigger}}), wall)

    def _again(self, order: KiteOrder, ts: int, wall: int) -> None:
        """Another order after one, of its kind and with what it says."""
        self._put(
            KiteOrder(
                id="", owner=order.owner, app=order.app, day=self._book.day, placed_by=order.placed_by,
                variety=order.variety, contract=order.contract, side=order.side, product=order.product,
                terms=order.terms, tick=order.tick, lot=order.lot, ts=ts, tag=order.tag, tags=order.tags,
                meta=order.meta, parent=order.parent, due=max(1, wall + round(self._rules.validation * SECOND)),
            ),
            wall,
        )  # fmt: skip

    def _found(self, variety: str, number: str, done: str) -> KiteOrder:
        """An order that may be changed now."""
        try:
            order = self._book.order(number)
        except LookupError:
            raise order_refused(_UNKNOWN) from None
        if order.hidden or order.variety != variety:
            raise order_refused(_UNKNOWN)
        if order.status in TERMINAL:
            raise order_refused(f"Order cannot be {done} as it is already {order.status.lower()}.")
        if order.status not in STEADY:
            raise order_refused("Order cannot be modified/cancelled as it is being processed. Try later.")
        return order

    def _count(self, orders: int) -> None:
        """The day's cap."""
        name = f"orders of {self._book.day}"
        count = int(self._book.fact(name, "0")) + orders
        if count > self._rules.orders_a_day:
            raise too_many_requests("Maximum allowed order requests exceeded.")
        self._book.note(name, count)


def _first_leg(draft: KiteOrder, wanted: Asked) -> KiteOrder:
    total = draft.terms.quantity
    size = wanted.leg_quantity or -(-total // draft.lot // wanted.legs) * draft.lot
    iceberg = {
        "leg": 1, "legs": -(-total // size), "leg_quantity": size, "total_quantity": total,
        "remaining_quantity": total - size,
    }  # fmt: skip
    terms = msgspec.structs.replace(draft.terms, quantity=size)
    return msgspec.structs.replace(draft, terms=terms, meta={**draft.meta, "iceberg": iceberg})


def _fated(order: KiteOrder, fate: Fate) -> KiteOrder:
    """The order with what is in store for a request about it."""
    if fate == ORDINARY:
        return order
    own = msgspec.structs.replace(order.fate, reject=fate.reject, stuck=fate.stuck, stuck_seconds=fate.stuck_seconds)
    return msgspec.structs.replace(order, fate=own)


def _error(refusal: KiteRefusal) -> dict[str, Any]:
    return {"code": refusal.code, "error_type": refusal.error_type, "message": refusal.message, "data": None}
