"""What a series of equity says. Every number names its convention."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np

from friday_core.analytics.account_tally import AccountTally
from friday_core.analytics.ratios import annual_return, annual_volatility, sharpe
from friday_core.domain.money import to_major
from friday_core.domain.outcomes import EquityPoint


class Performance(msgspec.Struct, frozen=True):
    """Figures of an account over a run; ``None`` where a figure is not defined.

    Money in the account's currency, shares as fractions, per-year figures on 252 sessions.
    """

    sessions: int
    start_equity: float
    end_equity: float
    total_return: float
    annual_return: float | None
    annual_volatility: float | None
    sharpe: float | None
    max_drawdown: float
    average_exposure: float
    turnover: float


def performance(capital: int, currency: str, points: Sequence[EquityPoint], fills_value: int) -> Performance:
    """Figures from the equity after each slice, summed over the strategies.

    ``r_t = E_t / E_{t-1} - 1`` from the last equity of each session, ``E_0`` the capital;
    annual return ``(E_n / E_0) ** (252 / n) - 1``; annual volatility ``sqrt(252) * std(r, ddof=1)``;
    Sharpe ``sqrt(252) * mean(r) / std(r, ddof=1)`` without a risk-free rate; drawdown
    ``max_t (1 - E_t / max_{s<=t} E_s)`` over all slices, more than 1 if equity falls below zero;
    exposure the mean of gross value over equity, 0 for a slice without equity; turnover the value
    of all fills over the mean equity, 0 if that is not positive. ``capital`` (positive) and
    ``fills_value`` in minor units.

    ``None``: the annual return without a session, with nothing left, or too large for a float; the
    volatility with less than two returns; the Sharpe ratio also where nothing varies. A session that
    begins without equity has no return.
    """
    tally = AccountTally(capital)
    columns = ([getattr(point, name) for point in points] for name in ("ts_event", "session", "equity", "gross"))
    tally.take(*(np.array(column, np.int64) for column in columns))
    return performance_of(tally, currency, fills_value)


def performance_of(tally: AccountTally, currency: str, fills_value: int) -> Performance:
    """The same from equity that was gathered before; no row may follow."""
    tally.closed()
    closes = [tally.capital, *(close.equity for close in tally.closes.values())]
    returns = [after / before - 1.0 for before, after in itertools.pairwise(closes) if before > 0]
    end, sessions, slices = closes[-1], len(closes) - 1, tally.slices
    mean_equity = tally.equities / slices if slices else float(tally.capital)
    return Performance(
        sessions=sessions,
        start_equity=to_major(tally.capital, currency),
        end_equity=to_major(end, currency),
        total_return=end / tally.capital - 1.0,
        annual_return=annual_return(end / tally.capital, sessions),
        annual_volatility=annual_volatility(returns),
        sharpe=sharpe(returns),
        max_drawdown=tally.drawdown,
        average_exposure=tally.exposure / slices if slices else 0.0,
        turnover=fills_value / mean_equity if mean_equity > 0 else 0.0,
    )
