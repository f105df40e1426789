"""Operators over the last rows of an instrument."""

from __future__ import annotations

from collections.abc import Sequence

from friday_core.causal.op import NAN, Example, Op, Params, any_kind, window
from friday_core.causal.operators import anchored_windows, exact_windows, ordered_windows, paired_windows


def _shift(state: list[float], at: int, x: Sequence[float], params: Params, _scale: float) -> float:
    """State: ``[place, ring...]``."""
    place = int(state[at])
    old = state[at + 1 + place]
    state[at + 1 + place] = x[0]
    # A remainder costs more than all the rest.
    state[at] = float(place + 1) if place + 1 < int(params[0]) else 0.0
    return old


def _slots(params: Params) -> int:
    return 1 + window(params)


def _start(params: Params) -> list[float]:
    return [0.0, *[NAN] * window(params)]


OPERATORS = (
    Op(
        "shift", 1, any_kind, "the value k rows of the instrument ago", "NaN for the first k rows", _shift,
        slots=_slots, start=_start, warmup=window, parameters=("k",),
        examples=[Example([[1, 2, 2, NAN, 3]], [NAN, NAN, 1, 2, 2], (2,))],
    ),
    *anchored_windows.OPERATORS,
    *exact_windows.OPERATORS,
    *paired_windows.OPERATORS,
    *ordered_windows.OPERATORS,
)  # fmt: skip
