"""From a source to records: filtered, numbered, cut to size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.records import ActionAnnounced, ChunkReceived, Record, StreamEnded
from friday_core.domain.sessions import SessionDates
from friday_core.errors import DataSourceError, PluginContractError, SchemaError
from friday_core.interfaces.source import HistoricalData
from friday_core.plugin.discovery import nearest
from friday_core.plugin.sections import DataSettings

_EPOCH = dt.date(1970, 1, 1)


class HistoricalFeed:
    """The records of one stream from a source of past bars.

    Only the instruments and sessions that ``[data]`` names go in. Corporate actions come first:
    each takes effect at its ex-date. Rows are numbered from 0 in the order in which they come.
    """

    def __init__(self, stream: str, source: HistoricalData, data: DataSettings, *, chunk_rows: int) -> None:
        self._stream = stream
        self._source = source
        self._chunk_rows = chunk_rows
        self._dates = SessionDates(data.timezone)
        self._first = (data.start - _EPOCH).days if data.start else None
        self._last = (data.end - _EPOCH).days if data.end else None
        self._offered = Universe(source.instruments())
        self.universe = _selected(self._offered, data.instruments)

    def records(self) -> Iterator[Record]:
        """Announcements, chunks, and the end of the stream."""
        for action in self._source.corporate_actions():
            if action.instrument in self.universe:
                yield ActionAnnounced(action)
        seq = 0
        for chunk in self._chunks():
            rows = self._wanted(chunk)
            for start in range(0, len(rows), self._chunk_rows):
                part = rows.take(slice(start, start + self._chunk_rows))
                yield ChunkReceived(self._stream, part.numbered(seq))
                seq += len(part)
        if seq == 0:
            raise DataSourceError(
                f"stream {self._stream!r}: the source delivered no row for [data] instruments, start and end"
            )
        yield StreamEnded(self._stream)

    def _chunks(self) -> Iterator[Chunk]:
        """What the source delivers; a chunk that cannot be one is told with the stream's name."""
        try:
            for chunk in self._source.bars():
                if not isinstance(chunk, Chunk):
                    found = type(chunk).__name__
                    raise PluginContractError(f"stream {self._stream!r}: the source delivered a {found}, not a Chunk")
                yield chunk
        except SchemaError as error:
            raise SchemaError(f"stream {self._stream!r}: {error}") from error

    def row_count(self) -> int | None:
        """Rows to come, if the source knows and nothing is filtered; for the progress bar."""
        filtered = self._first is not None or self._last is not None or len(self.universe) != len(self._offered)
        return None if filtered else self._source.row_count()

    def _wanted(self, chunk: Chunk) -> Chunk:
        if len(chunk) and not 0 <= int(chunk.inst.min()) <= int(chunk.inst.max()) < len(self._offered):
            raise PluginContractError("the source delivered a row whose inst is not among its instruments()")
        position = np.full(len(self._offered), -1, np.int32)
        for n, instrument in enumerate(self._offered):
            if instrument.id in self.universe:
                position[n] = self.universe.position(instrument.id)
        keep = position[chunk.inst] >= 0
        if self._first is not None or self._last is not None:
            sessions = self._dates.of(chunk.ts_event)
            keep &= sessions >= (self._first if self._first is not None else sessions)
            keep &= sessions <= (self._last if self._last is not None else sessions)
        return chunk.take(keep).with_positions(position[chunk.inst[keep]])


def _selected(offered: Universe, names: Sequence[str]) -> Universe:
    wanted = [InstrumentId.parse(name) for name in dict.fromkeys(names)]
    missing = [str(one) for one in wanted if one not in offered]
    if missing:
        known = [str(instrument.id) for instrument in offered]
        raise DataSourceError(
            f"[data] instruments: the source does not offer {', '.join(missing)}; "
            f"{nearest(missing[0], known)}It offers {', '.join(known[:20])}{', ...' if len(known) > 20 else ''}"
        )
    return Universe(offered.instrument(one) for one in wanted) if wanted else offered
