"""An order of Friday's as Kite's form, and how the two know each other: by the tag.

A tag at Kite is the order's own, with marks behind it in small letters: ``m`` for a market order, which Kite turns into
a limit order that may rest, and ``s`` with number and count for one slice of a larger order: ``F0FJG0000001ms0104``.
The book of the day tells everything that way, to a process that knows nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from friday_core.api import Order, OrderType, Product, Refused, Side, TimeInForce
from friday_plugins.zerodha.instruments import Listed

#: Kite's words.
PRODUCTS = {
    Product.DELIVERY: "CNC", Product.INTRADAY: "MIS", Product.NORMAL: "NRML", Product.MTF: "MTF",
}  # fmt: skip
_TYPES = {
    OrderType.MARKET: "MARKET", OrderType.LIMIT: "LIMIT", OrderType.STOP: "SL-M", OrderType.STOP_LIMIT: "SL",
}  # fmt: skip
#: Products of which no more is sold than is there.
_DELIVERED = frozenset({Product.DELIVERY, Product.MTF})
#: Parts per million in one percent.
_PERCENT = 10_000
#: What Kite calls the protection that it thinks right.
AUTOMATIC = -1.0
#: Percent that a stop of an option may trade beyond its trigger, where protection is automatic: it has no SL-M.
_OPTION_STOP = Decimal(3)
_TAG = re.compile(r"([0-9A-Z]+)(m?)(?:s([0-9]{2})([0-9]{2}))?")
_OWN = re.compile(r"F[0-9A-Z]{11,}")
LONGEST_TAG = 20
#: Behind a tag: the order that closes what a second order of that tag has traded.
CLOSING = "c"


class Tag(NamedTuple):
    """What a tag at Kite says: the order's own tag, and its marks; ``slice`` counts from 1, 0 for a whole order."""

    order: str
    is_market: bool = False
    slice: int = 0
    slices: int = 0

    @property
    def is_fridays(self) -> bool:
        """Whether a session of Friday's has made it, this one or another."""
        return _OWN.fullmatch(self.order) is not None

    def __str__(self) -> str:
        part = f"s{self.slice:02}{self.slices:02}" if self.slice else ""
        return f"{self.order}{'m' * self.is_market}{part}"


def tag_of(written: str) -> Tag:
    """The tag as it came back; of somebody else's order it is theirs."""
    found = _TAG.fullmatch(written)
    if found is None:
        return Tag(written)
    order, market, part, parts = found.groups()
    return Tag(order, bool(market), int(part or 0), int(parts or 0))


def closes_copy(written: str) -> bool:
    """Whether an order of this tag, which is at the market, closes what a second order of the tag before it traded."""
    return written.endswith(CLOSING) and tag_of(written.removesuffix(CLOSING)).is_fridays


def form_of(order: Order, listed: Listed, protection: float, product: str) -> dict[str, Any]:
    """The arguments of the client's ``place_order``, but for the tag; ``Refused`` for what Kite has no form for.

    ``protection`` in percent, and ``product`` in Friday's word, count where the order does not say.
    """
    held = Product(order.product or product)
    if not _ends_today(order, held):
        raise Refused(f"order {order.tag}: Kite's orders are for the day, not {order.time_in_force}")
    if held in _DELIVERED and None not in (order.stop_loss, order.take_profit):
        raise Refused(
            f"order {order.tag}: Kite takes one order to sell a share that is held as {held}: give stop_loss or "
            "take_profit, not both"
        )
    form: dict[str, Any] = {
        "variety": "regular",
        "exchange": listed.exchange,
        "tradingsymbol": listed.symbol,
        "transaction_type": order.side.name,
        "quantity": order.quantity,
        "product": PRODUCTS[held],
        "order_type": _TYPES[order.type],
        "validity": "DAY",
    }
    if order.limit_price is not None:
        form["price"] = rupees(order.limit_price, listed)
    if order.trigger_price is not None:
        form["trigger_price"] = rupees(order.trigger_price, listed)
    if not order.type.has_limit:
        _protect(form, order, listed, _percent(order, protection))
    return form


def _ends_today(order: Order, product: Product) -> bool:
    """What would rest until it trades does so today, if it is at the market, or closes what ends today itself."""
    if order.time_in_force is TimeInForce.GTC:
        return order.type is OrderType.MARKET or product == Product.INTRADAY
    return order.time_in_force is TimeInForce.DAY


def rupees(units: int, listed: Listed) -> str:
    """A price as Kite reads it, exactly: no float ever holds it."""
    return str(Decimal(units).scaleb(-listed.decimals))


def in_ticks(price: Decimal, listed: Listed, side: Side) -> Decimal:
    """The nearest price on a tick that is not beyond this one, as the side sees it."""
    ticks = price / listed.tick
    whole = int(ticks)
    if side is Side.SELL and ticks != whole:
        whole += 1
    return whole * listed.tick


def _percent(order: Order, protection: float) -> float:
    if order.protection_ppm is None:
        return protection
    if not order.protection_ppm:
        raise Refused(
            f"order {order.tag}: Kite takes no market order without protection; give protection_ppm, or a limit"
        )
    return order.protection_ppm / _PERCENT


def _protect(form: dict[str, Any], order: Order, listed: Listed, percent: float) -> None:
    if order.type is not OrderType.STOP or listed.kind != "option":
        form["market_protection"] = -1 if percent == AUTOMATIC else percent
        return
    share = _OPTION_STOP if percent == AUTOMATIC else Decimal(str(percent))
    trigger = Decimal(form["trigger_price"])
    limit = in_ticks(trigger * (100 + order.side.sign * share) / 100, listed, order.side)
    form |= {"order_type": "SL", "price": str(max(limit, listed.tick))}


def same(form: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What makes two forms the same order."""
    return tuple(sorted((name, str(value)) for name, value in form.items() if name != "tag"))
