"""Compiling by the attributes that a fit leaves behind; the library's own numbers are in the test beside."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fakes.estimators import boosting, boosting_sums, forest, forest_predicts
from hypothesis import given
from hypothesis import strategies as st

from friday_core.models.compiled import predictions
from friday_core.models.compiling import (
    compile_boosting,
    compile_forest,
    compile_linear,
    compile_logistic,
    rounding_turns,
)
from friday_core.models.trees import LEAF

NAMES = ("a", "b", "c")
DRAW = np.random.Generator(np.random.PCG64(11))
#: On a coarse grid, so that thresholds are met exactly and float32 rounds.
VALUES = np.round(DRAW.normal(size=(400, 3)), 1)
LARGEST = float(np.finfo(np.float32).max)


@given(st.floats(-LARGEST, LARGEST), st.floats(-LARGEST, LARGEST))
def test_a_moved_threshold_parts_float64_as_the_threshold_parts_float32(threshold: float, x: float) -> None:
    moved = float(rounding_turns(np.array([threshold]))[0])
    assert (x <= moved) == (float(np.float32(x)) <= threshold)


@given(st.floats(-LARGEST, LARGEST, width=32), st.sampled_from([-1.0, 0.0, 1.0]))
def test_a_moved_threshold_is_right_at_itself_and_its_neighbours(threshold: float, side: float) -> None:
    moved = float(rounding_turns(np.array([threshold]))[0])
    x = math.nextafter(moved, side * math.inf) if side else moved
    with np.errstate(over="ignore"):
        assert (x <= moved) == (float(np.float32(x)) <= threshold)


def test_a_float32_threshold_keeps_what_rounds_to_it() -> None:
    threshold = float(np.float32(0.1))
    assert rounding_turns(np.array([threshold]))[0] > threshold > 0.1


def test_an_infinite_threshold_stays() -> None:
    assert rounding_turns(np.array([math.inf, -math.inf])).tolist() == [math.inf, -math.inf]


@pytest.mark.parametrize("classifies", [False, True])
@pytest.mark.parametrize(("trees", "depth"), [(1, 0), (1, 3), (20, 5)])
def test_a_forest_predicts_the_same_bits(trees: int, depth: int, classifies: bool) -> None:
    fitted = forest(VALUES, trees, depth, classifies=classifies)
    compiled = compile_forest(NAMES, fitted)
    assert compiled.output == ("probability" if classifies else "return")
    assert predictions(compiled, VALUES).tobytes() == forest_predicts(fitted, VALUES).tobytes()


def test_a_forest_rounds_features_as_its_library_does() -> None:
    fitted = forest(VALUES, 10, 4)
    thresholds = np.concatenate([one.tree_.threshold for one in fitted.estimators_])
    rows = np.repeat(thresholds[:, None], 3, axis=1) * (1.0 + 2.0**-26 * np.arange(-1, 2))
    assert predictions(compile_forest(NAMES, fitted), rows).tobytes() == forest_predicts(fitted, rows).tobytes()


def test_a_forest_abstains() -> None:
    assert math.isnan(compile_forest(NAMES, forest(VALUES, 3, 2)).step([0.0, math.nan, 0.0]))


@pytest.mark.parametrize(("trees", "depth"), [(1, 0), (1, 3), (30, 4)])
def test_boosting_predicts_the_same_bits_with_features_missing(trees: int, depth: int) -> None:
    values = VALUES.copy()
    values[DRAW.random(values.shape) < 0.2] = math.nan
    fitted = boosting(VALUES, trees, depth)
    assert predictions(compile_boosting(NAMES, fitted), values).tobytes() == boosting_sums(fitted, values).tobytes()


def test_boosting_of_classes_is_the_sigmoid_of_the_sum() -> None:
    fitted = boosting(VALUES, 10, 3, classifies=True)
    compiled = compile_boosting(NAMES, fitted)
    assert (compiled.output, compiled.nan) == ("probability", "native")
    expected = 1.0 / (1.0 + np.exp(-boosting_sums(fitted, VALUES)))
    np.testing.assert_allclose(predictions(compiled, VALUES), expected, rtol=8 * 2.0**-52)


def test_nodes_of_all_trees_stand_in_flat_arrays() -> None:
    nodes = compile_forest(NAMES, forest(VALUES, 3, 2)).nodes
    assert nodes.root.tolist() == [0, 7, 14]
    assert (nodes.feature == LEAF).sum() == 3 * 4
    assert nodes.left.dtype == np.int32


def linear(**changed: Any) -> SimpleNamespace:
    own = {"coef_": np.array([1.0, 2.0, 3.0]), "intercept_": 4.0, "n_features_in_": 3}
    return SimpleNamespace(**{**own, **changed})


def scaler(**changed: Any) -> SimpleNamespace:
    own = {"mean_": np.ones(3), "scale_": np.full(3, 2.0), "with_mean": True, "with_std": True, "n_features_in_": 3}
    return SimpleNamespace(**{**own, **changed})


def test_a_linear_model_keeps_its_scaler() -> None:
    assert compile_linear(NAMES, linear(), scaler()).step([3.0, 3.0, 5.0]) == 1.0 + 2.0 + 6.0 + 4.0


@pytest.mark.parametrize(
    ("parts", "expected"),
    [({"with_mean": False}, 1.5 + 3.0 + 7.5 + 4.0), ({"with_std": False, "scale_": None}, 2.0 + 4.0 + 12.0 + 4.0)],
)
def test_a_scaler_may_do_half_of_its_work(parts: dict[str, Any], expected: float) -> None:
    assert compile_linear(NAMES, linear(), scaler(**parts)).step([3.0, 3.0, 5.0]) == expected


def test_a_logistic_model_has_its_numbers_in_a_matrix() -> None:
    fitted = linear(coef_=np.array([[0.0, 0.0, 1.0]]), intercept_=np.array([0.0]), classes_=np.array([0, 1]))
    assert compile_logistic(NAMES, fitted).step([9.0, 9.0, 0.0]) == 0.5


@pytest.mark.parametrize(
    ("compiled", "words"),
    [
        (lambda: compile_linear(("a",), linear()), "fitted on 3 features, 1 are named"),
        (lambda: compile_linear(NAMES, linear(), scaler(n_features_in_=2)), "fitted on 2 features, 3 are named"),
        (lambda: compile_linear(NAMES, linear(coef_=np.ones((2, 3)))), "one target is needed"),
        (lambda: compile_logistic(NAMES, linear(classes_=np.array([-1, 1]))), r"not \[-1, 1\]"),
        (lambda: compile_logistic(NAMES, linear(classes_=np.array([0]))), r"not \[0\]"),
        (lambda: compile_forest(("a",), forest(VALUES, 1, 1)), "fitted on 3 features, 1 are named"),
        (lambda: compile_boosting(NAMES, forest(VALUES, 1, 1)), "is no fitted histogram gradient boosting"),
    ],
)
def test_what_cannot_be_compiled_is_refused(compiled: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compiled()


def test_leaves_that_count_rows_are_refused() -> None:
    fitted = forest(VALUES, 2, 1, classifies=True)
    fitted.estimators_[0].tree_.value = fitted.estimators_[0].tree_.value * 40.0
    with pytest.raises(ValueError, match="leaves with shares of the classes are needed"):
        compile_forest(NAMES, fitted)


def test_a_loss_with_another_link_is_refused() -> None:
    fitted = boosting(VALUES, 1, 1)
    fitted.loss = "poisson"
    with pytest.raises(ValueError, match="the loss 'poisson' cannot be compiled"):
        compile_boosting(NAMES, fitted)


def test_splits_by_category_are_refused() -> None:
    fitted = boosting(VALUES, 1, 1)
    fitted._predictors[0][0].nodes["is_categorical"][0] = 1
    with pytest.raises(ValueError, match="splits by category cannot be compiled"):
        compile_boosting(NAMES, fitted)
