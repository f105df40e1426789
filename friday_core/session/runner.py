"""Runs a session: journals each record, steps the core, journals the intents, hands them on."""

from __future__ import annotations

import enum
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext

from friday_core.domain.orders import Fill, OrderEnded
from friday_core.domain.records import (
    Action,
    Armed,
    BrokerRead,
    ChunkReceived,
    Command,
    Intent,
    Record,
    SessionResumed,
    SessionStarted,
    SessionStopped,
)
from friday_core.errors import ComponentError
from friday_core.session.broker_gateway import BrokerGateway
from friday_core.session.core import Core
from friday_core.session.gateway import Gateway
from friday_core.session.journal import Entry, Journal
from friday_core.session.live.arming import Arming
from friday_core.session.live.pace import LivePace
from friday_core.session.on_disk.armed_file import SessionStanding
from friday_core.session.on_disk.control import Control
from friday_core.session.pacing import Pacer
from friday_core.session.recovery import Replay


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
        journal: Journal,
        gateway: Gateway | BrokerGateway,
        publish: Callable[[object], None],
        pacer: Pacer | LivePace | None = None,
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
        self._published = {"fills": 0, "ended": 0, "stopped": 0, "faults": 0, "differences": 0, "missing": 0}
        self._after_record: Callable[[], None] = _nothing
        self._commands: Callable[[], Iterable[Command]] = tuple
        self._is_reading_asked: Callable[[], bool] = lambda: False
        self._obeyed = 0
        self._arming: Arming | None = None
        self._armed: Armed | None = None
        self._book_read = self._latest_row = 0

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

    def listen(self) -> None:
        """Before the broker is started: hear what it tells, if it tells anything."""
        self._gateway.listen()

    def close(self) -> None:
        """Send nothing more."""
        self._gateway.close()

    def obey(self, control: Control, arming: Arming | None = None) -> None:
        """Obey what a person writes there, once each, between records.

        The gateway looks before it sends: what was asked counts there from the moment on that it is written, also
        while the core is busy, or hangs. With an ``arming`` it sends nothing that adds to a position unless
        that holds, and a person who stops the session disarms it.
        """
        self._commands, self._is_reading_asked = control.news, control.is_reading_asked

        def unobeyed() -> Command | None:
            wish = control.wish()
            is_open = wish is None or wish.action is Action.REARM or wish.ts == self._obeyed
            return None if is_open else wish

        self._gateway.unobeyed, self._gateway.working = unobeyed, lambda: self.core.working_tags
        if arming is not None and isinstance(self._gateway, BrokerGateway):
            self._arming = arming
            self._gateway.unarmed, self._gateway.adds = arming.refusal, self.core.adds
            if self._armed is not None:
                arming.know(self._armed)

    def request_stop(self) -> None:
        """Stop before the next record, also while it waits for its time; safe from a signal handler."""
        self._stop_requested = True
        if self.pacer is not None:
            self.pacer.stop()

    def take_up(self, journal: Journal, entries: Iterable[Entry], progress: Progress) -> Replay:
        """Keep what comes in this journal from here on, and go to where its ``entries`` lead.

        Nothing of it is sent or told again. What the last record led to, if it was not written then, is sent now;
        where a broker answers it is in doubt, like all that it has not answered.
        ``ReplayDivergence`` if the core does not answer what it answered then.
        """
        replay = Replay(self.core)
        for entry in entries:
            replay.apply(entry)
            if isinstance(entry.record, Command):
                self._obeyed = entry.record.ts
            self._note(entry.record)
            self._after_record()
            if isinstance(entry.record, ChunkReceived):
                progress(sum(replay.rows.values()), int(entry.record.chunk.ts_event[-1]))
        self.journal = journal
        self._published = {name: len(getattr(self.core.log, name)) for name in self._published}
        if replay.unsent is not None:
            seq, intents = replay.unsent
            journal.answer(seq, intents)
            if not self._gateway.answers:
                self._send(intents)
            replay.settle()
        return replay

    def run(self, head: SessionStarted | SessionResumed, records: Iterable[Record], progress: Progress) -> RunStatus:
        """Apply everything; returns how it ended. Exceptions leave the journal as far as it got.

        With a journal that lasts, a session that is interrupted stays open: the next process goes on with it. It is
        disarmed as at any end; one that was killed, or failed, is armed until its time.

        ``ComponentError`` names the orders that the broker did not take; in the log they have the reason.
        """
        try:
            return self._run(head, records, progress)
        except KeyboardInterrupt:  # a person does not wait for the end
            self._disarm("the session was interrupted")
            raise

    def _run(self, head: SessionStarted | SessionResumed, records: Iterable[Record], progress: Progress) -> RunStatus:
        self._apply(head)
        for opened in () if self._keeps_inside else self._gateway.opening(self._goes_on):
            self._apply(opened)
        self._attend()
        with _settled() if self.journal.lasts else nullcontext():
            self._take(records, progress)
        status, reason = self._ending()
        self._disarm("the session has ended")
        if status is RunStatus.INTERRUPTED and self.journal.lasts:
            return status
        self._apply(SessionStopped(reason))
        if not self._keeps_inside:
            for closed in self._gateway.closing(lambda: not self.core.has_orders, self._goes_on):
                self._apply(closed)
        return status

    def _take(self, records: Iterable[Record], progress: Progress) -> None:
        """What comes, until there is no more of it, or a reason to stop."""
        rows = 0
        for record in self._paced(records):
            self._apply(record)
            self._attend()
            if isinstance(record, ChunkReceived):
                rows += len(record.chunk)
                progress(rows, int(record.chunk.ts_event[-1]))
            if self.core.halted is not None or self._stop_requested:
                break

    def _paced(self, records: Iterable[Record]) -> Iterable[Record]:
        if self.pacer is None:
            return records
        return self.pacer.paced(records, lambda: self.core.waits_until, self._attend)

    def _goes_on(self) -> bool:
        return not self._stop_requested

    def _attend(self) -> None:
        """What came from outside in the meantime."""
        for record in self._gateway.news():
            self._apply(record)
        if self._is_reading_asked():
            self._gateway.read_soon()
        for command in self._commands():
            if command.ts != self._obeyed:  # and be it earlier: somebody may have set the clock back
                self._obeyed = command.ts
                self._apply(command)
                if command.action is not Action.REARM:
                    self._disarm(f"{command.action}: {command.reason}")
        if self._arming is not None:
            self._look_at(self._arming)

    def _disarm(self, why: str) -> None:
        if self._arming is not None:
            self._arming.disarm(why)

    def _look_at(self, arming: Arming) -> None:
        """What a person let it do, and how it stands."""
        for armed in arming.news():
            self._apply(armed)
            arming.know(armed)
        arming.stand(self._standing)

    def _standing(self, now: int) -> SessionStanding:
        missing = next((str(one.reason) for one in self.core.log.missing[-1:] if not one.is_over), "")
        return SessionStanding(now, self._book_read, self._latest_row, tuple(self.core.unclear), missing)

    def _note(self, record: Record) -> None:
        """What is told of where the session stands."""
        match record:
            case BrokerRead(ts):
                self._book_read = ts
            case ChunkReceived(_, chunk) if len(chunk):
                self._latest_row = int(chunk.ts_event[-1])
            case Armed():
                self._armed = record

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
            self._hand_on(seq, self.core.apply(record))
        finally:
            self._busy_since = None
        if self._arming is not None:
            self._note(record)
        self._tell_news()
        self._after_record()

    def _hand_on(self, seq: int, intents: Sequence[Intent]) -> None:
        """Journaled first, then sent."""
        self.journal.answer(seq, intents)
        if intents and not self._keeps_inside:
            self._send(intents)

    def _send(self, intents: Sequence[Intent]) -> None:
        self.journal.sync()
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


@contextmanager
def _settled() -> Iterator[None]:
    """What is there stays: the garbage collector does not stop the session to look at it again, or for a first time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _nothing() -> None:
    return
