"""Statistics of a window of rows."""

from __future__ import annotations

from friday_core.causal.columns import Col
from friday_core.causal.indicators.terms import indicator
from friday_core.causal.market import where
from friday_core.causal.op import NAN


@indicator(least=2)
def zscore(column: Col, window: int = 20) -> Col:
    """``(x - mean) / s`` of w rows, ``s`` the sample standard deviation (ddof 1); without unit.

    NaN while the column is constant.

    Warm-up: w - 1
    pandas: rolling, 1e-8, from row 0: TA-Lib has none
    Example: zscore(m.close, 3)
    """
    rows = column.rolling(window)
    spread = rows.std()
    return where(spread > 0.0, (column - rows.mean()) / spread, NAN)


@indicator(least=2)
def correlation(a: Col, b: Col, window: int = 30) -> Col:
    """``cov(a, b) / (s(a) * s(b))`` of w rows: Pearson's, -1 to 1; NaN while one of them is constant.

    Correlate returns rather than prices: two prices that both rise correlate whatever they are.

    Warm-up: w - 1
    TA-Lib: CORREL, 1e-8
    Example: correlation(m.close, m.volume, 3)
    """
    return a.rolling(window).corr(b)


@indicator(least=2)
def beta(returns: Col, market: Col, window: int = 60) -> Col:
    """``cov(returns, market) / var(market)`` of w rows: the slope of one return on another; without unit.

    NaN while the market is constant.

    Warm-up: w - 1
    TA-Lib: BETA, 1e-10, from row 0: it takes prices, the market's first, and makes the returns itself
    Example: beta(m.close.pct_change(), m.open.pct_change(), 3)
    """
    spread = market.rolling(window).var()
    return where(spread > 0.0, returns.rolling(window).cov(market) / spread, NAN)
