"""Operators that carry a value from row to row."""

# ruff: noqa: PLR0124 - only a NaN differs from itself, and kernels will ask in the same way

from __future__ import annotations

from collections.abc import Sequence

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN, Example, Op, Params, any_kind, number, truth

# A NaN in the state means that there is no value yet. An infinity can leave one behind (inf - inf):
# the operator then starts anew with its next value.


def _ewm_mean(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    new, mean = x[0], state[at]
    if new != new:
        return NAN
    mean = new if mean != mean else mean + params[0] * (new - mean)
    state[at] = mean
    return mean


def _ewm_var(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """State: mean, variance."""
    new, mean, alpha = x[0], state[at], params[0]
    if new != new:
        return NAN
    if mean != mean:
        state[at], state[at + 1] = new, 0.0
        return 0.0
    away = new - mean
    variance = (1.0 - alpha) * (state[at + 1] + alpha * (away * away))
    state[at], state[at + 1] = mean + alpha * away, variance
    return variance


def _ffill(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    new = x[0]
    if new == new:
        state[at] = new
    return state[at]


def _since(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    condition = x[0]
    if condition == 1.0:
        state[at] = 0.0
    else:
        state[at] += 1.0
    return NAN if condition != condition else state[at]


def _latch(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    enter, leave = x
    if leave == 1.0:
        state[at] = 0.0
    elif leave == 0.0:
        if enter == 1.0:
            state[at] = 1.0
        elif enter == 0.0 and state[at] != state[at]:
            state[at] = 0.0
    return state[at]


def _ratchet(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    new, reset = x
    held = NAN if reset == 1.0 else state[at]
    if new == new and not new <= held:
        held = new
    state[at] = held
    return NAN if new != new else held


def _rows(state: list[float], at: int, _x: Sequence[float], _params: Params, _scale: float) -> float:
    state[at] += 1.0
    return state[at]


def _ready(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    state[at] += 1.0
    return x[0] if state[at] > params[0] else NAN


def _count_of_truth(kinds: tuple[Kind, ...]) -> Kind | None:
    return Kind.COUNT if kinds == (Kind.BOOL,) else None


def _count(_kinds: tuple[Kind, ...]) -> Kind:
    return Kind.COUNT


def _held_number(kinds: tuple[Kind, ...]) -> Kind | None:
    """The first input's kind; the second is a condition."""
    return kinds[0] if kinds[0] is not Kind.BOOL and kinds[1] is Kind.BOOL else None


OPERATORS = (
    Op(
        "ewm_mean", 1, number, "m + a * (x - m), from the first value on", "NaN on a NaN row; the state stays",
        _ewm_mean, slots=lambda _p: 1, start=lambda _p: [NAN],
        parameters=["a"],
        examples=[Example([[1, NAN, 3]], [1, NAN, 2], (0.5,))],
    ),
    Op(
        "ewm_var", 1, number,
        "(1 - a) * (v + a * (x - m) ** 2) with the mean m before the row; 0 on the first value (biased)",
        "NaN on a NaN row; the state stays", _ewm_var, slots=lambda _p: 2, start=lambda _p: [NAN, 0.0],
        parameters=["a"],
        examples=[Example([[1, 3, NAN, 3]], [0, 1, NAN, 0.75], (0.5,)), Example([[2, 2]], [0, 0], (0.1,))],
    ),
    Op(
        "ffill", 1, any_kind, "the latest value that was not NaN", "NaN before the first value",
        _ffill, slots=lambda _p: 1, start=lambda _p: [NAN],
        examples=[Example([[NAN, 1, NAN, 3]], [NAN, 1, 1, 3])],
    ),
    Op(
        "since", 1, _count_of_truth, "rows since the condition was last true, 0 on such a row",
        "NaN before the first, and where the condition is unknown; that row is counted all the same",
        _since, slots=lambda _p: 1, start=lambda _p: [NAN],
        examples=[Example([[0, 1, 0, NAN, 0, 1]], [NAN, 0, 1, NAN, 3, 0])],
    ),
    Op(
        "latch", 2, truth, "1 from a row where enter is true until one where exit is; exit wins on both",
        "an unknown enter or exit keeps the state, but a true exit always leaves; NaN until both are first known",
        _latch, slots=lambda _p: 1, start=lambda _p: [NAN],
        examples=[
            Example([[0, 1, 0, 0, 0, 1], [0, 0, 0, 1, 0, 1]], [0, 1, 1, 0, 0, 0]),
            Example([[NAN, 1, 0, 1, NAN, NAN], [0, NAN, 0, 0, 0, 1]], [NAN, NAN, 0, 1, 1, 0]),
        ],
    ),
    Op(
        "ratchet", 2, _held_number, "the highest value since the last row where reset was true, that row included",
        "NaN on a NaN row, which still resets; an unknown reset does not reset",
        _ratchet, slots=lambda _p: 1, start=lambda _p: [NAN],
        examples=[
            Example([[3, 1, 4, 2, 1], [0, 0, 0, 1, 0]], [3, 3, 4, 2, 2]),
            Example([[3, NAN, 1, NAN, 2], [0, 0, NAN, 1, 0]], [3, NAN, 3, NAN, 2]),
        ],
    ),
    Op("asof", 1, any_kind, "the value of the latest row of a coarser clock domain; max_age in microseconds",
       "NaN before the first such row, when it is older than max_age, or when its value is", slots=lambda _p: 2,
       start=lambda _p: [NAN, NAN], parameters=["max_age"]),
    Op(
        "rows", 1, _count, "rows of the instrument so far, this one included", "never",
        _rows, slots=lambda _p: 1, start=lambda _p: [0.0], examples=[Example([[7, NAN, 7]], [1, 2, 3])],
    ),
    Op(
        "ready", 1, number, "the value, once the instrument has had its warm-up rows", "NaN during warm-up",
        _ready, slots=lambda _p: 1, start=lambda _p: [0.0], parameters=["rows"],
        examples=[Example([[1, NAN, 3, NAN]], [NAN, NAN, 3, NAN], (2,))],
    ),
)  # fmt: skip
