"""Falls of equity below its highest value so far."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Float64


class Drawdown(msgspec.Struct, frozen=True):
    """One fall from a peak. ``peak``, ``trough`` and ``recovery`` are positions in the series.

    ``depth`` is a positive fraction of the peak; ``recovery`` is the first position that reaches the
    peak again, ``None`` if there is none.
    """

    peak: int
    trough: int
    recovery: int | None
    depth: float


def underwater(equity: Sequence[float] | npt.NDArray[np.number]) -> Float64:
    """``E_t / max_{s<=t} E_s - 1`` at each position: 0 at a peak, negative below; 0 while no peak is positive."""
    values = np.asarray(equity, np.float64)
    peaks = np.maximum.accumulate(values) if len(values) else values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(peaks > 0, values / peaks - 1.0, 0.0)


def drawdowns(equity: Sequence[float] | npt.NDArray[np.number]) -> list[Drawdown]:
    """Every fall, the deepest first, the earlier one of two equals first.

    A fall begins at the last position that stood at the peak, ends where the peak is reached again,
    and has its trough at the first lowest position between.
    """
    depth = underwater(equity)
    below = depth < 0
    edges = np.flatnonzero(np.diff(below.astype(np.int8), prepend=0, append=0))
    found = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        trough = start + int(np.argmin(depth[start:end]))
        recovery = end if end < len(depth) else None
        found.append(Drawdown(start - 1, trough, recovery, -float(depth[trough])))
    return sorted(found, key=lambda one: (-one.depth, one.peak))
