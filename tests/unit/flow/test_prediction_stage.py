"""A model in its stream: the version in force at a row's time predicts it, however the rows are cut."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from fakes.bars import A, chunk_of, cut, flat
from fakes.streams import flow_of, through
from hypothesis import given
from hypothesis import strategies as st

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ModelVersion
from friday_core.errors import InvariantError
from friday_core.flow.plans import DerivedPlan
from friday_core.flow.prediction_stage import PredictionStage
from friday_core.flow.predictors import Predictors, predictors
from friday_core.interfaces.model import CompiledModel, stepped
from friday_core.models.compiled import from_bytes
from friday_core.models.linear import LinearModel

DAY = 86_400_000_000


def version(day: int, weight: float, *, features: Sequence[str] = ("volume",), latency: int = 0) -> ModelVersion:
    """Fitted at the close of a session, predicts ``weight`` times the feature."""
    model = LinearModel(tuple(features), np.full(len(features), weight), 0.0)
    asof = flat(day, A, 1).ts_event
    return ModelVersion("predictions", asof, asof + latency, model.model_id, model.to_bytes())


def rows(days: int = 6) -> Chunk:
    return chunk_of([flat(day, A, 100)._replace(volume=1.0 + day) for day in range(days)])


def stage(*versions: ModelVersion, max_age: int | None = None, make: Predictors = stepped) -> PredictionStage:
    made = PredictionStage(("volume",), from_bytes, max_age, make)
    for one in versions:
        made.adopt(one)
    return made


def said(made: PredictionStage, chunk: Chunk) -> tuple[list[float], list[float]]:
    result = made.transform(chunk)
    return result["prediction"].tolist(), result["model_version"].tolist()


def test_a_version_counts_from_the_slice_after_the_one_it_was_fitted_at() -> None:
    predicted, numbers = said(stage(version(1, 10.0), version(3, 100.0)), rows())
    assert predicted[2:] == [30.0, 40.0, 500.0, 600.0]
    assert numbers[2:] == [1.0, 1.0, 2.0, 2.0]
    assert all(math.isnan(one) for one in [*predicted[:2], *numbers[:2]])


def test_a_version_whose_training_takes_time_counts_later() -> None:
    predicted, _ = said(stage(version(1, 10.0, latency=2 * DAY)), rows())
    assert [math.isnan(one) for one in predicted] == [True] * 4 + [False] * 2


def test_a_stale_version_abstains() -> None:
    predicted, numbers = said(stage(version(0, 10.0), max_age=2 * DAY), rows())
    assert [math.isnan(one) for one in predicted] == [True, False, False, True, True, True]
    assert math.isnan(numbers[3])


def test_a_model_abstains_where_a_feature_is_missing() -> None:
    chunk = rows(3).with_columns({"volume": np.array([1.0, math.nan, 3.0])})
    predicted, numbers = said(stage(version(-1, 2.0)), chunk)
    assert predicted[0] == 2.0
    assert math.isnan(predicted[1])
    assert (predicted[2], numbers) == (6.0, [1.0, 1.0, 1.0])


def test_a_version_of_other_features_is_refused() -> None:
    with pytest.raises(InvariantError, match="reads close, volume; the stream gives volume"):
        stage(version(1, 1.0, features=("close", "volume")))


def test_a_version_that_is_effective_before_the_last_one_is_refused() -> None:
    with pytest.raises(InvariantError, match="is effective before the version that came before it"):
        stage(version(3, 1.0), version(1, 1.0))


def test_a_version_for_a_stream_without_a_model_is_refused() -> None:
    flow = flow_of(derived={"predictions": DerivedPlan("market_data")})
    with pytest.raises(InvariantError, match="a model version names stream 'predictions', which has no model"):
        flow.adopt(version(1, 1.0))
    with pytest.raises(InvariantError, match="names stream 'predictions', which this session has not"):
        flow_of().adopt(version(1, 1.0))


@given(st.sets(st.integers(1, 5)), st.integers(0, 5))
def test_any_cut_and_a_restart_give_the_same_predictions(cuts: set[int], restart: int) -> None:
    versions = [version(1, 10.0), version(3, 100.0)]
    whole = said(stage(*versions), rows())
    current, predicted, numbers = stage(*versions), [], []
    for number, piece in enumerate(cut(rows(), cuts)):
        if number == restart:
            state, current = current.snapshot(), stage()
            current.restore(state)
        one, other = said(current, piece)
        predicted, numbers = predicted + one, numbers + other
    assert repr((predicted, numbers)) == repr(whole)


@given(
    moves=st.lists(st.integers(0, 2), max_size=4),
    max_age=st.none() | st.integers(0, 3),
    cuts=st.sets(st.integers(1, 7)),
    order=st.permutations(range(8)),
)
def test_kernels_and_steps_predict_alike_whatever_is_in_force(
    compiled: ChosenExecutor, moves: list[int], max_age: int | None, cuts: set[int], order: list[int]
) -> None:
    """Rows of a source may come out of order; refits may fall on one time."""
    days = np.cumsum([0, *moves]).tolist()
    versions = [version(day, 10.0**place, latency=place % 2) for place, day in enumerate(days)]
    versions.sort(key=lambda one: one.effective_from)
    age = None if max_age is None else max_age * DAY
    chunk = rows(8).with_columns({"volume": np.array([1.0, 2.0, math.nan, 4.0, math.inf, 6.0, -0.0, 8.0])})
    shuffled = chunk.take(np.array(order))
    given_rows = zip(shuffled["volume"].tolist(), shuffled.ts_event.tolist(), strict=True)
    expected = [one_by_one(versions, age, x, ts) for x, ts in given_rows]
    for make in (stepped, predictors(compiled)):
        made = stage(*versions, max_age=age, make=make)
        found = [pair for part in cut(shuffled, cuts) for pair in zip(*said(made, part), strict=True)]
        assert repr(found) == repr(expected)


def one_by_one(versions: Sequence[ModelVersion], max_age: int | None, x: float, ts: int) -> tuple[float, float]:
    """The prediction and the number of the version, by the words of the stage's own document."""
    started = [number for number, one in enumerate(versions, 1) if one.effective_from < ts]
    if not started or (max_age is not None and ts - versions[started[-1] - 1].asof > max_age):
        return math.nan, math.nan
    return from_bytes(versions[started[-1] - 1].blob).step([x]), float(started[-1])


def test_a_model_without_a_kernel_predicts_by_its_step(compiled: ChosenExecutor) -> None:
    class Own(CompiledModel):
        features, output, nan = ("volume",), "return", "abstain"

        def step(self, values: Sequence[float]) -> float:
            return 7.0 * values[0]

        def to_bytes(self) -> bytes:
            return b"own"

    made = PredictionStage(("volume",), lambda _blob: Own(), predictors=predictors(compiled))
    made.adopt(ModelVersion("predictions", 0, 0, "own", b"own"))
    assert said(made, rows(3)) == ([7.0, 14.0, 21.0], [1.0, 1.0, 1.0])


def test_a_version_that_is_told_early_changes_nothing_before_its_time() -> None:
    """The feed may tell a version any time before the first row that it counts for."""

    def run(early: bool) -> list[str]:
        flow = flow_of(derived={"predictions": DerivedPlan("market_data", [("model", stage())])})
        first, rest = cut(rows(), [3])
        if early:
            flow.adopt(version(2, 10.0))
        slices = list(flow.process_data_stream("market_data", first))
        if not early:
            flow.adopt(version(2, 10.0))
        slices += through(flow, [rest])
        return [repr(one) for out in slices for one in out.rows["prediction"].tolist()]

    assert run(early=True) == run(early=False) == ["nan"] * 3 + ["40.0", "50.0", "60.0"]
