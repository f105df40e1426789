"""Technical indicators: functions of columns, made of operators.

Every docstring begins with the formula. ``x[-1]`` is the value one row of the instrument ago and ``w``
the window. ``Warm-up`` counts the rows before the first value, ``TA-Lib`` names the function that it
is checked against and how far apart they may be. NaN rows: an average over a window is NaN while the
window holds one, a recursive average is NaN on that row only and keeps its state.
"""

from friday_core.causal.indicators.averages import ema, rma, sma, wma
from friday_core.causal.indicators.bands import Bands, bollinger, donchian, keltner
from friday_core.causal.indicators.momentum import (
    Macd,
    Stochastic,
    cci,
    macd,
    momentum,
    roc,
    rsi,
    stochastic,
    williams_r,
)
from friday_core.causal.indicators.statistics import beta, correlation, zscore
from friday_core.causal.indicators.trend import Adx, Supertrend, adx, psar, supertrend
from friday_core.causal.indicators.volatility import atr, true_range
from friday_core.causal.indicators.volume import mfi, obv, vwap

__all__ = [
    "Adx",
    "Bands",
    "Macd",
    "Stochastic",
    "Supertrend",
    "adx",
    "atr",
    "beta",
    "bollinger",
    "cci",
    "correlation",
    "donchian",
    "ema",
    "keltner",
    "macd",
    "mfi",
    "momentum",
    "obv",
    "psar",
    "rma",
    "roc",
    "rsi",
    "sma",
    "stochastic",
    "supertrend",
    "true_range",
    "vwap",
    "williams_r",
    "wma",
    "zscore",
]
