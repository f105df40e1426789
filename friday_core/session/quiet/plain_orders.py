"""Market orders that pass every limit whole, sent without the general way through a desk."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.outcomes import DecisionTaken
from friday_core.domain.products import may_be_short
from friday_core.domain.records import Intent, PlaceOrder
from friday_core.domain.signals import LARGEST_WEIGHT, Signal, Target
from friday_core.interfaces.strategy import Decision
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders
from friday_core.trading.codes import Code
from friday_core.trading.limits import PPM
from friday_core.trading.sizing import LARGEST, quantity_for_weight, units_worth

_PLAIN = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_BUY, _SELL = Side.BUY, Side.SELL
_SENT, _NO_CHANGE = str(Code.SENT), str(Code.NO_CHANGE)


def is_plain(order: Order) -> bool:
    """Whether it is a market order with nothing else to it."""
    return (
        order.type is OrderType.MARKET
        and order.time_in_force in _PLAIN
        and order.protection_ppm is None
        and not order.is_bracket
        and not order.product
    )


class _Wish(msgspec.Struct, frozen=True, gc=False):
    """A decision, what it is called, its value, and the signed quantity that it asks for."""

    decision: Decision
    kind: str
    value: float
    asked: int


class PlainOrders:
    """What ``Desk.act`` makes of one decision in one instrument, while no order works and nothing is cut.

    ``is_possible`` says for which desks, besides that nothing but limits holds the book back.
    """

    def __init__(self, desk: Desk, instrument: Instrument, working: WorkingOrders, log: SessionLog) -> None:
        self._desk = desk
        self._instrument = instrument
        self._working = working
        self._log = log
        limits = desk.risk.limits
        counts = (limits.orders_per_session, limits.orders_per_minute, limits.orders_per_second)
        values = (limits.order_value, limits.min_order_value, limits.position_ppm)
        self._has_more_limits = any(one is not None for one in (*counts, *values))
        self._share = desk.share

    @staticmethod
    def is_possible(desk: Desk) -> bool:
        """Whether no rule is asked, and no limit that hangs on marks or on several positions."""
        risk, limits = desk.risk, desk.risk.limits
        is_asked = risk.asks_about_orders or risk.asks_about_wishes
        is_shared = limits.margin or limits.net_ppm is not None or limits.concentration_ppm is not None
        return not (is_asked or is_shared or limits.latch or limits.open_orders == 0)

    def take(self, decisions: Sequence[Decision], moment: Slice) -> Sequence[Intent] | None:
        """What is to be sent; ``None``, and nothing has happened, where the desk has to be asked."""
        decision, close, instrument = decisions[0], moment.bars[0].raw.close, self._instrument
        if len(decisions) != 1 or close < 1 or decision.instrument != instrument.id:
            return None
        book = self._desk.book
        held = book.position(instrument.id)
        worth = instrument.notional(close, held)
        equity = book.cash + (worth if held >= 0 else -worth)
        wish = self._wish(decision, equity, close, held)
        if wish is None:
            return None
        if not wish.asked:
            self._log.decisions.append(self._taken(wish, moment, _NO_CHANGE, f"{held} are held or on their way"))
            return ()
        return self._sent(wish, moment) if self._passes(wish.asked, held, close, equity, moment.ts_event) else None

    def _wish(self, decision: Decision, equity: int, close: int, held: int) -> _Wish | None:
        """What is asked for, if it is plain."""
        asked: int | None = None
        if type(decision) is Target:
            kind, value, asked = "target", decision.weight, self._missing(decision.ppm, equity, close, held)
        elif type(decision) is Signal and self._share is not None:
            kind, value = "signal", decision.strength
            if abs(weight := value * self._share) <= LARGEST_WEIGHT:
                asked = self._missing(round(weight * PPM), equity, close, held)
        elif type(decision) is Order and self._is_sent_whole(decision, close):
            asked = decision.side.sign * decision.quantity
            kind, value = "order", float(asked)
        return None if asked is None else _Wish(decision, kind, value, asked)

    def _missing(self, ppm: int, equity: int, close: int, held: int) -> int | None:
        """What a target lacks; ``None`` where that is worth a word of its own."""
        try:
            wished = quantity_for_weight(ppm, equity, close, self._instrument)
        except OverflowError:
            return None
        is_zero = wished == held == 0 and ppm != 0
        return None if is_zero or abs(wished - held) > LARGEST else wished - held

    def _is_sent_whole(self, order: Order, close: int) -> bool:
        is_known = is_plain(order) and OrderType.MARKET in self._desk.runner.order_types
        fits = not order.quantity % self._instrument.lot_size
        return is_known and fits and self._instrument.notional(close, order.quantity) <= LARGEST

    def _passes(self, asked: int, held: int, close: int, equity: int, ts_event: int) -> bool:
        """Whether no limit cuts it; what only reduces a position passes all of them."""
        quantity = abs(asked)
        reducing = min(quantity, abs(held)) if asked * held < 0 else 0
        if quantity == reducing:
            return True
        desk, instrument, adding = self._desk, self._instrument, quantity - reducing
        limits, cash = desk.risk.limits, desk.book.cash
        if limits.gross_ppm is not None:
            opened = instrument.notional(close, adding) - instrument.notional(close, reducing)
            if instrument.notional(close, held) + opened > limits.gross_ppm * max(equity, 0) // PPM:
                return False
        if self._has_more_limits:
            after = abs(held + asked)
            if not self._passes_more(adding, after, close, equity) or self._is_crowded(quantity, close, ts_event):
                return False
        if asked > 0:
            return desk.cost_of(instrument, _BUY, limits.buffered(close), quantity) <= cash
        may_be = may_be_short("", instrument.kind, limits.allow_short)
        return may_be and desk.cost_of(instrument, _SELL, close, adding) <= max(0, cash)

    def _passes_more(self, adding: int, after: int, close: int, equity: int) -> bool:
        """Whether the value of the order, and that of a position of ``after`` shares, are within their limits."""
        instrument, limits = self._instrument, self._desk.risk.limits
        if limits.order_value is not None and units_worth(limits.order_value, close, instrument) < adding:
            return False
        most = None if limits.position_ppm is None else limits.position_ppm * max(equity, 0) // PPM
        return most is None or units_worth(most, close, instrument) >= after

    def _is_crowded(self, quantity: int, close: int, ts_event: int) -> bool:
        """Whether so many orders were sent that there is no room for another, or it is too small for one."""
        is_small = self._instrument.notional(close, quantity) < (self._desk.risk.limits.min_order_value or 0)
        return is_small or next(self._desk.state.crowded(ts_event, 0), None) is not None

    def _sent(self, wish: _Wish, moment: Slice) -> Sequence[Intent]:
        """It works from here on."""
        desk, ts, decision = self._desk, moment.ts_event, wish.decision
        tag = desk.next_tag(moment.session)
        if type(decision) is Order:
            order = msgspec.structs.replace(decision, tag=tag, strategy=desk.name, ts_decided=ts)
        else:
            side, name = _BUY if wish.asked > 0 else _SELL, self._instrument.id
            order = Order(
                name, side, abs(wish.asked), reason=decision.reason, tag=tag, strategy=desk.name, ts_decided=ts
            )
        working = self._working.add(order, moment.ordinal + 1, moment.bars[0].raw.close)
        desk.state.count_order(ts)
        self._log.decisions.append(self._taken(wish, moment, _SENT, "", tag))
        self._log.orders.append(working)
        return (PlaceOrder(order),)

    def _taken(self, wish: _Wish, moment: Slice, code: str, detail: str, tag: str = "") -> DecisionTaken:
        asked, reason = wish.asked, wish.decision.reason
        return DecisionTaken(
            moment.ts_event, self._desk.name, self._instrument.id, wish.kind, wish.value, asked, asked, code, detail,
            reason, tag,
        )  # fmt: skip
