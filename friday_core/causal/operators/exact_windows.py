"""Sums, means and variances of exact integers: the same bits whatever row the series starts at.

What is combined is exact, so where blocks begin does not matter; the one rounding is the division
at the end, which also turns price units into the currency. Past 2**53 sums round like others: the
bits then depend on the first row, and there is still no drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN, Example, Op, Params, number_from_grid, rows_before, window
from friday_core.causal.operators.anchored_windows import (
    FINITE_WINDOW,
    NAN_IN_WINDOW,
    combined_slots,
    combined_start,
    sum_of_window,
)

_EXACT = "exact while sums of a window are below 2**53 units"
_EXACT_SQUARES = "exact while the rows of a window, and the one before it, lie within 9.4e7 / w units of one another"


def _mean(state: list[float], at: int, x: Sequence[float], params: Params, scale: float) -> float:
    return sum_of_window(state, at, x, params, scale) / (params[0] * scale)


def _var(state: list[float], at: int, x: Sequence[float], params: Params, scale: float) -> float:
    """State: ``[place, origin, sum, squares, ring of sums..., ring of squares...]``.

    Sums are of distances from ``origin``, the last row of the block before (of the first block, its
    first): the variance is the same from any origin, and from a near one squares stay exact longer.
    """
    rows, place = int(params[0]), int(state[at])
    sums, squares = at + 4, at + 4 + rows
    new = x[0] if isfinite(x[0]) else NAN
    if isnan(state[at + 1]):
        state[at + 1] = new
    distance = new - state[at + 1]
    total, square = distance, distance * distance
    if place > 0:
        total, square = state[at + 2] + total, state[at + 3] + square
    state[at + 2], state[at + 3] = total, square
    state[sums + place] = new
    if place + 1 < rows:
        state[at] = place + 1.0
        total, square = state[sums + place + 1] + total, state[squares + place + 1] + square
    else:
        state[at] = 0.0
        begin_block(state, at, rows)
    if rows == 1:
        return NAN
    numerator = params[0] * square - total * total
    return (0.0 if numerator < 0.0 else numerator) / (params[0] * (params[0] - 1.0) * scale * scale)


def begin_block(state: list[float], at: int, rows: int) -> None:
    """Choose the origin of the next block and turn the rows of this one into suffixes from it."""
    sums, squares = at + 4, at + 4 + rows
    latest = state[sums + rows - 1]
    if isfinite(latest):
        state[at + 1] = latest
    total = square = 0.0
    for row in range(rows - 1, 0, -1):
        distance = state[sums + row] - state[at + 1]
        total, square = distance + total, distance * distance + square
        state[sums + row], state[squares + row] = total, square


def _var_slots(params: Params) -> int:
    return 4 + 2 * window(params)


def _var_start(params: Params) -> list[float]:
    return [0.0, NAN, 0.0, 0.0, *[NAN] * (2 * window(params))]


def _same_grid(kinds: tuple[Kind, ...]) -> Kind | None:
    return kinds[0] if kinds[0].is_grid else None


OPERATORS = (
    Op(
        "grid_rolling_sum", 1, _same_grid, "sum of the last w rows, exact", NAN_IN_WINDOW, sum_of_window,
        slots=combined_slots, start=combined_start, warmup=rows_before, parameters=("w",), note=_EXACT,
        examples=[Example([[1, 2, 2, NAN, 5, 6]], [NAN, 3, 4, NAN, NAN, 11], (2,))],
    ),
    Op(
        "grid_rolling_mean", 1, number_from_grid, "exact sum / (w * units per currency unit): one rounding",
        NAN_IN_WINDOW, _mean,
        slots=combined_slots, start=combined_start, warmup=rows_before, parameters=("w",), note=_EXACT,
        examples=[
            Example([[1, 2, 2, NAN, 4, 5]], [NAN, 1.5, 2, NAN, NAN, 4.5], (2,)),
            Example([[10010, 10010, 10025]], [NAN, 100.1, 100.175], (2,), scale=100),
        ],
    ),
    Op(
        "grid_rolling_var", 1, number_from_grid,
        "sample variance (ddof 1): exact (w * q - s * s) / (w * (w - 1) * units * units): one rounding, "
        "with s the sum and q the sum of squares",
        f"{FINITE_WINDOW}; NaN for w = 1", _var,
        slots=_var_slots, start=_var_start, warmup=rows_before, parameters=("w",), note=_EXACT_SQUARES,
        examples=[
            Example([[1, 2, 2, NAN, 4, 8]], [NAN, 0.5, 0, NAN, NAN, 8], (2,)),
            Example([[10000, 10010, 10020]], [NAN, NAN, 0.01], (3,), scale=100),
        ],
    ),
)  # fmt: skip
