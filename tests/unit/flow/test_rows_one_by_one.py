"""Rows as plain numbers: whatever a stream is made of, they give what chunks of the same rows give."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pytest
from fakes.bars import COLUMNS, UNIVERSE, A, B, C, Row, chunk_of, cut, flat, one_by_one
from fakes.stages import ByRow, CloseBefore, FailsOn, Verdicts
from fakes.streams import MARKET_DATA, flow_of, rows_of
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.test_checks import Judge

from friday_core.causal.program import trace_program
from friday_core.domain import row as plain
from friday_core.domain.chunk import Chunk
from friday_core.domain.market import CorporateAction
from friday_core.domain.row import FEW
from friday_core.domain.sessions import SessionDates
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.errors import DataValidationError, PluginContractError
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import Named, StreamPlan
from friday_core.flow.stamps import Stamps
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator
from friday_plugins.validators.bar_sanity import BarSanity


def judged_each(judge: Callable[[plain.PlainRow], tuple[Verdict, str] | None], chunk: Chunk) -> Judgement:
    judgement = Judgement.passing(chunk)
    for place, row in enumerate(plain.rows_of(chunk)):
        found = judge(row)
        judgement = judgement if found is None else judgement.marked(place, *found)
    return judgement


class RowByRow(Validator):
    """Judges rows by their number, in either way; fails on those that are to be repaired, which it cannot."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._verdicts = verdicts

    def validate(self, chunk: Chunk) -> Judgement:
        return judged_each(self.judge, chunk)

    def judge(self, row: plain.PlainRow) -> tuple[Verdict, str] | None:
        verdict = self._verdicts.get(row.seq)
        if verdict is Verdict.REPAIR:
            raise KeyError("close")
        return None if verdict is None else (verdict, verdict.name.lower())


class AtOnce(RowByRow):
    """Passes a few rows at once where it has nothing to say of any, and raises before one on which it fails."""

    def passes(self, rows: plain.FewRows) -> bool:
        said = [self._verdicts.get(seq) for seq in rows.seq]
        if Verdict.REPAIR in said:
            raise KeyError("close")
        return said.count(None) == len(said)


class Thinner(BarSanity):
    """Judges rows in a way of its own, of which what it inherits for several at once knows nothing."""

    def validate(self, chunk: Chunk) -> Judgement:
        return judged_each(self.judge, chunk)

    def judge(self, row: plain.PlainRow) -> tuple[Verdict, str] | None:
        return (Verdict.QUARANTINE, "thin") if row.values["volume"] < 2.0 else super().judge(row)


class OwnWay(BarSanity):
    """Takes chunks in a way of its own, which what it inherits for rows knows nothing of."""

    def validate(self, chunk: Chunk) -> Judgement:
        return Judgement.passing(chunk).marked(chunk["volume"] < 2.0, Verdict.QUARANTINE, "thin")


def checks(m: Any) -> Any:
    return {"again": m.volume == m.volume.shift()}


def spread() -> Named:
    program = trace_program(lambda m: {"spread": (m.high - m.low).rolling(2).mean()})
    return "spread", ColumnStage(program, UNIVERSE)


def own_checks() -> Named:
    return "own", CheckStage(trace_program(Judge(checks).outputs), UNIVERSE)


#: Makes the stages of a stream anew, of what rows are to be judged.
STAGES: Mapping[str, Callable[[Verdicts], Sequence[Named]]] = {
    "plain": lambda _verdicts: [],
    "sane": lambda _verdicts: [("sane", BarSanity()), spread()],
    "own": lambda _verdicts: [own_checks(), ("sane", BarSanity()), spread()],
    "by row": lambda verdicts: [("first", RowByRow(verdicts)), ("sane", BarSanity()), spread()],
    "at once": lambda verdicts: [("sane", BarSanity()), ("first", AtOnce(verdicts))],
    "at once, then by row": lambda verdicts: [("first", AtOnce(verdicts)), ("sane", BarSanity()), own_checks()],
    "thinner": lambda _verdicts: [("thinner", Thinner())],
    "mixed": lambda verdicts: [("chunks", ByRow(verdicts)), ("before", CloseBefore()), spread()],
    "own way": lambda verdicts: [("thin", OwnWay()), ("rows", RowByRow(verdicts))],
    "failing": lambda verdicts: [("fails", FailsOn(verdicts)), ("rows", RowByRow(verdicts)), spread()],
}
ACTIONS = (CorporateAction(A, 1, factor=0.5, numerator=2), CorporateAction(A, 3, factor=0.9), CorporateAction(C, 2))


def flow_with(stages: Sequence[Named]) -> DataFlowManager:
    judges = [(name, one) for name, one in stages if isinstance(one, Validator)]
    adds = [(name, one) for name, one in stages if isinstance(one, Transformer)]
    flow = flow_of(StreamPlan(COLUMNS, judges, adds))
    for action in ACTIONS:
        flow.announce(action)
    return flow


def outcome(flow: DataFlowManager, pieces: Iterable[Chunk], *, whole: bool = False) -> tuple[Any, ...]:
    """Everything that came of these chunks; ``whole`` lets none of them go the way of rows."""
    out: list[dict[str, Any]] = []
    stopped = ""
    try:
        for piece in pieces:
            found = flow._stream.process(piece) if whole else flow.process_data_stream(MARKET_DATA, piece)
            for one in found:
                out += rows_of(one if isinstance(one, Chunk) else one.rows)
    except DataValidationError as error:
        stopped = str(error)
    for one in flow.end(MARKET_DATA):
        out += rows_of(one.rows)
    quarantine = flow.quarantines[MARKET_DATA]
    faults = [(one.validator, one.seq, one.ts_event, one.doubtful_from, one.error) for one in flow.faults]
    return out, list(map(repr, quarantine.rows)), quarantine.counts, flow.rows_in, stopped, faults


prices = st.sampled_from([-1, 0, 100, 101, 250])
bars = st.builds(
    Row,
    st.integers(0, 4),
    st.sampled_from([A, B, C]),
    prices,
    prices,
    prices,
    prices,
    st.sampled_from([1.0, 2.0, 5.0, math.nan]),
    st.integers(0, 2),
    st.sampled_from([0, 0, 0, 0, 1]),
)
plain_bars = st.builds(
    lambda session, name, price, minute: flat(session, name, price, minute=minute),
    st.integers(0, 4),
    st.sampled_from([A, B, C]),
    st.integers(90, 110),
    st.integers(0, 2),
)
#: Late ones, and second ones of an instrument; none is marked.
in_disorder = st.lists(plain_bars, max_size=25)
in_order = st.lists(plain_bars, max_size=25).map(lambda rows: sorted(rows, key=lambda row: (row.ts_event, row[1])))
verdicts = st.dictionaries(st.integers(0, 25), st.sampled_from(list(Verdict)[1:]), max_size=3)


@pytest.mark.parametrize("stages", STAGES)
@given(st.one_of(st.lists(bars, max_size=25), in_disorder, in_order), verdicts, st.sets(st.integers(1, 24)))
def test_rows_one_by_one_give_what_one_chunk_gives(
    stages: str, rows: list[Row], judged: Verdicts, cuts: set[int]
) -> None:
    chunk, made = chunk_of(rows), STAGES[stages]
    whole = outcome(flow_with(made(judged)), [chunk] if rows else [], whole=True)
    assert outcome(flow_with(made(judged)), one_by_one(chunk) if rows else []) == whole
    assert outcome(flow_with(made(judged)), cut(chunk, cuts) if rows else []) == whole


@given(in_order, st.integers(0, 25), st.booleans(), st.sets(st.integers(1, 24)))
def test_a_stream_goes_on_from_the_snapshot_of_either_way(
    rows: list[Row], at: int, is_whole: bool, cuts: set[int]
) -> None:
    chunk, made = chunk_of(rows), STAGES["own"]
    begun, whole = flow_with(made({})), flow_with(made({}))
    pieces = (cut(chunk, cuts) if cuts else one_by_one(chunk)) if rows else []
    slices = (one.rows for piece in pieces[:at] for one in begun.process_data_stream(MARKET_DATA, piece))
    chunks = (one for piece in pieces[:at] for one in whole._stream.process(piece))
    assert [*chain.from_iterable(map(rows_of, slices))] == [*chain.from_iterable(map(rows_of, chunks))]
    assert begun.snapshot() == whole.snapshot()
    taken_up, expected = flow_with(made({})), flow_with(made({}))
    taken_up.restore(begun.snapshot())
    expected.restore(whole.snapshot())
    assert outcome(taken_up, pieces[at:], whole=is_whole)[0] == outcome(expected, pieces[at:], whole=not is_whole)[0]


def test_a_slice_of_rows_that_come_alone_is_handed_on_in_rows_sorted_by_instrument() -> None:
    flow = flow_with(STAGES["sane"]({}))
    rows = [flat(1, C, 100), flat(1, A, 100), flat(2, A, 100)]
    (slices,) = [one for piece in one_by_one(chunk_of(rows)) for one in flow.process_data_stream(MARKET_DATA, piece)]
    assert [(row.seq, row.values["factor"]) for row in slices.plain] == [(1, 0.5), (0, 1.0)]
    assert slices.rows.seq.tolist() == [1, 0]


@pytest.mark.parametrize(("stages", "rows", "alone"), [("sane", FEW, 1), ("sane", FEW + 1, 0), ("mixed", 2, 0)])
def test_few_rows_go_one_by_one_where_no_stage_needs_a_chunk(stages: str, rows: int, alone: int) -> None:
    flow = flow_with(STAGES[stages]({}))
    chunk = chunk_of([*(flat(1, A, 100) for _ in range(rows - 1)), flat(2, A, 100)])
    (slices,) = flow.process_data_stream(MARKET_DATA, chunk)
    assert len(slices.plain or ()) == alone


@pytest.mark.parametrize(
    "names", [("open interest", "close"), ("session", "close", "class"), ("_x", "factor", "close")]
)
def test_a_few_rows_are_stamped_whatever_their_columns_are_called(names: Sequence[str]) -> None:
    made, times = Stamps(UNIVERSE, SessionDates("Asia/Kolkata")), np.full(3, 3_600_000_000 * 9)
    columns = {name: np.arange(3) if name == "close" else np.array([0.5, math.nan, -0.0]) for name in names}
    chunk = Chunk(times, np.array([0, 1, 1]), columns, ts_recv=times + 1, seq=np.array([4, 9, 2]))
    few = plain.few_rows(chunk)
    assert few is not None
    rows = made.stamped_few(few, None).rows()
    assert list(map(repr, rows)) == list(map(repr, plain.rows_of(made.stamp(chunk))))
    assert list(map(repr, rows)) == [repr(made.stamped(row, None)) for row in plain.rows_of(chunk)]


def test_numbers_of_a_few_rows_are_read_once_and_of_marked_ones_or_many_never() -> None:
    chunk = chunk_of([flat(day, A, 100) for day in range(FEW + 1)])
    few = plain.few_rows(chunk.take(slice(0, 2)))
    assert few is not None
    assert (few.seq, few.columns["open"], few.ts_recv is few.ts_event) == ([0, 1], [100, 100], True)
    for others in (chunk, chunk.take(slice(0, 1)), chunk.take(slice(0, 0))):
        assert plain.few_rows(others) is None
    marked = Chunk(chunk.ts_event, chunk.inst, chunk.columns, code=np.arange(FEW + 1) // FEW).take(slice(1, None))
    assert plain.few_rows(marked) is None
    pair = chunk.take(slice(0, 2))
    assert plain.few_rows(pair) is plain.few_rows(pair)
    assert plain.only_row(pair) is None


def test_what_is_announced_between_two_rows_counts_from_the_next_one_on() -> None:
    flow, whole = flow_with([]), flow_with([])
    rows = [flat(2, A, 100), flat(3, A, 100, minute=1), flat(3, A, 100, minute=2), flat(4, A, 100)]
    for number, piece in enumerate(one_by_one(chunk_of(rows))):
        if number == 2:
            for one in (flow, whole):
                one.announce(CorporateAction(A, 3, factor=0.25))
        found = [rows_of(one.rows) for one in flow.process_data_stream(MARKET_DATA, piece)]
        assert found == [rows_of(one) for one in whole._stream.process(piece)]
    (last,) = flow.end(MARKET_DATA)
    assert last.rows["factor"].tolist() == [0.5 * 0.9 * 0.25]


def test_a_row_that_is_asked_for_again_is_the_same_and_a_marked_one_is_none() -> None:
    (alone,) = one_by_one(chunk_of([flat(1, A, 100)]))
    row = plain.only_row(alone)
    assert row is not None
    assert plain.only_row(alone) is row
    assert [*plain.rows_of(alone)] == [*plain.rows_of(plain.chunk_of([row]))] == [row]
    assert plain.only_row(alone.with_columns({"volume": np.array([7.0])})) == row.with_values({"volume": 7.0})
    marked = Chunk(alone.ts_event, alone.inst, alone.columns, code=np.array([1]))
    assert plain.only_row(marked) is None
    assert plain.only_row(chunk_of([flat(1, A, 100), flat(2, A, 100)])) is None


class Extra(ColumnStage):
    """Adds what it did not promise."""

    def added(self, row: plain.PlainRow) -> Mapping[str, float]:
        return {**super().added(row), "more": 1.0}

    def transform(self, chunk: Chunk) -> Chunk:
        return super().transform(chunk).with_columns({"more": np.ones(len(chunk))})


def test_a_transformer_that_adds_to_a_row_what_it_did_not_promise_is_named() -> None:
    flow = flow_with([("extra", Extra(trace_program(lambda m: {"twice": m.close * 2.0}), UNIVERSE))])
    with pytest.raises(PluginContractError, match=r"'extra' must keep every column .* it differs in more"):
        list(flow.process_data_stream(MARKET_DATA, chunk_of([flat(1, A, 100)])))


class Wordless(RowByRow):
    def judge(self, row: plain.PlainRow) -> Any:
        return Verdict.QUARANTINE

    def validate(self, chunk: Chunk) -> Judgement:
        raise NotImplementedError


def test_a_judge_whose_answer_is_none_is_retired() -> None:
    flow = flow_with([("wordless", Wordless({}))])
    assert list(flow.process_data_stream(MARKET_DATA, chunk_of([flat(1, A, 100)]))) == []
    assert [(one.validator, one.seq, one.error) for one in flow.faults] == [
        ("wordless", 0, "it must judge a row with a verdict and a reason, or None")
    ]
