"""Averages that technical indicators need: seeded, weighted, and of distances."""

# ruff: noqa: PLR0124 - only a NaN differs from itself, and kernels will ask in the same way

from __future__ import annotations

from collections.abc import Sequence

from friday_core.causal.op import NAN, Example, Op, Params, number, number_from_any, rows_before, window
from friday_core.causal.operators.anchored_windows import NAN_IN_WINDOW

# Layout of a window here: [place, nans, values...], oldest value at ``place``; a window that is not
# full holds NaN. Each row sums the window anew, oldest first: w additions, no drift, and the same
# bits whatever row the series starts at.


def _seeded_mean(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    new = x[0]
    if new != new:
        return NAN
    rows, alpha, seed = params[0], params[1], params[2]
    count, mean = state[at], state[at + 1]
    if count > rows and count > seed and mean == mean:
        # The long run, apart from what begins it: compiled, it waits for nothing but its own last row.
        mean = mean + alpha * (new - mean)
        state[at + 1] = mean
        return mean
    if mean != mean:
        # What an infinity leaves behind (inf - inf): begin anew.
        count, mean = 0.0, 0.0
    if count <= rows:
        count = count + 1.0
    state[at] = count
    if count <= 0.0:
        return NAN
    if count > seed:
        mean = mean + alpha * (new - mean)
    else:
        # Not as a sum: a constant shall be its own mean, to the bit.
        mean = mean + (new - mean) / count
        if count == seed:
            mean = mean * (seed / rows)
    state[at + 1] = mean
    return mean if count >= rows else NAN


def _enter(state: list[float], at: int, new: float, rows: int) -> bool:
    """Put a value into the window; whether it is full and free of NaN."""
    place = int(state[at])
    old = state[at + 2 + place]
    state[at + 1] += float(new != new) - float(old != old)
    state[at + 2 + place] = new
    state[at] = float((place + 1) % rows)
    return state[at + 1] == 0.0


def _rolling_wma(state: list[float], at: int, x: Sequence[float], params: Params, scale: float) -> float:
    rows = int(params[0])
    if not _enter(state, at, x[0], rows):
        return NAN
    place, ring = int(state[at]), at + 2
    total = 0.0
    for row in range(rows):
        total = total + (row + 1.0) * state[ring + (place + row) % rows]
    return total / (params[0] * (params[0] + 1.0) / 2.0 * scale)


def _rolling_mad(state: list[float], at: int, x: Sequence[float], params: Params, scale: float) -> float:
    """From the oldest value on, so that a constant window gives exactly 0."""
    rows = int(params[0])
    if not _enter(state, at, x[0], rows):
        return NAN
    place, ring = int(state[at]), at + 2
    oldest = state[ring + place]
    total = 0.0
    for row in range(rows):
        total = total + (state[ring + (place + row) % rows] - oldest)
    distance = 0.0
    for row in range(rows):
        distance = distance + abs(params[0] * (state[ring + (place + row) % rows] - oldest) - total)
    return distance / (params[0] * params[0] * scale)


def _slots(params: Params) -> int:
    return 2 + window(params)


def _empty(params: Params) -> list[float]:
    return [0.0, params[0], *[NAN] * window(params)]


OPERATORS = (
    Op(
        "seeded_mean", 1, number,
        "m + a * (x - m) from the w-th value on; m begins as the sum of the first n <= w values over w; "
        "the very first k values are passed over",
        "NaN on a NaN row; the state stays", _seeded_mean,
        parameters=("w", "a", "n", "k"),
        slots=lambda _p: 2, start=lambda p: [-p[3], 0.0], warmup=lambda p: int(p[0] + p[3]) - 1,
        examples=[
            Example([[1, 3, NAN, 6]], [NAN, 2, NAN, 4], (2, 0.5, 2, 0)),
            Example([[1, 3, 6]], [NAN, 1.75, 3.875], (2, 0.5, 1, 0)),
            Example([[9, 1, 3, 6]], [NAN, NAN, 2, 4], (2, 0.5, 2, 1)),
        ],
    ),
    Op(
        "rolling_wma", 1, number_from_any,
        "mean of the last w rows with the weights 1 (oldest) to w; exact sum and one division on a grid",
        NAN_IN_WINDOW, _rolling_wma,
        parameters=("w",), slots=_slots, start=_empty, warmup=rows_before,
        examples=[
            Example([[3, 6, 9, NAN, 1, 1]], [NAN, 5, 8, NAN, NAN, 1], (2,)),
            Example([[300, 600]], [NAN, 5], (2,), 100),
        ],
    ),
    Op(
        "rolling_mad", 1, number_from_any,
        "mean distance of the last w rows from their mean; exact sums and one division on a grid",
        NAN_IN_WINDOW, _rolling_mad,
        parameters=("w",), slots=_slots, start=_empty, warmup=rows_before,
        examples=[
            Example([[1, 3, 3, NAN, 7, 1]], [NAN, 1, 0, NAN, NAN, 3], (2,)),
            Example([[1, 4]], [NAN, 0.015], (2,), 100),
        ],
    ),
)  # fmt: skip
