"""Compiled models against scikit-learn's own predictions; skipped where it is not installed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from friday_core.models.compiled import predictions
from friday_core.models.compiling import compile_boosting, compile_forest, compile_linear, compile_logistic
from friday_core.models.linear import LinearModel

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn import ensemble, linear_model, preprocessing

DRAW = np.random.Generator(np.random.PCG64(7))
EPSILON = 2.0**-52


def _data(kind: str) -> Any:
    """Features and returns; ties on a grid, a constant column, or numbers far from zero."""
    values = DRAW.normal(size=(600, 4))
    if kind == "ties":
        values = np.round(values, 1)
    elif kind == "constant":
        values[:, 2] = 0.1
    elif kind == "far":
        values = values * 1e-3 + 1e4
    return values, 0.02 * (values[:, 0] - values[:, 0].mean()) + 0.01 * DRAW.normal(size=600)


KINDS = ("plain", "ties", "constant", "far")
NAMES = ("a", "b", "c", "d")


def _rounding(model: LinearModel, values: Any) -> Any:
    """``(k + 3) * 2**-52 * (sum |w * z| + |b|)`` of each row."""
    terms = model.weight * ((values - model.centre) / model.scale)
    return (len(NAMES) + 3) * EPSILON * (np.abs(terms).sum(axis=1) + abs(model.intercept))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("estimator", [linear_model.LinearRegression(), linear_model.Ridge(alpha=2.0)], ids=str)
def test_a_linear_model_is_within_the_rounding_of_its_terms(kind: str, scaled: bool, estimator: Any) -> None:
    values, labels = _data(kind)
    scaler = preprocessing.StandardScaler().fit(values) if scaled else None
    given = values if scaler is None else scaler.transform(values)
    compiled = compile_linear(NAMES, estimator.fit(given, labels), scaler)
    assert (np.abs(predictions(compiled, values) - estimator.predict(given)) <= _rounding(compiled, values)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_logistic_model_is_within_the_rounding_of_its_terms(kind: str) -> None:
    values, labels = _data(kind)
    scaler = preprocessing.StandardScaler().fit(values)
    estimator = linear_model.LogisticRegression(max_iter=1000)
    estimator.fit(scaler.transform(values), (labels > 0).astype(float))
    compiled = compile_logistic(NAMES, estimator, scaler)
    theirs = estimator.predict_proba(scaler.transform(values))[:, 1]
    allowed = 0.25 * _rounding(compiled, values) + 4 * EPSILON * theirs
    assert (np.abs(predictions(compiled, values) - theirs) <= allowed).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trees", [1, 25])
def test_a_forest_predicts_the_librarys_bits(kind: str, trees: int) -> None:
    values, labels = _data(kind)
    estimator = ensemble.RandomForestRegressor(trees, max_depth=7, random_state=1, n_jobs=1).fit(values, labels)
    ours = predictions(compile_forest(NAMES, estimator), values)
    assert ours.tobytes() == estimator.predict(values).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trees", [1, 25])
def test_a_forest_of_classes_predicts_the_librarys_bits(kind: str, trees: int) -> None:
    values, labels = _data(kind)
    estimator = ensemble.RandomForestClassifier(trees, max_depth=7, random_state=1, n_jobs=1)
    estimator.fit(values, (labels > 0).astype(float))
    ours = predictions(compile_forest(NAMES, estimator), values)
    assert ours.tobytes() == estimator.predict_proba(values)[:, 1].tobytes()


def test_a_forest_agrees_at_and_beside_its_thresholds() -> None:
    values, labels = _data("plain")
    estimator = ensemble.RandomForestRegressor(10, random_state=1, n_jobs=1).fit(values, labels)
    thresholds = np.concatenate([one.tree_.threshold for one in estimator.estimators_])
    rows = np.repeat(thresholds[:, None], 4, axis=1) * (1.0 + 2.0**-26 * np.arange(-2, 2))
    assert predictions(compile_forest(NAMES, estimator), rows).tobytes() == estimator.predict(rows).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trees", [1, 40])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_boosting_predicts_the_librarys_bits(kind: str, trees: int, missing: float) -> None:
    values, labels = _data(kind)
    values[DRAW.random(values.shape) < missing] = math.nan
    estimator = ensemble.HistGradientBoostingRegressor(
        max_iter=trees, early_stopping=False, categorical_features=None, random_state=1
    ).fit(values, labels)
    values[::5, 0] = math.nan  # missing where training may have seen none missing
    ours = predictions(compile_boosting(NAMES, estimator), values)
    assert ours.tobytes() == estimator.predict(values).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_boosting_of_classes_is_within_four_units_in_the_last_place(kind: str) -> None:
    values, labels = _data(kind)
    estimator = ensemble.HistGradientBoostingClassifier(max_iter=30, early_stopping=False, random_state=1)
    estimator.fit(values, (labels > 0).astype(float))
    theirs = estimator.predict_proba(values)[:, 1]
    np.testing.assert_allclose(predictions(compile_boosting(NAMES, estimator), values), theirs, rtol=4 * EPSILON)


def test_one_row_is_enough_to_predict() -> None:
    values, labels = _data("plain")
    estimator = ensemble.RandomForestRegressor(5, random_state=1, n_jobs=1).fit(values, labels)
    assert compile_forest(NAMES, estimator).step(values[0].tolist()) == estimator.predict(values[:1])[0]


def test_plain_gradient_boosting_is_refused() -> None:
    values, labels = _data("plain")
    with pytest.raises(ValueError, match="GradientBoostingRegressor is no fitted histogram gradient boosting"):
        compile_boosting(NAMES, ensemble.GradientBoostingRegressor(n_estimators=2).fit(values, labels))
