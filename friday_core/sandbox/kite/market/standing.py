"""Where one instrument stands in the course of its day."""

from __future__ import annotations

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.sandbox.kite.market.bands import Bands
from friday_core.sandbox.kite.market.depth import NOBODY, Depth, depth
from friday_core.sandbox.kite.market.hours import Hours, Phase, Span, day_number, midnight
from friday_core.sandbox.kite.market.tape import UNTOLD, Tick
from friday_core.sandbox.kite.values import Listed, Snapshot


class Standing:
    """Its day as far as its prints have been taken.

    A day begins with its first phase, or with a print before that. Until something trades its open, high and low are 0.
    """

    open: int
    high: int
    low: int
    volume: int
    oi_high: int
    oi_low: int
    _value: int
    _is_oi_told: bool
    _day_ends: int
    _next_begin: int

    def __init__(self, listed: Listed, hours: Hours, begin: int, before: Tick | None) -> None:
        """``begin`` is when its day does, ``before`` the last print before that."""
        self.listed = listed
        self._hours = hours
        self.ts, self.last, self.last_quantity, oi = before or Tick(0, 0, 0, UNTOLD)
        self.close, self.last_trade_ts, self.oi = self.last, self.ts, max(oi, 0)
        self._begin(begin)

    def take(self, tick: Tick) -> None:
        """The next print."""
        if tick.ts >= self._day_ends:
            self.roll(tick.ts)
            if tick.ts >= self._day_ends:
                self._end(tick.ts)
        price = tick.price
        if not self.open:
            self.open = self.high = self.low = price
            self.close = self.close or price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.last, self.ts, self.last_trade_ts = price, tick.ts, tick.ts
        self.last_quantity = tick.quantity
        self.volume += tick.quantity
        self._value += tick.quantity * price
        if tick.oi != UNTOLD:
            self._take_interest(tick.oi, tick.oi, tick.oi)

    def take_all(self, prints: Int64) -> None:
        """As ``take`` for each of many, at once."""
        if len(prints):
            for one in np.split(prints, np.flatnonzero(np.diff(day_number(prints[:, 0]))) + 1):
                self._take_day(one)

    def _take_day(self, prints: Int64) -> None:
        """Prints of one date: the ends of the day by ``take``, what is between them at once."""
        self.take(Tick(*prints[0].tolist()))
        rest = prints[1:-1]
        if len(rest):
            self.high, self.low = max(self.high, int(rest[:, 1].max())), min(self.low, int(rest[:, 1].min()))
            self.volume += int(rest[:, 2].sum())
            self._value += int((rest[:, 1] * rest[:, 2]).sum())
            told = rest[rest[:, 3] != UNTOLD, 3]
            if len(told):
                self._take_interest(int(told[-1]), int(told.max()), int(told.min()))
        if len(prints) > 1:
            self.take(Tick(*prints[-1].tolist()))

    def _take_interest(self, last: int, high: int, low: int) -> None:
        self.oi = last
        self.oi_high = max(self.oi_high, high)
        self.oi_low = min(self.oi_low, low) if self._is_oi_told else low
        self._is_oi_told = True

    def roll(self, ts: int) -> None:
        """Begin another day if it is time; what was last is then the close before."""
        while ts >= self._next_begin:
            self._end(self._next_begin)

    def limits(self, bands: Bands, has_contracts: bool) -> tuple[int, int]:
        return bands.limits(self.listed, has_contracts, self.close, self.high, self.low)

    def snapshot(self, limits: tuple[int, int], stands: Depth, span: Span) -> Snapshot:
        """As seen in a phase, with who stands there."""
        return Snapshot(
            token=self.listed.token,
            ts=self.ts if span.phase is Phase.CLOSED else max(self.ts, span.open),
            last_trade_ts=self.last_trade_ts,
            last_price=self.last,
            last_quantity=self.last_quantity,
            average_price=self._value // self.volume if self.volume else 0,
            volume=self.volume,
            buy_quantity=stands.buy_quantity,
            sell_quantity=stands.sell_quantity,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            oi=self.oi,
            oi_high=self.oi_high,
            oi_low=self.oi_low,
            lower_limit=limits[0],
            upper_limit=limits[1],
            bids=stands.bids,
            asks=stands.asks,
        )

    def depth(self, seed: int, limits: tuple[int, int], phase: Phase) -> Depth:
        """Nobody stands there before anything was told of the instrument, and while it is closed."""
        if phase is Phase.CLOSED or not self.last:
            return NOBODY
        return depth(self.listed, seed, self.ts, self.last, volume=self.volume, limits=limits)

    def _end(self, ts: int) -> None:
        """The day is over, another one begins."""
        self.close = self.last
        self._begin(ts)

    def _begin(self, ts: int) -> None:
        day = day_number(ts)
        self.open = self.high = self.low = self.volume = self._value = 0
        self.oi_high = self.oi_low = 0
        self._is_oi_told = False
        self._day_ends = midnight(day + 1)
        self._next_begin = begin_of(self._hours, self.listed, self._hours.next_session(self.listed, day))


def begin_of(hours: Hours, listed: Listed, day: int) -> int:
    """When a day of an instrument begins: with its first phase."""
    spans = hours.spans(listed, day)
    return spans[0].open if spans else midnight(day)


def day_begun(hours: Hours, listed: Listed, ts: int) -> int:
    """When the day began that an instrument is in, or after which it rests."""
    begin = begin_of(hours, listed, day_number(ts))
    if hours.spans(listed, day_number(ts)) and begin <= ts:
        return begin
    return begin_of(hours, listed, hours.last_session(listed, day_number(ts)))
