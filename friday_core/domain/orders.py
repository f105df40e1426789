"""Orders, their life, and fills. Prices are integer price units, money integer minor units."""

from __future__ import annotations

import enum
import operator

import msgspec

from friday_core.domain.instruments import Instrument, InstrumentId, check_id
from friday_core.errors import InvariantError


class Side(enum.StrEnum):
    """What an order does; an ``Order`` has a side and a positive quantity, a decision's table a signed one."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1


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
    """``DAY`` orders expire when their first session ends, ``GTC`` orders rest until cancelled."""

    DAY = "day"
    GTC = "gtc"


class Order(msgspec.Struct, frozen=True):
    """What is asked of the market. A strategy fills in the first part, the driver the second.

    ``limit_price`` and ``trigger_price`` are price units of the instrument; ``quantity`` is
    positive; all three are whole and below 2 ** 63. ``tag`` identifies the order for ever, derived,
    never drawn. The ``strategy`` of an order of the account is empty. ``ValueError`` for anything else.
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

    def __post_init__(self) -> None:
        check_id(self.instrument)
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"order for {self.instrument}: {name} must be a {kind.__name__}")
        for name in ("quantity", "limit_price", "trigger_price"):
            value = getattr(self, name)
            if value is not None and type(value) is not int:
                msgspec.structs.force_setattr(self, name, _whole(f"order for {self.instrument}: {name}", value))
        if max(self.quantity, self.limit_price or 0, self.trigger_price or 0) > _MOST:
            raise ValueError(f"order for {self.instrument}: quantity and prices must be below 2 ** 63")
        if self.quantity < 1:
            raise ValueError(f"order for {self.instrument}: quantity {self.quantity} must be at least 1")
        if self.type.has_limit != (self.limit_price is not None):
            raise ValueError(f"{self.type} order for {self.instrument}: limit_price {_wanted(self.type.has_limit)}")
        if self.type.has_trigger != (self.trigger_price is not None):
            raise ValueError(f"{self.type} order for {self.instrument}: trigger_price {_wanted(self.type.has_trigger)}")


_KINDS = {"side": Side, "type": OrderType, "time_in_force": TimeInForce}
_MOST = 2**63 - 1


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


_S = OrderStatus
_ENDS = frozenset({_S.FILLED, _S.CANCELLED, _S.EXPIRED})
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
    """

    __slots__ = ("active_from", "filled", "order", "reason", "session", "status", "triggered")

    def __init__(self, order: Order, active_from: int) -> None:
        self.order = order
        self.active_from = active_from
        self.session = -1
        self.status = OrderStatus.INTENT
        self.filled = 0
        self.triggered = False
        self.reason = ""

    @property
    def remaining(self) -> int:
        """Shares or contracts that have not traded yet."""
        return self.order.quantity - self.filled

    def move(self, status: OrderStatus, reason: str = "") -> None:
        """Step to ``status``; ``InvariantError`` names tag, from and to if that is not legal."""
        if status not in ORDER_TRANSITIONS[self.status]:
            raise InvariantError(f"order {self.order.tag}: illegal step from {self.status} to {status}")
        self.status = status
        self.reason = reason or self.reason

    def fill(self, quantity: int) -> None:
        """Account for a fill of ``quantity``; never more than remains."""
        if not 0 < quantity <= self.remaining:
            raise InvariantError(f"order {self.order.tag}: fill of {quantity} with {self.remaining} remaining")
        self.filled += quantity
        self.move(OrderStatus.FILLED if self.remaining == 0 else OrderStatus.PARTIAL)


class FillKind(enum.StrEnum):
    """Where an order traded: at the broker, or with another book of the account."""

    MARKET = "market"
    CROSS = "cross"


class Fill(msgspec.Struct, frozen=True):
    """A part of an order that traded. ``price`` in price units, ``charges`` in minor units.

    ``assumed`` marks a fill that no exchange confirmed and that a person has yet to make true.
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


class OrderEnded(msgspec.Struct, frozen=True):
    """An order reached its end; ``reason`` is a code and a sentence, empty for a full fill."""

    tag: str
    instrument: InstrumentId
    strategy: str
    status: OrderStatus
    filled: int
    reason: str
    ts_event: int
