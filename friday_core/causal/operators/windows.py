"""Operators over the last rows of an instrument."""

from __future__ import annotations

from collections.abc import Sequence

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN, Example, Op, Params

# Layout of a ring: [count, place, values...]; of an exact window besides: [nans, sum].


def _shift(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    periods = int(params[0])
    place = int(state[at])
    old = state[at + 1 + place]
    state[at + 1 + place] = x[0]
    state[at] = float((place + 1) % periods)
    return old


def _grid_sum(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """Exact for whole numbers below 2**53, so it does not depend on where the window started."""
    window = int(params[0])
    count, place = int(state[at]), int(state[at + 1])
    ring = at + 4
    if count == window:
        old = state[ring + place]
        if old != old:
            state[at + 2] -= 1.0
        else:
            state[at + 3] -= old
    else:
        count += 1
        state[at] = float(count)
    new = x[0]
    state[ring + place] = new
    if new != new:
        state[at + 2] += 1.0
    else:
        state[at + 3] += new
    state[at + 1] = float((place + 1) % window)
    return state[at + 3] if count == window and state[at + 2] == 0.0 else NAN


def _grid_mean(state: list[float], at: int, x: Sequence[float], params: Params, scale: float) -> float:
    return _grid_sum(state, at, x, params, scale) / (params[0] * scale)


def _same_kind(kinds: tuple[Kind, ...]) -> Kind | None:
    return kinds[0] if kinds[0].is_grid else None


def _num_from_grid(kinds: tuple[Kind, ...]) -> Kind | None:
    return Kind.NUM if kinds[0].is_grid else None


def _any_kind(kinds: tuple[Kind, ...]) -> Kind:
    return kinds[0]


def _window(params: Params) -> int:
    return int(params[0])


OPERATORS = (
    Op(
        "shift", 1, _any_kind, "the value k rows of the instrument ago", "NaN for the first k rows", _shift,
        slots=lambda p: 1 + _window(p), start=lambda p: [0.0, *[NAN] * _window(p)], warmup=_window,
        examples=[Example([[1, 2, 3]], [NAN, 1, 2], (1,))],
    ),
    Op(
        "grid_rolling_sum", 1, _same_kind, "sum of the last w rows, exact", "NaN while the window holds a NaN or is not full",
        _grid_sum, slots=lambda p: 4 + _window(p), start=lambda p: [0.0] * (4 + _window(p)), warmup=lambda p: _window(p) - 1,
        examples=[Example([[1, 2, 3, NAN, 5, 6]], [NAN, 3, 5, NAN, NAN, 11], (2,))],
    ),
    Op(
        "grid_rolling_mean", 1, _num_from_grid, "exact sum / (w * units): one division", "as grid_rolling_sum",
        _grid_mean, slots=lambda p: 4 + _window(p), start=lambda p: [0.0] * (4 + _window(p)), warmup=lambda p: _window(p) - 1,
        examples=[Example([[1, 2, 4]], [NAN, 1.5, 3], (2,))],
    ),
)  # fmt: skip
