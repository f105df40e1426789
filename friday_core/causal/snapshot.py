"""A snapshot: the state of an executor as bytes that another one, or a changed program, can take up."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import Float64
from friday_core.errors import InvariantError

_HEAD = struct.Struct("<4sI")
_MAGIC = b"FRS2"
#: The state begins at a multiple of this many bytes.
_ALIGNED = 8


@dataclass(frozen=True, slots=True)
class Moment:
    """Where an executor stands: close time and domain of its last slice, and that slice's last instrument."""

    ts: int
    domain: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State rows of instruments by name; in a row, the slots of instructions by the hash of what they compute."""

    program: str
    moment: Moment | None
    slots: Mapping[str, tuple[int, int]]
    instruments: Sequence[str]
    state: Float64

    def pack(self) -> bytes:
        """Header, padding, and the state as little-endian float64, one row an instrument."""
        moment = None if self.moment is None else [self.moment.ts, self.moment.domain, self.moment.instrument]
        header = {
            "program": self.program,
            "moment": moment,
            "slots": [[name, at, size] for name, (at, size) in self.slots.items()],
            "instruments": list(self.instruments),
            "shape": self.state.shape,
        }
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-(_HEAD.size + len(text)) % _ALIGNED)
        return _HEAD.pack(_MAGIC, len(text)) + text + self.state.astype("<f8").tobytes()

    @classmethod
    def unpack(cls, data: bytes) -> Snapshot:
        """``InvariantError`` for bytes that are no whole snapshot of this version."""
        try:
            magic, length = _HEAD.unpack_from(data)
            if magic != _MAGIC:
                raise ValueError(f"it begins with {magic!r}")
            header = json.loads(data[_HEAD.size : _HEAD.size + length])
            state = np.frombuffer(data, "<f8", offset=_HEAD.size + length).reshape(header["shape"])
        except (ValueError, KeyError, struct.error) as error:
            raise InvariantError(f"no snapshot of this version, or not a whole one: {error}") from None
        return cls(
            header["program"],
            None if header["moment"] is None else Moment(*header["moment"]),
            {name: (at, size) for name, at, size in header["slots"]},
            header["instruments"],
            state.astype(np.float64),
        )


@dataclass(frozen=True, slots=True)
class Restored:
    """What a snapshot could not bring, and what nobody wanted.

    ``cold`` are the instructions that start anew, ``new`` the instruments that do, ``gone`` the
    instruments of the snapshot that are not in the universe any more.
    """

    cold: tuple[int, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
