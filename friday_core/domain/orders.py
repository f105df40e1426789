"""Orders, their life, and fills. Prices are integer price units, money integer minor units."""

from __future__ import annotations

import enum
import itertools
import operator

import msgspec

from friday_core.domain.instruments import Instrument, InstrumentId, check_id
from friday_core.domain.products import Product
from friday_core.errors import InvariantError


class Side(enum.StrEnum):
    """What an order does; an ``Order`` has a side and a positive quantity, a decision's table a signed one."""

    BUY = "buy"
    SELL = "sell"

    #: +1 for a buy, -1 for a sell.
    sign: int

    def __init__(self, word: str) -> None:
        self.sign = 1 if word == "buy" else -1


class OrderType(enum.StrEnum):
    """At what price an order may trade. A trigger that is touched makes a stop a market order, a stop limit a limit."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"

    @property
    def has_limit(self) -> bool:
        """Whether it takes a ``limit_price``."""
        return self in (OrderType.LIMIT, OrderType.STOP_LIMIT)

    @property
    def has_trigger(self) -> bool:
        """Whether it takes a ``trigger_price``."""
        return self in (OrderType.STOP, OrderType.STOP_LIMIT)


class TimeInForce(enum.StrEnum):
    """How long an order works.

    ``DAY`` orders expire when their first session ends, ``GTC`` orders rest until cancelled, ``GTD`` orders
    expire when the session ``good_till`` ends. ``AT_CLOSE`` orders work like ``DAY`` ones, and take part in
    nothing but the closing auction of their session.
    """

    DAY = "day"
    GTC = "gtc"
    GTD = "gtd"
    AT_CLOSE = "at_close"


class Order(msgspec.Struct, frozen=True, gc=False):
    """What is asked of the market. ``tag``, ``strategy`` and ``ts_decided`` are filled in by the driver.

    ``limit_price`` and ``trigger_price`` are price units of the instrument; ``quantity`` is
    positive; all three are whole and below 2 ** 63. ``good_till`` is the last session of a ``GTD``
    order, in days since 1970-01-01: ``to_days(date)``. ``AT_CLOSE`` is for market and limit orders.

    ``protection_ppm`` keeps a market order or a stop within so many parts per million of the latest
    price, or of the trigger: 10,000 are 1%; 0 is none, and ``None`` what the broker's settings say.

    ``stop_loss`` and ``take_profit`` make it a bracket: what trades is sold again (or bought back) at the
    first of these prices, in price units, by a stop and a limit order of which one ends the other.

    ``product`` is how what it trades is held: a word of ``Product``. Empty, it is that of what is held already, else
    that of the strategy, and if that names none, what the charges plan takes.

    ``tag`` identifies the order for ever, derived, never drawn. The ``strategy`` of an order of the
    account is empty. ``ValueError`` for anything else.
    """

    instrument: InstrumentId
    side: Side
    quantity: int
    type: OrderType = OrderType.MARKET
    limit_price: int | None = None
    trigger_price: int | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    reason: str = ""

    tag: str = ""
    strategy: str = ""
    ts_decided: int = 0

    good_till: int | None = None
    protection_ppm: int | None = None
    stop_loss: int | None = None
    take_profit: int | None = None
    product: str = ""

    def __post_init__(self) -> None:
        check_id(self.instrument)
        if _is_plain(self):
            return
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"order for {self.instrument}: {name} must be a {kind.__name__}")
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None and type(value) is not int:
                msgspec.structs.force_setattr(self, name, _whole(f"order for {self.instrument}: {name}", value))
        if max((self.quantity, *self.prices)) > _MOST:
            raise ValueError(f"order for {self.instrument}: quantity and prices must be below 2 ** 63")
        if self.quantity < 1:
            raise ValueError(f"order for {self.instrument}: quantity {self.quantity} must be at least 1")
        if self.type.has_limit != (self.limit_price is not None):
            raise ValueError(f"{self.type} order for {self.instrument}: limit_price {_wanted(self.type.has_limit)}")
        if self.type.has_trigger != (self.trigger_price is not None):
            raise ValueError(f"{self.type} order for {self.instrument}: trigger_price {_wanted(self.type.has_trigger)}")
        if self.product not in _PRODUCTS:
            known = ", ".join(sorted(Product))
            raise ValueError(f"order for {self.instrument}: unknown product {self.product!r}; known are {known}")
        _check_time(self)
        _check_protection(self)
        _check_bracket(self)

    @property
    def prices(self) -> tuple[int, ...]:
        """Every price that it names, those of a bracket as well."""
        named = (self.limit_price, self.trigger_price, self.stop_loss, self.take_profit)
        return tuple(price for price in named if price is not None)

    @property
    def types(self) -> tuple[OrderType, ...]:
        """Its own type, and those of the orders that a bracket makes of it."""
        legs = ((OrderType.STOP, self.stop_loss), (OrderType.LIMIT, self.take_profit))
        return (self.type, *(kind for kind, price in legs if price is not None))

    @property
    def is_bracket(self) -> bool:
        """Whether what it trades is to be closed at a price that it names."""
        return self.stop_loss is not None or self.take_profit is not None


_NUMBERS = ("quantity", "limit_price", "trigger_price", "good_till", "protection_ppm", "stop_loss", "take_profit")


def _is_plain(order: Order) -> bool:
    """Whether it is a market order that nothing can be wrong with: most are, and it is seen at once."""
    return (
        order.type is _MARKET
        and type(order.quantity) is int
        and 1 <= order.quantity <= _MOST
        and type(order.side) is Side
        and (order.time_in_force is _DAY or order.time_in_force is _GTC)
        and order.limit_price is None
        and order.trigger_price is None
        and order.good_till is None
        and order.protection_ppm is None
        and order.stop_loss is None
        and order.take_profit is None
        and order.product in _PRODUCTS
    )


def _check_time(order: Order) -> None:
    is_dated = order.time_in_force is TimeInForce.GTD
    if is_dated != (order.good_till is not None):
        raise ValueError(f"{order.time_in_force} order for {order.instrument}: good_till {_wanted(is_dated)}")
    if order.time_in_force is TimeInForce.AT_CLOSE and order.type.has_trigger:
        raise ValueError(f"{order.type} order for {order.instrument}: a closing auction takes market and limit orders")


def _check_protection(order: Order) -> None:
    if order.protection_ppm is None:
        return
    if order.type.has_limit:
        raise ValueError(f"{order.type} order for {order.instrument}: protection_ppm {_wanted(False)}")
    if not 0 <= order.protection_ppm <= _PPM:
        raise ValueError(f"order for {order.instrument}: protection_ppm {order.protection_ppm} must be 0 to {_PPM}")


def _check_bracket(order: Order) -> None:
    entry = order.limit_price if order.limit_price is not None else order.trigger_price
    legs = [price for price in (order.stop_loss, entry, order.take_profit) if price is not None]
    rising = [order.side.sign * price for price in legs]
    if order.is_bracket and any(one >= other for one, other in itertools.pairwise(rising)):
        raise ValueError(
            f"{order.side} order for {order.instrument}: stop_loss, entry and take_profit {legs} must "
            f"{'rise' if order.side is Side.BUY else 'fall'}"
        )


_MARKET, _DAY, _GTC = OrderType.MARKET, TimeInForce.DAY, TimeInForce.GTC
_KINDS = {"side": Side, "type": OrderType, "time_in_force": TimeInForce}
_PRODUCTS = frozenset({"", *Product})
_MOST = 2**63 - 1
_PPM = 1_000_000


def _whole(what: str, value: object) -> int:
    """Whole numbers of other types, numpy's for example, as ``int``."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"{what} {value!r} is not a whole number") from None


def _wanted(wanted: bool) -> str:
    return "is missing" if wanted else "does not belong to it"


class OrderStatus(enum.StrEnum):
    """Where an order stands. ``DENIED`` is by us, ``REJECTED`` by the broker."""

    INTENT = "intent"
    DENIED = "denied"
    SENT = "sent"
    ACKED = "acked"
    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"

    @property
    def terminal(self) -> bool:
        """Nothing follows it."""
        return not ORDER_TRANSITIONS[self]


_S, _PARTIAL, _FILLED = OrderStatus, OrderStatus.PARTIAL, OrderStatus.FILLED
_ENDS = frozenset({_FILLED, _S.CANCELLED, _S.EXPIRED})
#: From each status, the statuses that may follow. From IN_DOUBT there is no way to REJECTED by
#: time-out alone: only an answer of the broker leads there.
ORDER_TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.INTENT: frozenset({_S.DENIED, _S.SENT, _S.OPEN, _S.CANCELLED}),
    _S.SENT: frozenset({_S.ACKED, _S.OPEN, _S.PARTIAL, _S.REJECTED, _S.IN_DOUBT}) | _ENDS,
    _S.ACKED: frozenset({_S.OPEN, _S.PARTIAL, _S.REJECTED, _S.IN_DOUBT}) | _ENDS,
    _S.OPEN: frozenset({_S.PARTIAL, _S.REJECTED, _S.IN_DOUBT}) | _ENDS,
    _S.PARTIAL: frozenset({_S.PARTIAL, _S.IN_DOUBT}) | _ENDS,
    _S.IN_DOUBT: frozenset({_S.ACKED, _S.OPEN, _S.PARTIAL, _S.REJECTED}) | _ENDS,
    _S.DENIED: frozenset(),
    _S.FILLED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.REJECTED: frozenset(),
}


class WorkingOrder:
    """An order and where it stands; owned by the core, read by matchers.

    ``order`` is what was asked, ``status`` where it stands, ``filled`` what of its quantity has traded.
    ``active_from`` is the ordinal of the first slice on which it may fill, ``session`` the first
    session in which it was active (-1 before), ``triggered`` whether a stop has been touched.
    ``reference`` is the price at which it was judged: its limit, its trigger, or the latest close; 0
    if that is not known. ``twin`` is an order of which the same quantity is asked, so that what one
    trades the other does not. ``is_forced`` marks one that the host closes a position with: it trades whatever
    the cash is. ``is_elsewhere`` marks one whose end a broker has to confirm; ``withdrawn`` is why that was asked for.
    """

    __slots__ = (
        "active_from", "filled", "is_elsewhere", "is_forced", "order", "reason", "reference", "session", "status",
        "triggered", "twin", "withdrawn",
    )  # fmt: skip

    def __init__(self, order: Order, active_from: int, reference: int = 0, *, is_elsewhere: bool = False) -> None:
        self.order = order
        self.active_from = active_from
        self.reference = reference
        self.session = -1
        self.status = OrderStatus.INTENT
        self.filled = 0
        self.triggered = False
        self.reason = ""
        self.twin: WorkingOrder | None = None
        self.is_forced = False
        self.is_elsewhere = is_elsewhere
        self.withdrawn = ""

    @property
    def remaining(self) -> int:
        """Shares or contracts that have not traded yet."""
        return self.order.quantity - self.filled

    @property
    def is_alternative(self) -> bool:
        """Whether its quantity counts already, because its twin works."""
        return self.twin is not None and not self.twin.status.terminal

    def move(self, status: OrderStatus, reason: str = "") -> None:
        """Step to ``status``; ``InvariantError`` names tag, from and to if that is not legal."""
        if status not in ORDER_TRANSITIONS[self.status]:
            raise InvariantError(f"order {self.order.tag}: illegal step from {self.status} to {status}")
        self.status = status
        self.reason = reason or self.reason

    def withdraw(self, reason: str) -> bool:
        """End it; one that is elsewhere goes on until its broker confirms. Whether a cancel is to be sent."""
        if not self.is_elsewhere:
            self.move(OrderStatus.CANCELLED, reason)
            return True
        asks, self.withdrawn = not self.withdrawn, self.withdrawn or reason
        return asks

    def fill(self, quantity: int) -> None:
        """Account for a fill of ``quantity``; never more than remains."""
        remaining = self.order.quantity - self.filled
        if not 0 < quantity <= remaining:
            raise InvariantError(f"order {self.order.tag}: fill of {quantity} with {remaining} remaining")
        self.filled += quantity
        self.move(_FILLED if quantity == remaining else _PARTIAL)


class FillKind(enum.StrEnum):
    """Where an order traded: at the broker, with another book of the account, or nowhere.

    A ``SETTLEMENT`` ends a position without a trade: a contract expired, or a share was delisted.
    """

    MARKET = "market"
    CROSS = "cross"
    SETTLEMENT = "settlement"


class Fill(msgspec.Struct, frozen=True, gc=False):
    """A part of an order that traded. ``price`` in price units, ``charges`` in minor units.

    ``assumed`` marks a fill that no exchange confirmed and that a person has yet to make true. ``product`` is that of
    its order.
    """

    tag: str
    instrument: InstrumentId
    strategy: str
    side: Side
    quantity: int
    price: int
    charges: int
    ts_event: int
    assumed: bool = False
    product: str = ""

    @property
    def kind(self) -> FillKind:
        return FillKind.MARKET

    def notional(self, instrument: Instrument) -> int:
        """What was paid or received without charges, in minor units."""
        return instrument.notional(self.price, self.quantity)


class NettedFill(Fill, frozen=True):
    """What one order got of an account order's fill, or of a cross between books.

    ``account_order`` is the tag of the former, empty for a cross. The parts of one trade sum to its
    notional; ``rounding`` is what this part pays or receives more than its own notional says, in minor units.
    """

    account_order: str = ""
    rounding: int = 0

    @property
    def kind(self) -> FillKind:
        return FillKind.MARKET if self.account_order else FillKind.CROSS

    def notional(self, instrument: Instrument) -> int:
        return instrument.notional(self.price, self.quantity) + self.rounding


class BrokerFill(NettedFill, frozen=True):
    """What a broker told of an order; ``price`` is its trades' average, rounded, which ``rounding`` makes exact."""

    @property
    def kind(self) -> FillKind:
        return FillKind.MARKET


class SettledFill(NettedFill, frozen=True):
    """A position was ended by the exchange at this price; no broker was sent its order."""

    @property
    def kind(self) -> FillKind:
        return FillKind.SETTLEMENT


class OrderEnded(msgspec.Struct, frozen=True, gc=False):
    """An order reached its end; ``reason`` is a code and a sentence, empty for a full fill."""

    tag: str
    instrument: InstrumentId
    strategy: str
    status: OrderStatus
    filled: int
    reason: str
    ts_event: int
