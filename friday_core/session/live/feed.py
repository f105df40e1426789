"""From a source of rows that happen now to records."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.cursor import Cursor
from friday_core.domain.records import ChunkReceived, ClockAdvanced, Record, StreamEnded
from friday_core.interfaces.source import LiveData
from friday_core.plugin.sections import DataSettings
from friday_core.session.feed import HistoricalFeed
from friday_core.session.hand_over import cut
from friday_core.session.live.freshness import Freshness
from friday_core.session.live.reading import LiveReading
from friday_core.session.reading import ReadingRules


class LiveFeed(HistoricalFeed):
    """The records of one stream from a source of live data, until it is stopped, or the time ``ends`` has come.

    Rows are passed on as they come. A sign of life becomes the time, which completes slices; rows that are
    missing are told. ``pace`` has the clock, and is asked to attend to what else is new.
    """

    def __init__(
        self,
        stream: str,
        source: LiveData,
        data: DataSettings,
        *,
        chunk_rows: int,
        reading: ReadingRules = ReadingRules(),  # noqa: B008 - it is frozen
    ) -> None:
        super().__init__(stream, source, data, chunk_rows=chunk_rows, reading=reading)
        self._live = source
        self._outage = ""
        self._after: Cursor | None = None
        self._next_seq = 0
        self._come: LiveReading | None = None
        self.freshness: Freshness | None = None
        self.now: Callable[[], int] = lambda: 0
        self.attend: Callable[[], None] = lambda: None
        #: When the session is over, in microseconds UTC; ``None`` for never.
        self.ends: int | None = None

    def go_on(self, after: Cursor, next_seq: int) -> None:
        """Before ``records``: a session has the rows up to there, which were numbered up to ``next_seq``."""
        self._after, self._next_seq = after, next_seq
        if self.freshness is not None:
            self.freshness.begin(after.ts_event)

    def wake(self) -> None:
        """Let the core attend to what is new; safe from other threads."""
        if (reading := self._come) is not None:
            reading.wake()

    def close(self) -> None:
        if self._reading is not None:
            self._live.stop_reading()
        super().close()

    def records(self) -> Iterator[Record]:
        yield from self._announcements()
        rules = self._rules
        reading = LiveReading(
            self._rows, rules, self._chunk_rows, lambda: self._stopped or self._is_over(),
            lambda: self._live.complete(self.now()),
        )  # fmt: skip
        self._reading = self._come = reading
        try:
            for one in reading.come(self.attend):
                yield from self._of_rows(one) if isinstance(one, Chunk) else self._of_life(one)
        finally:
            self.close()
        if not self._stopped:
            yield StreamEnded(self._stream)

    def _of_rows(self, rows: Chunk) -> Iterator[Record]:
        if self.freshness is not None:
            yield from self.freshness.rows(self.now(), int(rows.ts_event.max()), self._outage)
        for part in cut(rows, self._chunk_rows):
            numbered = part.numbered(self._next_seq)
            self._next_seq += len(part)
            yield ChunkReceived(self._stream, numbered)

    def _of_life(self, ts: int) -> Iterator[Record]:
        if self.freshness is not None:
            yield from self.freshness.alive(ts, self._outage)
        yield ClockAdvanced(ts)

    def _is_over(self) -> bool:
        return self.ends is not None and self.now() >= self.ends

    def _chunks(self) -> Iterator[Chunk]:
        return self._live.bars() if self._after is None else self._live.bars_after(self._after)

    def _wanted(self, chunk: Chunk) -> Chunk:
        """The wanted rows with the time at which they came; in the thread that reads."""
        self._outage = self._live.outage()
        rows = super()._wanted(chunk)
        if not len(rows) or not np.array_equal(rows.ts_recv, rows.ts_event):
            return rows
        received = np.full(len(rows), self.now())
        return Chunk(rows.ts_event, rows.inst, rows.columns, ts_recv=received, seq=rows.seq, code=rows.code)
