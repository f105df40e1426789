"""The steps of compiled models once more, in words that the compiler knows, on flat arrays.

Each is compiled once for all models of its kind, and gives what the ``step`` of the model gives, to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from friday_core.domain.chunk import Array, Float64
from friday_core.interfaces.model import ModelKernel, ModelStep
from friday_core.models.links import Link, sigmoid

# Linear: how many features and whether there is a sigmoid; the intercept, then weight, centre, scale of each feature.
_FEATURES, _SIGMOID = range(2)

# Trees: words and numbers are the same memory, so that what is read together lies together. First what
# holds for all, then where each tree begins, then the nodes.
_TREES, _WIDTH, _ABSTAINS, _LINK, _BASE, _DIVISOR = range(6)
_HEAD = 6
# A node: feature, what NaN does, and whether it is no leaf; its children; threshold, or a leaf's value.
# The children of a leaf are the leaf, so that trees whose walks are longer need not be waited for.
_CODE, _LEFT, _RIGHT, _NUMBER = range(4)
_NODE = 4
_INNER, _MISSING_LEFT, _FEATURE_SHIFT = 1, 2, 2


def linear_kernel(weight: Float64, centre: Float64, scale: Float64, intercept: float, link: Link) -> ModelKernel:
    """The kernel of a linear model."""
    numbers = np.concatenate([[intercept], np.column_stack([weight, centre, scale]).ravel()])
    return ModelKernel(_linear, _fixed(numbers), _fixed(np.array([len(weight), link == "sigmoid"], np.int64)))


def tree_kernel(
    nodes: Mapping[str, Array], *, features: int, abstains: bool, link: Link, base: float, divisor: int
) -> ModelKernel:
    """The kernel of a tree model; ``nodes`` are the columns of its ``TreeNodes``."""
    wide = {name: nodes[name].astype(np.int64) for name in ("root", "feature", "left", "right")}
    trees, count = len(wide["root"]), len(wide["feature"])
    first = -(-(_HEAD + trees) // _NODE) * _NODE
    words = np.zeros(first + _NODE * count, np.int64)
    numbers = words.view(np.float64)
    words[[_TREES, _WIDTH, _ABSTAINS, _LINK]] = trees, features, abstains, link == "sigmoid"
    numbers[[_BASE, _DIVISOR]] = base, divisor
    words[_HEAD : _HEAD + trees] = first + _NODE * wide["root"]
    places, inner = first + _NODE * np.arange(count), wide["feature"] >= 0
    code = (wide["feature"] << _FEATURE_SHIFT) + np.where(nodes["missing_left"] != 0, _MISSING_LEFT, 0) + _INNER
    words[places + _CODE] = np.where(inner, code, 0)
    words[places + _LEFT] = np.where(inner, first + _NODE * wide["left"], places)
    words[places + _RIGHT] = np.where(inner, first + _NODE * wide["right"], places)
    numbers[places + _NUMBER] = np.where(inner, nodes["threshold"], nodes["value"])
    return ModelKernel(_trees, _fixed(numbers), _fixed(words))


def _fixed(array: Any) -> Any:
    array.flags.writeable = False
    return array


def _linear(values: Sequence[float], numbers: Sequence[float], words: Sequence[int]) -> float:
    total, whole = 0.0, True
    for feature in range(words[_FEATURES]):
        at = 1 + 3 * feature
        whole = whole and math.isfinite(values[feature])
        total += numbers[at] * ((values[feature] - numbers[at + 1]) / numbers[at + 2])
    if not whole:
        return math.nan
    total += numbers[0]
    return sigmoid(total) if words[_SIGMOID] else total


def _trees(values: Sequence[float], numbers: Sequence[float], words: Sequence[int]) -> float:
    if words[_ABSTAINS]:
        for feature in range(words[_WIDTH]):
            if not math.isfinite(values[feature]):
                return math.nan
    total, trees = numbers[_BASE], words[_TREES]
    whole = trees - trees % 4
    for root in range(_HEAD, _HEAD + whole, 4):
        total = _four(root, total, values, numbers, words)
    for root in range(_HEAD + whole, _HEAD + trees):
        at = words[root]
        while words[at] & _INNER:
            at = _child(at, words[at], values, numbers, words)
        total += numbers[at + _NUMBER]
    total /= numbers[_DIVISOR]
    return sigmoid(total) if words[_LINK] else total


def _four(root: int, total: float, values: Sequence[float], numbers: Sequence[float], words: Sequence[int]) -> float:
    """Four trees at a time: a processor waits for the nodes of one while it compares at another's."""
    a, b, c, d = words[root], words[root + 1], words[root + 2], words[root + 3]
    code_a, code_b, code_c, code_d = words[a], words[b], words[c], words[d]
    while (code_a | code_b | code_c | code_d) & _INNER:
        a = _child(a, code_a, values, numbers, words)
        b = _child(b, code_b, values, numbers, words)
        c = _child(c, code_c, values, numbers, words)
        d = _child(d, code_d, values, numbers, words)
        code_a, code_b, code_c, code_d = words[a], words[b], words[c], words[d]
    total += numbers[a + _NUMBER]
    total += numbers[b + _NUMBER]
    total += numbers[c + _NUMBER]
    total += numbers[d + _NUMBER]
    return total


def _child(at: int, code: int, values: Sequence[float], numbers: Sequence[float], words: Sequence[int]) -> int:
    """Where the walk goes on, without a branch that a processor could guess wrong."""
    value = values[code >> _FEATURE_SHIFT]
    is_lost = (value != value) & (code & _MISSING_LEFT == 0)  # noqa: PLR0124 - only NaN differs from itself
    return words[at + _LEFT + ((value > numbers[at + _NUMBER]) | is_lost)]


#: The steps of all kinds of models whose bytes ``friday_core.models.compiled.from_bytes`` reads.
STEPS: tuple[ModelStep, ...] = (_linear, _trees)
