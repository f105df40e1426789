"""The inputs of the core: a session is a sequence of these records and of nothing else."""

from __future__ import annotations

import msgspec

from friday_core.domain.chunk import Chunk
from friday_core.domain.market import CorporateAction
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
    | StreamEnded
    | SessionStopped
)


class PlaceOrder(msgspec.Struct, frozen=True):
    """An intent: this order is to be sent to the broker."""

    order: Order


class CancelOrder(msgspec.Struct, frozen=True):
    """An intent: this order is to be cancelled at the broker."""

    tag: str
    reason: str


#: What a broker is sent.
Intent = PlaceOrder | CancelOrder
