"""Reads a source ahead of the core, in a thread of its own."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Self

from friday_core.domain.chunk import Chunk
from friday_core.errors import ComponentTimeout, Problem, ProblemKind
from friday_core.infrastructure.logging import get_logger
from friday_core.plugin.plan import SettingsSections
from friday_core.session.hand_over import BackPressure, HandOver

#: What to do about a source that is slow on purpose.
MEND = "if that is no mistake, raise [run] source_timeout"
#: Seconds between two looks at whether the run is to stop, while nothing comes.
_LOOK = 0.1
#: Seconds that a source has to come back when its rows are no longer wanted.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """How a source is read: ``component`` names it in messages, ``timeout`` is in seconds for one chunk."""

    component: str = "source"
    back_pressure: BackPressure = BackPressure.BLOCK
    capacity_rows: int = 200_000
    timeout: float = 60.0

    @classmethod
    def of(cls, settings: SettingsSections, stream: str) -> Self:
        given = settings.streams[stream]
        pressure = BackPressure(given.backpressure)
        return cls(f"source.{given.source}", pressure, given.capacity_rows, settings.run.source_timeout)


def check_back_pressure(settings: SettingsSections) -> Iterator[Problem]:
    """Past data waits for the core: which rows were dropped would depend on how fast the machine is."""
    for name, stream in settings.streams.items():
        clock, pressure = settings.clock, BackPressure(stream.backpressure)
        if pressure is not BackPressure.BLOCK and (clock.kind == "historical" or clock.speed is not None):
            past, section = "a historical clock" if clock.speed is None else "past data", f"streams.{name}"
            message = f'{past} with backpressure = "{pressure}": the result would depend on how fast the machine is'
            mend = f'set [{section}] backpressure = "block", or take the line out'
            yield Problem(ProblemKind.MODE_CONFLICT, message, mend, section)


class Reading:
    """The chunks that ``read`` yields, to be iterated once and closed.

    ``read`` runs in a thread of its own, as far ahead as ``rules`` allow. Whoever iterates gets what
    he would get without the thread: with ``BLOCK`` the same rows in the same order, cut no further
    than at multiples of ``record_rows`` within a chunk, and what ``read`` raises, with its traceback,
    after the last row before it. ``ComponentTimeout`` if nothing waits and ``read`` has been at work on one
    chunk for longer than the rules allow. The iteration ends early when ``is_stopped`` says so.
    """

    def __init__(
        self,
        read: Callable[[], Generator[Chunk, None, None]],
        rules: ReadingRules,
        record_rows: int,
        is_stopped: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._rules = rules
        self._queue = HandOver(max(rules.capacity_rows // record_rows, 1) * record_rows, rules.back_pressure)
        self._is_stopped = is_stopped
        self._now = now
        self._asked_since: float | None = None
        self._left = False
        self._patience = _PATIENCE
        fetch = contextvars.copy_context().run
        self._thread = threading.Thread(target=fetch, args=(self._fetch,), name=f"reads {rules.component}", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Chunk]:
        while (chunk := self._next()) is not None:
            yield chunk

    def close(self) -> None:
        """Read no further: the generator is closed, and its thread ends.

        A source that does not come back within seconds is left behind, which is logged.
        """
        self._left = True
        self._queue.close()
        self._thread.join(self._patience)
        if self._thread.is_alive():
            get_logger("feed").warning("a source does not come back and is left behind", of=self._rules.component)

    def _next(self) -> Chunk | None:
        while not self._is_stopped() and not self._queue.ended:
            chunk = self._queue.take(_LOOK)
            if chunk is not None:
                return chunk
            self._require_progress()
        return None if self._is_stopped() else self._queue.take()

    def _require_progress(self) -> None:
        since, limit = self._asked_since, self._rules.timeout
        if since is not None and self._now() - since > limit:
            self._patience = 0.0
            raise ComponentTimeout(self._rules.component, f"it delivered no rows for {limit:g} s; {MEND}")

    def _fetch(self) -> None:
        """In the thread."""
        error: BaseException | None = None
        try:
            with closing(self._read()) as chunks:
                self._hand_over(chunks)
        except BaseException as failure:  # noqa: BLE001 - whatever it is, the other side meets it
            error = failure
            if self._left:
                get_logger("feed").warning("a source failed when it was left", of=self._rules.component, exc_info=error)
        self._queue.close(error)

    def _hand_over(self, chunks: Iterator[Chunk]) -> None:
        while True:
            self._asked_since = self._now()
            chunk = next(chunks, None)
            self._asked_since = None
            if chunk is None or not self._queue.put(chunk):
                return
