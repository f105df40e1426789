"""From a source to records: filtered, numbered, cut to size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeVar

import numpy as np

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.records import ActionAnnounced, ChunkReceived, Record, StreamEnded
from friday_core.domain.sessions import SessionDates
from friday_core.errors import ComponentTimeout, DataSourceError, PluginContractError, SchemaError
from friday_core.interfaces.connection import Lists
from friday_core.interfaces.source import HistoricalData
from friday_core.plugin.discovery import nearest
from friday_core.plugin.sections import DataSettings
from friday_core.plugin.time_limit import OverdueError, within
from friday_core.session.hand_over import cut
from friday_core.session.reading import MEND, Reading, ReadingRules

T = TypeVar("T")
_EPOCH = dt.date(1970, 1, 1)


class HistoricalFeed:
    """The records of one stream from a source of past bars.

    Only the instruments and sessions that ``[data]`` names go in. Corporate actions come first:
    each takes effect at its ex-date. Rows are numbered from 0 in the order in which they come.

    The source is read ahead, in a thread of its own, which no record shows; ``ComponentTimeout``
    if it does not answer in time.
    """

    def __init__(
        self,
        stream: str,
        source: HistoricalData,
        data: DataSettings,
        *,
        chunk_rows: int,
        reading: ReadingRules = ReadingRules(),  # noqa: B008 - it is frozen
    ) -> None:
        self._stream = stream
        self._source = source
        self._chunk_rows = chunk_rows
        self._rules = reading
        self._reading: Reading | None = None
        self._stopped = False
        self._dates = SessionDates(data.timezone)
        self._first = (data.start - _EPOCH).days if data.start else None
        self._last = (data.end - _EPOCH).days if data.end else None
        self._offered = Universe(self._asked("instruments", source.instruments))
        self.universe = _selected(self._offered, data.instruments)
        #: For each position among the instruments that the source offers, that in the universe; -1 is unwanted.
        self._positions = np.array(
            [self.universe.position(one.id) if one.id in self.universe else -1 for one in self._offered], np.int32
        )
        is_whole = np.array_equal(self._positions, np.arange(len(self._offered)))
        self._takes_all = is_whole and self._first is None and self._last is None

    def relist(self, listing: Lists) -> None:
        """Take ticks, lots and kinds from a list; ``DataSourceError`` if it does not have all, or in other units."""
        listed = {one.id: one for one in listing.listed([one.id for one in self.universe])}
        for one in self.universe:
            found = listed.get(one.id)
            if found is None or (found.currency, found.price_decimals) != (one.currency, one.price_decimals):
                given = f"{one.currency} with {one.price_decimals} decimals"
                there = "not at all" if found is None else f"in {found.currency} with {found.price_decimals} decimals"
                raise DataSourceError(f"[data] listing: the source has {one.id} in {given}, and it is listed {there}")
        self.universe = Universe(listed[one.id] for one in self.universe)

    def records(self) -> Iterator[Record]:
        """Announcements, chunks, and the end of the stream, which does not come after ``stop``."""
        yield from self._announcements()
        seq = 0
        self._reading = Reading(self._rows, self._rules, self._chunk_rows, lambda: self._stopped)
        try:
            for rows in self._reading:
                for part in cut(rows, self._chunk_rows):
                    yield ChunkReceived(self._stream, part.numbered(seq))
                    seq += len(part)
        finally:
            self.close()
        if self._stopped:
            return
        if seq == 0:
            raise DataSourceError(
                f"stream {self._stream!r}: the source delivered no row for [data] instruments, start and end"
            )
        yield StreamEnded(self._stream)

    def stop(self) -> None:
        """Deliver no further record, also while one is waited for; safe from a signal handler."""
        self._stopped = True

    def close(self) -> None:
        """Read no further, and wait for the source's thread; one that does not come back is left behind."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.close()

    def _announcements(self) -> Iterator[Record]:
        for action in self._asked("corporate_actions", self._source.corporate_actions):
            if action.instrument in self.universe:
                yield ActionAnnounced(action)

    def _asked(self, question: str, ask: Callable[[], T]) -> T:
        """What the source answers, if it does so in time."""
        source, limit = self._rules.component, self._rules.timeout
        try:
            return within(limit, ask, f"asks {source} for {question}")
        except OverdueError:
            raise ComponentTimeout(source, f"{question}() took longer than {limit:g} s; {MEND}") from None

    def _rows(self) -> Generator[Chunk, None, None]:
        """The wanted rows of what the source delivers; what is no chunk is told with the stream's name."""
        chunks = self._chunks()
        try:
            for chunk in chunks:
                if not isinstance(chunk, Chunk):
                    found = type(chunk).__name__
                    raise PluginContractError(f"stream {self._stream!r}: the source delivered a {found}, not a Chunk")
                yield self._wanted(chunk)
        except SchemaError as error:
            raise SchemaError(f"stream {self._stream!r}: {error}") from error
        finally:
            if isinstance(chunks, Generator):
                chunks.close()

    def _chunks(self) -> Iterator[Chunk]:
        return self._source.bars()

    def row_count(self) -> int | None:
        """Rows to come, if the source knows and nothing is filtered; for the progress bar."""
        filtered = self._first is not None or self._last is not None or len(self.universe) != len(self._offered)
        return None if filtered else self._source.row_count()

    def _wanted(self, chunk: Chunk) -> Chunk:
        if len(chunk) and not 0 <= int(chunk.inst.min()) <= int(chunk.inst.max()) < len(self._offered):
            raise PluginContractError("the source delivered a row whose inst is not among its instruments()")
        if self._takes_all:
            return chunk
        positions = self._positions[chunk.inst]
        keep = positions >= 0
        if self._first is not None or self._last is not None:
            sessions = self._dates.of(chunk.ts_event)
            keep &= sessions >= (self._first if self._first is not None else sessions)
            keep &= sessions <= (self._last if self._last is not None else sessions)
        return chunk.take(keep).with_positions(positions[keep])


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
