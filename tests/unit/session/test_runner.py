"""The runner: what is journaled, sent and told, in which order, and how a run ends."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from fakes.bars import COLUMNS, A, chunk_of, flat, one_by_one
from fakes.clock import SimulatedClock
from fakes.session import STREAM, Script, Session
from fakes.stages import ByRow

from friday_core.domain.orders import Fill, Order, OrderEnded, OrderStatus, OrderType, Side
from friday_core.domain.outcomes import StrategyStopped
from friday_core.domain.records import (
    Action,
    CancelOrder,
    ChunkReceived,
    ClockAdvanced,
    Command,
    Intent,
    PlaceOrder,
    Record,
    SessionStarted,
    SessionStopped,
    StreamEnded,
)
from friday_core.domain.verdicts import Verdict
from friday_core.errors import ComponentError, Refused
from friday_core.flow.plans import StreamPlan
from friday_core.interfaces.broker import Broker
from friday_core.session.gateway import Gateway
from friday_core.session.journal import MemoryJournal
from friday_core.session.on_disk.control import Control
from friday_core.session.pacing import Pacer
from friday_core.session.runner import RunStatus, SessionRunner

HEAD = SessionStarted(1, "test", "backtest", "hash")
ROWS = [flat(day, A, 100) for day in (1, 2, 3)]
RECORDS: list[Record] = [*(ChunkReceived(STREAM, part) for part in one_by_one(chunk_of(ROWS))), StreamEnded(STREAM)]


class Sees(Broker):
    """Notes what it is sent, and how far the journal was then."""

    account = "simulated"
    order_types = frozenset(OrderType)

    def __init__(self, journal: MemoryJournal) -> None:
        self.sent: list[Intent] = []
        self.journaled_when_sent: list[bool] = []
        self._journal = journal

    def send(self, intents: Sequence[Intent]) -> None:
        self.sent += intents
        self.journaled_when_sent.append(set(intents) <= set(list(self._journal)[-1].intents))


class Run:
    def __init__(self, session: Session, pacer: Pacer | None = None) -> None:
        self.journal = MemoryJournal()
        self.broker = Sees(self.journal)
        self.told: list[object] = []
        self.progress: list[tuple[int, int]] = []
        self.gateway = Gateway(self.broker, "sees")
        self.runner = SessionRunner(session.core, self.journal, self.gateway, self.told.append, pacer)

    def run(self, records: Iterable[Record] = RECORDS) -> RunStatus:
        return self.runner.run(HEAD, records, lambda rows, ts: self.progress.append((rows, ts)))


def buying() -> Session:
    return Session(Script({1: [Order(A, Side.BUY, 1)], 3: [Order(A, Side.BUY, 2)]}))


def test_every_record_is_journaled_from_the_head_to_the_stop() -> None:
    run = Run(buying())
    assert run.run() is RunStatus.FINISHED
    records = [entry.record for entry in run.journal]
    assert records == [HEAD, *RECORDS, SessionStopped("END_OF_DATA: the source has no more rows")]
    assert [entry.seq for entry in run.journal] == list(range(len(run.journal)))


def test_intents_are_journaled_before_they_are_sent_and_all_are_sent() -> None:
    run = Run(buying())
    run.run()
    assert [type(intent) for intent in run.broker.sent] == [PlaceOrder, PlaceOrder, CancelOrder]
    assert [intent for entry in run.journal for intent in entry.intents] == run.broker.sent
    assert run.broker.journaled_when_sent == [True] * 3


def test_fills_and_ends_are_told_once_each_in_order() -> None:
    run = Run(buying())
    run.run()
    assert [type(one) for one in run.told] == [Fill, OrderEnded, OrderEnded]
    assert [one.filled for one in run.told if isinstance(one, OrderEnded)] == [1, 0]


def test_a_strategy_that_stopped_is_told() -> None:
    def breaks(_: object) -> Sequence[Order]:
        raise RuntimeError("oh")

    run = Run(Session(Script({2: breaks})))
    run.run()
    assert [type(one) for one in run.told] == [StrategyStopped]


def test_progress_counts_rows_and_tells_the_time_of_the_last() -> None:
    run = Run(buying())
    run.run()
    assert run.progress == [(n, row.ts_event) for n, row in enumerate(ROWS, 1)]


def test_a_requested_stop_ends_the_run_after_the_record_at_hand() -> None:
    run = Run(buying())
    run.runner.request_stop()
    assert run.run() is RunStatus.INTERRUPTED
    assert [type(entry.record) for entry in run.journal] == [SessionStarted, ChunkReceived, SessionStopped]


def test_each_command_of_a_person_is_obeyed_once_also_when_the_clock_was_set_back(tmp_path: Path) -> None:
    run, control = Run(buying()), Control(tmp_path)
    run.runner.obey(control)
    given = [Command(9, Action.PAUSE, "a look"), Command(5, Action.REARM, "looked at it")]

    def records() -> Iterator[Record]:
        for record, command in zip(RECORDS, given, strict=False):
            control.write(command)
            yield record
        yield from RECORDS[len(given) :]

    run.run(records())
    assert [entry.record for entry in run.journal if isinstance(entry.record, Command)] == given


def test_a_gateway_sees_what_a_person_asked_and_what_works_until_the_core_has_obeyed(tmp_path: Path) -> None:
    run, control = Run(buying()), Control(tmp_path)
    run.runner.obey(control)
    seen: list[tuple[Command | None, int]] = []

    def records() -> Iterator[Record]:
        for place, record in enumerate(RECORDS):
            if place == 2:
                control.write(Command(9, Action.CANCEL, "enough"))
            seen.append((run.gateway.unobeyed(), len(run.gateway.working())))
            yield record

    run.run(records())
    assert seen[:4] == [(None, 0), (None, 0), (Command(9, Action.CANCEL, "enough"), 1), (None, 0)]


class Forbidden(Gateway):
    """Somewhere outside, where nobody may look."""

    def opening(self, _keep_waiting: Callable[[], bool]) -> Iterable[Record]:
        raise AssertionError("it was opened")

    def closing(self, _is_done: Callable[[], bool], _keep_waiting: Callable[[], bool]) -> Iterable[Record]:
        raise AssertionError("it was closed")


def test_a_run_that_keeps_all_inside_neither_opens_nor_closes_what_is_outside() -> None:
    session, journal = buying(), MemoryJournal()
    runner = SessionRunner(session.core, journal, Forbidden(Sees(journal), "sees"), lambda _news: None)
    runner.keep_inside()
    assert runner.run(HEAD, RECORDS, lambda _rows, _ts: None) is RunStatus.FINISHED


def test_a_run_whose_records_end_because_of_a_stop_is_interrupted() -> None:
    run = Run(buying())

    def records() -> Iterator[Record]:
        yield RECORDS[0]
        run.runner.request_stop()

    assert run.run(records()) is RunStatus.INTERRUPTED
    assert list(run.journal)[-1].record == SessionStopped("INTERRUPTED: by the user")


def test_while_the_broker_is_sent_something_it_is_the_brokers_code_that_runs() -> None:
    run = Run(buying())
    seen: list[tuple[str, str, bool]] = []

    def look(intents: Sequence[Intent]) -> None:
        seen.append((run.runner.current_stage, run.runner.sending[:14], run.runner.busy_since() is not None))

    run.broker.send = look  # type: ignore[method-assign]
    assert (run.runner.current_stage, run.runner.sending) == ("core", "")
    run.run()
    assert seen[0] == ("broker.sees", "send of order ", True)
    assert (run.runner.current_stage, run.runner.sending, run.runner.busy_since()) == ("core", "", None)


def test_what_the_broker_did_not_take_has_the_reason_in_the_log() -> None:
    run = Run(buying())

    def refuse(intents: Sequence[Intent]) -> None:
        raise Refused("not today")

    run.broker.send = refuse  # type: ignore[method-assign]
    with pytest.raises(ComponentError, match=r"'broker\.sees': send of order \w+ failed: Refused: not today"):
        run.run()
    (order,) = run.runner.core.log.orders
    assert (order.status, order.reason) == (OrderStatus.INTENT, "SEND_FAILED: Refused: not today")


def test_a_session_that_is_kept_inside_journals_its_intents_and_sends_none() -> None:
    run = Run(buying())
    run.runner.keep_inside()
    assert run.run() is RunStatus.FINISHED
    assert len([intent for entry in run.journal for intent in entry.intents]) == 3
    assert run.broker.sent == []


def test_a_stopped_stream_ends_the_run_and_says_why() -> None:
    plan = StreamPlan(COLUMNS, validators=[("judge", ByRow({1: Verdict.REJECT_CHUNK}))])
    run = Run(Session(Script({1: [Order(A, Side.BUY, 1)]}), plan=plan))
    assert run.run() is RunStatus.STOPPED
    last = list(run.journal)[-1].record
    assert last == SessionStopped(f"STREAM_STOPPED: {run.runner.core.halted}")
    assert run.progress[-1][0] == 2


def test_what_a_source_raises_ends_the_run_with_the_journal_as_far_as_it_got() -> None:
    def broken() -> Sequence[Record]:
        raise OSError("the disk is gone")

    run = Run(buying())
    with pytest.raises(OSError, match="the disk is gone"):
        run.runner.run(HEAD, (record for part in (lambda: RECORDS[:1], broken) for record in part()), lambda *_: None)
    assert [type(entry.record) for entry in run.journal] == [SessionStarted, ChunkReceived]


# At the pace of a clock -------------------------------------------------------------------------------


def test_with_a_pacer_a_slice_is_decided_on_before_the_next_row_has_come() -> None:
    run = Run(buying(), Pacer(3600.0, clock=SimulatedClock()))
    assert run.run() is RunStatus.FINISHED
    decided = [type(entry.record) for entry in run.journal if entry.intents]
    assert decided == [ClockAdvanced, StreamEnded, SessionStopped]
    assert [row for row, _ in run.progress] == [1, 2, 3]


def test_while_a_record_waits_for_its_time_nothing_is_busy() -> None:
    busy: list[float | None] = []
    clock = SimulatedClock(on_wait=lambda _seconds: busy.append(run.runner.busy_since()))
    run = Run(buying(), Pacer(3600.0, pause=None, clock=clock))
    run.run()
    assert sum(clock.waits) == pytest.approx(2 * 24)
    assert set(busy) == {None}


def test_a_stop_ends_the_wait_for_the_next_record_and_the_run_in_order() -> None:
    clock = SimulatedClock(on_wait=lambda _seconds: run.runner.request_stop())
    run = Run(buying(), Pacer(3600.0, pause=None, clock=clock))
    assert run.run() is RunStatus.INTERRUPTED
    assert clock.time == 0
    assert list(run.journal)[-1].record == SessionStopped("INTERRUPTED: by the user")
    assert [type(entry.record) for entry in run.journal] == [SessionStarted, ChunkReceived, SessionStopped]


def test_after_each_record_everything_that_it_brought_was_told() -> None:
    run, seen = Run(buying()), []
    run.runner.after_each_record(lambda: seen.append((len(run.journal), len(run.told))))
    run.run()
    assert [records for records, _ in seen] == list(range(1, len(run.journal) + 1))
    assert seen[-1] == (len(run.journal), len(run.told))


def test_fills_and_ends_are_no_events_where_nobody_hears_them() -> None:
    session, journal, told = buying(), MemoryJournal(), list[object]()
    runner = SessionRunner(
        session.core, journal, Gateway(Sees(journal), "sees"), told.append, is_heard=lambda _kind: False
    )
    runner.run(HEAD, RECORDS, lambda _rows, _ts: None)
    assert (told, len(session.log.fills)) == ([], 1)


@pytest.mark.parametrize("lasts", [True, False])
def test_while_a_journal_is_written_the_collector_leaves_alone_what_is_there(lasts: bool) -> None:
    run, frozen = Run(Session(Script({}))), list[bool]()
    run.journal.lasts = lasts
    run.runner.run(HEAD, RECORDS, lambda _rows, _ts: frozen.append(gc.get_freeze_count() > 0))
    assert (frozen, gc.get_freeze_count()) == ([lasts] * 3, 0)
