"""Rolling operators: equal to pandas, exact on a grid, without drift, and known exactly when NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.stepping import bits, outputs

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN, Op
from friday_core.causal.operators import OPERATORS
from friday_core.causal.operators.windows import OPERATORS as WINDOWS

ROWS = 400
PANDAS: dict[str, Callable[[Any, pd.Series], pd.Series]] = {
    "rolling_sum": lambda r, _y: r.sum(),
    "rolling_mean": lambda r, _y: r.mean(),
    "rolling_var": lambda r, _y: r.var(),
    "rolling_min": lambda r, _y: r.min(),
    "rolling_max": lambda r, _y: r.max(),
    "rolling_cov": lambda r, y: r.cov(y),
    "rolling_corr": lambda r, y: r.corr(y),
    "rolling_rank": lambda r, _y: r.rank(pct=True),
    "rolling_quantile": lambda r, _y: r.quantile(0.3),
    "grid_rolling_sum": lambda r, _y: r.sum(),
    "grid_rolling_mean": lambda r, _y: r.mean(),
    "grid_rolling_var": lambda r, _y: r.var(),
}
#: Relative to the size of the values, and of their squares where an operator squares them. The
#: error is mostly pandas' own: it subtracts what leaves a window.
TOLERANCE = 1e-12
EXACT = ("rolling_min", "rolling_max", "rolling_rank", "rolling_quantile")
#: The same bits from any first row.
ANCHOR_FREE = ("shift", *EXACT, "grid_rolling_sum", "grid_rolling_mean", "grid_rolling_var")
ROLLING = [op for op in WINDOWS if op.name != "shift"]

any_window = st.integers(1, 12)
on_a_grid = st.integers(-20, 20).map(float)
prices = st.integers(0, 3_000_000).map(float)
anywhere = st.floats(-1e6, 1e6, allow_subnormal=True) | on_a_grid
unknown = st.just(NAN)


def _params(op: Op, window: int) -> tuple[float, ...]:
    return (float(window), 0.3) if op.name == "rolling_quantile" else (float(window),)


def _columns(op: Op, rows: Sequence[tuple[float, float]]) -> list[list[float]]:
    return [[row[place] for row in rows] for place in range(op.arity)]


def _series(kind: str, seed: int) -> tuple[list[float], list[float], float]:
    """Two columns with NaN here and there, and the size of their values."""
    rng = np.random.default_rng(seed)
    if kind == "ticks":
        columns, size = rng.integers(-3, 4, (2, ROWS)).astype(float), 3.0
    elif kind == "walk":
        columns, size = 1e4 + rng.standard_normal((2, ROWS)).cumsum(axis=1), 1e4
    else:
        columns, size = rng.standard_normal((2, ROWS)), 3.0
    columns[0, rng.random(ROWS) < 0.02] = NAN
    columns[1, rng.random(ROWS) < 0.01] = NAN
    return columns[0].tolist(), columns[1].tolist(), size


@pytest.mark.parametrize("window", [1, 2, 3, 7, 20, 64])
@pytest.mark.parametrize("kind", ["ticks", "walk", "noise"])
@pytest.mark.parametrize("op", ROLLING, ids=lambda op: op.name)
def test_a_rolling_operator_equals_pandas(op: Op, kind: str, window: int) -> None:
    if op.name.startswith("grid_") and kind != "ticks":
        pytest.skip("whole numbers only")
    x, y, size = _series(kind, window)
    made = outputs(op, [x, y][: op.arity], _params(op, window))
    both = pd.Series(x).where(pd.Series(y).notna()) if op.arity == 2 else pd.Series(x)
    expected = PANDAS[op.name](both.rolling(window, min_periods=window), pd.Series(y)).to_numpy()
    if op.name == "rolling_corr":
        steady = np.isnan(made)
        assert np.nan_to_num(expected[steady]).tolist() == [0.0] * int(steady.sum()) or kind == "ticks"
        np.testing.assert_allclose(np.array(made)[~steady], expected[~steady], rtol=0, atol=1e-7)
        return
    squared = op.name in ("rolling_var", "rolling_cov", "grid_rolling_var")
    tolerance = 0.0 if op.name in EXACT else TOLERANCE * window * size ** (2 if squared else 1)
    np.testing.assert_allclose(made, expected, rtol=0, atol=tolerance)
