"""Volatility: how far prices move. All are in the units of the price."""

from __future__ import annotations

from friday_core.causal.columns import Col
from friday_core.causal.indicators.averages import rma
from friday_core.causal.indicators.terms import indicator


@indicator()
def true_range(high: Col, low: Col, close: Col) -> Col:
    """``max(high - low, abs(high - close[-1]), abs(low - close[-1]))``; exact on exact prices.

    An instrument's first row has no close before it and is NaN, as in TA-Lib. Source: Wilder, New
    Concepts in Technical Trading Systems, 1978.

    Warm-up: 1
    TA-Lib: TRANGE, 1e-12
    Example: true_range(m.high, m.low, m.close)
    """
    before = close.shift(1)
    return (high - low).then("max", abs(high - before)).then("max", abs(low - before))


@indicator()
def atr(high: Col, low: Col, close: Col, window: int = 14) -> Col:
    """``rma(true_range, w)``: the average true range.

    Source: Wilder, New Concepts in Technical Trading Systems, 1978.

    Warm-up: w
    TA-Lib: ATR, 1e-12
    Example: atr(m.high, m.low, m.close, 3)
    """
    return rma(true_range(high, low, close), window)
