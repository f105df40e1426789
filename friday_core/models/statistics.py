"""Statistics of forecasts: formulas first, with their sources."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from friday_core.domain.chunk import Float64


class Mean(NamedTuple):
    """A mean of ``n`` values and its t-statistic; ``None`` where one is not defined."""

    mean: float | None
    t: float | None
    n: int


def ranks(values: Float64) -> Float64:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[group], np.float64)


def correlation(x: Float64, y: Float64) -> float | None:
    """Pearson: ``sum((x - mx) * (y - my)) / sqrt(sum((x - mx)^2) * sum((y - my)^2))``.

    ``None`` where either does not vary. Spearman's is that of the ranks.
    """
    if len(x) < 2 or (x == x[0]).all() or (y == y[0]).all():
        return None
    a, b = x - x.mean(), y - y.mean()
    norm = math.sqrt(float(a @ a)) * math.sqrt(float(b @ b))
    return max(-1.0, min(1.0, float(a @ b) / norm)) if norm > 0.0 else None


def newey_west(values: Float64, lags: int) -> Mean:
    """``t = m / sqrt(S / T)``, ``S = g_0 + 2 * sum_{l=1..L} (1 - l / (L + 1)) * g_l``,
    ``g_l = sum_{t>l} (x_t - m) * (x_{t-l} - m) / T``: Newey and West, Econometrica 55 (1987), 703-708.

    Values in the order of time, ``L`` at most ``T - 1``, no small-sample correction. Overlapping
    labels repeat themselves: without the lags, t is too large.
    """
    n = len(values)
    if not n:
        return Mean(None, None, 0)
    mean = float(values.mean())
    rest = values - mean
    spread = float(rest @ rest) / n
    most = min(lags, n - 1)
    for lag in range(1, most + 1):
        spread += 2.0 * (1.0 - lag / (most + 1)) * float(rest[lag:] @ rest[:-lag]) / n
    constant = bool((values == values[0]).all())
    return Mean(mean, None if constant or spread <= 0.0 else mean / math.sqrt(spread / n), n)
