"""How long calls take, and whether they take ever longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")

#: A call that became slower by this factor, and by so many seconds, takes ever longer.
_FACTOR, _SECONDS = 4.0, 300e-6
#: Calls of which one that takes ever longer shows it.
_ENOUGH = 400


@dataclass(frozen=True, slots=True)
class Timing:
    """Processor seconds of a call: the mean, and the medians of the first and of the last fifth."""

    mean: float
    early: float
    late: float

    @property
    def grows(self) -> bool:
        return self.late > _FACTOR * self.early and self.late - self.early > _SECONDS


def seconds_per_call(call: Callable[[T], object], arguments: Sequence[T], now: Callable[[], float]) -> Timing:
    """Of one call after the other, each timed by itself on this thread's own clock."""
    taken = []
    for argument in arguments:
        begun = now()
        call(argument)
        taken.append(now() - begun)
    if not taken:
        return Timing(0.0, 0.0, 0.0)
    part = max(1, len(taken) // 5)
    mean = sum(taken) / len(taken)
    early, late = median(taken[:part]), median(taken[-part:])
    return Timing(mean, early, late) if len(taken) >= _ENOUGH else Timing(mean, mean, mean)
