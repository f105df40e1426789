"""Windows of one instrument, many rows at a time: the steps of their operators, with the state in local variables.

``run(state, values, out, rows, params, scale)``; each leaves the state as its operator's step would.
"""

# ruff: noqa: PLR0917 - kernels know no names of arguments

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, isnan
from typing import Any

from friday_core.causal.op import NAN
from friday_core.causal.operators.anchored_windows import larger_value, smaller_value
from friday_core.causal.operators.exact_windows import begin_block

Run = Callable[[Any, Any, Any, int, Any, float], None]


def _shift(state: Any, values: Any, out: Any, rows: int, params: Any, _scale: float) -> None:
    """What has left the ring first, then what has come meanwhile; then the ring is filled, in the same phase."""
    width, first = int(params[0]), int(state[0])
    place = first
    for row in range(min(width, rows)):
        out[row] = state[1 + place]
        place = place + 1 if place + 1 < width else 0
    for row in range(width, rows):
        out[row] = values[row - width]
    kept = max(rows - width, 0)
    place = (first + kept) % width if kept else first
    for row in range(kept, rows):
        state[1 + place] = values[row]
        place = place + 1 if place + 1 < width else 0
    state[0] = float(place)


def combined(combine: Callable[[float, float], float]) -> Run:
    """The run of ``combined_window(combine)``."""

    def run(state: Any, values: Any, out: Any, rows: int, params: Any, _scale: float) -> None:
        width, place, prefix = int(params[0]), int(state[0]), state[1]
        row = 0
        while row < rows:
            new = values[row]
            prefix = combine(prefix, new) if place > 0 else new
            state[2 + place] = new
            place, row = place + 1, row + 1
            if place == width:
                out[row - 1] = prefix
                suffix = state[1 + width]
                for slot in range(width, 2, -1):
                    suffix = combine(state[slot], suffix)
                    state[slot] = suffix
                place = 0
                continue
            out[row - 1] = combine(state[2 + place], prefix)
            for later in range(min(rows - row, width - 1 - place)):
                new = values[row + later]
                prefix = combine(prefix, new)
                state[2 + place + later] = new
                out[row + later] = combine(state[3 + place + later], prefix)
            passed = max(min(rows - row, width - 1 - place), 0)
            place, row = place + passed, row + passed
        state[0], state[1] = float(place), prefix

    return run


def _added(older: float, newer: float) -> float:
    return older + newer


_sum = combined(_added)


def _grid_mean(state: Any, values: Any, out: Any, rows: int, params: Any, scale: float) -> None:
    _sum(state, values, out, rows, params, scale)
    divisor = params[0] * scale
    for row in range(rows):
        out[row] = out[row] / divisor


def _grid_var(state: Any, values: Any, out: Any, rows: int, params: Any, scale: float) -> None:
    width, place, origin, total, square = int(params[0]), int(state[0]), state[1], state[2], state[3]
    for row in range(rows):
        new = values[row] if isfinite(values[row]) else NAN
        if isnan(origin):
            origin = new
        distance = new - origin
        total = total + distance if place > 0 else distance
        square = square + distance * distance if place > 0 else distance * distance
        state[4 + place] = new
        all_of_it, squares = total, square
        place += 1
        if place < width:
            all_of_it, squares = state[4 + place] + total, state[4 + width + place] + square
        else:
            state[1] = origin
            begin_block(state, 0, width)
            place, origin = 0, state[1]
        out[row] = params[0] * squares - all_of_it * all_of_it
    state[0], state[1], state[2], state[3] = float(place), origin, total, square
    divisor = params[0] * (params[0] - 1.0) * scale * scale
    for row in range(rows):
        out[row] = NAN if width == 1 else (0.0 if out[row] < 0.0 else out[row]) / divisor


#: By operator and version.
RUNS: dict[str, Run] = {
    "shift/1": _shift,
    "rolling_sum/1": _sum,
    "rolling_min/1": combined(smaller_value),
    "rolling_max/1": combined(larger_value),
    "grid_rolling_sum/1": _sum,
    "grid_rolling_mean/1": _grid_mean,
    "grid_rolling_var/1": _grid_var,
}
