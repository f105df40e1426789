"""Labels: what became of a row, and when that was known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import Array, Float64, Int64
from friday_core.interfaces.model import NEVER


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A label for each row, NaN where there is none, and when it is known (``NEVER`` for NaN), microseconds UTC."""

    values: Float64
    ends: Int64


def forward_return(ts: Int64, inst: Array, close: Array, horizon: int) -> Labels:
    """``y[t] = p[t + horizon] / p[t] - 1`` over the instrument's own rows, known at the close of row t + horizon.

    ``close`` is the adjusted close (raw times factor), so that a split is no return and a dividend is
    one; a fraction (0.01 is 1%), for the whole horizon, not per row. Rows are sorted by (``ts``,
    ``inst``). NaN on an instrument's last ``horizon`` rows, and where either price is not a positive
    number; such a row counts as a row. The label of a row uses prices in ``[ts, end]`` and no others.
    ``ValueError`` for a horizon below 1.
    """
    if horizon < 1:
        raise ValueError(f"the horizon is at least one row, not {horizon}")
    values, ends = np.full(len(ts), np.nan), np.full(len(ts), NEVER)
    order = np.argsort(inst, kind="stable")
    now, later = order[:-horizon], order[horizon:]
    same = inst[now] == inst[later]
    now, later = now[same], later[same]
    before, after = np.asarray(close, np.float64)[now], np.asarray(close, np.float64)[later]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = after / before - 1.0
    good = (before > 0.0) & (after > 0.0) & np.isfinite(found)
    values[now[good]] = found[good]
    ends[now[good]] = ts[later[good]]
    return Labels(values, ends)
