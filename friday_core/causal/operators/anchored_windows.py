"""Sums, means, variances and extremes of the last rows, without drift.

Two stacks in blocks of w rows, counted from the instrument's first row: ``prefix`` combines the
current block up to this row, and ``ring`` holds, up to this row, the block's rows and, beyond it,
the suffixes of the block before (row j to its last). The window is the next suffix combined with
the prefix; a block's last row turns the rows into suffixes. Nothing is ever subtracted, so a value
that has left the window leaves no trace; the bits depend on where blocks begin, unless combining is
exact. The suffixes of the block before the first one are NaN: that is the warm-up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from friday_core.causal.op import NAN, Example, Op, Params, Step, number, rows_before, same_grid, window

NAN_IN_WINDOW = "NaN while the window holds a NaN or is not full"
FINITE_WINDOW = f"{NAN_IN_WINDOW}; an infinity counts as NaN"
ANCHORED = "bits depend on the instrument's first row"


def combined_window(combine: Callable[[float, float], float]) -> Step:
    """A step for any associative ``combine(older, newer)``. State: ``[place, prefix, ring...]``."""

    def step(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
        rows, place, ring = int(params[0]), int(state[at]), at + 2
        prefix = combine(state[at + 1], x[0]) if place > 0 else x[0]
        state[at + 1] = prefix
        state[ring + place] = x[0]
        if place + 1 < rows:
            state[at] = place + 1.0
            return combine(state[ring + place + 1], prefix)
        state[at] = 0.0
        for row in range(ring + rows - 2, ring, -1):
            state[row] = combine(state[row], state[row + 1])
        return prefix

    return step


def combined_slots(params: Params) -> int:
    return 2 + window(params)


def combined_start(params: Params) -> list[float]:
    return [0.0, 0.0, *[NAN] * window(params)]


def smaller_value(older: float, newer: float) -> float:
    """On a tie the older; NaN if one of them is."""
    if older <= newer:
        return older
    return newer if newer < older else NAN


def larger_value(older: float, newer: float) -> float:
    """On a tie the older; NaN if one of them is."""
    if older >= newer:
        return older
    return newer if newer > older else NAN


#: The sum of the last rows; exact, and then independent of blocks, for whole numbers below 2**53.
sum_of_window = combined_window(lambda older, newer: older + newer)

# Moments: those of rows a, then of rows b, give those of both (Chan, Golub, LeVeque 1979). Equal
# means give exactly that mean and no spread, so a constant window has its value and variance 0.


def _mean(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """State: ``[place, mean, ring of means...]``."""
    rows, place, ring = int(params[0]), int(state[at]), at + 2
    new = x[0] if isfinite(x[0]) else NAN
    count = place + 1.0
    mean = state[at + 1] + (new - state[at + 1]) * (1.0 / count) if place > 0 else new
    state[at + 1] = mean
    state[ring + place] = new
    if place + 1 < rows:
        state[at] = count
        before = state[ring + place + 1]
        return before + (mean - before) * (count / params[0])
    state[at] = 0.0
    for row in range(rows - 2, 0, -1):
        newer = rows - 1.0 - row
        state[ring + row] += (state[ring + row + 1] - state[ring + row]) * (newer / (newer + 1.0))
    return mean


#: Rows, their mean, and the sum of their squared distances from it.
Moments = tuple[float, float, float]


def _merged(older: Moments, newer: Moments) -> Moments:
    count = older[0] + newer[0]
    delta = newer[1] - older[1]
    square = older[2] + newer[2] + delta * delta * (older[0] * newer[0] / count)
    return count, older[1] + delta * (newer[0] / count), square


def _var(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """State: ``[place, mean, squares, ring of means..., ring of squares...]``."""
    rows, place = int(params[0]), int(state[at])
    means, squares = at + 3, at + 3 + rows
    new = (1.0, x[0] if isfinite(x[0]) else NAN, 0.0)
    moments = _merged((float(place), state[at + 1], state[at + 2]), new) if place > 0 else new
    count, state[at + 1], state[at + 2] = moments
    state[means + place], state[squares + place] = new[1], 0.0
    if place + 1 < rows:
        state[at] = count
        before = (params[0] - count, state[means + place + 1], state[squares + place + 1])
        moments = _merged(before, moments)
    else:
        state[at] = 0.0
        suffix = new
        for row in range(rows - 2, 0, -1):
            suffix = _merged((1.0, state[means + row], 0.0), suffix)
            state[means + row], state[squares + row] = suffix[1], suffix[2]
    return moments[2] / (params[0] - 1.0) if rows > 1 else NAN


def _var_slots(params: Params) -> int:
    return 3 + 2 * window(params)


def _var_start(params: Params) -> list[float]:
    return [0.0, 0.0, 0.0, *[NAN] * (2 * window(params))]


OPERATORS = (
    Op(
        "rolling_sum", 1, number, "sum of the last w rows", NAN_IN_WINDOW, sum_of_window,
        slots=combined_slots, start=combined_start, warmup=rows_before, parameters=("w",), note=ANCHORED,
        examples=[
            Example([[1, 2, 2, NAN, 4, 6]], [NAN, 3, 4, NAN, NAN, 10], (2,)),
            Example([[1e16, 1, 0.25, 0.25]], [NAN, 1e16, 1.25, 0.5], (2,)),
        ],
    ),
    Op(
        "rolling_mean", 1, number, "mean of the last w rows; of equal values exactly that value", FINITE_WINDOW, _mean,
        slots=combined_slots, start=combined_start, warmup=rows_before, parameters=("w",), note=ANCHORED,
        examples=[
            Example([[1, 2, 2, NAN, 4, 5]], [NAN, 1.5, 2, NAN, NAN, 4.5], (2,)),
            Example([[0.1, 0.1, 0.1, 0.1]], [NAN, NAN, 0.1, 0.1], (3,)),
        ],
    ),
    Op(
        "rolling_var", 1, number, "sample variance (ddof 1) of the last w rows; of equal values exactly 0",
        f"{FINITE_WINDOW}; NaN for w = 1", _var,
        slots=_var_slots, start=_var_start, warmup=rows_before, parameters=("w",), note=ANCHORED,
        examples=[
            Example([[1, 2, 2, NAN, 4, 8]], [NAN, 0.5, 0, NAN, NAN, 8], (2,)),
            Example([[1e16, 0.1, 0.1, 0.1]], [NAN, 5e31, 0, 0], (2,)),
        ],
    ),
    Op(
        "rolling_min", 1, same_grid, "the smallest of the last w rows; on a tie the oldest", NAN_IN_WINDOW,
        combined_window(smaller_value),
        slots=combined_slots, start=combined_start, warmup=rows_before, parameters=("w",),
        examples=[Example([[3, 1, 1, NAN, 4, 2]], [NAN, 1, 1, NAN, NAN, 2], (2,))],
    ),
    Op(
        "rolling_max", 1, same_grid, "the largest of the last w rows; on a tie the oldest", NAN_IN_WINDOW,
        combined_window(larger_value),
        slots=combined_slots, start=combined_start, warmup=rows_before, parameters=("w",),
        examples=[Example([[1, 3, 3, NAN, 2, 4]], [NAN, 3, 3, NAN, NAN, 4], (2,))],
    ),
)  # fmt: skip
