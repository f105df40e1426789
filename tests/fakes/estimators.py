"""What fits of scikit-learn leave behind, with its rules of prediction written out a second time in numpy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

#: Columns of the nodes of histogram gradient boosting that a prediction reads.
NODE = np.dtype(
    [
        ("value", np.float64),
        ("feature_idx", np.intp),
        ("num_threshold", np.float64),
        ("missing_go_to_left", np.uint8),
        ("left", np.uint32),
        ("right", np.uint32),
        ("is_leaf", np.uint8),
        ("is_categorical", np.uint8),
    ]
)


def grown(draw: np.random.Generator, values: Matrix, depth: int, outputs: int) -> SimpleNamespace:
    """A tree of random splits at float64 midpoints of values, as ``tree_`` of a fitted decision tree."""
    nodes: list[dict[str, Any]] = []

    def grow(left_depth: int) -> int:
        at = len(nodes)
        share = draw.random()
        value = [[draw.normal()]] if outputs == 1 else [[1.0 - share, share]]
        node = {"feature": -2, "threshold": -2.0, "left": -1, "right": -1, "value": value}
        nodes.append(node)
        if left_depth:
            feature = int(draw.integers(values.shape[1]))
            pair = draw.choice(values[:, feature].astype(np.float32), 2).astype(np.float64)
            node["feature"], node["threshold"] = feature, float(pair.mean())
            node["left"] = grow(left_depth - 1)
            node["right"] = grow(left_depth - 1)
        return at

    grow(depth)
    return SimpleNamespace(
        feature=np.array([one["feature"] for one in nodes]),
        threshold=np.array([one["threshold"] for one in nodes]),
        children_left=np.array([one["left"] for one in nodes]),
        children_right=np.array([one["right"] for one in nodes]),
        value=np.array([one["value"] for one in nodes], np.float64),
    )


def forest(values: Matrix, trees: int, depth: int, *, classifies: bool = False, seed: int = 0) -> SimpleNamespace:
    draw = np.random.Generator(np.random.PCG64(seed))
    found = [SimpleNamespace(tree_=grown(draw, values, depth, 1 + classifies)) for _ in range(trees)]
    classes = {"classes_": np.array([0.0, 1.0])} if classifies else {}
    return SimpleNamespace(estimators_=found, n_features_in_=values.shape[1], **classes)


def forest_predicts(estimator: SimpleNamespace, values: Matrix) -> Matrix:
    """Features in float32 against thresholds in float64, leaves added tree by tree, divided at the end."""
    narrow = values.astype(np.float32)
    total = np.zeros(len(values))
    for one in estimator.estimators_:
        tree = one.tree_
        at = np.zeros(len(values), int)
        while (inner := tree.children_left[at] >= 0).any():
            x = narrow[np.arange(len(values)), np.where(inner, tree.feature[at], 0)].astype(np.float64)
            down = np.where(x <= tree.threshold[at], tree.children_left[at], tree.children_right[at])
            at = np.where(inner, down, at)
        total += tree.value[at, 0, -1]
    return total / len(estimator.estimators_)


def boosting(values: Matrix, trees: int, depth: int, *, classifies: bool = False, seed: int = 0) -> SimpleNamespace:
    draw = np.random.Generator(np.random.PCG64(seed))
    predictors = [[SimpleNamespace(nodes=_nodes(grown(draw, values, depth, 1), draw))] for _ in range(trees)]
    classes = {"classes_": np.array([0.0, 1.0])} if classifies else {}
    return SimpleNamespace(
        _predictors=predictors,
        _baseline_prediction=np.array([[0.25]]),
        loss="log_loss" if classifies else "squared_error",
        n_features_in_=values.shape[1],
        **classes,
    )


def boosting_sums(estimator: SimpleNamespace, values: Matrix) -> Matrix:
    """The baseline, then leaves added tree by tree; NaN takes the branch of its node."""
    total = np.zeros(len(values)) + estimator._baseline_prediction[0, 0]
    for (predictor,) in estimator._predictors:
        nodes = predictor.nodes
        at = np.zeros(len(values), int)
        while (inner := nodes["is_leaf"][at] == 0).any():
            x = values[np.arange(len(values)), nodes["feature_idx"][at]]
            left = np.where(np.isnan(x), nodes["missing_go_to_left"][at] == 1, x <= nodes["num_threshold"][at])
            at = np.where(inner, np.where(left, nodes["left"][at], nodes["right"][at]), at)
        total += nodes["value"][at]
    return total


def _nodes(tree: SimpleNamespace, draw: np.random.Generator) -> npt.NDArray[Any]:
    leaf = tree.children_left < 0
    nodes = np.zeros(len(leaf), NODE)
    nodes["value"], nodes["is_leaf"] = tree.value[:, 0, 0], leaf
    nodes["feature_idx"] = np.where(leaf, 0, tree.feature)
    nodes["num_threshold"] = np.where(draw.random(len(leaf)) < 0.05, np.inf, tree.threshold)
    nodes["missing_go_to_left"] = draw.integers(2, size=len(leaf))
    nodes["left"], nodes["right"] = np.where(leaf, 0, tree.children_left), np.where(leaf, 0, tree.children_right)
    return nodes
