"""The inputs of the core: a session is a sequence of these records and of nothing else."""

from __future__ import annotations

import enum

import msgspec

from friday_core.domain.chunk import Chunk
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import Order


class SessionStarted(msgspec.Struct, frozen=True):
    """The head: what the session was built from. ``ts`` in microseconds UTC."""

    ts: int
    profile: str
    mode: str
    settings_hash: str
    plugins: tuple[str, ...] = ()


class ChunkReceived(msgspec.Struct, frozen=True):
    """Rows of a stream arrived."""

    stream: str
    chunk: Chunk


class ActionAnnounced(msgspec.Struct, frozen=True):
    """A corporate action is known; it takes effect at its ex-date."""

    action: CorporateAction


class ModelVersion(msgspec.Struct, frozen=True):
    """A version of the model of a stream; slices later than ``effective_from`` are predicted by it.

    ``asof`` is when it was fitted, both in microseconds UTC; ``blob`` is the compiled model.
    """

    stream: str
    asof: int
    effective_from: int
    model_id: str
    blob: bytes


class ClockAdvanced(msgspec.Struct, frozen=True):
    """The clock shows ``ts`` (microseconds UTC), and no earlier row is on its way: what waited for that is complete."""

    ts: int


class RowsMissing(msgspec.Struct, frozen=True):
    """Since ``since`` no row of a stream came that should have; both in microseconds UTC, ``reason`` in words.

    Nothing is added to positions until rows come again, which one with ``is_over`` says.
    """

    ts: int
    stream: str
    since: int
    reason: str
    is_over: bool = False


class SendOutcome(enum.StrEnum):
    """What came of handing an intent to a broker: it took it, it said no, or nobody knows."""

    TAKEN = "taken"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


class SendAnswered(msgspec.Struct, frozen=True):
    """A broker was handed an order, or the cancel of one; ``reason`` is a code and a sentence unless it took it."""

    ts: int
    tag: str
    outcome: SendOutcome
    is_cancel: bool = False
    reason: str = ""


class OrderTold(msgspec.Struct, frozen=True):
    """A broker tells where an order stands, ours or anybody's."""

    update: OrderUpdate


class PositionTold(msgspec.Struct, frozen=True):
    """What an account holds of an instrument, signed, in all products together."""

    instrument: InstrumentId
    quantity: int


class BrokerRead(msgspec.Struct, frozen=True):
    """All that a broker has: every order of its day, and every position and what can be spent if it tells them.

    ``cash`` is in minor units. What was sent at ``settled`` or before (microseconds UTC) can no longer be on its way
    there: an order of then that is not among them does not exist.
    """

    ts: int
    orders: tuple[OrderUpdate, ...]
    positions: tuple[PositionTold, ...] | None = None
    settled: int = 0
    cash: int | None = None


class Action(enum.StrEnum):
    """What a person asks a session for. Each does what those before it do, but the last.

    ``PAUSE`` lets no order add to a position, ``CANCEL`` ends every order, ``FLATTEN`` closes every
    position; they hold until ``REARM``.
    """

    PAUSE = "pause"
    CANCEL = "cancel"
    FLATTEN = "flatten"
    REARM = "rearm"


class Command(msgspec.Struct, frozen=True):
    """A person asked for something; ``who`` and ``reason`` are in their own words."""

    ts: int
    action: Action
    reason: str
    who: str = ""


class Armed(msgspec.Struct, frozen=True):
    """A person lets a session trade real money until ``until`` (microseconds UTC), and lets it hold so much.

    ``capital`` are whole units of the account's currency, the most that all positions and working orders may be worth.
    ``checks`` is what was found in order.
    """

    ts: int
    until: int
    capital: int
    reason: str
    who: str = ""
    checks: tuple[str, ...] = ()


class StreamEnded(msgspec.Struct, frozen=True):
    """No row of this stream will follow; what it holds open is closed."""

    stream: str


class SessionResumed(msgspec.Struct, frozen=True):
    """A process took up the session of one that ended without a word; ``ts`` in microseconds UTC."""

    ts: int
    settings_hash: str
    plugins: tuple[str, ...] = ()


class SessionStopped(msgspec.Struct, frozen=True):
    """The session ends; working orders are cancelled with this reason."""

    reason: str


Record = (
    SessionStarted
    | SessionResumed
    | ChunkReceived
    | ActionAnnounced
    | ModelVersion
    | ClockAdvanced
    | RowsMissing
    | SendAnswered
    | OrderTold
    | BrokerRead
    | Command
    | Armed
    | StreamEnded
    | SessionStopped
)


class PlaceOrder(msgspec.Struct, frozen=True, gc=False):
    """An intent: this order is to be sent to the broker."""

    order: Order


class CancelOrder(msgspec.Struct, frozen=True):
    """An intent: this order is to be cancelled at the broker."""

    tag: str
    reason: str


#: What a broker is sent.
Intent = PlaceOrder | CancelOrder
