"""The core: a pure function of its journal. No clock, no random numbers, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from friday_core.domain.records import (
    ActionAnnounced,
    Armed,
    BrokerRead,
    ChunkReceived,
    ClockAdvanced,
    Command,
    Intent,
    ModelVersion,
    OrderTold,
    Record,
    RowsMissing,
    SendAnswered,
    SessionResumed,
    SessionStarted,
    SessionStopped,
    StreamEnded,
)
from friday_core.domain.row import one_by_one
from friday_core.errors import DataValidationError
from friday_core.flow.coarser import Slices
from friday_core.flow.manager import DataFlowManager
from friday_core.session.bar_table import BarTable
from friday_core.session.driver import Driver
from friday_core.session.log import SessionLog


class Core:
    """Applies records one after the other; the same records give the same intents and the same log.

    A record carries a chunk of n >= 1 rows, and chunks of n give what n chunks of one give.
    """

    def __init__(self, flow: DataFlowManager, driver: Driver, *, keep_bars: bool = False) -> None:
        self.flow = flow
        #: What strategies saw, if it is to be kept.
        self.bars = BarTable() if keep_bars else None
        self._driver = driver
        self.started: SessionStarted | None = None
        #: The times that a process took the session up after another one.
        self.resumed: list[SessionResumed] = []
        self.halted: DataValidationError | None = None
        self.closed = False

    @property
    def log(self) -> SessionLog:
        return self._driver.log

    @property
    def stepped(self) -> dict[str, Any]:
        """Slices by who stepped them so far, and why the kernel may not: as ``summary.json`` has it."""
        return self._driver.stepped

    @property
    def has_orders(self) -> bool:
        """Whether an order has not come to its end."""
        return self._driver.has_orders

    @property
    def working_tags(self) -> list[str]:
        """The orders that have not come to their end. Safe from other threads."""
        return self._driver.working_tags

    @property
    def unclear(self) -> list[str]:
        """What is in doubt at the broker, or differs there."""
        return self._driver.outside.unclear()

    def adds(self, tag: str) -> bool:
        """Whether an order that works may add to a position."""
        return self._driver.outside.adds(tag)

    @property
    def current_stage(self) -> str:
        """Whose code is running, as ``strategy.cross``; empty if nobody's. Safe from other threads."""
        return self._driver.current_stage or self.flow.current_stage

    @property
    def waits_until(self) -> int | None:
        """The time at which a ``ClockAdvanced`` completes something that waits; ``None`` if nothing does."""
        return self.flow.waits_until if self.halted is None else None

    def apply(self, record: Record) -> Sequence[Intent]:
        """Take one input; returns what is to be sent because of it.

        After a validator stopped a stream, ``halted`` says so and further rows are ignored.
        """
        if type(record) is ChunkReceived:
            return self._received(record)
        match record:
            case ClockAdvanced(ts):
                intents = self._slices(self.flow.advance(ts)) if self.halted is None else []
                return [*intents, *self._driver.apply(record)] if self._driver.outside.hears_time else intents
            case StreamEnded(stream):
                return self._slices(self.flow.end(stream)) if self.halted is None else []
            case ActionAnnounced(action):
                self.flow.announce(action)
                self._driver.announce(action)
            case ModelVersion():
                self.flow.adopt(record)
            case SessionStarted():
                self.started = record
            case SendAnswered() | OrderTold() | BrokerRead() | Command() | RowsMissing() | Armed():
                return self._driver.apply(record)
            case SessionResumed():
                self.resumed.append(record)
                self._driver.outside.resume(record.ts)
            case SessionStopped(reason):
                self.closed = True
                return self._driver.close(reason)
        return []

    def _received(self, record: ChunkReceived) -> Sequence[Intent]:
        if self.halted is not None:
            return ()
        completed = self.flow.process_data_stream(record.stream, record.chunk)
        return self._slices(completed) if completed or self.flow.has_faults else ()

    def _slices(self, completed: Iterable[Slices]) -> Sequence[Intent]:
        intents: Sequence[Intent] = []
        is_known = type(completed) is list  # then whatever failed has failed
        if is_known:
            self._note_faults()
        try:
            for slices in completed:
                if not is_known:
                    self._note_faults()
                if self.bars is not None:
                    if slices.plain is not None:
                        self.bars.add_rows(one_by_one(slices.plain))
                    else:
                        self.bars.add(slices.rows)
                stepped = self._driver.step(slices)
                intents = [*intents, *stepped] if intents else stepped
        except DataValidationError as error:
            self.halted = error
        if not is_known:
            self._note_faults()
        return intents

    def _note_faults(self) -> None:
        """A fault is known before the first slice that it makes doubtful."""
        for fault in self.flow.faults if self.flow.has_faults else ():
            if fault not in self.log.faults:
                self._driver.doubt(fault)
