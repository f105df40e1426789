"""Trend: which way prices go, how firmly, and where a stop would stand."""

from __future__ import annotations

from typing import NamedTuple

from friday_core.causal.columns import Col
from friday_core.causal.indicators.averages import rma
from friday_core.causal.indicators.terms import indicator, number, ratio, seeded_mean
from friday_core.causal.indicators.volatility import atr, true_range
from friday_core.causal.market import where


class Adx(NamedTuple):
    """Columns of ``adx``, 0 to 100."""

    adx: Col
    plus_di: Col
    minus_di: Col


class Supertrend(NamedTuple):
    """Columns of ``supertrend``: the line in the units of the price, the side 1 or -1."""

    line: Col
    side: Col


@indicator()
def adx(high: Col, low: Col, close: Col, window: int = 14) -> Adx:
    """``rma(100 * abs(p - q) / (p + q), w)``: ``p`` and ``q`` the plus and minus directional indicators.

    ``p = 100 * mean(up) / mean(true_range)``, where ``up`` is the rise of the high if it is the larger
    of that and the fall of the low, else 0; ``q`` with the fall of the low. The means are Wilder's,
    begun, as in TA-Lib, with the sum of w - 1 rows over w. A ratio is 0 where it would divide by 0.
    Source: Wilder, New Concepts in Technical Trading Systems, 1978.

    Warm-up: 2 * w - 1
    TA-Lib: ADX PLUS_DI MINUS_DI, 1e-12
    Example: adx(m.high, m.low, m.close, 2)
    """
    up, down = number(high.diff()), number(-low.diff())
    plus = _wilder(where(up > down, up.clip(lower=0.0), 0.0), window)
    minus = _wilder(where(down > up, down.clip(lower=0.0), 0.0), window)
    span = _wilder(true_range(high, low, close), window)
    p, q = ratio(plus, span, 100.0), ratio(minus, span, 100.0)
    return Adx(rma(ratio(abs(p - q), p + q, 100.0), window), p, q)


def _wilder(column: Col, window: int) -> Col:
    """``rma``, begun as TA-Lib begins the directional movement: as if a zero had come before."""
    return seeded_mean(column, window, 1.0 / window, seed=window - 1)


@indicator()
def supertrend(high: Col, low: Col, close: Col, window: int = 10, width: float = 3.0) -> Supertrend:
    """``(high + low) / 2 - width * atr`` while the side is 1, plus it while -1; each band only tightens.

    The lower band falls again only after a close below it, the upper rises only after one above
    it; a close beyond the band on the other side turns the side. The first side is 1, as in TA-Lib.
    Source: Olivier Seban, Supertrend, 2009.

    Warm-up: w
    TA-Lib: SUPERTREND, 1e-12
    Example: supertrend(m.high, m.low, m.close, 2, 1.0)
    """
    middle, reach = (high + low) * 0.5, width * atr(high, low, close, window)
    lower = (middle - reach).then("trailing_stop", close)
    upper = -(-(middle + reach)).then("trailing_stop", -close)
    side = close.then("trend_side", lower, upper)
    return Supertrend(where(side > 0.0, lower, upper), side)


@indicator()
def psar(high: Col, low: Col, step: float = 0.02, limit: float = 0.2) -> Col:
    """``s + a * (extreme - s)``: the parabolic stop and reverse, in the units of the price.

    ``a`` grows by ``step`` with each new extreme, up to ``limit``. The stop stays outside the ranges
    of the last two rows; a price that touches it turns the side, and the extreme becomes the stop.
    The second row chooses the first side, short if the low fell by more than the high rose, as in
    TA-Lib. Source: Wilder, New Concepts in Technical Trading Systems, 1978.

    Warm-up: 1
    TA-Lib: SAR, 1e-12
    Example: psar(m.high, m.low, 0.1, 0.2)
    """
    return high.then("psar", low, params=(min(float(step), float(limit)), float(limit)))
