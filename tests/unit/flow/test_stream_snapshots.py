"""A stream that was snapshotted at any row and restored in another one goes on with the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import COLUMNS, UNIVERSE, A, B, C, Row, chunk_of, cut, flat
from fakes.stages import Answers, Becomes, CloseBefore, FailsOn, Snapshotting, Uncopyable
from fakes.streams import flow_of, stream_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.causal.program import trace_program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.domain.verdicts import Judgement
from friday_core.errors import InvariantError, PluginContractError
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import DerivedPlan, StreamPlan
from friday_core.flow.stream import Stream
from friday_plugins.transformers.volume_adjuster import VolumeAdjuster, VolumeAdjusterSettings
from friday_plugins.validators.bar_sanity import BarSanity


def built_in() -> StreamPlan:
    """Everything that remembers rows."""
    columns = ColumnStage(trace_program(lambda m: {"mean": m.close.rolling(3).mean()}), UNIVERSE)
    volume = VolumeAdjuster(VolumeAdjusterSettings(cumulative=True), UNIVERSE)
    return StreamPlan(
        COLUMNS,
        validators=[("bar_sanity", BarSanity()), ("odd", Snapshotting([13]))],
        transformers=[("volume_adjuster", volume), ("columns", columns)],
        validators_after=[("stateless", Answers(Judgement.passing))],
    )


def stream(plan: StreamPlan, universe: Universe = UNIVERSE) -> Stream:
    return stream_of(plan, universe)


def text(chunk: Chunk) -> list[tuple[Any, ...]]:
    own = (chunk.seq, chunk.ts_event, chunk.ts_recv, chunk.inst, chunk.code)
    columns = [*own, *(chunk.columns[name] for name in sorted(chunk.columns))]
    return [tuple(column[row].tobytes() for column in columns) for row in range(len(chunk))]


def flowed(pieces: Sequence[Chunk], actions: Sequence[CorporateAction], restarts: set[int]) -> tuple[Any, ...]:
    """All that comes out, with another stream, restored, before each of these pieces."""
    current = stream(built_in())
    for action in actions:
        current.announce(action)
    rows: list[tuple[Any, ...]] = []
    held: list[str] = []
    for number, piece in enumerate(pieces):
        if number in restarts:
            held += map(repr, current.quarantine.rows)
            state = current.snapshot()
            current = stream(built_in())
            current.restore(state)
            assert current.snapshot() == state
        rows += [row for out in current.process(piece) for row in text(out)]
    rows += [row for out in current.end() for row in text(out)]
    held += map(repr, current.quarantine.rows)
    faults = [(one.seq, one.doubtful_from) for one in current.faults]
    return rows, sorted(held), faults, current.rows_in


arriving = st.lists(
    st.builds(
        lambda day, inst, price, low: flat(day, inst, price)._replace(low=low),
        st.integers(0, 9), st.sampled_from([A, B, C]), st.integers(90, 110), st.sampled_from([80, 80, 80, 0]),
    ),
    max_size=20,
)  # fmt: skip
actions = st.lists(
    st.builds(CorporateAction, st.sampled_from([A, B]), st.integers(1, 9), factor=st.sampled_from([0.5, 1.1])),
    max_size=3,
)


@given(arriving, actions, st.sets(st.integers(1, 19)), st.sets(st.integers(0, 19)), st.booleans())
def test_snapshot_and_restore_at_any_row_change_nothing(
    rows: list[Row], announced: list[CorporateAction], cuts: set[int], restarts: set[int], in_order: bool
) -> None:
    if in_order:
        rows.sort(key=lambda row: (row.ts_event, row.instrument))
    pieces = cut(chunk_of(rows), cuts)
    assert flowed(pieces, announced, restarts) == flowed(pieces, announced, set())


def fed(plan: StreamPlan, rows: int = 5) -> Stream:
    made = stream(plan)
    list(made.process(chunk_of([flat(day, A, 100) for day in range(rows)])))
    return made


@pytest.mark.parametrize(
    ("plan", "stage"),
    [
        (StreamPlan(COLUMNS, validators=[("counts", FailsOn([]))]), "validator 'counts'"),
        (StreamPlan(COLUMNS, validators=[("locked", Uncopyable([]))]), "validator 'locked'"),
        (StreamPlan(COLUMNS, transformers=[("before", CloseBefore())]), "transformer 'before'"),
    ],
)
def test_a_stage_that_remembers_and_cannot_hand_it_over_is_named(plan: StreamPlan, stage: str) -> None:
    with pytest.raises(PluginContractError, match=f"^{stage} remembers rows and cannot hand over what it remembers"):
        fed(plan).snapshot()


def test_a_stage_that_remembers_nothing_needs_no_snapshot() -> None:
    limits = np.array([1.0, float("nan")])

    class Halves(Becomes):
        def __init__(self) -> None:
            super().__init__(lambda chunk: chunk.with_columns({"volume": chunk["volume"] / 2}))
            self.limits, self.settings = limits, {"names": ["a", ("b", 1.0)], "missing": None}

    plan = StreamPlan(COLUMNS, transformers=[("halves", Halves())])
    stream(plan).restore(fed(plan).snapshot())


def test_a_validator_that_failed_needs_no_snapshot_and_stays_failed() -> None:
    before = fed(StreamPlan(COLUMNS, validators=[("judge", FailsOn([1]))]))
    judge = FailsOn([])
    after = stream(StreamPlan(COLUMNS, validators=[("judge", judge)]))
    after.restore(before.snapshot())
    list(after.process(chunk_of([flat(9, A, 100)], first=9)))
    assert (judge.shown, after.faults) == (0, before.faults)


@pytest.mark.parametrize(
    ("plan", "universe"),
    [
        (StreamPlan((*COLUMNS, "delivery")), UNIVERSE),
        (StreamPlan(COLUMNS, validators=[("bar_sanity", BarSanity())]), UNIVERSE),
        (StreamPlan(COLUMNS), Universe([Instrument(A, "INR")])),
    ],
)
def test_a_snapshot_of_another_stream_is_refused(plan: StreamPlan, universe: Universe) -> None:
    with pytest.raises(InvariantError, match=r"the snapshot is of 'market_data' with the columns .*, this stream is"):
        stream(plan, universe).restore(fed(StreamPlan(COLUMNS)).snapshot())


def test_what_is_no_snapshot_is_refused() -> None:
    state = fed(StreamPlan(COLUMNS)).snapshot()
    for wrong in (b"", state[:-1], b"\x80" + state):
        with pytest.raises(InvariantError, match="this is no snapshot of this stage"):
            stream(StreamPlan(COLUMNS)).restore(wrong)


def test_a_component_of_other_settings_refuses_the_state_and_is_named() -> None:
    def plan(window: int) -> StreamPlan:
        columns = ColumnStage(trace_program(lambda m: {"mean": m.close.rolling(window).mean()}), UNIVERSE)
        return StreamPlan(COLUMNS, transformers=[("mean", columns)])

    message = "transformer 'mean' does not take its snapshot: the snapshot is of other columns than these"
    with pytest.raises(InvariantError, match=message):
        stream(plan(4)).restore(fed(plan(3)).snapshot())


def test_a_stage_that_hands_over_something_else_than_bytes_is_named() -> None:
    class Text(Snapshotting):
        def snapshot(self) -> Any:
            return "shown"

    made = stream(StreamPlan(COLUMNS, validators=[("judge", Text([]))]))
    with pytest.raises(
        PluginContractError, match=r"validator 'judge': its snapshot\(\) must return bytes, not 'shown'"
    ):
        made.snapshot()


def test_the_manager_hands_over_every_stream() -> None:
    def manager(*names: str) -> DataFlowManager:
        plan = DerivedPlan("market_data", [("odd", Snapshotting([7]))])
        return flow_of(derived=dict.fromkeys(names, plan), domains=["1d"])

    first, second = manager("features"), manager("features")
    list(first.process_data_stream("market_data", chunk_of([flat(1, A, 100)])))
    second.restore(first.snapshot())
    assert [len(out.rows) for out in second.end("market_data")] == [1]
    assert second.rows_in == 1
    with pytest.raises(InvariantError, match="the snapshot is of market_data, features, this session has market_data"):
        manager().restore(first.snapshot())
