"""The streams of a session, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.sessions import SessionDates
from friday_core.errors import InvariantError
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stream import Stream, StreamPlan


class _Snapshot(msgspec.Struct, frozen=True, tag="flow 1"):
    streams: dict[str, bytes]


class DataFlowManager:
    """Owns the streams; hands each chunk to its stream and gives back completed slices."""

    def __init__(self, plans: Mapping[str, StreamPlan], universe: Universe, dates: SessionDates) -> None:
        self._streams = {name: Stream(name, plan, universe, dates) for name, plan in plans.items()}

    def announce(self, action: CorporateAction) -> None:
        """A corporate action is known to every stream from now on."""
        for stream in self._streams.values():
            stream.announce(action)

    def process_data_stream(self, name: str, chunk: Chunk) -> Iterator[Chunk]:
        """Run rows through one stream: validate, transform, validate, align."""
        return self._stream(name).process(chunk)

    def end(self, name: str) -> Iterator[Chunk]:
        """Close what the stream holds open."""
        return self._stream(name).end()

    def snapshot(self) -> bytes:
        """Every stream's state; ``restore`` goes on with the same bits. See ``Stream.snapshot``."""
        return to_bytes(_Snapshot({name: stream.snapshot() for name, stream in self._streams.items()}))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there; ``InvariantError`` if it is of other streams."""
        states = from_bytes(_Snapshot, snapshot).streams
        if states.keys() != self._streams.keys():
            raise InvariantError(f"the snapshot is of {', '.join(states)}, this session has {', '.join(self._streams)}")
        for name, state in states.items():
            self._streams[name].restore(state)

    @property
    def quarantines(self) -> Mapping[str, Quarantine]:
        """What each stream held back or repaired."""
        return {name: stream.quarantine for name, stream in self._streams.items()}

    @property
    def faults(self) -> list[ValidatorFault]:
        """Validators that failed; the same on every call but for new ones at the end of each stream's."""
        return [fault for stream in self._streams.values() for fault in stream.faults]

    @property
    def current_stage(self) -> str:
        """Whose code is running, as ``validator.bar_sanity``; empty if nobody's. Safe from other threads."""
        return next((stream.current_stage for stream in self._streams.values() if stream.current_stage), "")

    @property
    def rows_in(self) -> int:
        """Rows that arrived on all streams."""
        return sum(stream.rows_in for stream in self._streams.values())

    def _stream(self, name: str) -> Stream:
        try:
            return self._streams[name]
        except KeyError:
            known = ", ".join(self._streams)
            raise InvariantError(f"a record names stream {name!r}, this session has {known}") from None
