"""Streams of other streams' slices: columns beside the market data, never in its way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from fakes.bars import COLUMNS, UNIVERSE, A, B, C, Row, chunk_of, cut, flat, one_by_one
from fakes.stages import Becomes, ByRow, CloseBefore, FailsOn, Snapshotting
from fakes.streams import flow_of, rows_of, through
from hypothesis import given
from hypothesis import strategies as st

from friday_core.causal.program import trace_program
from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Verdict
from friday_core.errors import InvariantError
from friday_core.flow.column_stage import SliceStage
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import DerivedPlan, Named, StreamPlan
from friday_core.interfaces.validator import Validator

GRID = [flat(day, one, 100 + 7 * day + place) for day in range(5) for place, one in enumerate((A, B, C))]


def features(*stages: Named, source: str = "market_data") -> DerivedPlan:
    return DerivedPlan(source, stages)


def programmed(outputs: Any) -> SliceStage:
    return SliceStage(trace_program(outputs, base="1m"), UNIVERSE)


def out(flow: DataFlowManager, pieces: Sequence[Chunk] = (chunk_of(GRID),)) -> list[dict[str, Any]]:
    return [row for slices in through(flow, pieces) for row in rows_of(slices.rows)]


def column(rows: list[dict[str, Any]], name: str) -> list[float]:
    return [float(row[name]) for row in rows]


def test_a_derived_stream_adds_its_columns_to_the_slices() -> None:
    rows = out(flow_of(derived={"features": features(("before", CloseBefore()))}))
    assert [row["seq"] for row in rows] == [str(n) for n in range(15)]
    assert column(rows, "before")[3:6] == [100.0, 101.0, 102.0]


def test_a_row_that_a_derived_stream_holds_back_is_traded_on_without_its_columns() -> None:
    judge, before = ByRow({4: Verdict.QUARANTINE}), CloseBefore()
    flow = flow_of(derived={"features": features(("judge", judge), ("before", before))})
    rows = out(flow)
    assert len(rows) == 15
    assert math.isnan(column(rows, "before")[4])
    assert column(rows, "before")[7] == 101.0, "the row that was held back advanced nothing"
    assert [(row.seq, row.stage) for row in flow.quarantines["features"].rows] == [(4, "judge")]
    assert flow.quarantines["market_data"].rows == []


def test_a_stream_of_a_derived_stream_sees_its_columns_and_only_the_rows_that_passed_it() -> None:
    seen = ByRow({})
    double = Becomes(lambda chunk: chunk.with_columns({"double": chunk["before"] * 2}), ["double"], ["before"])
    flow = flow_of(
        derived={
            "features": features(("judge", ByRow({4: Verdict.QUARANTINE})), ("before", CloseBefore())),
            "predictions": features(("seen", seen), ("double", double), source="features"),
        }
    )
    rows = out(flow)
    assert seen.seen == [n for n in range(15) if n != 4]
    assert column(rows, "double")[3] == 200.0
    assert math.isnan(column(rows, "double")[4])


def test_programs_of_a_derived_stream_compare_the_instruments_of_a_slice() -> None:
    stage = programmed(lambda m: {"rank": m.panel(m.close).rank()})
    rows = out(flow_of(derived={"features": features(("rank", stage))}))
    assert column(rows, "rank")[:3] == [1 / 3, 2 / 3, 1.0]


def test_a_rejected_chunk_ends_the_derived_stream_and_not_the_session() -> None:
    judge = ByRow({4: Verdict.REJECT_CHUNK})
    flow = flow_of(derived={"features": features(("judge", judge), ("before", CloseBefore()))})
    rows = out(flow)
    assert len(rows) == 15
    assert [math.isnan(value) for value in column(rows, "before")] == [True] * 3 + [False] + [True] * 11
    (fault,) = flow.faults
    assert (fault.stream, fault.validator, fault.seq) == ("features", "judge", 4)
    assert fault.doubtful_from == GRID[4].ts_event, "the slice itself opens no position"


def test_a_validator_that_fails_makes_its_own_slice_doubtful() -> None:
    flow = flow_of(derived={"features": features(("judge", FailsOn([7])))})
    out(flow)
    assert [(one.stream, one.seq, one.doubtful_from) for one in flow.faults] == [("features", 7, GRID[7].ts_event)]


def test_what_stages_of_a_derived_stream_lack_or_repeat_is_known_before_the_first_row() -> None:
    plan = features(("needs", Becomes(lambda chunk: chunk, inputs=["x"])), ("before", CloseBefore()))
    assert list(plan.missing_columns(COLUMNS)) == [("needs", "x")]
    assert list(plan.repeated_columns([*COLUMNS, "before"])) == [("before", "before")]
    assert plan.added_columns() == ("before",)


def test_a_snapshot_of_other_stages_is_refused() -> None:
    one = flow_of(derived={"features": features(("judge", Snapshotting([])))})
    other = flow_of(derived={"features": features(("judge", Snapshotting([])), ("more", Snapshotting([])))})
    with pytest.raises(InvariantError, match="'features' of 'market_data'; validator judge, this stream is"):
        other.restore(one.snapshot())


arriving = st.lists(
    st.builds(
        lambda day, minute, inst, price: flat(day, inst, price, minute=minute),
        st.integers(0, 3), st.integers(-2, 0), st.sampled_from([A, B, C]), st.integers(90, 110),
    ),
    max_size=25,
)  # fmt: skip
verdicts = st.dictionaries(
    st.integers(0, 24), st.sampled_from([Verdict.REPAIR, Verdict.QUARANTINE, Verdict.REJECT_CHUNK]), max_size=4
)


class _Once(Validator):
    """Quarantines what the test says, and can hand over that it remembers nothing."""

    def __init__(self, held: dict[int, Verdict]) -> None:
        self._judge = ByRow(held)

    def validate(self, chunk: Chunk) -> Any:
        return self._judge.validate(chunk)

    def snapshot(self) -> bytes:
        return b""

    def restore(self, snapshot: bytes) -> None:
        assert snapshot == b""


def everything(held: dict[int, Verdict], fails: set[int]) -> DataFlowManager:
    columns = programmed(
        lambda m: {
            "mean": m.close.rolling(2).mean(),
            "rank": m.panel(m.close).rank(),
            "day": m.at("1d").close.asof(),
        }
    )
    return flow_of(
        StreamPlan(COLUMNS, validators=[("first", _Once({7: Verdict.QUARANTINE}))]),
        {
            "features": features(("held", _Once(held)), ("columns", columns)),
            "predictions": features(("fails", Snapshotting(fails)), source="features"),
        },
        domains=["1d"],
    )


def flowed(flow: DataFlowManager, pieces: Sequence[Chunk]) -> tuple[Any, ...]:
    rows = out(flow, pieces)
    held = {name: list(map(repr, one.rows)) for name, one in flow.quarantines.items() if name != "market_data"}
    faults = [(one.stream, one.validator, one.seq, one.ts_event, one.doubtful_from) for one in flow.faults]
    return rows, held, sorted(faults)


@given(arriving, st.sets(st.integers(1, 24)), verdicts, st.sets(st.integers(0, 24), max_size=2), st.booleans())
def test_any_cut_of_the_rows_gives_every_stream_the_same(
    rows: list[Row], cuts: set[int], held: dict[int, Verdict], fails: set[int], in_order: bool
) -> None:
    if in_order:
        rows.sort(key=lambda row: (row.ts_event, row.instrument))
    chunk = chunk_of(rows)
    whole = flowed(everything(held, fails), [chunk])
    assert flowed(everything(held, fails), cut(chunk, cuts)) == whole
    assert flowed(everything(held, fails), one_by_one(chunk)) == whole


@given(arriving, st.integers(0, 25), verdicts)
def test_snapshot_and_restore_at_any_row_change_nothing_downstream(
    rows: list[Row], at: int, held: dict[int, Verdict]
) -> None:
    rows.sort(key=lambda row: (row.ts_event, row.instrument))
    pieces = one_by_one(chunk_of(rows)) if rows else []
    whole = out(everything(held, set()), pieces)
    first, second = everything(held, set()), everything(held, set())
    before = [row for piece in pieces[:at] for got in first.process_data_stream("market_data", piece)
              for row in rows_of(got.rows)]  # fmt: skip
    second.restore(first.snapshot())
    assert before + out(second, pieces[at:]) == whole
