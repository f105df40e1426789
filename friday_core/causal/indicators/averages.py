"""Moving averages. All are in the units of their column."""

from __future__ import annotations

from friday_core.causal.columns import Col
from friday_core.causal.indicators.terms import indicator, seeded_mean


@indicator()
def sma(column: Col, window: int) -> Col:
    """``(x[0] + x[-1] + ... + x[1-w]) / w``: the simple moving average.

    On exact prices the sum is exact and rounded once, so it does not depend on where the data start.

    Warm-up: w - 1
    TA-Lib: SMA, 1e-12
    Example: sma(m.close, 3)
    """
    return column.rolling(window).mean()


@indicator()
def ema(column: Col, window: int) -> Col:
    """``e + a * (x - e)`` with ``a = 2 / (w + 1)``: the exponential moving average.

    It starts, as in TA-Lib and on most charts, with the mean of the first w values;
    ``column.ewm(span=w).mean()`` starts with the first value and needs no warm-up.

    Warm-up: w - 1
    TA-Lib: EMA, 1e-12
    Example: ema(m.close, 3)
    """
    return seeded_mean(column, window, 2.0 / (window + 1.0), seed=window)


@indicator()
def wma(column: Col, window: int) -> Col:
    """``(w * x[0] + (w-1) * x[-1] + ... + 1 * x[1-w]) / (w * (w+1) / 2)``: weights fall by one a row.

    Every row sums its window anew: there is no drift.

    Warm-up: w - 1
    TA-Lib: WMA, 1e-12
    Example: wma(m.close, 3)
    """
    return column.then("rolling_wma", params=(float(window),))


@indicator()
def rma(column: Col, window: int) -> Col:
    """``r + (x - r) / w``: Wilder's smoothing, the average inside RSI, ATR and ADX.

    It starts with the mean of the first w values. Source: J. Welles Wilder, New Concepts in
    Technical Trading Systems, 1978.

    Warm-up: w - 1
    TA-Lib: RMA, 1e-12
    Example: rma(m.close, 3)
    """
    return seeded_mean(column, window, 1.0 / window, seed=window)
