"""The exchange of a simulation in plain integers: the reference that faster kernels must equal."""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from typing import Self

from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderStatus, OrderType, TimeInForce, WorkingOrder
from friday_core.domain.sessions import to_date
from friday_core.interfaces.broker import Execution
from friday_core.simulation import fill_rules as fills
from friday_core.simulation.fill_rules import NO_PRICE
from friday_core.simulation.matching_rules import FillAt, MatchingRules, MatchingSettings
from friday_core.simulation.rows import Closes, Row, Rows
from friday_core.trading.parts import cash_reason

__all__ = ["BarMatcher", "FillAt", "MatchingRules", "MatchingSettings"]

#: What the reasons of orders begin with whose time is over.
DAY_ENDED, DATE_PASSED = "DAY_ENDED", "DATE_PASSED"
_BEFORE_OPEN = frozenset({OrderStatus.INTENT, OrderStatus.SENT, OrderStatus.ACKED})
_VALIDITY = {
    TimeInForce.DAY: fills.DAY,
    TimeInForce.GTC: fills.GTC,
    TimeInForce.GTD: fills.GTD,
    TimeInForce.AT_CLOSE: fills.AT_CLOSE,
}


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
    protected       like a limit order at its bound        open or trigger, slipped, not beyond it
    =============== ====================================== ========================================

    ============= ==================================================================================
    rule          meaning
    ============= ==================================================================================
    row           an order sees only its instrument's bars, and only on slices from ``active_from``
                  on (decision's slice + 1 + latency); a bar of which a price is missing, or below
                  one price unit, is no row
    opening       on its first row an order becomes OPEN and remembers that row's session
    DAY           on a slice of a later session, whoever trades on it, it is EXPIRED, before any
                  order of the slice fills
    GTC           rests until it is filled or cancelled
    GTD           is EXPIRED on the first slice of a session after ``good_till``, opened or not
    AT_CLOSE      trades only on the bar that the calendar knows as its session's last
                  (``session_end``), of which it sees a single print: the close; ends like DAY
    fill          ``next_close``: market orders, and stops touched earlier, see of a row only its
                  close; ``this_close``: on the slice that decides it an order sees only the close
    protected     a market order or a stop with a protection has a bound: its reference plus (buy)
                  or minus (sell) so much of it, in whole ticks toward the reference; the reference
                  is the latest close when it was decided, or the trigger
    slipped       plus (buy) or minus (sell) ``slippage_ticks`` ticks, and up to whole ticks: half
                  the spread, the impact of the volume taken on the bar so far and by this order,
                  and a share of the bar's range; never below one tick; a volume that is unknown
                  or less than what is taken counts as taken whole
    band          from the last close of the session before (times the factors of corporate actions
                  since): beyond it nothing fills, and no price slips beyond it; on a bar of one
                  price at a band, buys at the upper and sells at the lower do not fill
    participation executions consume volume * share in arrival order, in whole lots; what does not
                  fit waits; a volume that is unknown counts as 0; without a share volume is ignored
    cash          where less is booked than was proposed, the rest is CANCELLED with the reason
                  CLIPPED_CASH, or NO_CASH if nothing was
    arrival       orders are tried in the given order, each at most once a slice
    ============= ==================================================================================

    Of orders it keeps nothing: everything stands in the working orders. Of bars it remembers the last
    close of each instrument, for bands, and what was taken of the slice at hand.
    """

    def __init__(self, rules: MatchingRules) -> None:
        self.rules = rules
        self._rows = Rows()

    def with_rules(self, rules: MatchingRules) -> Self:
        """Another matcher of the same kind, which has seen nothing yet."""
        other = copy.copy(self)
        other.rules = rules
        other._rows = Rows()
        return other

    @property
    def latency(self) -> int:
        """Slices that an order decided on slice ``k`` skips: it is active from ``k + 1 + latency``."""
        return self.rules.latency

    @property
    def latency_us(self) -> int:
        """Microseconds after its decision that an order reaches the market; for whoever sets ``active_from``."""
        return self.rules.latency_us

    @property
    def fill(self) -> FillAt:
        """Where market orders trade. With ``THIS_CLOSE`` slices are matched again after the decisions.

        The orders that were decided on the slice are then active from that very slice.
        """
        return self.rules.fill

    def match(
        self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]
    ) -> Generator[Execution, int, None]:
        """Proposes executions on slice ``ordinal``; ``bars`` holds at most one bar an instrument.

        The caller books each execution, calls ``WorkingOrder.fill`` for what it booked, and sends
        that quantity back. It may cancel other orders meanwhile, or make them smaller.
        """
        self._rows.enter(ordinal, bars, self.rules)
        for working, row in self._admitted(ordinal, bars, orders):
            if working.status.terminal:
                continue
            price = self._asked(working, row, ordinal)
            if price == NO_PRICE:
                continue
            instrument = row.bar.instrument
            wanted = fills.whole_lots(working.remaining, row.room - row.taken, instrument.lot_size)
            if not wanted:
                continue
            price = self._slipped(working, row, price, wanted)
            booked = yield Execution(working, wanted, price)
            row.taken += booked
            if booked < wanted and not working.status.terminal:
                working.move(OrderStatus.CANCELLED, cash_reason(booked, wanted, price, instrument))

    def _admitted(
        self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]
    ) -> list[tuple[WorkingOrder, Row]]:
        """The orders that may trade on this slice, with their rows; opens the new ones and expires the old ones."""
        admitted = []
        for working in orders:
            if working.active_from > ordinal or working.status.terminal:
                continue
            order, session = working.order, bars[0].session
            is_open, last = working.status not in _BEFORE_OPEN, order.good_till or 0
            if fills.is_over(_VALIDITY[order.time_in_force], is_open, working.session, last, session):
                if working.status is OrderStatus.INTENT:
                    working.move(OrderStatus.OPEN)
                working.move(OrderStatus.EXPIRED, _expired(order))
                continue
            row = self._rows.of(order.instrument, self.rules)
            if row is None:
                continue
            if not is_open:
                working.move(OrderStatus.OPEN)
                working.session = session
            admitted.append((working, row))
        return admitted

    def _asked(self, working: WorkingOrder, row: Row, ordinal: int) -> int:
        """Where the order trades on this row before slippage, if it does; notes that a stop is touched."""
        order, side = working.order, working.order.side.sign
        if order.time_in_force is TimeInForce.AT_CLOSE and not row.is_last:
            return NO_PRICE
        raw = row.closing if self._sees_the_close(working, ordinal) else row.bar.raw
        price = raw.open
        if order.trigger_price is not None and not working.triggered:
            if not fills.is_touched(side, order.trigger_price, raw.high, raw.low):
                return NO_PRICE
            working.triggered = True
            if order.type is OrderType.STOP_LIMIT:
                return NO_PRICE
            price = fills.stop_price(side, raw.open, order.trigger_price)
        price = fills.asked_price(side, price, self._bound(working, row), raw.high, raw.low)
        if price == NO_PRICE or not fills.can_trade(side, price, row.lower, row.upper, row.is_locked):
            return NO_PRICE
        return price

    def _sees_the_close(self, working: WorkingOrder, ordinal: int) -> bool:
        """Whether a row is a single print to the order: that of the close."""
        order = working.order
        if order.time_in_force is TimeInForce.AT_CLOSE:
            return True
        if self.rules.fill is FillAt.THIS_CLOSE:
            return working.active_from == ordinal
        is_market = order.limit_price is None and (order.trigger_price is None or working.triggered)
        return is_market and self.rules.fill is FillAt.NEXT_CLOSE

    def _bound(self, working: WorkingOrder, row: Row) -> int:
        order = working.order
        if order.limit_price is not None:
            return order.limit_price
        share = self.rules.protection_ppm if order.protection_ppm is None else order.protection_ppm
        reference = working.reference if order.trigger_price is None else order.trigger_price
        return fills.protected_bound(order.side.sign, reference, share, row.bar.instrument.tick_size)

    def _slipped(self, working: WorkingOrder, row: Row, price: int, wanted: int) -> int:
        """The price after slippage, which orders with a limit of their own do not have."""
        order, rules, side = working.order, self.rules, working.order.side.sign
        if order.limit_price is not None:
            return price
        raw, tick = row.bar.raw, row.bar.instrument.tick_size
        units = fills.spread_slip(price, rules.spread_ppm) + fills.range_slip(raw.high, raw.low, rules.range_ppm)
        if rules.impact_ppm:
            taken = fills.ppm_of(row.taken + wanted, row.volume)
            units += fills.impact_slip(price, taken, rules.impact_ppm)
        slipped = fills.slipped(side, price, units, tick, rules.slippage_ticks)
        slipped = fills.bounded(side, slipped, self._bound(working, row))
        return fills.bounded(side, slipped, row.upper if side == fills.BUY else row.lower)


def closes_of(matcher: BarMatcher) -> Closes:
    """What a matcher remembers of bars, for bands: whoever matches for it writes it."""
    return matcher._rows.closes


def market_price(rules: MatchingRules, side: int, bar: Bar) -> int:
    """Where a ``BarMatcher`` fills a market order on a bar that is a row, slippage included.

    That is without bands, protection, impact and ``THIS_CLOSE``: nothing but prices counts.
    """
    raw, units = bar.raw, 0
    price = raw.close if rules.fill is FillAt.NEXT_CLOSE else raw.open
    if rules.spread_ppm or rules.range_ppm:
        units = fills.spread_slip(price, rules.spread_ppm) + fills.range_slip(raw.high, raw.low, rules.range_ppm)
    elif side == fills.BUY and not rules.slippage_ticks:
        return price
    return fills.slipped(side, price, units, bar.instrument.tick_size, rules.slippage_ticks)


def day_ended() -> str:
    """Why an order for the day is over."""
    return f"{DAY_ENDED}: the session for which it was placed is over"


def date_passed(last: int) -> str:
    """Why an order is over that was good till a session."""
    return f"{DATE_PASSED}: it was good till {to_date(last)}"


def _expired(order: Order) -> str:
    """Why the time of an order is over."""
    if order.good_till is not None:
        return date_passed(order.good_till)
    if order.time_in_force is TimeInForce.AT_CLOSE:
        return "CLOSE_PASSED: it did not trade on a bar that the calendar knows as its session's last"
    return day_ended()
