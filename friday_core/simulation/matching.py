"""The exchange of a simulation in plain integers: the reference that faster kernels must equal."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.interfaces.broker import Execution
from friday_core.plugin.spec import PluginSettings
from friday_core.trading.parts import cash_reason

PPM = 1_000_000
_UNLIMITED = 2**63 - 1
_BEFORE_OPEN = frozenset({OrderStatus.INTENT, OrderStatus.SENT, OrderStatus.ACKED})


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """How pessimistic the simulated exchange is.

    ``latency`` is in slices and is for whoever sets ``active_from``. ``slippage_ticks`` worsens the
    price of market and stop orders. ``participation_ppm`` is the largest share of a bar's volume
    that all orders together may take, in parts per million; ``None`` is no limit.
    """

    latency: int = 0
    slippage_ticks: int = 0
    participation_ppm: int | None = None

    def __post_init__(self) -> None:
        if self.latency < 0 or self.slippage_ticks < 0:
            raise ValueError(f"latency {self.latency} and slippage {self.slippage_ticks} must not be negative")
        if self.participation_ppm is not None and not 0 < self.participation_ppm <= PPM:
            raise ValueError(f"participation {self.participation_ppm} must be 1 to {PPM} parts per million")


class MatchingSettings(PluginSettings):
    """Settings of a simulated broker that fills from bars; a broker with more of them derives its own."""

    latency: int = Field(0, ge=0, description="Slices an order takes to reach the market, after the next one.")
    slippage_ticks: int = Field(1, ge=0, description="Ticks by which market and stop orders trade worse.")
    participation: float | None = Field(
        None, ge=1 / PPM, le=1, description="Largest share of a bar's volume that all orders may take."
    )

    @property
    def rules(self) -> MatchingRules:
        """The same in integers: a share is rounded to parts per million."""
        share = self.participation
        return MatchingRules(self.latency, self.slippage_ticks, None if share is None else round(share * PPM))


class BarMatcher:
    """Fills working orders from the bars of one slice by fixed, pessimistic rules.

    =============== ====================================== ========================================
    order           trades on a row if                     at
    =============== ====================================== ========================================
    market          always                                 open, slipped
    limit, buy      low < limit (a touch is not enough)    min(open, limit)
    limit, sell     high > limit                           max(open, limit)
    stop, buy       high >= trigger                        max(open, trigger), slipped
    stop, sell      low <= trigger                         min(open, trigger), slipped
    stop, touched   on an earlier row: as a market order   open, slipped
    stop-limit      touched like a stop, it trades from    min(open, limit) or max(open, limit)
                    the next row on, like a limit order
    =============== ====================================== ========================================

    ============= ==================================================================================
    rule          meaning
    ============= ==================================================================================
    row           an order sees only its instrument's bars, and only on slices from ``active_from``
                  on (decision's slice + 1 + latency); a bar that lacks a price is no row
    opening       on its first row an order becomes OPEN and remembers that row's session
    DAY           on a slice of a later session, whoever trades on it, it is EXPIRED, before any
                  order of the slice fills
    GTC           rests until it is filled or cancelled
    slipped       plus (buy) or minus (sell) ``slippage_ticks`` ticks; never below one tick
    participation executions consume volume * share in arrival order, in whole lots; what does not
                  fit waits; a volume that is unknown counts as 0; without a share volume is ignored
    cash          where less is booked than was proposed, the rest is CANCELLED with the reason
                  CLIPPED_CASH, or NO_CASH if nothing was
    arrival       orders are tried in the given order, each at most once a slice
    ============= ==================================================================================

    It keeps no state of its own: everything stands in the working orders.
    """

    def __init__(self, rules: MatchingRules) -> None:
        self.rules = rules

    @property
    def latency(self) -> int:
        """Slices that an order decided on slice ``k`` skips: it is active from ``k + 1 + latency``."""
        return self.rules.latency

    def match(
        self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]
    ) -> Generator[Execution, int, None]:
        """Proposes executions on slice ``ordinal``; ``bars`` holds at most one bar an instrument.

        The caller books each execution, calls ``WorkingOrder.fill`` for what it booked, and sends
        that quantity back. It may cancel other orders meanwhile: those do not trade any more.
        """
        rows = {bar.instrument.id: bar for bar in bars if MISSING_PRICE not in bar.raw}
        room = {name: self._volume_share(bar) for name, bar in rows.items()}
        for working in _admitted(ordinal, bars, rows, orders):
            if working.status.terminal:
                continue
            order, bar = working.order, rows[working.order.instrument]
            price = self._price(working, bar)
            if price is None:
                continue
            wanted = _whole_lots(working.remaining, room[order.instrument], bar.instrument)
            if not wanted:
                continue
            booked = yield Execution(working, wanted, price)
            room[order.instrument] -= booked
            if booked < wanted and not working.status.terminal:
                working.move(OrderStatus.CANCELLED, cash_reason(booked, wanted, price, bar.instrument))

    def _volume_share(self, bar: Bar) -> int:
        """How much of the bar's volume all orders together may take."""
        if self.rules.participation_ppm is None:
            return _UNLIMITED
        known = math.isfinite(bar.volume) and bar.volume > 0
        return int(bar.volume) * self.rules.participation_ppm // PPM if known else 0

    def _price(self, working: WorkingOrder, bar: Bar) -> int | None:
        """Where the order trades on this row, ``None`` if it does not; notes that a stop is touched."""
        order, raw = working.order, bar.raw
        if order.trigger_price is not None and not working.triggered:
            if not _touched(order.side, order.trigger_price, raw):
                return None
            working.triggered = True
            if order.type is OrderType.STOP_LIMIT:
                return None
            worse = max if order.side is Side.BUY else min
            return self._slipped(order, worse(raw.open, order.trigger_price), bar.instrument)
        if order.limit_price is not None:
            return _limit_price(order.side, order.limit_price, raw)
        return self._slipped(order, raw.open, bar.instrument)

    def _slipped(self, order: Order, price: int, instrument: Instrument) -> int:
        slipped = price + order.side.sign * self.rules.slippage_ticks * instrument.tick_size
        return slipped if order.side is Side.BUY else max(slipped, instrument.tick_size)


def _admitted(
    ordinal: int, bars: Sequence[Bar], rows: Mapping[InstrumentId, Bar], orders: Sequence[WorkingOrder]
) -> list[WorkingOrder]:
    """The orders that may trade on this slice; opens the new ones and expires the old ones."""
    admitted = []
    for working in orders:
        has_row = working.order.instrument in rows
        if working.active_from > ordinal or working.status.terminal:
            continue
        if working.status in _BEFORE_OPEN:
            if not has_row:
                continue
            working.move(OrderStatus.OPEN)
            working.session = bars[0].session
        if working.order.time_in_force is TimeInForce.DAY and bars[0].session > working.session:
            working.move(OrderStatus.EXPIRED, "DAY_ENDED: the session for which it was placed is over")
        elif has_row:
            admitted.append(working)
    return admitted


def _touched(side: Side, trigger: int, raw: RawBar) -> bool:
    return raw.high >= trigger if side is Side.BUY else raw.low <= trigger


def _limit_price(side: Side, limit: int, raw: RawBar) -> int | None:
    if side is Side.BUY:
        return min(raw.open, limit) if raw.low < limit else None
    return max(raw.open, limit) if raw.high > limit else None


def _whole_lots(wanted: int, available: int, instrument: Instrument) -> int:
    """``wanted`` if so much is available, else the whole lots of what is."""
    if available >= wanted:
        return wanted
    return max(available, 0) // instrument.lot_size * instrument.lot_size
