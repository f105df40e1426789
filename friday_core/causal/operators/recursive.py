"""Operators that carry a value from row to row."""

from __future__ import annotations

from collections.abc import Sequence

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN, Example, Op, Params, always, number


def _ewm_mean(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    new, mean = x[0], state[at]
    if new != new:
        return NAN
    mean = new if mean != mean else mean + params[0] * (new - mean)
    state[at] = mean
    return mean


def _asof(_state: list[float], _at: int, _x: Sequence[float], _params: Params, _scale: float) -> float:
    raise AssertionError("the executor joins clock domains itself")


def _ready(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    state[at] += 1.0
    return x[0] if state[at] > params[0] else NAN


def _any_kind(kinds: tuple[Kind, ...]) -> Kind:
    return kinds[0]


OPERATORS = (
    Op(
        "ewm_mean", 1, number, "m + a * (x - m), from the first value on", "NaN on a NaN row; the state stays",
        _ewm_mean, slots=lambda _p: 1, start=lambda _p: [NAN],
        examples=[Example([[1, NAN, 3]], [1, NAN, 2], (0.5,))],
    ),
    Op(
        "asof", 1, _any_kind, "the latest value of a coarser clock domain", "NaN before the first, and when older than max_age",
        _asof, slots=lambda _p: 2, start=lambda _p: [NAN, NAN],
    ),
    Op(
        "ready", 1, always(Kind.NUM), "the value, once the instrument has had its warm-up rows", "NaN during warm-up",
        _ready, slots=lambda _p: 1, start=lambda _p: [0.0],
        examples=[Example([[1, 2, 3]], [NAN, NAN, 3], (2,))],
    ),
)  # fmt: skip
