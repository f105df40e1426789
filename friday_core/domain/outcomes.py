"""What became of a session: the rows of its result tables. Money in minor units, prices in price units."""

from __future__ import annotations

import msgspec

from friday_core.domain.instruments import InstrumentId


class DecisionTaken(msgspec.Struct, frozen=True):
    """One decision of a strategy and what became of it.

    ``kind`` is signal, target, order or cancel; ``value`` its strength, weight or signed quantity.
    ``asked`` is the signed quantity after sizing, ``sent`` what risk let through; ``code`` says
    why they differ, or ``SENT``.
    """

    ts_event: int
    strategy: str
    instrument: InstrumentId
    kind: str
    value: float
    asked: int
    sent: int
    code: str
    detail: str
    reason: str
    tag: str


class EquityPoint(msgspec.Struct, frozen=True):
    """A book after a slice."""

    ts_event: int
    session: int
    strategy: str
    cash: int
    value: int
    gross: int
    equity: int


class PositionHeld(msgspec.Struct, frozen=True):
    """A position at the end of a session."""

    ts_event: int
    session: int
    strategy: str
    instrument: InstrumentId
    quantity: int
    cost: int
    price: int
    value: int


class BookDiffers(msgspec.Struct, frozen=True):
    """What a broker has is not what the session has, of an order or a position.

    ``code`` is one of ``DIFFERENCES``; ``tag`` an order's, ``instrument`` is ``None`` where the broker does not say.
    """

    ts_event: int
    code: str
    tag: str
    instrument: InstrumentId | None
    detail: str


class StrategyStopped(msgspec.Struct, frozen=True):
    """A strategy raised or broke its contract, and was stopped; the others went on."""

    ts_event: int
    strategy: str
    error: str
    traceback: str


class ValidatorFault(msgspec.Struct, frozen=True):
    """A validator raised or broke its contract on row ``seq``, and judged nothing from there on.

    ``doubtful_from`` is the earliest ``ts_event`` of a slice that no longer opens a position: that
    of the slice which was open when the row came.
    """

    ts_event: int
    stream: str
    validator: str
    seq: int
    doubtful_from: int
    error: str
    traceback: str


class OrdersNetted(msgspec.Struct, frozen=True):
    """Market orders of several strategies became one: they disagree where both sides have a quantity.

    ``account_order`` is the tag of the order for the rest, empty if there is none; ``orders`` are
    the tags behind it.
    """

    ts_event: int
    instrument: InstrumentId
    bought: int
    sold: int
    account_order: str
    orders: tuple[str, ...]


class ActionApplied(msgspec.Struct, frozen=True):
    """A corporate action changed a book."""

    ts_event: int
    session: int
    strategy: str
    instrument: InstrumentId
    numerator: int
    denominator: int
    dividend: int
    quantity_before: int
    quantity_after: int
    cash: int


class CashPosted(msgspec.Struct, frozen=True):
    """Cash of a book moved without a trade: ``amount`` minor units, negative if it was paid.

    ``kind`` is ``borrow_fee``, for a short of ``quantity`` at ``price`` that was kept until ``session``.
    """

    ts_event: int
    session: int
    strategy: str
    instrument: InstrumentId
    kind: str
    quantity: int
    price: int
    amount: int
