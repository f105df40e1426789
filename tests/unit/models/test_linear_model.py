from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from friday_core.models.compiled import predictions
from friday_core.models.linear import LinearModel

FEATURES = ("a", "b")


def model(**settings: Any) -> LinearModel:
    return LinearModel(FEATURES, np.array([2.0, -1.0]), 0.5, **settings)


def test_a_prediction_is_the_weighted_sum_and_the_intercept() -> None:
    assert model().step([3.0, 4.0]) == 2.5


def test_features_are_centred_and_scaled_before_they_are_weighed() -> None:
    assert model(centre=[1.0, 2.0], scale=[2.0, 4.0]).step([3.0, 4.0]) == 2.0 - 0.5 + 0.5


def test_a_feature_that_never_varied_far_from_zero_loses_no_digits() -> None:
    near = LinearModel(("a",), np.array([1.0]), 0.0, centre=[1e9], scale=[1e-3])
    assert near.step([1e9 + 2.0**-10]) == 2.0**-10 / 1e-3


def test_the_sigmoid_makes_a_probability() -> None:
    odds = model(link="sigmoid")
    assert odds.output == "probability"
    assert odds.step([3.0, 4.0]) == pytest.approx(1 / (1 + math.exp(-2.5)), rel=1e-15)


@pytest.mark.parametrize(("far", "expected"), [(1e6, 1.0), (-1e6, 0.0), (1e308, 1.0), (-1e308, 0.0)])
def test_far_from_zero_a_probability_is_zero_or_one(far: float, expected: float) -> None:
    assert model(link="sigmoid").step([far, 0.0]) == expected


@pytest.mark.parametrize("missing", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_a_feature_that_is_no_finite_number_gives_nan(missing: float, place: int) -> None:
    row = [1.0, 1.0]
    row[place] = missing
    assert math.isnan(model().step(row))


def test_a_feature_without_weight_that_is_missing_gives_nan_all_the_same() -> None:
    assert math.isnan(LinearModel(FEATURES, np.array([1.0, 0.0]), 0.0).step([1.0, math.nan]))


@pytest.mark.parametrize("row", [[1.0], [1.0, 2.0, 3.0]])
def test_another_number_of_values_is_refused(row: list[float]) -> None:
    with pytest.raises(ValueError, match=f"2 features, but {len(row)} values"):
        model().step(row)


def test_many_rows_get_the_bits_of_one_row_alone() -> None:
    values = np.random.Generator(np.random.PCG64(1)).normal(size=(50, 2))
    assert predictions(model(), values).tolist() == [model().step(row.tolist()) for row in values]


def test_a_model_cannot_be_changed() -> None:
    ours = model()
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'intercept'"):
        ours.intercept = 1.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        ours.weight[0] = 1.0


def test_an_array_that_a_model_was_made_of_is_not_its_own() -> None:
    weight = np.array([2.0, -1.0])
    ours = LinearModel(FEATURES, weight, 0.5)
    weight[0] = 99.0
    assert ours.step([3.0, 4.0]) == 2.5


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"weight": [1.0]}, r"2 features need as many numbers each: \{'weight': \(1,\)\}"),
        ({"weight": [1.0, math.nan]}, "not finite: weight"),
        ({"centre": [math.inf, 0.0]}, "not finite: centre"),
        ({"scale": [1.0, 0.0]}, "scales are above zero"),
        ({"intercept": math.nan}, "the intercept is nan"),
        ({"link": "probit"}, "unknown link 'probit'; known are identity, sigmoid"),
        ({"features": ("a", "a")}, "each its own: a, a"),
    ],
)
def test_numbers_that_make_no_model_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LinearModel(**{"features": FEATURES, "weight": [1.0, 1.0], "intercept": 0.0, **settings})
