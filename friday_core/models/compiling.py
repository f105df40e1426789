"""Fitted scikit-learn estimators to compiled models, by the attributes that a fit leaves behind.

Nothing of scikit-learn is imported here. How close a prediction is to the library's own:

- linear: terms are the same, the order of the sum is not, which a linear algebra library chooses. With k
  features the two differ by at most ``(k + 3) * 2**-52 * (sum_i |w_i * z_i| + |b|)``.
- forests on one thread and histogram gradient boosting of returns: the same bits.
- probabilities of a sigmoid: a quarter of the difference of the sums, and 4 units in the last place for ``exp``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from friday_core.domain.chunk import Array, Float64
from friday_core.models.linear import LinearModel
from friday_core.models.links import Link
from friday_core.models.trees import LEAF, TreeModel, TreeNodes

#: Losses of histogram gradient boosting whose sum of leaves is the prediction itself.
_IDENTITY_LOSSES = frozenset({"squared_error", "absolute_error", "quantile"})


def compile_linear(features: Sequence[str], estimator: Any, scaler: Any = None) -> LinearModel:
    """``LinearRegression``, ``Ridge`` and their like; ``scaler`` is the ``StandardScaler`` of its input.

    ``ValueError`` if the estimator has other features or several targets.
    """
    return _linear(features, estimator, scaler, "identity")


def compile_logistic(features: Sequence[str], estimator: Any, scaler: Any = None) -> LinearModel:
    """``LogisticRegression`` of the classes 0 and 1, to the probability of 1; ``ValueError`` for others."""
    _check_classes(estimator)
    return _linear(features, estimator, scaler, "sigmoid")


def compile_forest(features: Sequence[str], estimator: Any) -> TreeModel:
    """``RandomForestRegressor``, or ``RandomForestClassifier`` of the classes 0 and 1; abstains on NaN.

    The library rounds features to float32 before it compares. Thresholds are moved to where that
    rounding turns, so that float64 features take the same branches. ``ValueError`` for other classes,
    several targets or other features.
    """
    _check_width(features, estimator)
    classifies = hasattr(estimator, "classes_")
    if classifies:
        _check_classes(estimator)
    trees = [one.tree_ for one in estimator.estimators_]
    if any(tree.value.shape[1:] != (1, 1 + classifies) for tree in trees):
        raise ValueError("a forest with one target is needed")
    if classifies and not all(np.allclose(tree.value.sum(axis=2), 1.0) for tree in trees):
        raise ValueError("leaves with shares of the classes are needed: scikit-learn 1.3 or later")
    return TreeModel(
        tuple(features),
        _joined(_forest_tree(tree, int(classifies)) for tree in trees),
        output="probability" if classifies else "return",
        divisor=len(trees),
    )


def compile_boosting(features: Sequence[str], estimator: Any) -> TreeModel:
    """``HistGradientBoostingRegressor``, or its classifier of the classes 0 and 1; NaN takes the trees' own branch.

    ``ValueError`` for categories, for losses whose prediction is not the sum of leaves, and for
    other features.
    """
    if not hasattr(estimator, "_predictors"):
        raise ValueError(f"{type(estimator).__name__} is no fitted histogram gradient boosting")
    _check_width(features, estimator)
    classifies = hasattr(estimator, "classes_")
    if classifies:
        _check_classes(estimator)
    if estimator.loss not in ({"log_loss"} if classifies else _IDENTITY_LOSSES):
        raise ValueError(f"the loss {estimator.loss!r} cannot be compiled")
    nodes = [predictor.nodes for (predictor,) in estimator._predictors]
    if any(one["is_categorical"].any() for one in nodes):
        raise ValueError("splits by category cannot be compiled: features are numbers")
    return TreeModel(
        tuple(features),
        _joined(_boosting_tree(one) for one in nodes),
        output="probability" if classifies else "return",
        nan="native",
        link="sigmoid" if classifies else "identity",
        base=np.ravel(estimator._baseline_prediction).item(),
    )


def rounding_turns(threshold: Float64) -> Float64:
    """The largest float64 that, rounded to float32, is at most ``threshold``; infinite ones stay.

    Half way between two neighbours in float32 a number is rounded to the even one.
    """
    infinity = np.float32(np.inf)
    with np.errstate(over="ignore", under="ignore"):
        nearest = threshold.astype(np.float32)
        lower = np.where(nearest.astype(np.float64) > threshold, np.nextafter(nearest, -infinity), nearest)
        upper = np.nextafter(lower, infinity).astype(np.float64)
        upper[np.isposinf(upper)] = 2.0**128
        middle = (lower.astype(np.float64) + upper) / 2.0
        even = lower.view(np.int32) & 1 == 0
        turns = np.where(even, middle, np.nextafter(middle, -np.inf))
    return np.where(np.isinf(threshold), threshold, turns)


def _linear(features: Sequence[str], estimator: Any, scaler: Any, link: Link) -> LinearModel:
    _check_width(features, estimator)
    weight, intercept = np.ravel(estimator.coef_), np.ravel(estimator.intercept_)
    if weight.shape != (len(features),) or intercept.shape != (1,):
        raise ValueError("a linear model with one target is needed")
    if scaler is None:
        return LinearModel(tuple(features), weight, intercept.item(), link=link)
    _check_width(features, scaler)
    return LinearModel(
        tuple(features),
        weight,
        intercept.item(),
        centre=scaler.mean_ if scaler.with_mean else None,
        scale=scaler.scale_ if scaler.with_std else None,
        link=link,
    )


def _check_width(features: Sequence[str], estimator: Any) -> None:
    if estimator.n_features_in_ != len(features):
        raise ValueError(f"fitted on {estimator.n_features_in_} features, {len(features)} are named")


def _check_classes(estimator: Any) -> None:
    classes = np.asarray(estimator.classes_).tolist()
    if classes != [0, 1]:
        raise ValueError(f"the classes 0 and 1 are needed, not {classes}")


def _forest_tree(tree: Any, column: int) -> dict[str, Array]:
    leaf = np.asarray(tree.children_left) < 0
    return {
        "feature": np.where(leaf, LEAF, tree.feature),
        "threshold": np.where(leaf, 0.0, rounding_turns(np.array(tree.threshold, np.float64))),
        "left": np.where(leaf, 0, tree.children_left),
        "right": np.where(leaf, 0, tree.children_right),
        "missing_left": np.zeros(len(leaf), np.uint8),
        "value": np.where(leaf, tree.value[:, 0, column], 0.0),
    }


def _boosting_tree(nodes: Array) -> dict[str, Array]:
    leaf = nodes["is_leaf"] != 0
    return {
        "feature": np.where(leaf, LEAF, nodes["feature_idx"]),
        "threshold": np.where(leaf, 0.0, nodes["num_threshold"]),
        "left": np.where(leaf, 0, nodes["left"]),
        "right": np.where(leaf, 0, nodes["right"]),
        "missing_left": np.where(leaf, 0, nodes["missing_go_to_left"]),
        "value": np.where(leaf, nodes["value"], 0.0),
    }


def _joined(trees: Iterable[dict[str, Array]]) -> TreeNodes:
    """One tree after the other; children become positions among all nodes."""
    every = list(trees)
    if not every:
        raise ValueError("there is no tree")
    sizes = [len(tree["feature"]) for tree in every]
    begins = np.cumsum([0, *sizes])[:-1]
    for tree, begin in zip(every, begins.tolist(), strict=True):
        inner = tree["feature"] != LEAF
        for side in ("left", "right"):
            tree[side] = np.where(inner, tree[side].astype(np.int64) + begin, 0)
    columns = {name: np.concatenate([tree[name] for tree in every]) for name in every[0]}
    return TreeNodes(begins, **columns)
