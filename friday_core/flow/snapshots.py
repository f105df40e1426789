"""State of a stage as bytes, and back, with the same bits."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import numpy as np

from friday_core.domain.chunk import Array, Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import InvariantError

State = TypeVar("State", bound=msgspec.Struct)


class Rows(msgspec.Struct, frozen=True):
    """A chunk with the names of its instruments in place of their positions in a universe."""

    instruments: tuple[InstrumentId, ...]
    own: dict[str, tuple[str, bytes]]
    columns: dict[str, tuple[str, bytes]]

    @classmethod
    def of(cls, chunk: Chunk, universe: Universe) -> Rows:
        positions, inst = np.unique(chunk.inst, return_inverse=True)
        own: dict[str, Array] = {name: getattr(chunk, name) for name in ("ts_event", "ts_recv", "seq", "code")}
        return cls(
            tuple(universe[int(position)].id for position in positions),
            {name: _packed(values) for name, values in {**own, "inst": inst}.items()},
            {name: _packed(values) for name, values in chunk.columns.items()},
        )

    def chunk(self, universe: Universe) -> Chunk:
        """The rows in another session's universe; ``InvariantError`` if it lacks one of the instruments."""
        missing = [str(one) for one in self.instruments if one not in universe]
        if missing:
            raise InvariantError(f"the snapshot holds rows of {', '.join(missing)}, which this session does not know")
        positions = np.array([universe.position(one) for one in self.instruments], np.int32)
        own = {name: _unpacked(packed) for name, packed in self.own.items()}
        ts_event, inst = own.pop("ts_event"), positions[own.pop("inst")]
        return Chunk(ts_event, inst, {name: _unpacked(packed) for name, packed in self.columns.items()}, **own)


def to_bytes(state: msgspec.Struct) -> bytes:
    """The whole state; equal states have equal bytes."""
    return msgspec.msgpack.encode(state)


def from_bytes(kind: type[State], snapshot: bytes) -> State:
    """The state again; ``InvariantError`` if the bytes hold another kind, or were cut or changed in form."""
    try:
        return msgspec.msgpack.decode(snapshot, type=kind)
    except msgspec.MsgspecError as error:
        raise InvariantError(f"this is no snapshot of this stage: {error}") from error


def _packed(values: Array) -> tuple[str, bytes]:
    return values.dtype.str, values.tobytes()


def _unpacked(packed: tuple[str, bytes]) -> Any:
    dtype, data = packed
    return np.frombuffer(data, dtype)
