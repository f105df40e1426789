"""Operators that begin anew with every session: the second input is the row's session number."""

# ruff: noqa: PLR0124 - only a NaN differs from itself, and kernels will ask in the same way

from __future__ import annotations

from collections.abc import Callable, Sequence

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN, Example, Op, Params, Step

_NAN_RULE = "NaN on a NaN row, which is skipped; NaN where the session is unknown"


def _session_sum(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    """State: session, sum. Starts from 0 and not from the first value, so that inf - inf stays NaN."""
    new, session = x
    if session != session:
        return NAN
    if session != state[at]:
        state[at], state[at + 1] = session, 0.0
    if new != new:
        return NAN
    state[at + 1] += new
    return state[at + 1]


def _kept(replaces: Callable[[float, float], bool]) -> Step:
    """State: session, value. ``replaces(new, kept)`` says whether the row's value takes the place."""

    def step(state: list[float], at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
        new, session = x
        if session != session:
            return NAN
        if session != state[at]:
            state[at], state[at + 1] = session, NAN
        if new != new:
            return NAN
        kept = state[at + 1]
        if kept != kept or replaces(new, kept):
            state[at + 1] = new
        return state[at + 1]

    return step


def _kind(kinds: tuple[Kind, ...]) -> Kind | None:
    """The first input's: sums and extremes of a grid stay exact."""
    return kinds[0] if kinds[0] is not Kind.BOOL else None


def _op(name: str, meaning: str, step: Step, start: float, example: Example) -> Op:
    return Op(
        name,
        2,
        _kind,
        meaning,
        _NAN_RULE,
        step,
        slots=lambda _p: 2,
        start=lambda _p: [NAN, start],
        examples=[example],
    )


_ROWS: Sequence[Sequence[float]] = [[4, NAN, 2, 7, 1, NAN, 3], [1, 1, 1, 1, 2, 3, 3]]

OPERATORS = (
    _op("session_sum", "sum since the session's first row", _session_sum, 0.0,
        Example(_ROWS, [4, NAN, 6, 13, 1, NAN, 3])),
    _op("session_first", "the session's first value", _kept(lambda _new, _kept: False), NAN,
        Example(_ROWS, [4, NAN, 4, 4, 1, NAN, 3])),
    _op("session_max", "the highest value since the session's first row", _kept(lambda new, kept: new > kept), NAN,
        Example(_ROWS, [4, NAN, 4, 7, 1, NAN, 3])),
    _op("session_min", "the lowest value since the session's first row", _kept(lambda new, kept: new < kept), NAN,
        Example(_ROWS, [4, NAN, 2, 2, 1, NAN, 3])),
)  # fmt: skip
