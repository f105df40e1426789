"""Bands around a price, in its units."""

from __future__ import annotations

from typing import NamedTuple

from friday_core.causal.columns import Col
from friday_core.causal.indicators.averages import ema, sma
from friday_core.causal.indicators.terms import indicator
from friday_core.causal.indicators.volatility import atr


class Bands(NamedTuple):
    """Columns of ``bollinger``, ``donchian`` and ``keltner``."""

    mid: Col
    upper: Col
    lower: Col


@indicator(least=2)
def bollinger(column: Col, window: int = 20, width: float = 2.0) -> Bands:
    """``sma(x, w) +- width * s``, ``s`` the standard deviation of w rows with divisor w (ddof 0).

    Source: John Bollinger, Bollinger on Bollinger Bands, 2001.

    Warm-up: w - 1
    TA-Lib: BBANDS, 1e-10
    Example: bollinger(m.close, 3)
    """
    mid = sma(column, window)
    variance = column.rolling(window).var() * ((window - 1.0) / window)
    reach = width * variance.then("sqrt")
    return Bands(mid, mid + reach, mid - reach)


@indicator()
def donchian(high: Col, low: Col, window: int = 20) -> Bands:
    """``max(high)`` and ``min(low)`` of w rows, this one included; mid is their mean.

    For a breakout compare with the band of the row before: ``m.close > donchian(...).upper.shift(1)``.
    Source: Richard Donchian, in the 1960s.

    Warm-up: w - 1
    TA-Lib: DONCHIAN, 1e-12
    Example: donchian(m.high, m.low, 3)
    """
    upper, lower = high.rolling(window).max(), low.rolling(window).min()
    return Bands((upper + lower) * 0.5, upper, lower)


@indicator()
def keltner(high: Col, low: Col, close: Col, window: int = 20, *, atr_window: int = 10, width: float = 2.0) -> Bands:
    """``ema(t, w) +- width * atr(atr_window)``, ``t`` the typical price ``(high + low + close) / 3``.

    The first form is Chester W. Keltner's, How to Make Money in Commodities, 1960; the reach by ATR
    is Linda Raschke's. For charts that average the close, add ``atr`` to ``ema(m.close, w)``.

    Warm-up: max(w - 1, atr_window)
    TA-Lib: KC, 1e-12, from row 300: it begins its ATR later
    Example: keltner(m.high, m.low, m.close, 3, atr_window=2)
    """
    mid = ema((high + low + close) / 3.0, window)
    reach = width * atr(high, low, close, atr_window)
    return Bands(mid, mid + reach, mid - reach)
