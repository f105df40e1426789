"""What is said on the socket: one JSON object a line, and the rows that the book is made of.

A request is ``{"id": 1, "method": "place", "params": {...}}``. Its answer is ``{"id": 1, "result": ...}``, or
``{"id": 1, "refused": "CODE: words"}`` after which nothing has changed. Whoever asked to ``listen`` is also
sent ``{"update": order}`` for every change of every order.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side

#: Quantity times price units of one currency unit: more is refused.
_MOST = 10**15


class Declined(Exception):  # noqa: N818 - an answer, not an error
    """A definite no, in the broker's words; nothing has changed."""


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    method: str
    id: int = 0
    params: dict[str, Any] = {}


class Owner(enum.StrEnum):
    """Who placed an order: a client with a tag, somebody else in the same account, or the broker itself."""

    CLIENT = "client"
    EXTERNAL = "external"
    BROKER = "broker"


class Placement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An order as it is asked for. Prices are price units, ``ts_decided`` microseconds UTC; 0 is now.

    ``ValueError`` for what no order can be.
    """

    instrument: str
    side: Side
    quantity: int
    type: OrderType = OrderType.MARKET
    limit_price: int | None = None
    trigger_price: int | None = None
    product: str = ""
    price_decimals: int = 2
    currency: str = "INR"
    protection_ppm: int = 0
    ts_decided: int = 0
    tag: str = ""

    def __post_init__(self) -> None:
        one = InstrumentId.parse(self.instrument)
        Instrument(one, self.currency, self.price_decimals)
        protection = self.protection_ppm or None
        Order(
            one, self.side, self.quantity, self.type, self.limit_price, self.trigger_price,
            product=self.product, protection_ppm=protection,
        )  # fmt: skip
        if self.quantity * 10**self.price_decimals > _MOST or not 0 <= self.ts_decided < 2**62:
            raise ValueError(f"quantity {self.quantity} or ts_decided {self.ts_decided} is beyond what is traded here")


class BookOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands in the book, in answers and in updates alike.

    ``worth`` is the sum of quantity times price units over all its trades, exactly; ``notional`` the same in minor
    units, rounded half-even once. ``ts_event`` is the market's time of the last change, microseconds UTC.
    ``seen`` is the close of the last bar that it was held against, ``reference`` the price that protection goes by,
    ``parts`` how many parts of it may trade (-1: all), ``ruling`` what it is rejected with as it reaches the exchange.
    """

    number: str
    tag: str
    owner: Owner
    day: int
    instrument: str
    side: Side
    quantity: int
    type: OrderType
    limit_price: int | None
    trigger_price: int | None
    product: str
    price_decimals: int
    currency: str
    protection_ppm: int
    ts_decided: int
    status: OrderStatus = OrderStatus.ACKED
    filled: int = 0
    worth: int = 0
    notional: int = 0
    ts_event: int = 0
    reason: str = ""
    seen: int = 0
    triggered: bool = False
    reference: int = 0
    parts: int = -1
    ruling: str = ""

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an order that traded, at ``price`` in price units."""

    number: str
    order: str
    tag: str
    day: int
    instrument: str
    side: Side
    quantity: int
    price: int
    price_decimals: int
    currency: str
    product: str
    ts_event: int


class Part(msgspec.Struct, frozen=True):
    """A trade that is settled and has yet to happen: at ``due``, microseconds of the wall clock."""

    order: str
    part: int
    quantity: int
    price: int
    due: int


class Position(msgspec.Struct, frozen=True):
    """What is held of an instrument in a product; negative is short."""

    instrument: str
    product: str
    quantity: int
    price_decimals: int
    currency: str


class Received(msgspec.Struct, frozen=True):
    """A request that arrived, with the names of the faults that it met."""

    number: int
    method: str
    tag: str
    faults: str


def notional(order: BookOrder, worth: int) -> int:
    """``worth`` of an order's price units in minor units."""
    return Instrument(InstrumentId.parse(order.instrument), order.currency, order.price_decimals).notional(worth, 1)
