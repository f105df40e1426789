"""Reads a source of rows that happen now, in a thread of its own: rows as they come, and signs of life."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from friday_core.domain.chunk import Chunk
from friday_core.session.reading import Reading, ReadingRules

#: Seconds between two looks around, while nothing comes and nobody wakes it.
_LOOK = 0.1


class LiveReading(Reading):
    """What ``read`` yields, as it comes; ``now`` tells microseconds UTC: the time that a sign of life speaks of."""

    def __init__(
        self,
        read: Callable[[], Generator[Chunk, None, None]],
        rules: ReadingRules,
        record_rows: int,
        is_stopped: Callable[[], bool],
        now: Callable[[], int],
    ) -> None:
        self._clock = now
        self._alive: int | None = None
        super().__init__(read, rules, record_rows, is_stopped)

    def come(self, attend: Callable[[], None]) -> Iterator[Chunk | int]:
        """Rows, or the time of a sign of life: all rows that had come before it are out.

        ``attend`` is called after each ``wake``, and now and then. Raises as the iteration does.
        """
        told: int | None = None
        while not self._is_stopped():
            alive, chunk = self._alive, self._queue.take(0)  # in this order: later rows may stand before a later sign
            if chunk is not None:
                yield chunk
            elif alive is not None and alive != told:
                told = alive
                yield alive
            elif self._queue.ended:
                self._queue.take()  # raises what the source failed with
                return
            else:
                attend()
                self._require_progress()
                self._queue.wait(_LOOK)

    def wake(self) -> None:
        """Let whoever waits attend to what is new; safe from other threads."""
        self._queue.wake()

    def _hand_over(self, chunks: Iterator[Chunk]) -> None:
        while True:
            self._asked_since = self._now()
            chunk = next(chunks, None)
            self._asked_since = None
            if chunk is None or self._queue.is_closed:
                return
            if not len(chunk):
                self._alive = max(self._clock(), self._alive or 0)
                self._queue.wake()
            elif not self._queue.put(chunk):
                return
