"""Operators by the order of the last rows: the same bits whatever row the series starts at."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from friday_core.causal.op import NAN, Example, Op, Params, number, number_from_any, rows_before, window
from friday_core.causal.operators.anchored_windows import NAN_IN_WINDOW


def _quantile(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """State: ``[place, nans, ring..., values in order...]``; a window that is not full holds NaN."""
    rows, place, ring = int(params[0]), int(state[at]), at + 2
    ordered = ring + rows
    # A zero has one sign here, so that equal values are the same bits wherever they stand.
    new, old = x[0] + 0.0, state[ring + place]
    state[ring + place] = new
    state[at] = float((place + 1) % rows)
    size = rows - int(state[at + 1])
    if not isnan(old):
        _take_out(state, ordered, size, old)
        size -= 1
    if not isnan(new):
        _put_in(state, ordered, size, new)
        size += 1
    state[at + 1] = float(rows - size)
    if size < rows:
        return NAN
    position = params[1] * (params[0] - 1.0)
    below = int(position)
    lower = state[ordered + below]
    if position == below or lower == state[ordered + below + 1]:
        return lower
    return lower + (state[ordered + below + 1] - lower) * (position - below)


def _take_out(state: list[float], at: int, size: int, value: float) -> None:
    place = at
    while state[place] != value:
        place += 1
    for later in range(place, at + size - 1):
        state[later] = state[later + 1]


def _put_in(state: list[float], at: int, size: int, value: float) -> None:
    place = at + size
    while place > at and state[place - 1] > value:
        state[place] = state[place - 1]
        place -= 1
    state[place] = value


def _rank(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """State: ``[place, ring...]``; a window that is not full holds NaN."""
    rows, place, new = int(params[0]), int(state[at]), x[0]
    state[at + 1 + place] = new
    state[at] = float((place + 1) % rows)
    lower = equal = 0.0
    for row in range(at + 1, at + 1 + rows):
        value = state[row]
        if isnan(value):
            return NAN
        lower += value < new
        equal += value == new
    return (lower + (equal + 1.0) / 2.0) / params[0]


def _quantile_slots(params: Params) -> int:
    return 2 + 2 * window(params)


def _quantile_start(params: Params) -> list[float]:
    return [0.0, params[0], *[NAN] * window(params), *[0.0] * window(params)]


def _rank_slots(params: Params) -> int:
    return 1 + window(params)


def _rank_start(params: Params) -> list[float]:
    return [0.0, *[NAN] * window(params)]


OPERATORS = (
    Op(
        "rolling_quantile", 1, number,
        "quantile q of the last w rows, at place q * (w - 1) of their order; between two places linear",
        NAN_IN_WINDOW, _quantile,
        slots=_quantile_slots, start=_quantile_start, warmup=rows_before, parameters=("w", "q"),
        examples=[
            Example([[3, 1, 1, NAN, 4, 2, 8]], [NAN, NAN, 1, NAN, NAN, NAN, 4], (3, 0.5)),
            Example([[3, 1, 1, 5]], [NAN, 1.5, 1, 2], (2, 0.25)),
        ],
    ),
    Op(
        "rolling_rank", 1, number_from_any,
        "rank of the row among the last w, from 1 for the lowest, ties averaged, divided by w", NAN_IN_WINDOW, _rank,
        slots=_rank_slots, start=_rank_start, warmup=rows_before, parameters=("w",),
        examples=[Example([[1, 2, 3, 4, 4, NAN, 1]], [NAN, NAN, NAN, 1, 0.875, NAN, NAN], (4,))],
    ),
)  # fmt: skip
