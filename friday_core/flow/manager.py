"""The streams of a session, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import SessionDates
from friday_core.errors import InvariantError
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.stream import Stream, StreamPlan


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

    @property
    def quarantines(self) -> Mapping[str, Quarantine]:
        """What each stream held back or repaired."""
        return {name: stream.quarantine for name, stream in self._streams.items()}

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
