"""Volume: what was traded, and on which side."""

from __future__ import annotations

import numpy as np

from friday_core.causal.columns import Col
from friday_core.causal.indicators.terms import indicator, number, ratio
from friday_core.causal.market import where


@indicator()
def obv(close: Col, volume: Col) -> Col:
    """``sum(volume * sign(close - close[-1]))`` since the instrument's second row: on-balance volume.

    In units of the volume, exact if that is whole. Its level depends on the first row of the data and
    means nothing. Source: Joseph Granville, New Key to Stock
    Market Profits, 1963.

    Warm-up: 1
    TA-Lib: OBV, 1e-12, from row 1: less the volume of the first row
    Example: obv(m.close, m.volume)
    """
    return (np.sign(close.diff()) * volume).then("total")


@indicator()
def vwap(high: Col, low: Col, close: Col, volume: Col) -> Col:
    """``sum(t * volume) / sum(volume)`` since the session's first row, ``t`` the typical price.

    In the units of the price. A row without price or volume is NaN and takes no part; NaN until the
    session has traded.

    Warm-up: 0
    TA-Lib: VWAP, 1e-12, from row 0: one session at a time, for it knows none
    Example: vwap(m.high, m.low, m.close, m.volume)
    """
    paid = (high + low + close) / 3.0 * volume
    traded = where(paid == paid, number(volume), np.nan)  # noqa: PLR0124 - unknown where nothing was paid
    return paid.cumsum() / traded.cumsum()


@indicator()
def mfi(high: Col, low: Col, close: Col, volume: Col, window: int = 14) -> Col:
    """``100 * g / (g + l)``: ``t * volume`` of w rows, ``g`` where the typical price rose, ``l`` where it fell.

    0 to 100; 0 where no money flowed, as in TA-Lib. Source: Gene Quong and Avrum Soudack, Technical
    Analysis of Stocks and Commodities, March 1989.

    Warm-up: w
    TA-Lib: MFI, 1e-9
    Example: mfi(m.high, m.low, m.close, m.volume, 3)
    """
    # Three times the typical price, as in ``cci``.
    price = high + low + close
    change, flow = price.diff(), price * volume
    rises = where(change > 0.0, flow, 0.0).rolling(window).sum()
    falls = where(change < 0.0, flow, 0.0).rolling(window).sum()
    return ratio(rises, rises + falls, 100.0)
