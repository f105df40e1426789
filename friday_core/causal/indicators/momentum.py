"""Momentum: how fast and how evenly prices move."""

from __future__ import annotations

from typing import NamedTuple

from friday_core.causal.columns import Col
from friday_core.causal.indicators.averages import ema, rma, sma
from friday_core.causal.indicators.terms import indicator, number, ratio, seeded_mean
from friday_core.causal.trace import author_line
from friday_core.errors import TraceError


class Macd(NamedTuple):
    """Columns of ``macd``, in the units of the price."""

    line: Col
    signal: Col
    histogram: Col


class Stochastic(NamedTuple):
    """Columns of ``stochastic``, 0 to 100."""

    k: Col
    d: Col


@indicator()
def momentum(column: Col, window: int = 10) -> Col:
    """``x[0] - x[-w]``, in the units of the column; exact on exact prices.

    Warm-up: w
    TA-Lib: MOM, 1e-12
    Example: momentum(m.close, 2)
    """
    return column.diff(window)


@indicator()
def roc(column: Col, window: int = 10) -> Col:
    """``100 * (x[0] / x[-w] - 1)``: the rate of change, in percent.

    Warm-up: w
    TA-Lib: ROC, 1e-12
    Example: roc(m.close, 2)
    """
    return 100.0 * column.pct_change(window)


@indicator()
def rsi(column: Col, window: int = 14) -> Col:
    """``100 * g / (g + l)``, ``g`` and ``l`` the ``rma`` of rises and of falls: 0 to 100.

    0 while nothing has moved, as in TA-Lib: a price that never changes looks sold out. Source:
    Wilder, New Concepts in Technical Trading Systems, 1978.

    Warm-up: w
    TA-Lib: RSI, 1e-12
    Example: rsi(m.close, 3)
    """
    change = number(column.diff())
    rises = rma(change.clip(lower=0.0), window)
    falls = rma((-change).clip(lower=0.0), window)
    return ratio(rises, rises + falls, 100.0)


@indicator()
def macd(column: Col, fast: int = 12, slow: int = 26, signal: int = 9) -> Macd:
    """``ema(x, fast) - ema(x, slow)``; signal its ``ema``; histogram their difference.

    As in TA-Lib the fast average starts late, with the mean of the ``fast`` values that end where
    the slow one starts. Source: Gerald Appel, Technical Analysis: Power Tools, 2005.

    Warm-up: slow + signal - 2
    TA-Lib: MACD, 1e-11
    Example: macd(m.close, 2, 3, 2)
    """
    if fast >= slow:
        raise TraceError(f"{author_line()}: macd(fast={fast}, slow={slow}): fast must be shorter than slow")
    quick = seeded_mean(column, fast, 2.0 / (fast + 1.0), seed=fast, skip=slow - fast)
    line = quick - ema(column, slow)
    average = ema(line, signal)
    return Macd(line, average, line - average)


@indicator()
def stochastic(high: Col, low: Col, close: Col, window: int = 14, *, smooth: int = 3, signal: int = 3) -> Stochastic:
    """k: ``sma`` over ``smooth`` of ``100 * (close - lowest) / (highest - lowest)``; d: ``sma`` of k.

    Lowest low and highest high of w rows; 0 where they are equal, as in TA-Lib. ``smooth=1`` is the
    fast stochastic. Source: George C. Lane, about 1957.

    Warm-up: w + smooth + signal - 3
    TA-Lib: STOCH, 1e-12
    Example: stochastic(m.high, m.low, m.close, 3, smooth=1, signal=2)
    """
    lowest, highest = low.rolling(window).min(), high.rolling(window).max()
    k = sma(ratio(close - lowest, highest - lowest, 100.0), smooth)
    return Stochastic(k, sma(k, signal))


@indicator()
def williams_r(high: Col, low: Col, close: Col, window: int = 14) -> Col:
    """``-100 * (highest - close) / (highest - lowest)`` of w rows: -100 to 0.

    0 where they are equal, as in TA-Lib. Source: Larry Williams, How I Made One Million Dollars Last
    Year Trading Commodities, 1973.

    Warm-up: w - 1
    TA-Lib: WILLR, 1e-12
    Example: williams_r(m.high, m.low, m.close, 3)
    """
    lowest, highest = low.rolling(window).min(), high.rolling(window).max()
    return ratio(highest - close, highest - lowest, -100.0)


@indicator()
def cci(high: Col, low: Col, close: Col, window: int = 20) -> Col:
    """``(t - sma(t, w)) / (0.015 * d)``: ``t`` the typical price, ``d`` its mean distance from the mean.

    Without unit; 0 where no typical price of the window differs, as in TA-Lib. Source: Donald
    Lambert, Commodities magazine, October 1980.

    Warm-up: w - 1
    TA-Lib: CCI, 1e-10
    Example: cci(m.high, m.low, m.close, 3)
    """
    # Three times the typical price: the factor cancels, and exact prices stay exact.
    price = high + low + close
    distance = price.then("rolling_mad", params=(float(window),))
    return ratio(price - price.rolling(window).mean(), 0.015 * distance)
