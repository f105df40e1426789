"""Operators that follow a trend: each carries several values from row to row."""

# ruff: noqa: PLR0124 - only a NaN differs from itself, and kernels will ask in the same way

from __future__ import annotations

from collections.abc import Sequence

from friday_core.causal.op import NAN, Example, Op, Params, number

_STAYS = "NaN if an input is NaN; the state stays"


def _total(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    new = x[0]
    if new != new:
        return NAN
    state[at] = state[at] + new
    return state[at]


def _trailing_stop(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    level, close = x[0], x[1]
    if level != level or close != close:
        return NAN
    stop, before = state[at], state[at + 1]
    # On the first row the stop is NaN: no comparison with it holds.
    if not stop >= level or before < stop:
        stop = level
    state[at] = stop
    state[at + 1] = close
    return stop


def _trend_side(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    close, lower, upper = x[0], x[1], x[2]
    if close != close or lower != lower or upper != upper:
        return NAN
    if state[at] > 0.0:
        if close < lower:
            state[at] = -1.0
    elif close > upper:
        state[at] = 1.0
    return state[at]


# State of ``psar``: [side, near, far, stop, extreme, acceleration]. A fall is the mirror image of a
# rise, so the prices of a falling trend are kept with the opposite sign: ``near`` is the side of the
# bar that the stop is on, ``far`` the one that makes new extremes. A side of 0 has seen no row, one
# of 2 the first row only.


def _psar(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    high, low = x[0], x[1]
    if high != high or low != low:
        return NAN
    side = state[at]
    if side == 0.0:
        state[at], state[at + 1], state[at + 2] = 2.0, low, high
        return NAN
    if side == 2.0:
        _begin_psar(state, at, high, low, params)
        side = state[at]
    near, far = (low, high) if side > 0.0 else (-high, -low)
    before, stop, extreme, acceleration = state[at + 1], state[at + 3], state[at + 4], state[at + 5]
    if near <= stop:
        side, before, near, far = -side, -state[at + 2], -far, -near
        stop = _lowest(-extreme, before, near)
        extreme, acceleration = far, params[0]
        shown = stop
    else:
        shown = stop
        if far > extreme:
            extreme = far
            faster = acceleration + params[0]
            acceleration = params[1] if faster > params[1] else faster
    stop = _lowest(stop + acceleration * (extreme - stop), before, near)
    _keep_psar(state, at, (side, near, far, stop, extreme, acceleration))
    return shown if side > 0.0 else -shown


def _begin_psar(state: list[float], at: int, high: float, low: float, params: Params) -> None:
    """The second row chooses the side and takes the first row's far end as stop."""
    first_low, first_high = state[at + 1], state[at + 2]
    falls = first_low - low
    if falls > 0.0 and falls > high - first_high:
        _keep_psar(state, at, (-1.0, -high, -low, -first_high, -low, params[0]))
    else:
        _keep_psar(state, at, (1.0, low, high, first_low, high, params[0]))


def _keep_psar(state: list[float], at: int, values: tuple[float, float, float, float, float, float]) -> None:
    for slot in range(6):
        state[at + slot] = values[slot]


def _lowest(a: float, b: float, c: float) -> float:
    """On a tie the first."""
    lower = b if b < a else a
    return c if c < lower else lower


OPERATORS = (
    Op(
        "total", 1, number, "sum of all rows so far", "NaN on a NaN row; the state stays", _total,
        slots=lambda _p: 1, start=lambda _p: [0.0],
        examples=[Example([[1, NAN, 2, -4]], [1, NAN, 3, -1])],
    ),
    Op(
        "trailing_stop", 2, number,
        "the highest level since the row after the latest close below the stop; inputs level and close", _STAYS,
        _trailing_stop, slots=lambda _p: 2, start=lambda _p: [NAN, NAN],
        examples=[Example([[5, 6, 4, NAN, 4, 3], [7, 7, 5, 7, 7, 7]], [5, 6, 6, NAN, 4, 4])],
    ),
    Op(
        "trend_side", 3, number,
        "1 until a close below lower, then -1 until a close above upper; inputs close, lower and upper", _STAYS,
        _trend_side, slots=lambda _p: 1, start=lambda _p: [1.0],
        examples=[Example([[5, 4, 3, NAN, 6, 7], [4] * 6, [6] * 6], [1, 1, -1, NAN, -1, 1])],
    ),
    Op(
        "psar", 2, number,
        "Wilder's parabolic stop; inputs high and low, step and limit of the acceleration", _STAYS,
        _psar,
        slots=lambda _p: 6, start=lambda _p: [0.0, NAN, NAN, NAN, NAN, NAN], warmup=lambda _p: 1,
        parameters=("step", "limit"),
        examples=[
            Example([[10, 12, 14, NAN, 9], [8, 10, 12, NAN, 7]], [NAN, 8, 9, NAN, 14], (0.25, 0.5)),
            Example([[10, 9, 8], [8, 6, 5]], [NAN, 10, 9], (0.25, 0.5)),
        ],
    ),
)  # fmt: skip
