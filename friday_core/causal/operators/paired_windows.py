"""Covariance and correlation of two columns over the last rows, in anchored blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt

from friday_core.causal.op import NAN, Example, Op, Params, number, rows_before, window
from friday_core.causal.operators.anchored_windows import ANCHORED, FINITE_WINDOW

#: Rows, the means of x and y, and the sums of products of distances from them: xy, xx and yy.
Moments = tuple[float, float, float, float, float, float]

_WIDTH = 5


def _merged(older: Moments, newer: Moments) -> Moments:
    count = older[0] + newer[0]
    share, weight = newer[0] / count, older[0] * newer[0] / count
    x, y = newer[1] - older[1], newer[2] - older[2]
    return (
        count,
        older[1] + x * share,
        older[2] + y * share,
        older[3] + newer[3] + x * y * weight,
        older[4] + newer[4] + x * x * weight,
        older[5] + newer[5] + y * y * weight,
    )


def _read(state: list[float], at: int, count: float) -> Moments:
    return count, state[at], state[at + 1], state[at + 2], state[at + 3], state[at + 4]


def _write(state: list[float], at: int, moments: Moments) -> None:
    for place in range(_WIDTH):
        state[at + place] = moments[1 + place]


def _window(state: list[float], at: int, x: Sequence[float], params: Params) -> Moments:
    """State: ``[place, prefix, ring...]``, the prefix and each row of the ring of five moments."""
    rows, place, ring = int(params[0]), int(state[at]), at + 1 + _WIDTH
    finite = isfinite(x[0]) and isfinite(x[1])
    moments = new = (1.0, x[0] if finite else NAN, x[1] if finite else NAN, 0.0, 0.0, 0.0)
    if place > 0:
        moments = _merged(_read(state, at + 1, float(place)), new)
    _write(state, at + 1, moments)
    _write(state, ring + _WIDTH * place, new)
    if place + 1 < rows:
        state[at] = place + 1.0
        return _merged(_read(state, ring + _WIDTH * (place + 1), params[0] - moments[0]), moments)
    state[at] = 0.0
    suffix = new
    for row in range(rows - 2, 0, -1):
        suffix = _merged(_read(state, ring + _WIDTH * row, 1.0), suffix)
        _write(state, ring + _WIDTH * row, suffix)
    return moments


def _cov(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    moments = _window(state, at, x, params)
    return moments[3] / (params[0] - 1.0) if params[0] > 1.0 else NAN


def _corr(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """Not ``xy / sqrt(xx * yy)``: the product of very large or small columns leaves the range of floats."""
    _, _, _, xy, xx, yy = _window(state, at, x, params)
    if xx == 0.0 or yy == 0.0:
        return NAN
    value = xy / xx * sqrt(xx / yy)
    if value > 1.0:
        return 1.0
    return -1.0 if value < -1.0 else value


def _slots(params: Params) -> int:
    return 1 + _WIDTH + _WIDTH * window(params)


def _start(params: Params) -> list[float]:
    return [0.0] * (1 + _WIDTH) + [NAN] * (_WIDTH * window(params))


OPERATORS = (
    Op(
        "rolling_cov", 2, number, "sample covariance (ddof 1) of the last w rows",
        f"{FINITE_WINDOW}, of either column; NaN for w = 1", _cov,
        slots=_slots, start=_start, warmup=rows_before, parameters=("w",), note=ANCHORED,
        examples=[Example([[1, 2, 2, 4, 3, NAN, 1], [2, 4, 4, 4, 6, 1, 1]], [NAN, 1, 0, 0, -1, NAN, NAN], (2,))],
    ),
    Op(
        "rolling_corr", 2, number, "Pearson correlation of the last w rows, in [-1, 1]",
        f"{FINITE_WINDOW}, of either column; NaN while one of them is constant", _corr,
        slots=_slots, start=_start, warmup=rows_before, parameters=("w",), note=ANCHORED,
        examples=[Example([[1, 2, 2, 4, 3, NAN, 1], [2, 4, 4, 6, 8, 1, 1]], [NAN, 1, NAN, 1, -1, NAN, NAN], (2,))],
    ),
)  # fmt: skip
