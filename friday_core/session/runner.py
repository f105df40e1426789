"""Runs a session: journals each record, steps the core, journals the intents, hands them on."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterable

from friday_core.domain.records import ChunkReceived, Record, SessionStarted, SessionStopped
from friday_core.interfaces.broker import Broker
from friday_core.session.core import Core
from friday_core.session.journal import MemoryJournal


class RunStatus(enum.StrEnum):
    """How a run stands or ended, as ``summary.json`` says it."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


#: Called with the rows applied so far and the time of the last one (microseconds UTC).
Progress = Callable[[int, int], None]


class SessionRunner:
    """The edge around the core: the only place where records come in and intents go out.

    ``publish`` gets everything new that the core logged, after the intents were handed on.
    """

    def __init__(self, core: Core, journal: MemoryJournal, broker: Broker, publish: Callable[[object], None]) -> None:
        self.core = core
        self.journal = journal
        self._broker = broker
        self._publish = publish
        self._stop_requested = False
        self._busy_since: float | None = None
        self._published = {"fills": 0, "ended": 0, "stopped": 0, "faults": 0}

    def busy_since(self) -> float | None:
        """When the core was handed the record that it has not come back from, by ``time.monotonic``."""
        return self._busy_since

    def request_stop(self) -> None:
        """Stop before the next record; safe to call from a signal handler or another thread."""
        self._stop_requested = True

    def run(self, head: SessionStarted, records: Iterable[Record], progress: Progress) -> RunStatus:
        """Apply everything; returns how it ended. Exceptions leave the journal as far as it got."""
        self._apply(head)
        rows = 0
        status, reason = RunStatus.FINISHED, "END_OF_DATA: the source has no more rows"
        for record in records:
            self._apply(record)
            if isinstance(record, ChunkReceived):
                rows += len(record.chunk)
                progress(rows, int(record.chunk.ts_event[-1]))
            if self.core.halted is not None:
                status, reason = RunStatus.STOPPED, f"STREAM_STOPPED: {self.core.halted}"
                break
            if self._stop_requested:
                status, reason = RunStatus.INTERRUPTED, "INTERRUPTED: by the user"
                break
        self._apply(SessionStopped(reason))
        return status

    def _apply(self, record: Record) -> None:
        seq = self.journal.append(record)
        self._busy_since = time.monotonic()
        try:
            intents = self.core.apply(record)
        finally:
            self._busy_since = None
        self.journal.answer(seq, intents)
        if intents:
            self._broker.send(intents)
        for name, done in self._published.items():
            rows = getattr(self.core.log, name)
            for row in rows[done:]:
                self._publish(row)
            self._published[name] = len(rows)
