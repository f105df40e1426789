"""What every built-in model keeps; skipped, but for the settings, where scikit-learn is not installed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from fakes.training import table, with_columns
from pydantic import ValidationError

from friday_core.api import CompiledModel, Model, TrainingTable
from friday_core.models.compiled import from_bytes, predictions
from friday_core.models.splits import WalkForward
from friday_core.models.training import fit_walk_forward
from friday_plugins.models.gradient_boosting import GradientBoosting
from friday_plugins.models.logistic import Logistic
from friday_plugins.models.random_forest import RandomForest
from friday_plugins.models.ridge import Ridge

SMALL: dict[str, Any] = {"trees": 10, "rows_per_leaf": 5}


def ridge(**settings: Any) -> Model:
    return Ridge(Ridge.Settings(**settings))


def logistic(**settings: Any) -> Model:
    return Logistic(Logistic.Settings(**settings))


def boosting(**settings: Any) -> Model:
    return GradientBoosting(GradientBoosting.Settings(**{**SMALL, **settings}))


def forest(**settings: Any) -> Model:
    return RandomForest(RandomForest.Settings(**{**SMALL, **settings}))


def boosting_odds(**settings: Any) -> Model:
    return boosting(predicts="probability", **settings)


def forest_odds(**settings: Any) -> Model:
    return forest(predicts="probability", **settings)


every = pytest.mark.parametrize("make", [ridge, logistic, boosting, boosting_odds, forest, forest_odds])
drawing = pytest.mark.parametrize("make", [forest, forest_odds])
abstaining = pytest.mark.parametrize("make", [ridge, logistic, forest, forest_odds])


@pytest.fixture
def library() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")


needs_library = pytest.mark.usefixtures("library")


def labelled(**of: Any) -> TrainingTable:
    ours = table(101, 4, 3, **of)
    return ours.take(~np.isnan(ours.labels))


def fitted(model: Model, rows: TrainingTable) -> CompiledModel:
    return model.fit(rows)


@every
def test_a_model_says_what_it_predicts(make: Any) -> None:
    probability = make in (logistic, boosting_odds, forest_odds)
    assert make().output == ("probability" if probability else "return")


@every
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_generator_takes_is_refused(make: Any, seed: int) -> None:
    with pytest.raises(ValidationError, match="seed"):
        make(seed=seed)


@every
def test_an_unknown_setting_is_refused(make: Any) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        make(colour="green")


@needs_library
@every
def test_one_seed_gives_one_model(make: Any) -> None:
    assert fitted(make(seed=3), labelled()).to_bytes() == fitted(make(seed=3), labelled()).to_bytes()


@needs_library
@drawing
def test_another_seed_gives_another_model_where_something_is_drawn(make: Any) -> None:
    assert fitted(make(seed=3), labelled()).model_id != fitted(make(seed=4), labelled()).model_id


@needs_library
@every
def test_a_model_keeps_the_features_their_order_and_its_output(make: Any) -> None:
    model = make()
    compiled = fitted(model, labelled())
    assert compiled.features == labelled().features
    assert compiled.output == model.output


@needs_library
@every
def test_a_model_can_be_read_back(make: Any) -> None:
    compiled, rows = fitted(make(), labelled()), labelled()
    again = from_bytes(compiled.to_bytes())
    assert predictions(again, rows.values).tobytes() == predictions(compiled, rows.values).tobytes()


@needs_library
@every
def test_a_planted_signal_orders_the_predictions(make: Any) -> None:
    rows = labelled(signal=0.02, noise=0.005)
    said = predictions(fitted(make(), rows), rows.values)
    assert np.corrcoef(said, rows.values[:, 0])[0, 1] > 0.6


@needs_library
@pytest.mark.parametrize("make", [logistic, boosting_odds, forest_odds])
def test_a_probability_is_between_zero_and_one(make: Any) -> None:
    said = predictions(fitted(make(), labelled()), labelled().values)
    assert 0.0 <= said.min() < said.max() <= 1.0


@needs_library
@abstaining
def test_a_missing_feature_gives_no_prediction(make: Any) -> None:
    compiled = fitted(make(), labelled())
    assert compiled.nan == "abstain"
    assert math.isnan(compiled.step([math.nan, 0.0, 0.0]))


@needs_library
@pytest.mark.parametrize("make", [boosting, boosting_odds])
def test_boosting_learns_and_predicts_with_features_missing(make: Any) -> None:
    rows = labelled()
    values = rows.values.copy()
    values[::3, 0] = math.nan
    compiled = fitted(make(), with_columns(rows, values=values))
    assert compiled.nan == "native"
    assert np.isfinite(predictions(compiled, values)).all()
    assert math.isfinite(compiled.step([math.nan] * 3))


@needs_library
@every
def test_weights_count(make: Any) -> None:
    rows = labelled()
    weighed = with_columns(rows, weights=np.where(rows.labels > 0, 5.0, 1.0))
    assert fitted(make(), weighed).model_id != fitted(make(), rows).model_id


@needs_library
@every
def test_a_constant_feature_does_no_harm(make: Any) -> None:
    rows = labelled()
    values = rows.values.copy()
    values[:, 1] = 0.1
    compiled = fitted(make(), with_columns(rows, values=values))
    assert np.isfinite(predictions(compiled, values)).all()


@needs_library
@every
def test_a_constant_target_is_a_failure_and_no_version(make: Any) -> None:
    rows = table(60, 4, 3)
    flat = with_columns(rows, labels=np.where(np.isnan(rows.labels), np.nan, 0.01))
    versions = fit_walk_forward(make(), flat, WalkForward(30, min_rows=40))
    assert [one.model for one in versions] == [None]
    assert versions[0].failure.endswith("there is nothing to tell apart")


@needs_library
@every
def test_few_rows_are_a_failure_and_no_version(make: Any) -> None:
    versions = fit_walk_forward(make(), table(20, 1, 3), WalkForward(10, min_rows=1))
    assert [one.failure.split(":")[0] for one in versions] == ["not fitted"]


@needs_library
@pytest.mark.parametrize("make", [boosting, forest])
def test_a_tree_without_a_split_is_a_failure(make: Any) -> None:
    versions = fit_walk_forward(make(rows_per_leaf=10_000), table(60, 4, 3), WalkForward(30, min_rows=40))
    assert [one.failure.startswith("it predicts ") for one in versions] == [True]


@needs_library
@every
def test_the_number_of_processes_changes_nothing(make: Any) -> None:
    ours, schedule = table(100, 4, 3), WalkForward(33, min_rows=40)
    alone, together = (fit_walk_forward(make(), ours, schedule, processes=n) for n in (1, 2))
    assert len(alone) == 3
    assert [one.model and one.model.model_id for one in alone] == [one.model and one.model.model_id for one in together]


@needs_library
def test_a_solver_that_does_not_arrive_is_a_failure() -> None:
    versions = fit_walk_forward(logistic(max_iterations=1), table(60, 4, 3), WalkForward(30, min_rows=40))
    assert [one.failure.split(":")[0] for one in versions] == ["ConvergenceWarning"]
