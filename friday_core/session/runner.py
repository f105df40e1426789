"""Runs a session: journals each record, steps the core, journals the intents, hands them on."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from friday_core.domain.orders import Fill, OrderEnded
from friday_core.domain.records import ChunkReceived, Intent, Record, SessionStarted, SessionStopped
from friday_core.errors import ComponentError
from friday_core.session.core import Core
from friday_core.session.gateway import Gateway
from friday_core.session.journal import MemoryJournal
from friday_core.session.pacing import Pacer


class RunStatus(enum.StrEnum):
    """How a run stands or ended, as ``summary.json`` says it."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


#: By its table's name, what is published only where somebody hears it: each is an object that need not exist.
_MANY: Mapping[str, type] = {"fills": Fill, "ended": OrderEnded}

#: Called with the rows applied so far and the time of the last one (microseconds UTC).
Progress = Callable[[int, int], None]


class SessionRunner:
    """The edge around the core: the only place where records come in and intents go out.

    ``publish`` gets everything new that the core logged, after the intents were handed on, but for fills and
    ended orders, of which there are many, while nobody ``is_heard`` to want them. With a ``pacer``, records
    wait for their time.
    """

    def __init__(
        self,
        core: Core,
        journal: MemoryJournal,
        gateway: Gateway,
        publish: Callable[[object], None],
        pacer: Pacer | None = None,
        *,
        is_heard: Callable[[type], bool] = lambda _kind: True,
    ) -> None:
        self.core = core
        self.journal = journal
        self.pacer = pacer
        self._gateway = gateway
        self._keeps_inside = False
        self._publish = publish
        self._is_heard = is_heard
        self._stop_requested = False
        self._busy_since: float | None = None
        self._published = {"fills": 0, "ended": 0, "stopped": 0, "faults": 0}
        self._after_record: Callable[[], None] = _nothing

    def busy_since(self) -> float | None:
        """When the record was begun that is at hand, by ``time.monotonic``; ``None`` while one is waited for."""
        return self._busy_since

    @property
    def current_stage(self) -> str:
        """Whose code is running, as ``strategy.cross``; ``core`` if it is Friday's own. Safe from other threads."""
        return self._gateway.component if self._gateway.doing else self.core.current_stage or "core"

    @property
    def sending(self) -> str:
        """What the broker has not returned from, as ``send of order F1``; empty if nothing. Safe from other threads."""
        return self._gateway.doing

    def keep_inside(self) -> None:
        """Journal intents and hand none of them on."""
        self._keeps_inside = True

    def after_each_record(self, do: Callable[[], None]) -> None:
        """Call ``do`` when everything that a record brought was handed on and told."""
        self._after_record = do

    def request_stop(self) -> None:
        """Stop before the next record, also while it waits for its time; safe from a signal handler."""
        self._stop_requested = True
        if self.pacer is not None:
            self.pacer.stop()

    def run(self, head: SessionStarted, records: Iterable[Record], progress: Progress) -> RunStatus:
        """Apply everything; returns how it ended. Exceptions leave the journal as far as it got.

        ``ComponentError`` names the orders that the broker did not take; in the log they have the reason.
        """
        self._apply(head)
        rows = 0
        for record in records if self.pacer is None else self.pacer.paced(records, lambda: self.core.waits_until):
            self._apply(record)
            if isinstance(record, ChunkReceived):
                rows += len(record.chunk)
                progress(rows, int(record.chunk.ts_event[-1]))
            if self.core.halted is not None or self._stop_requested:
                break
        status, reason = self._ending()
        self._apply(SessionStopped(reason))
        return status

    def _ending(self) -> tuple[RunStatus, str]:
        if self.core.halted is not None:
            return RunStatus.STOPPED, f"STREAM_STOPPED: {self.core.halted}"
        if self._stop_requested:
            return RunStatus.INTERRUPTED, "INTERRUPTED: by the user"
        return RunStatus.FINISHED, "END_OF_DATA: the source has no more rows"

    def _apply(self, record: Record) -> None:
        seq = self.journal.append(record)
        self._busy_since = time.monotonic()
        try:
            intents = self.core.apply(record)
            self.journal.answer(seq, intents)
            if intents and not self._keeps_inside:
                self._send(intents)
        finally:
            self._busy_since = None
        self._tell_news()
        self._after_record()

    def _send(self, intents: Sequence[Intent]) -> None:
        try:
            self._gateway.send(intents)
        except ComponentError:
            self.core.log.note_unsent(self._gateway.unsent)
            raise

    def _tell_news(self) -> None:
        for name, done in self._published.items():
            rows = getattr(self.core.log, name)
            if len(rows) > done:
                kind = _MANY.get(name)
                for row in rows[done:] if kind is None or self._is_heard(kind) else ():
                    self._publish(row)
                self._published[name] = len(rows)


def _nothing() -> None:
    return
