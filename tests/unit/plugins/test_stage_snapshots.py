"""Every built-in stage, snapshotted at any row and restored in another stream, goes on with the same bits."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import COLUMNS, UNIVERSE, A, B, C, Row, chunk_of, cut, one_by_one
from fakes.schedules import Fixed, schedule
from fakes.streams import rows_of, stream_of
from hypothesis import given
from hypothesis import strategies as st

import friday_plugins.transformers
import friday_plugins.validators
from friday_core.api import (
    MISSING_PRICE,
    Chunk,
    ColumnTransformer,
    ComponentSpec,
    CorporateAction,
    Stateful,
    Transformer,
    Validator,
)
from friday_core.causal.program import trace_program
from friday_core.errors import InvariantError
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.plans import StreamPlan
from friday_core.flow.stage_memory import StageMemory
from friday_core.flow.stream import Stream

#: Settings under which a dozen rows are enough to reach every branch; without them the defaults.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "clock_sanity": [{"earliest": "1970-01-03", "latest": "1970-01-09", "ahead": 1}],
    "data_completeness": [
        {"interval": "15m", "on_missing": "repair", "on_gap": "quarantine", "latest_arrival": 3},
        {"on_outside": "quarantine", "on_late": "pass"},
    ],
    "outlier_detection": [
        {"window": 5, "least": 2, "floor": 0.02, "relearn": 2, "patience": 4, "stale_after": 2},
        {"window": 6, "least": 3, "threshold": 3, "floor": 0.05, "split_probability": 1, "bands": []},
    ],
    "price_normalizer": [{"tick": "round"}],
    "realised_volatility": [{"window": 2}],
    "volume_adjuster": [{}, {"cumulative": True}, {"cumulative": True, "first_row": "nan", "decrease": "reset"}],
}
#: Stages whose answer depends on earlier rows.
REMEMBERING = {"bar_sanity", "data_completeness", "outlier_detection", "realised_volatility", "volume_adjuster"}
HANDED = {"universe": UNIVERSE, "calendar": Fixed(schedule("1970-01-05", known=("1970-01-02", "1970-01-08")))}


def specs() -> Iterator[ComponentSpec]:
    for package in (friday_plugins.validators, friday_plugins.transformers):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield from importlib.import_module(module.name).friday_components()


def stage_of(spec: ComponentSpec, settings: dict[str, Any]) -> Validator | Transformer:
    """The component as a host would build it."""
    handed = {parameter: HANDED[capability] for parameter, capability in spec.requires.items()}
    declared = [spec.settings(**settings)] if spec.settings.model_fields else []
    component = spec.factory(*declared, **handed)
    if isinstance(component, ColumnTransformer):
        return ColumnStage(trace_program(component.outputs, adjusted=True), UNIVERSE)
    assert isinstance(component, Validator | Transformer)
    return component


def plan_with(stage: Validator | Transformer) -> StreamPlan:
    if isinstance(stage, Validator):
        return StreamPlan(COLUMNS, validators=[("stage", stage)])
    return StreamPlan(COLUMNS, transformers=[("stage", stage)])


def stream_with(stage: Validator | Transformer, actions: Sequence[CorporateAction] = ()) -> Stream:
    made = stream_of(plan_with(stage))
    for action in actions:
        made.announce(action)
    return made


#: Every stage that a stream of bars can have; those that read predictions have tests of their own.
CASES = [
    pytest.param(one, settings, id=f"{one.name}-{number}")
    for one in specs()
    for number, settings in enumerate(SETTINGS.get(one.name, [{}]))
    if not list(plan_with(stage_of(one, settings)).missing_columns())
]
STATEFUL = [case for case in CASES if isinstance(stage_of(*case.values), Stateful)]


PRICES = st.sampled_from([10_000, 10_000, 10_010, 10_105, 9_900, 5_000, 30_000, 0, MISSING_PRICE])
ARRIVING = st.lists(
    st.tuples(
        st.builds(
            Row,
            session=st.integers(1, 9),
            instrument=st.sampled_from([A, B, C]),
            open=PRICES,
            high=PRICES,
            low=PRICES,
            close=PRICES,
            volume=st.sampled_from([0.0, 500.0, 500.0, 900.0, -1.0, float("nan")]),
            minute=st.sampled_from([0, 0, 0, -15, -30, -360, 5]),
            code=st.just(0),
        ),
        st.sampled_from([0, 1, 5_000_000, -5_000_000]),
    ),
    max_size=14,
)
ACTIONS = st.lists(
    st.builds(CorporateAction, st.sampled_from([A, B]), st.integers(2, 8), st.just(2), st.just(1), factor=st.just(2.0)),
    max_size=2,
)


def arrived(rows: Sequence[tuple[Row, int]]) -> Chunk:
    """The rows, each received so many microseconds after its time."""
    chunk = chunk_of([row for row, _ in rows])
    received = chunk.ts_event + np.array([delay for _, delay in rows], np.int64)
    return Chunk(chunk.ts_event, chunk.inst, chunk.columns, ts_recv=received, seq=chunk.seq)


def said(stream: Stream, pieces: Sequence[Chunk]) -> tuple[list[dict[str, Any]], list[str]]:
    """What comes out of these pieces, and what is held back of them."""
    rows = [row for piece in pieces for out in stream.process(piece) for row in rows_of(out)]
    return rows, [repr(one) for one in stream.quarantine.rows]


@pytest.mark.parametrize(("spec", "settings"), CASES)
@given(rows=ARRIVING, actions=ACTIONS, at=st.integers(0, 14))
def test_a_stage_goes_on_from_a_snapshot_at_any_row_with_the_same_bits(
    spec: ComponentSpec,
    settings: dict[str, Any],
    rows: list[tuple[Row, int]],
    actions: list[CorporateAction],
    at: int,
) -> None:
    chunk = arrived(rows)
    before, after = chunk.take(slice(0, at)), chunk.take(slice(at, None))
    whole, first, second = (stream_with(stage_of(spec, settings), actions) for _ in range(3))
    expected, expected_held = said(whole, [chunk])
    out, held = said(first, one_by_one(before))
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    more, more_held = said(second, cut(after, [1]))
    assert out + more == expected
    assert sorted(held + more_held) == sorted(expected_held)
    assert second.snapshot() == whole.snapshot()


def test_the_stages_that_remember_rows_are_among_those_that_hand_them_over() -> None:
    assert {case.values[0].name for case in STATEFUL} >= REMEMBERING


def snapshots_of_others(name: str) -> list[bytes]:
    return [
        stage.snapshot()
        for spec in specs()
        for stage in [stage_of(spec, SETTINGS.get(spec.name, [{}])[0])]
        if isinstance(stage, Stateful) and spec.name != name
    ]


@pytest.mark.parametrize(("spec", "settings"), STATEFUL)
def test_what_is_no_snapshot_of_this_stage_is_refused(spec: ComponentSpec, settings: dict[str, Any]) -> None:
    own = stage_of(spec, settings)
    assert isinstance(own, Stateful)
    for wrong in (b"", b"\xc1", b"\x80", own.snapshot()[:-1], *snapshots_of_others(spec.name)):
        memory = StageMemory(f"stage {spec.name!r}", stage_of(spec, settings))
        with pytest.raises(InvariantError, match=f"stage '{spec.name}' does not take its snapshot"):
            memory.restore(wrong)
