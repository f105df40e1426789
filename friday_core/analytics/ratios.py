"""Ratios of a series of returns. A return is a fraction of one session; a year has 252 sessions.

``None`` wherever a ratio is not defined: too few returns, or nothing to divide by.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

SESSIONS_PER_YEAR = 252


class Regression(msgspec.Struct, frozen=True):
    """How returns go with those of a benchmark; per-year figures on 252 sessions."""

    alpha: float
    beta: float
    correlation: float | None
    tracking_error: float
    information_ratio: float | None


def mean(values: Sequence[float]) -> float:
    """``sum(x) / n``, the sum correctly rounded. ``values`` must not be empty."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float | None:
    """``sqrt(sum((x - mean(x)) ** 2) / (n - 1))``: of a sample, ddof 1; at least two values."""
    if len(values) < 2:
        return None
    centre = mean(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))


def annual_return(growth: float, sessions: int) -> float | None:
    """``growth ** (252 / sessions) - 1``, compounded; ``growth`` is the last equity over the first.

    ``None`` without a session, with nothing left, or too large for a float.
    """
    if growth <= 0 or sessions == 0:
        return None
    try:
        return math.pow(growth, SESSIONS_PER_YEAR / sessions) - 1.0
    except OverflowError:
        return None


def annual_volatility(returns: Sequence[float]) -> float | None:
    """``sqrt(252) * std(r, ddof=1)``, a fraction a year."""
    spread = deviation(returns)
    return None if spread is None else math.sqrt(SESSIONS_PER_YEAR) * spread


def sharpe(returns: Sequence[float]) -> float | None:
    """``sqrt(252) * mean(r) / std(r, ddof=1)``; the risk-free rate is zero. Sharpe (1994), ex post."""
    spread = deviation(returns)
    return math.sqrt(SESSIONS_PER_YEAR) * mean(returns) / spread if spread else None


def sortino(returns: Sequence[float]) -> float | None:
    """``sqrt(252) * mean(r) / sqrt(sum(min(r, 0) ** 2) / n)``; the target return is zero.

    The downside deviation divides by all ``n`` returns, not by the negative ones. Sortino and
    Price (1994). ``None`` if no return is negative.
    """
    if not returns:
        return None
    downside = math.sqrt(math.fsum(min(value, 0.0) ** 2 for value in returns) / len(returns))
    return math.sqrt(SESSIONS_PER_YEAR) * mean(returns) / downside if downside else None


def calmar(annual: float | None, max_drawdown: float) -> float | None:
    """``annual return / max drawdown``, the drawdown as a positive fraction of the whole series.

    Young (1991) takes the last 36 months; here it is the whole run. ``None`` without a drawdown.
    """
    return annual / max_drawdown if annual is not None and max_drawdown > 0 else None


def regression(returns: Sequence[float], benchmark: Sequence[float]) -> Regression | None:
    """Ordinary least squares of returns on those of a benchmark, session by session.

    ``beta = cov(r, b) / var(b)``, both with ddof 1; ``alpha = 252 * (mean(r) - beta * mean(b))``, Jensen
    (1968) with a risk-free rate of zero, not compounded; correlation after Pearson; tracking error
    ``sqrt(252) * std(r - b, ddof=1)``; information ratio ``252 * mean(r - b)`` over the tracking error.
    ``None`` with less than two sessions or a benchmark that does not move; ``ValueError`` for series
    of different length.
    """
    if len(returns) != len(benchmark):
        raise ValueError(f"{len(returns)} returns and {len(benchmark)} of the benchmark are not one for one")
    own_spread, spread = deviation(returns), deviation(benchmark)
    if own_spread is None or not spread:
        return None
    own_mean, centre = mean(returns), mean(benchmark)
    products = ((r - own_mean) * (b - centre) for r, b in zip(returns, benchmark, strict=True))
    covariance = math.fsum(products) / (len(returns) - 1)
    beta = covariance / spread**2
    active = [r - b for r, b in zip(returns, benchmark, strict=True)]
    error = annual_volatility(active) or 0.0
    return Regression(
        alpha=SESSIONS_PER_YEAR * (own_mean - beta * centre),
        beta=beta,
        correlation=covariance / (own_spread * spread) if own_spread else None,
        tracking_error=error,
        information_ratio=SESSIONS_PER_YEAR * mean(active) / error if error else None,
    )
