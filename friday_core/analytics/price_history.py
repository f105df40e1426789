"""Prices of one instrument over a run, and what follows from them: excursions, buy and hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.analytics.round_trips import RoundTrip
from friday_core.domain.chunk import Float64, Int64


class PriceHistory(NamedTuple):
    """Raw prices in the currency by ascending close time; ``factor`` makes them compare over splits and dividends."""

    ts_event: Int64
    high: Float64
    low: Float64
    close: Float64
    factor: Float64

    @property
    def adjusted(self) -> Float64:
        """Closes on the level of the last one, so that a chart ends at the price of the day."""
        return self.close * self.scale(self.ts_event) if len(self.factor) else self.close

    def scale(self, ts: Int64) -> Float64:
        """What a raw price of a moment is multiplied by to stand on the level of the last close."""
        scaled: Float64 = self.factor[self.at(ts)] / self.factor[-1]
        return scaled

    def of(self, rows: npt.NDArray[np.bool_]) -> PriceHistory:
        """Some of the bars."""
        high, low, close = self.high[rows], self.low[rows], self.close[rows]
        return PriceHistory(self.ts_event[rows], high, low, close, self.factor[rows])

    def at(self, ts: Int64) -> Int64:
        """Positions of the latest bars at or before moments; the first bar for what is earlier."""
        return np.maximum(np.searchsorted(self.ts_event, ts, side="right") - 1, 0)


class Excursion(msgspec.Struct, frozen=True):
    """How far a position was behind (``adverse``, never positive) and ahead, as fractions of its entry price."""

    adverse: float
    favourable: float


def excursion(trip: RoundTrip, history: PriceHistory) -> Excursion:
    """Maximum adverse and favourable excursion, MAE and MFE, Sweeney (1996).

    ``p_t f_t / (p_0 f_0) - 1`` with the sign of the position, of the extremes of every bar from that of
    the entry up to the one before the exit, and of the exit's own price; ``f`` is the factor, so
    that a split is no excursion. Charges are left out. The entry itself is 0.
    """
    if not len(history.ts_event) or trip.entry_price <= 0:
        return Excursion(0.0, 0.0)
    first, last = np.searchsorted(history.ts_event, [trip.ts_opened, trip.ts_closed])
    factors = history.factor[history.at(np.array([trip.ts_opened, trip.ts_closed]))]
    bars = slice(first, last)
    prices = np.concatenate([history.low[bars], history.high[bars], history.close[bars]])
    weights = np.tile(history.factor[bars], 3)
    if trip.exit_price > 0:
        prices, weights = np.append(prices, trip.exit_price), np.append(weights, factors[1])
    moves = prices * weights / (trip.entry_price * factors[0]) - 1.0
    signed = moves[np.isfinite(moves)] * (1.0 if trip.quantity > 0 else -1.0)
    return Excursion(float(min(signed.min(initial=0.0), 0.0)), float(max(signed.max(initial=0.0), 0.0)))


def buy_and_hold(histories: Sequence[PriceHistory], ts: Int64, capital: float) -> Float64:
    """Equity of an equal-weight purchase that is never touched again, at each of ``ts``.

    Each instrument gets ``capital / n`` at the first close it has; until then its share is cash without
    interest, and after its last close it keeps that value. Closes times factor: dividends are
    reinvested. No charges, no slippage, parts of shares. Without an instrument the capital stays.
    """
    share = capital / max(len(histories), 1)
    equity = np.full(len(ts), 0.0 if histories else capital)
    for history in histories:
        growth = history.close * history.factor
        known = np.isfinite(growth) & (growth > 0)
        held, growth = history.of(known), growth[known]
        if not len(growth):
            equity += share
            continue
        equity += share * np.where(ts >= held.ts_event[0], growth[held.at(ts)] / growth[0], 1.0)
    return equity
