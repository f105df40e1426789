"""Runs one operator without a program: row by row, or slice by slice for a panel."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence

from friday_core.causal.op import Op, Params


def outputs(op: Op, columns: Sequence[Iterable[float]], params: Params = (), scale: float = 1.0) -> list[float]:
    """What the operator makes of these columns from its first row on."""
    given = tuple(map(float, params))
    if op.panel is not None:
        return op.panel([list(map(float, column)) for column in columns], given)
    assert op.step is not None
    state = list(op.start(given))
    return [op.step(state, 0, list(map(float, row)), given, float(scale)) for row in zip(*columns, strict=True)]


def bits(values: Sequence[float]) -> list[str]:
    """The bits of each value, in hexadecimal; all NaN are one."""
    return ["nan" if math.isnan(value) else struct.pack(">d", value).hex() for value in values]
