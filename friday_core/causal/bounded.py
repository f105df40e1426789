"""Steps of operators on memory that they cannot leave: a kernel would read, or write, what is another's."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Any, SupportsIndex

from friday_core.causal.op import Op, Params

#: Where the state of an operator begins here: before and after it is what belongs to others.
_AT = 3


class Bounded(list[float]):
    """Numbers of which only those in ``own`` may be read or written; ``IndexError`` for others."""

    def __init__(self, values: Iterable[float], own: range, what: str) -> None:
        super().__init__(values)
        self._own, self._what = own, what

    def __getitem__(self, place: SupportsIndex) -> float:  # type: ignore[override]
        return super().__getitem__(self._checked(place))

    def __setitem__(self, place: SupportsIndex, value: float) -> None:  # type: ignore[override]
        super().__setitem__(self._checked(place), value)

    def _checked(self, place: SupportsIndex) -> int:
        own = self._own
        if isinstance(place, slice) or place.__index__() not in own:
            there = f"from {own.start} to {own.stop - 1}" if len(own) else "none"
            raise IndexError(f"it asks for {self._what}[{place}], and its own are {there}")
        return place.__index__()


def stepped(op: Op, inputs: Sequence[Sequence[float]], params: Params) -> list[float]:
    """The values of rows of one instrument, from its first on; ``IndexError`` where the step leaves what is its own."""
    assert op.step is not None
    start = op.start(params)
    others = [math.nan] * _AT
    state = Bounded([*others, *start, *others], range(_AT, _AT + len(start)), "state")
    given: Any = Bounded(params, range(len(params)), "params")
    rows = (Bounded(map(float, row), range(op.arity), "x") for row in zip(*inputs, strict=True))
    return [op.step(state, _AT, row, given, 1.0) for row in rows]


def exactly(values: Iterable[float]) -> list[bytes]:
    """The bits of each value; all NaN are one."""
    return [b"nan" if math.isnan(value) else struct.pack(">d", value) for value in values]
