"""Past data as if they came now: records wait until their time has come on a scaled wall clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

import numpy as np

from friday_core.causal.domains import parse
from friday_core.domain.chunk import Int64
from friday_core.domain.records import ChunkReceived, ClockAdvanced, Record
from friday_core.infrastructure.clock import ScaledClock, SteadyClock, Waiting
from friday_core.infrastructure.logging import get_logger
from friday_core.plugin.sections import ClockSettings

#: Microseconds: the longest pause of the data that is waited for where pauses are skipped.
PAUSE = 30 * 60 * 1_000_000
#: Seconds of wall time that a record may come late without a word.
LATE = 1.0


class Timetable:
    """When rows are due, in microseconds since the first one; pauses longer than ``pause`` take no time.

    Rows are due in the order in which they come: one that goes back in time, with the one before
    it. A leap of the time stamps, forth or back, counts as a pause, so that a wrong one stops nothing.
    """

    def __init__(self, pause: int | None = None) -> None:
        self._pause = pause
        self._latest: int | None = None
        self._passed = 0
        self._due = 0

    def due(self, ts_event: Int64) -> Int64:
        """When each of these rows is due, which come after all that were asked about before."""
        steps = np.diff(ts_event, prepend=ts_event[0] if self._latest is None else self._latest)
        if self._pause is not None:
            steps[np.abs(steps) > self._pause] = 0
        passed = self._passed + np.cumsum(steps)
        due: Int64 = np.maximum(np.maximum.accumulate(passed), self._due)
        self._latest, self._passed, self._due = int(ts_event[-1]), int(passed[-1]), int(due[-1])
        return due


class Pacer:
    """Lets the records of a source of past data through when they are due, ``speed`` times as fast as they were.

    The first row is due when it is there. Rows that are due come in one record, those of one time
    together. Between them the core is told the time at which something that waits is complete, so
    that a slice is decided on at its close and not with the next row. Everything else keeps its
    place among the rows. Nothing is dropped: if the core is too slow, rows come late, which is logged.

    What the session decides is what it would decide without pacing, as long as the source keeps
    its contract; of rows out of order, all that one record holds are known before the time is told.
    """

    def __init__(self, speed: float, pause: int | None = PAUSE, clock: Waiting | None = None) -> None:
        self.speed = speed
        self._pause = pause
        self._clock = ScaledClock(speed, clock or SteadyClock())
        self._timetable = Timetable(pause)
        self._last: tuple[int, int] = (0, 0)
        self._stopped = False
        self._attend: Callable[[], None] = lambda: None
        self._warned_at = LATE
        #: Seconds of wall time by which the latest rows came too late, and the most that any did.
        self.lag = self.largest_lag = 0.0
        #: Records that came more than ``LATE`` seconds too late.
        self.late_records = 0

    @classmethod
    def of(cls, settings: ClockSettings, interval: str) -> Self | None:
        """The pacer of a ``[clock]`` for rows of a clock domain; ``None`` if nothing waits.

        Of bars that last long, only what is longer than two of them is a pause.
        """
        if settings.speed is None:
            return None
        pause = max(PAUSE, 2 * parse(interval).seconds * 1_000_000)
        return cls(settings.speed, pause if settings.skip_gaps else None)

    def paced(
        self,
        records: Iterable[Record],
        waits_until: Callable[[], int | None],
        attend: Callable[[], None] = lambda: None,
    ) -> Iterator[Record]:
        """The records in their time; ``waits_until`` is asked what the core waits for, after each of them.

        While one is waited for, ``attend`` is called after each ``wake``, and now and then.
        """
        self._attend = attend
        for record in records:
            if isinstance(record, ChunkReceived) and len(record.chunk):
                yield from self._let_through(record, waits_until)
            else:
                yield record
            if self._stopped:
                return

    def wake(self) -> None:
        """Something is new; safe from other threads."""
        self._clock.wake()

    def stop(self) -> None:
        """Let nothing more through, also while something waits; safe from a signal handler."""
        self._stopped = True
        self._clock.stop()

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says of it; lags in seconds of wall time."""
        return {
            "speed": self.speed,
            "skip_gaps": self._pause is not None,
            "largest_lag": round(self.largest_lag, 3),
            "late_records": self.late_records,
        }

    def _let_through(self, record: ChunkReceived, waits_until: Callable[[], int | None]) -> Iterator[Record]:
        chunk, start = record.chunk, 0
        due = self._timetable.due(chunk.ts_event)
        earliest_left = np.minimum.accumulate(chunk.ts_event[::-1])[::-1]
        while start < len(chunk):
            yield from self._told(int(earliest_left[start]), int(due[start]), waits_until)
            if not self._clock.wait_until(int(due[start]), self._attend):
                return
            now = self._clock.now()
            self._note_lag(self._clock.seconds(now - int(due[start])))
            end = int(np.searchsorted(due, now, side="right"))
            yield ChunkReceived(record.stream, chunk.take(slice(start, end)))
            self._last = int(chunk.ts_event[start:end].max()), int(due[end - 1])
            start = end

    def _told(self, before: int, due: int, waits_until: Callable[[], int | None]) -> Iterator[ClockAdvanced]:
        """The times that complete something, up to the next rows, whose earliest is ``before``."""
        while (moment := waits_until()) is not None and moment <= before:
            ts_event, was_due = self._last
            if not self._clock.wait_until(min(was_due + max(moment - ts_event, 0), due), self._attend):
                return
            yield ClockAdvanced(moment)

    def _note_lag(self, lag: float) -> None:
        self.lag, self.largest_lag = lag, max(lag, self.largest_lag)
        self.late_records += lag > LATE
        if lag > self._warned_at:
            self._warned_at = 2 * lag
            get_logger("pacing").warning("the session is behind its clock", seconds=round(lag, 1), speed=self.speed)
