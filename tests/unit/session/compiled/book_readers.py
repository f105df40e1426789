"""What strategies make of a column of wishes and of their own book, in many ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from friday_core.causal.choices import latch, ratchet, where
from friday_core.causal.columns import HOLD, Col
from friday_core.causal.market import Market

#: Of the wish what decides.
Reads = Callable[[Market, Col], Col]


def stop(m: Market, wish: Col) -> Col:
    """Out where the close is a hundredth on the wrong side of what was paid."""
    lost = ((m.pos > 0.0) & (m.close < m.avg_price * 0.99)) | ((m.pos < 0.0) & (m.close > m.avg_price * 1.01))
    return where(lost, 0.0, where(m.pos == 0.0, wish, HOLD))


def trail(m: Market, wish: Col) -> Col:
    """Out where the close falls below the highest since the entry."""
    highest = ratchet(m.close * 1.0, m.pos == 0.0)
    return where((m.pos != 0.0) & (m.close < highest * 0.98), 0.0, where(m.pos == 0.0, abs(wish), HOLD))


def latched(m: Market, wish: Col) -> Col:
    """A wish on every row."""
    return where(latch(wish > 0.0, m.avg_price > m.close * 1.005), 0.5, 0.0)


def patient(m: Market, wish: Col) -> Col:
    """Nothing while an order works."""
    return where(m.open_qty == 0.0, wish, HOLD)


def smaller(m: Market, wish: Col) -> Col:
    """Less, the more is held."""
    return wish / (1.0 + abs(m.pos + m.open_qty) / 1_000.0)


def careful(m: Market, wish: Col) -> Col:
    """Out of the market in a drawdown of the last rows."""
    return where(m.equity < m.equity.rolling(7).max() * 0.98, 0.0, wish)


def spends(m: Market, wish: Col) -> Col:
    """Only while cash is rising or there is a debt."""
    return where((m.cash > m.cash.shift(1)) | (m.cash < 0.0), wish, where(m.cash.isna(), 0.0, HOLD))


def ranked(m: Market, wish: Col) -> Col:
    """What is held among the instruments of the slice."""
    return where(m.panel(m.pos).rank() >= 0.5, wish, HOLD)


def never_mind(_m: Market, wish: Col) -> Col:
    """Only what is shown beside it reads the book."""
    return wish


READERS: Mapping[str, Reads] = {
    one.__name__: one for one in (stop, trail, latched, patient, smaller, careful, spends, ranked, never_mind)
}
