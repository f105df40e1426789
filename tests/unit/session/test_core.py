"""The core: what a record does, and what a stop leaves behind."""

from __future__ import annotations

from fakes.bars import COLUMNS, A, chunk_of, flat
from fakes.session import STREAM, Script, Session
from fakes.stages import ByRow

from friday_core.domain.orders import Order, Side
from friday_core.domain.records import ChunkReceived, SessionStarted, SessionStopped, StreamEnded
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import StreamPlan


def test_the_head_is_kept_and_does_nothing_else() -> None:
    session = Session(Script({}))
    head = SessionStarted(7, "demo", "backtest", "hash")
    session.apply(head)
    assert (session.core.started, session.intents, session.log.slices) == (head, [[]], 0)


def test_the_last_slice_comes_with_the_end_of_its_stream() -> None:
    session = Session(Script({}))
    session.feed([flat(1, A, 100)])
    assert session.log.slices == 0
    session.apply(StreamEnded(STREAM))
    assert session.log.slices == 1


def test_a_stopped_session_is_closed() -> None:
    session = Session(Script({}))
    assert not session.core.closed
    session.apply(SessionStopped("enough"))
    assert session.core.closed


def test_a_rejected_row_halts_the_core_after_the_rows_before_it_and_later_records_are_ignored() -> None:
    plan = StreamPlan(COLUMNS, validators=[("judge", ByRow({2: Verdict.REJECT_CHUNK}))])
    script = Script({1: [Order(A, Side.BUY, 10)]})
    session = Session(script, plan=plan)
    session.feed([flat(day, A, 100) for day in (1, 2, 3, 4)])
    assert str(session.core.halted) == "stream 'market_data' stopped by validator 'judge': reject_chunk (rows 2)"
    assert (session.log.slices, session.fills) == (2, [(2, "A", 10, 100)])
    session.apply(ChunkReceived(STREAM, chunk_of([flat(5, A, 100)])))
    session.end()
    assert (session.log.slices, session.core.flow.rows_in) == (2, 3)


def test_a_session_that_was_halted_still_cancels_what_works() -> None:
    plan = StreamPlan(COLUMNS, validators=[("judge", ByRow({1: Verdict.REJECT_CHUNK}))])
    session = Session(Script({1: [Order(A, Side.BUY, 10)]}), plan=plan)
    session.feed([flat(1, A, 100), flat(2, A, 100)])
    session.apply(SessionStopped("STREAM_STOPPED: a row was rejected"))
    assert session.ended == [(1, "cancelled", 0, "STREAM_STOPPED")]


def test_equal_runs_have_equal_digests_and_any_difference_shows() -> None:
    def digest(price: int, reason: str = "") -> str:
        script = Script({1: [Order(A, Side.BUY, 10, reason=reason)]})
        return Session(script).run([flat(1, A, 100), flat(2, A, price)]).log.digest()

    assert digest(100) == digest(100)
    assert len({digest(100), digest(101), digest(100, "other")}) == 3
