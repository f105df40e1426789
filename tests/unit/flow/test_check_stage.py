"""Validators in columns: which verdict stands, and the same for any cut, either executor and after a restart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import UNIVERSE, A, B, Row, chunk_of, cut, flat
from fakes.streams import flow_of, through
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.causal.test_checks import Judge

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import MISSING_PRICE, Chunk
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.errors import InvariantError
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.isolation import IsolatedValidator
from friday_core.flow.plans import StreamPlan

Checks = Callable[[Any], Any]
Said = list[tuple[Verdict, str]]


def stage_of(checks: Checks, executor: Executor = Oracle) -> CheckStage:
    return CheckStage(trace_program(Judge(checks).outputs, adjusted=False), UNIVERSE, executor)


def said(judgement: Judgement) -> Said:
    return [(Verdict(int(one)), judgement.reason_of(row)) for row, one in enumerate(judgement.verdict)]


def verdicts(stage: CheckStage, pieces: Sequence[Chunk]) -> Said:
    return [one for piece in pieces for one in said(stage.validate(piece))]


def bar(volume: float, session: int = 0) -> Row:
    return flat(session, A, 100)._replace(volume=volume)


BOTH_WAYS = pytest.mark.parametrize("alone", [True, False], ids=["alone", "with others"])


def judged(checks: Checks, *rows: Row, alone: bool) -> Said:
    chunk = chunk_of(rows)
    return verdicts(stage_of(checks), cut(chunk, range(len(chunk))) if alone else [chunk])


@BOTH_WAYS
def test_rows_for_which_nothing_is_true_pass(alone: bool) -> None:
    assert judged(lambda m: {"thin": m.volume < 1}, bar(1), bar(2), alone=alone) == [(Verdict.PASS, "")] * 2


@BOTH_WAYS
def test_a_true_condition_gives_its_reason(alone: bool) -> None:
    found = judged(lambda m: {"thin": m.volume < 1, "fat": m.volume > 5}, bar(0), bar(9), alone=alone)
    assert found == [(Verdict.QUARANTINE, "thin"), (Verdict.QUARANTINE, "fat")]


@BOTH_WAYS
def test_the_worst_verdict_stands_and_of_equal_ones_the_first(alone: bool) -> None:
    def checks(m: Any) -> Any:
        return {
            "odd": (Verdict.PASS, m.volume > 0),
            "first": m.volume > 1,
            "second": m.volume > 1,
            "again": (Verdict.DUPLICATE, m.volume > 1),
            "broken": (Verdict.REJECT_CHUNK, m.volume > 2),
        }

    assert judged(checks, bar(1), bar(2), bar(3), alone=alone) == [
        (Verdict.PASS, "odd"), (Verdict.QUARANTINE, "first"), (Verdict.REJECT_CHUNK, "broken"),
    ]  # fmt: skip


@BOTH_WAYS
def test_what_is_unknown_is_not_held_back(alone: bool) -> None:
    found = judged(lambda m: {"falls": m.volume < m.volume.shift()}, bar(3), bar(2), bar(np.nan), alone=alone)
    assert found == [(Verdict.PASS, ""), (Verdict.QUARANTINE, "falls"), (Verdict.PASS, "")]


@BOTH_WAYS
def test_a_missing_value_is_asked_for(alone: bool) -> None:
    missing = flat(0, A, 100)._replace(close=MISSING_PRICE)
    found = judged(lambda m: {"no close": m.raw.close.isna()}, flat(0, A, 100), missing, alone=alone)
    assert found == [(Verdict.PASS, ""), (Verdict.QUARANTINE, "no close")]


@BOTH_WAYS
def test_a_row_that_is_held_back_counts_for_the_rows_after_it(alone: bool) -> None:
    found = judged(lambda m: {"falls": m.volume < m.volume.shift()}, bar(3), bar(1), bar(2), alone=alone)
    assert found == [(Verdict.PASS, ""), (Verdict.QUARANTINE, "falls"), (Verdict.PASS, "")]


@BOTH_WAYS
def test_instruments_are_compared_with_themselves_only(alone: bool) -> None:
    other = flat(0, B, 100)._replace(volume=2.0)
    found = judged(lambda m: {"falls": m.volume < m.volume.shift()}, bar(3), other, bar(1), alone=alone)
    assert [verdict for verdict, _ in found] == [Verdict.PASS, Verdict.PASS, Verdict.QUARANTINE]


@BOTH_WAYS
def test_prices_are_exact_units_so_that_ties_are_ties(alone: bool) -> None:
    rows = [flat(day, A, 1_000_003) for day in range(4)]
    found = judged(lambda m: {"stands": m.raw.close == m.raw.close.rolling(3).mean()}, *rows, alone=alone)
    assert [verdict for verdict, _ in found] == [Verdict.PASS] * 2 + [Verdict.QUARANTINE] * 2


def test_rows_that_come_late_are_judged_in_the_order_in_which_they_come() -> None:
    rows = [bar(3, session=2), bar(2, session=1), bar(1, session=1)]
    found = judged(lambda m: {"falls": m.volume < m.volume.shift()}, *rows, alone=False)
    assert [verdict for verdict, _ in found] == [Verdict.PASS, Verdict.QUARANTINE, Verdict.QUARANTINE]


def test_a_chunk_without_rows_has_no_verdicts() -> None:
    stage = stage_of(lambda m: {"falls": m.volume < m.volume.shift()})
    assert verdicts(stage, [chunk_of([bar(3)]), chunk_of([bar(9)]).take(slice(0, 0)), chunk_of([bar(1)])]) == [
        (Verdict.PASS, ""), (Verdict.QUARANTINE, "falls"),
    ]  # fmt: skip


def test_it_needs_the_columns_that_its_checks_read() -> None:
    exact = stage_of(lambda m: {"stands": m.raw.close == m.raw.open, "thin": m.volume < 1})
    adjusted = CheckStage(trace_program(Judge(lambda m: {"odd": m.close < 1}).outputs), UNIVERSE)
    assert (exact.inputs, adjusted.inputs) == (("close", "open", "volume"), ("close", "factor"))


def test_the_snapshot_of_other_checks_is_refused() -> None:
    one, other = (stage_of(lambda m, k=k: {"falls": m.volume < m.volume.shift(k)}) for k in (1, 2))
    with pytest.raises(InvariantError, match="the snapshot is of other columns than these"):
        other.restore(one.snapshot())


def test_what_is_held_back_stands_in_the_quarantine_and_goes_no_further() -> None:
    stage = stage_of(lambda m: {"thin": m.volume < 1, "odd": (Verdict.PASS, m.volume > 5)})
    flow = flow_of(StreamPlan(("open", "high", "low", "close", "volume"), validators=[("own", stage)]))
    slices = list(through(flow, [chunk_of([bar(0, 0), bar(2, 1), bar(9, 2)])]))
    held = flow.quarantines["market_data"].rows
    assert [volume for one in slices for volume in one.rows["volume"].tolist()] == [2.0, 9.0]
    assert [(one.stage, one.verdict, one.reason) for one in held] == [
        ("own", "QUARANTINE", "thin"), ("own", "PASS", "odd"),
    ]  # fmt: skip


# Properties -------------------------------------------------------------------------------------


def everything(m: Any) -> Any:
    """Checks that remember, exactly and not, and one of every verdict."""
    last = m.raw.close.rolling(3)
    return {
        "missing": m.volume.isna(),
        "stands": last.max() == last.min(),
        "jumps": abs(m.raw.close - m.raw.close.shift()) > 3 * m.raw.close.diff().rolling(4).std(),
        "again": (Verdict.DUPLICATE, (m.raw.close == m.raw.close.shift()) & (m.volume == m.volume.shift())),
        "odd": (Verdict.PASS, m.volume > m.volume.ewm(span=3).mean()),
        "stop": (Verdict.REJECT_CHUNK, m.volume < 0),
    }


ROWS = st.lists(
    st.builds(
        lambda session, instrument, price, volume: flat(session, instrument, price)._replace(volume=volume),
        st.integers(0, 5),
        st.sampled_from([A, B]),
        st.sampled_from([100, 101, 150, MISSING_PRICE]),
        st.sampled_from([1.0, 2.0, 3.0, -1.0, np.nan]),
    ),
    min_size=1,
    max_size=40,
)
drawn = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
)


@drawn
@given(rows=ROWS, at=st.sets(st.integers(1, 39), max_size=6))
def test_any_cut_and_either_executor_give_the_same_verdicts(
    compiled: ChosenExecutor, rows: list[Row], at: set[int]
) -> None:
    chunk = chunk_of(rows)
    expected = verdicts(stage_of(everything), cut(chunk, range(1, len(chunk))))
    for executor in (Oracle, compiled):
        assert verdicts(stage_of(everything, executor), [chunk]) == expected
        assert verdicts(stage_of(everything, executor), cut(chunk, at)) == expected
        assert verdicts(stage_of(everything, executor), cut(chunk, range(1, len(chunk)))) == expected


@drawn
@given(rows=ROWS, at=st.sets(st.integers(1, 39), max_size=4))
def test_either_executor_goes_on_from_the_snapshot_of_the_other(
    compiled: ChosenExecutor, rows: list[Row], at: set[int]
) -> None:
    chunk = chunk_of(rows)
    stage, found, executors = stage_of(everything), [], (compiled, Oracle)
    for number, piece in enumerate(cut(chunk, at)):
        other = stage_of(everything, executors[number % 2])
        other.restore(stage.snapshot())
        found += verdicts(other, [piece])
        stage = other
    assert found == verdicts(stage_of(everything), [chunk])


@drawn
@given(rows=ROWS, row=st.integers(1, 39))
def test_later_rows_change_no_earlier_verdict(rows: list[Row], row: int) -> None:
    chunk = chunk_of(rows)
    before = chunk.take(slice(0, row))
    assert verdicts(stage_of(everything), [chunk])[: len(before)] == verdicts(stage_of(everything), [before])


def test_a_failing_executor_is_the_validators_failure_on_its_row() -> None:
    class Fails(Oracle):
        def row(self, ts: int, inst: int, values: Any) -> dict[str, float]:
            if ts == 3:
                raise MemoryError("no more")
            return super().row(ts, inst, values)

    stage = stage_of(lambda m: {"thin": m.volume < 1}, Fails)
    isolated = IsolatedValidator(stage)
    answers = isolated.ask(chunk_of([bar(1), bar(0), bar(1), bar(1)]))
    assert [verdict for answer in answers for verdict in answer.judgement.verdict.tolist()] == [0, 3]
    assert isolated.failure is not None
    assert isolated.failure.error.startswith("MemoryError: no more")
