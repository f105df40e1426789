"""From the thread of a source to the thread of the core: a queue whose bound counts rows."""

from __future__ import annotations

import enum
import threading
from collections import deque
from collections.abc import Iterable

import numpy as np

from friday_core.data.frames import in_chunks
from friday_core.domain.chunk import Chunk
from friday_core.errors import DataSourceError


class BackPressure(enum.StrEnum):
    """What happens to rows that come faster than the core takes them.

    ``BLOCK``: the source waits. ``FAIL``: the source gets an error. ``CONFLATE``: of the rows that
    wait only the latest of each instrument is kept; for quotes, never for trades, orders or fills.
    """

    BLOCK = "block"
    CONFLATE = "conflate"
    FAIL = "fail"


class HandOver:
    """At most ``capacity_rows`` rows wait; chunks leave in the order in which they came.

    Rows that were conflated are gone, and counted: what leaves is what the journal keeps. They may
    be as many as there are instruments, whatever the capacity. ``ValueError`` for a capacity below 1.
    """

    def __init__(self, capacity_rows: int, back_pressure: BackPressure = BackPressure.BLOCK) -> None:
        if capacity_rows < 1:
            raise ValueError(f"a capacity of {capacity_rows} rows: it must be at least 1")
        self._capacity = capacity_rows
        self._back_pressure = back_pressure
        self._waiting: deque[Chunk] = deque()
        self._rows = 0
        self._closed = False
        self._error: BaseException | None = None
        self._woken = False
        self._changed = threading.Condition()
        #: Rows that a later one of the same instrument replaced before the core saw them.
        self.conflated = 0

    @property
    def rows(self) -> int:
        """Rows that wait."""
        return self._rows

    @property
    def ended(self) -> bool:
        """Whether nothing waits and nothing will follow."""
        return self._closed and not self._waiting

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is handed over."""
        return self._closed

    def put(self, chunk: Chunk) -> bool:
        """Hand over rows; false if nobody takes them any more, then the source may stop.

        With ``BLOCK`` it returns when all of them wait or were taken: a chunk larger than the
        capacity goes in pieces. With ``FAIL``, ``DataSourceError`` if they do not fit, and none of
        them is handed over.
        """
        if self._back_pressure is BackPressure.BLOCK:
            return all(map(self._put_blocking, cut(chunk, self._capacity))) and not self._closed
        with self._changed:
            if self._closed or not len(chunk):
                return not self._closed
            if self._rows + len(chunk) > self._capacity:
                chunk = self._made_to_fit(chunk)
            self._append(chunk)
            return True

    def take(self, timeout: float | None = None) -> Chunk | None:
        """The next chunk, waiting for one; ``None`` after the last, or after ``timeout`` seconds.

        After the last chunk it raises what the source failed with.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout)
            if not self._waiting:
                if self._error is not None:
                    raise self._error
                return None
            chunk = self._waiting.popleft()
            self._rows -= len(chunk)
            self._changed.notify_all()
            return chunk

    def wait(self, seconds: float) -> None:
        """Return when there is something to take, somebody has called ``wake``, or after so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed or self._woken, seconds)
            self._woken = False

    def wake(self) -> None:
        """Let whoever waits look around; safe from other threads."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self, error: BaseException | None = None) -> None:
        """Called by either side: no row will follow. What waits may still be taken.

        A source that fails passes its ``error``, which the core's side meets after the last chunk.
        """
        with self._changed:
            self._closed = True
            self._error = self._error or error
            self._changed.notify_all()

    def _put_blocking(self, chunk: Chunk) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._rows + len(chunk) <= self._capacity)
            if not self._closed:
                self._append(chunk)
            return not self._closed

    def _append(self, chunk: Chunk) -> None:
        self._waiting.append(chunk)
        self._rows += len(chunk)
        self._changed.notify_all()

    def _made_to_fit(self, chunk: Chunk) -> Chunk:
        if self._back_pressure is BackPressure.FAIL:
            raise DataSourceError(
                f"{self._rows} rows wait for the core and {len(chunk)} more came, the capacity is {self._capacity}: "
                'raise capacity_rows, or choose backpressure = "block" or, for quotes, "conflate"'
            )
        rows = Chunk.concat([*self._waiting, chunk])
        latest = _latest_of_each(rows)
        self.conflated += len(rows) - len(latest)
        self._waiting.clear()
        self._rows = 0
        return latest


def cut(chunk: Chunk, rows: int) -> Iterable[Chunk]:
    """The same rows in chunks of at most ``rows``; the chunk itself if it is no longer, nothing of nothing."""
    return [chunk] if 0 < len(chunk) <= rows else in_chunks(chunk, rows)


def _latest_of_each(rows: Chunk) -> Chunk:
    """The last row of each instrument, in the order in which these came."""
    _, from_the_end = np.unique(rows.inst[::-1], return_index=True)
    return rows.take(np.sort(len(rows) - 1 - from_the_end))
