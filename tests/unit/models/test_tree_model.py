from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from friday_core.models.trees import LEAF, TreeModel, TreeNodes

NAN, INF = math.nan, math.inf


def nodes(**columns: Any) -> TreeNodes:
    """a <= 1 leads to 10, else b <= 5 leads to 20, else 30; a missing a goes right, a missing b left."""
    own = {
        "root": [0],
        "feature": [0, LEAF, 1, LEAF, LEAF],
        "threshold": [1.0, 0.0, 5.0, 0.0, 0.0],
        "left": [1, 0, 3, 0, 0],
        "right": [2, 0, 4, 0, 0],
        "missing_left": [0, 0, 1, 0, 0],
        "value": [0.0, 10.0, 0.0, 20.0, 30.0],
    }
    return TreeNodes(**{**own, **columns})


def model(**settings: Any) -> TreeModel:
    return TreeModel(("a", "b"), nodes(), **settings)


@pytest.mark.parametrize(
    ("row", "leaf"), [([0.0, 9.0], 10.0), ([2.0, 4.0], 20.0), ([2.0, 6.0], 30.0), ([-INF, 0.0], 10.0)]
)
def test_a_row_walks_to_its_leaf(row: list[float], leaf: float) -> None:
    assert model(nan="native").step(row) == leaf


def test_a_value_on_the_threshold_goes_left() -> None:
    assert model().step([1.0, 9.0]) == 10.0
    assert model().step([math.nextafter(1.0, 2.0), 5.0]) == 20.0
    assert model().step([2.0, math.nextafter(5.0, 6.0)]) == 30.0


@pytest.mark.parametrize(("row", "leaf"), [([NAN, 9.0], 30.0), ([NAN, NAN], 20.0), ([2.0, NAN], 20.0)])
def test_a_missing_feature_takes_the_branch_of_its_node(row: list[float], leaf: float) -> None:
    assert model(nan="native").step(row) == leaf


@pytest.mark.parametrize("row", [[NAN, 9.0], [0.0, NAN], [0.0, INF], [-INF, 0.0]])
def test_a_model_that_abstains_answers_nan_even_if_the_feature_is_not_asked_for(row: list[float]) -> None:
    assert math.isnan(model().step(row))


def test_an_infinite_threshold_parts_what_is_there_from_what_is_missing() -> None:
    parts = TreeModel(("a", "b"), nodes(threshold=[INF, 0.0, 5.0, 0.0, 0.0]), nan="native")
    assert [parts.step([1e300, 0.0]), parts.step([INF, 0.0]), parts.step([NAN, 9.0])] == [10.0, 10.0, 30.0]


def test_trees_are_added_in_order_to_the_base_and_divided_at_the_end() -> None:
    leaves = {name: [0, 0, 0] for name in ("threshold", "left", "right", "missing_left")}
    three = TreeNodes(root=[0, 1, 2], feature=[LEAF] * 3, value=[1e16, 1.0, -1e16], **leaves)  # type: ignore[arg-type]
    assert TreeModel(("a",), three, base=0.5, divisor=4).step([0.0]) == ((0.5 + 1e16) + 1.0 - 1e16) / 4
    assert TreeModel(("a",), three, base=1.0, divisor=1).step([0.0]) == 0.0


def test_one_leaf_is_a_tree() -> None:
    empty = {name: [0] for name in ("threshold", "left", "right", "missing_left")}
    lone = TreeNodes(root=[0], feature=[LEAF], value=[3.0], **empty)  # type: ignore[arg-type]
    assert TreeModel(("a",), lone).step([7.0]) == 3.0


def test_the_sigmoid_makes_a_probability_of_the_sum() -> None:
    assert model(link="sigmoid", output="probability", base=-10.0).step([0.0, 0.0]) == 0.5


@pytest.mark.parametrize("row", [[1.0], [1.0, 2.0, 3.0]])
def test_a_row_of_another_width_is_refused(row: list[float]) -> None:
    with pytest.raises(ValueError, match=f"2 features, but {len(row)} values"):
        model().step(row)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"left": [0, 0, 3, 0, 0]}, "a child stands behind its parent"),
        ({"right": [2, 0, 5, 0, 0]}, "a child stands behind its parent"),
        ({"root": [0, 2]}, "in the same tree"),
        ({"root": [1]}, "roots of trees begin at 0"),
        ({"root": [0, 5]}, "roots of trees begin at 0"),
        ({"root": []}, "roots of trees begin at 0"),
        ({"feature": [0, LEAF, -2, LEAF, LEAF]}, "a node is a leaf with a finite value, or asks"),
        ({"value": [0.0, NAN, 0.0, 20.0, 30.0]}, "a node is a leaf with a finite value, or asks"),
        ({"threshold": [NAN, 0.0, 5.0, 0.0, 0.0]}, "a threshold is NaN"),
        ({"value": [0.0]}, "differ in length"),
        ({"left": [1.5, 0, 3, 0, 0]}, "whole numbers that fit into int32"),
    ],
)
def test_nodes_that_lead_nowhere_are_refused(columns: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        nodes(**columns)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"features": ("a",)}, "asks for feature 1 of 1"),
        ({"divisor": 0}, "divisor at least 1"),
        ({"base": INF}, "the base is finite"),
        ({"link": "probit"}, "unknown link 'probit'"),
        ({"nan": "guess"}, "policy 'guess'"),
    ],
)
def test_settings_that_make_no_model_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TreeModel(**{"features": ("a", "b"), "nodes": nodes(), **settings})


def test_nodes_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        model().nodes.value[0] = np.float64(1.0)
