"""Operators as plugins write them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from friday_core.causal.op import Example, Op
from friday_core.causal.own_operators import operator

NAN = math.nan


@operator(
    "hull",
    meaning="weighted average, the latest row w times, the one before w - 1 times",
    nan="NaN while one of the rows is",
    parameters=("w",),
    start=lambda params: [0.0] + [NAN] * int(params[0]),
    warmup=lambda params: int(params[0]) - 1,
    examples=[Example([[1.0, 2.0, 4.0, NAN]], [NAN, 5 / 3, 10 / 3, NAN], params=(2,))],
)
def hull(state: list[float], at: int, x: Sequence[float], params: Sequence[float], _scale: float) -> float:
    width, place = int(params[0]), int(state[at])
    state[at + 1 + place] = x[0]
    total = 0.0
    for age in range(width):
        total += (width - age) * state[at + 1 + (place - age) % width]
    state[at] = float((place + 1) % width)
    return total / (width * (width + 1) / 2.0)


@operator(
    "ratio_above",
    meaning="a / b > limit",
    nan="NaN where b is 0 or one of the two is NaN",
    inputs=2,
    parameters=("limit",),
    gives="condition",
    examples=[Example([[3.0, 1.0, 1.0], [2.0, 2.0, 0.0]], [1.0, 0.0, NAN], params=(1.0,))],
)
def ratio_above(_state: list[float], _at: int, x: Sequence[float], params: Sequence[float], _scale: float) -> float:
    if x[1] == 0.0 or math.isnan(x[0]) or math.isnan(x[1]):
        return NAN
    return 1.0 if x[0] / x[1] > params[0] else 0.0


@operator("rounded", meaning="x in three digits", nan="NaN", examples=[Example([[1.23456]], [1.23])])
def rounded(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    """Words that no compiler knows."""
    return float(f"{x[0]:.2e}")


def made(step: object, **changes: object) -> Op:
    """An operator of a step, which keeps one number."""
    usual = {"meaning": "", "nan": "", "start": [0.0], "examples": [Example([[1.0]], [1.0])]}
    return operator("made", **{**usual, **changes})(step)  # type: ignore[arg-type]
