"""Volume: what was traded, and on which side."""

from __future__ import annotations

from friday_core.causal.columns import Col
from friday_core.causal.indicators.terms import indicator, number, ratio
from friday_core.causal.market import where
from friday_core.causal.op import NAN

#: Share of a price below which a change is rounding: sums of equal prices in decimals may differ by it.
_ROUNDING = 1e-12


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
    return (close.diff().then("sign") * volume).then("total")


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
    traded = where(paid == paid, number(volume), NAN)  # noqa: PLR0124 - unknown where nothing was paid
    return paid.cumsum() / traded.cumsum()


@indicator()
def mfi(high: Col, low: Col, close: Col, volume: Col, window: int = 14) -> Col:
    """``100 * g / (g + l)``: ``t * volume`` of w rows, ``g`` where the typical price rose, ``l`` where it fell.

    0 to 100; 0 where no money flowed, as in TA-Lib. Source: Gene Quong and Avrum Soudack, Technical
    Analysis of Stocks and Commodities, March 1989.

    Warm-up: w
    TA-Lib: MFI, 1e-12
    Example: mfi(m.high, m.low, m.close, m.volume, 3)
    """
    # Three times the typical price, as in ``cci``.
    price = high + low + close
    change, flow, nothing = price.diff(), price * volume, _ROUNDING * price
    rises = where(change > nothing, flow, 0.0).rolling(window).sum()
    falls = where(change < -nothing, flow, 0.0).rolling(window).sum()
    return ratio(rises, rises + falls, 100.0)
