"""Market orders that pass every limit whole, sent without the general way through a desk."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import msgspec

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.outcomes import DecisionTaken
from friday_core.domain.products import may_be_short
from friday_core.domain.records import Intent, PlaceOrder
from friday_core.domain.signals import LARGEST_WEIGHT, Signal, Target
from friday_core.interfaces.risk_rule import Proposal, Ruling
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.marks import Closes
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders
from friday_core.simulation.matching_rules import FillAt, MatchingRules
from friday_core.trading.asked import Asked
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


def fills_whole(rules: MatchingRules) -> bool:
    """Whether market orders trade whole on the first row from the slice on from which they are active."""
    is_late = rules.latency_us or rules.fill is FillAt.THIS_CLOSE
    is_thin = rules.participation_ppm is not None or rules.impact_ppm or rules.protection_ppm or rules.band_ppm
    return not (is_late or is_thin)


class _Wish(msgspec.Struct, frozen=True, gc=False):
    """A decision, what it is called, its value, and the signed quantity that it asks for."""

    decision: Asked
    kind: str
    value: float
    asked: int


class _At(msgspec.Struct, frozen=True, gc=False):
    """Where the book stands: what it holds of an instrument, its close, and the worth of the whole, in minor units."""

    instrument: Instrument
    close: int
    held: int
    equity: int
    gross: int


class PlainOrders:
    """What ``Desk.act`` makes of one decision, while no order works and no limit cuts it.

    ``is_possible`` says for which desks. With ``is_marked`` the book is marked at the closes of each slice; without,
    there is one instrument, and nothing else is held.
    """

    def __init__(
        self, desk: Desk, universe: Universe, working: WorkingOrders, log: SessionLog, *, is_marked: bool
    ) -> None:
        self._desk = desk
        self._universe = universe
        self._is_marked = is_marked
        self._working = working
        self._log = log
        limits = desk.risk.limits
        counts = (limits.orders_per_session, limits.orders_per_minute, limits.orders_per_second)
        values = (limits.order_value, limits.min_order_value, limits.position_ppm)
        self._has_more_limits = any(one is not None for one in (*counts, *values))
        self._share = desk.share
        self._is_asked = desk.risk.asks_about_orders or desk.risk.entries is not None

    @staticmethod
    def is_possible(desk: Desk) -> bool:
        """Whether no limit hangs on marks or on several positions, and nobody changes a wish before it is an order."""
        risk, limits = desk.risk, desk.risk.limits
        is_shared = limits.margin or limits.net_ppm is not None or limits.concentration_ppm is not None
        is_asked = risk.asks_about_wishes or (risk.asks_about_orders and limits.min_order_value is not None)
        return not (is_asked or is_shared or limits.latch or limits.open_orders == 0)

    def take(
        self, decisions: Sequence[Asked], moment: Slice, closes: Closes, active_from: int
    ) -> Sequence[Intent] | None:
        """What is to be sent; ``None``, and nothing has happened, where the desk has to be asked.

        Of the slice bars are not looked at, but ``closes``.
        """
        decision, desk = decisions[0], self._desk
        close = _close_of(decision.instrument, closes)
        if len(decisions) != 1 or close < 1 or not desk.runner.sees(decision.instrument):
            return None
        at = self._standing(self._universe.instrument(decision.instrument), close)
        wish = self._wish(decision, at) if desk.state.is_plain and desk.products.names_none else None
        if wish is None:
            return None
        if not wish.asked:
            detail = f"{at.held} are held or on their way"
            self._log.decisions.append(self._taken(wish, moment, Ruling(0, _NO_CHANGE, detail)))
            return ()
        if not self._passes(wish.asked, at, moment.ts_event):
            return None
        ruling = Ruling(abs(wish.asked))
        if self._is_asked:
            proposal = self._proposal(_order(wish, ruling.quantity), at, moment.session, closes)
            if desk.risk.is_no_entry(proposal, moment.ts_event):
                return None
            ruling = desk.risk.ruled(proposal, desk.book)
        return self._sent(wish, ruling, moment, active_from=active_from, close=at.close)

    def _proposal(self, order: Order, at: _At, session: int, closes: Closes) -> Proposal:
        """The order as rules see it."""
        book = self._desk.book
        prices = {name: book.price(name) for name in book.positions()}
        for name, close in closes:
            if close != MISSING_PRICE:
                prices[name] = close
        after = at.held + order.side.sign * order.quantity
        return Proposal(order, at.instrument, at.close, at.held, after, session, MappingProxyType(prices))

    def _standing(self, instrument: Instrument, close: int) -> _At:
        book = self._desk.book
        held = book.position(instrument.id)
        if self._is_marked:
            value, gross = book.worth
        else:
            gross = instrument.notional(close, held)
            value = gross if held >= 0 else -gross
        return _At(instrument, close, held, book.cash + value, gross)

    def _wish(self, decision: Asked, at: _At) -> _Wish | None:
        """What is asked for, if it is plain."""
        asked: int | None = None
        if type(decision) is Target:
            kind, value, asked = "target", decision.weight, _missing(decision.ppm, at)
        elif type(decision) is Signal and self._share is not None:
            kind, value = "signal", decision.strength
            if abs(weight := value * self._share) <= LARGEST_WEIGHT:
                asked = _missing(round(weight * PPM), at)
        elif type(decision) is Order and self._is_sent_whole(decision, at):
            asked = decision.side.sign * decision.quantity
            kind, value = "order", float(asked)
        return None if asked is None else _Wish(decision, kind, value, asked)

    def _is_sent_whole(self, order: Order, at: _At) -> bool:
        is_known = is_plain(order) and OrderType.MARKET in self._desk.runner.order_types
        fits = not order.quantity % at.instrument.lot_size
        return is_known and fits and at.instrument.notional(at.close, order.quantity) <= LARGEST

    def _passes(self, asked: int, at: _At, ts_event: int) -> bool:
        """Whether no limit cuts it; what only reduces a position passes all of them."""
        quantity, close, instrument = abs(asked), at.close, at.instrument
        reducing = min(quantity, abs(at.held)) if asked * at.held < 0 else 0
        if quantity == reducing:
            return True
        desk, adding = self._desk, quantity - reducing
        limits, cash = desk.risk.limits, desk.book.cash
        if limits.gross_ppm is not None:
            closed = instrument.notional(close, reducing) if reducing else 0
            opened = instrument.notional(close, adding) - closed
            if at.gross + opened > limits.gross_ppm * max(at.equity, 0) // PPM:
                return False
        if self._has_more_limits and (
            not self._passes_more(adding, abs(at.held + asked), at) or self._is_crowded(quantity, at, ts_event)
        ):
            return False
        if asked > 0:
            return desk.cost_of(instrument, _BUY, limits.buffered(close), quantity) <= cash
        may_be = may_be_short("", instrument.kind, limits.allow_short)
        return may_be and desk.cost_of(instrument, _SELL, close, adding) <= max(0, cash)

    def _passes_more(self, adding: int, after: int, at: _At) -> bool:
        """Whether the value of the order, and that of a position of ``after`` shares, are within their limits."""
        instrument, limits = at.instrument, self._desk.risk.limits
        if limits.order_value is not None and units_worth(limits.order_value, at.close, instrument) < adding:
            return False
        most = None if limits.position_ppm is None else limits.position_ppm * max(at.equity, 0) // PPM
        return most is None or units_worth(most, at.close, instrument) >= after

    def _is_crowded(self, quantity: int, at: _At, ts_event: int) -> bool:
        """Whether so many orders were sent that there is no room for another, or it is too small for one."""
        is_small = at.instrument.notional(at.close, quantity) < (self._desk.risk.limits.min_order_value or 0)
        return is_small or next(self._desk.state.crowded(ts_event, 0), None) is not None

    def _sent(self, wish: _Wish, ruling: Ruling, moment: Slice, *, active_from: int, close: int) -> Sequence[Intent]:
        """What rules leave of it works from here on."""
        desk, ts, log = self._desk, moment.ts_event, self._log
        if not ruling.quantity:
            log.decisions.append(self._taken(wish, moment, ruling))
            return ()
        tag = desk.next_tag(moment.session)
        order = _order(wish, ruling.quantity, tag=tag, strategy=desk.name, ts_decided=ts)
        working = self._working.add(order, active_from, close)
        desk.state.count_order(ts)
        log.decisions.append(self._taken(wish, moment, ruling, tag))
        log.orders.append(working)
        return (PlaceOrder(order),)

    def _taken(self, wish: _Wish, moment: Slice, ruling: Ruling, tag: str = "") -> DecisionTaken:
        asked, decision = wish.asked, wish.decision
        granted = ruling.quantity if asked > 0 else -ruling.quantity
        return DecisionTaken(
            moment.ts_event, self._desk.name, decision.instrument, wish.kind, wish.value, asked, granted,
            str(ruling.code or _SENT), ruling.detail, decision.reason, tag,
        )  # fmt: skip


def _close_of(instrument: InstrumentId, closes: Closes) -> int:
    """Its close, in price units; 0 if it has none."""
    for name, close in closes:
        if name == instrument:
            return close
    return 0


def _missing(ppm: int, at: _At) -> int | None:
    """What a target lacks; ``None`` where that is worth a word of its own."""
    try:
        wished = quantity_for_weight(ppm, at.equity, at.close, at.instrument)
    except OverflowError:
        return None
    is_zero = wished == at.held == 0 and ppm != 0
    return None if is_zero or abs(wished - at.held) > LARGEST else wished - at.held


def _order(wish: _Wish, quantity: int, *, tag: str = "", strategy: str = "", ts_decided: int = 0) -> Order:
    """What is asked of the market, so much of it."""
    one = wish.decision
    if isinstance(one, Order):
        return msgspec.structs.replace(one, quantity=quantity, tag=tag, strategy=strategy, ts_decided=ts_decided)
    side = _BUY if wish.asked > 0 else _SELL
    return Order(one.instrument, side, quantity, reason=one.reason, tag=tag, strategy=strategy, ts_decided=ts_decided)
