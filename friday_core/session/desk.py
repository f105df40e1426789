"""A desk: one strategy with its own book and risk state. Turns decisions into admitted orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Order, OrderType, Side, WorkingOrder
from friday_core.domain.outcomes import DecisionTaken
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.domain.signals import Cancel
from friday_core.errors import PluginContractError
from friday_core.interfaces.broker import ChargesPlan
from friday_core.interfaces.risk_rule import Proposal, Ruling
from friday_core.interfaces.sizer import Sizer
from friday_core.session.slices import Slice
from friday_core.session.wants import Want, WantMaker
from friday_core.session.working_orders import Tags, WorkingOrders
from friday_core.trading.ledger import Book, FrozenBook
from friday_core.trading.risk import PPM, BookRisk, Exposure, RiskEngine, reducing_part
from friday_core.trading.strategy_runner import StrategyRunner

Outcome = tuple[DecisionTaken, Intent | None]


class Desk:
    """Steps 3 to 5 of the driver for one strategy."""

    def __init__(
        self,
        number: int,
        runner: StrategyRunner,
        book: Book,
        *,
        universe: Universe,
        sizer: Sizer,
        risk: RiskEngine,
        charges: ChargesPlan,
    ) -> None:
        self.name = runner.name
        self.runner = runner
        self.book = book
        self.state = BookRisk(risk.limits)
        self._number = number
        self._tags = Tags()
        self._universe = universe
        self._risk = risk
        self._charges = charges
        self._wants = WantMaker(universe, sizer, runner.sees, runner.order_types, lambda: book.equity)

    def cost_of(self, instrument: Instrument, side: Side, price: int, quantity: int) -> int:
        """What a fill takes from cash, charges included, in minor units; negative if it brings cash."""
        notional = instrument.notional(price, quantity)
        charges = self._charges.charges(side, quantity, notional)
        if type(charges) is not int or charges < 0:
            plan = type(self._charges).__name__
            raise PluginContractError(f"charges plan {plan} must answer with whole minor units, not {charges!r}")
        return side.sign * notional + charges

    def next_tag(self, session: int) -> str:
        """The name of this strategy's next order in a session."""
        return self._tags.next(session, self._number)

    def forbidden(self, working: WorkingOrders) -> list[tuple[WorkingOrder, str]]:
        """Working orders that a latched limit no longer lets add to a position, and why."""
        latch = next(self.state.latches(), None)
        if latch is None:
            return []
        reason = f"{latch.code}: {latch.detail}"
        return [(one, reason) for one, reducing in self._reducing_parts(working) if reducing < one.remaining]

    def act(self, moment: Slice, working: WorkingOrders, latency: int) -> Iterator[Outcome]:
        """Ask the strategy, size, check, and put what is admitted among the working orders.

        Cancels come first, so that an order can replace another one in the same slice.
        """
        view = self._view(working)
        decisions = self.runner.decide(moment.ts_event, moment.bars, view)
        cancels = [decision for decision in decisions if isinstance(decision, Cancel)]
        for want in self._wants.wants(cancels, moment, view):
            yield from self._cancel(want, moment, working)
        orders = [decision for decision in decisions if not isinstance(decision, Cancel)]
        if not orders:
            return
        exposure = self._exposure(working)
        wants = self._wants.wants(orders, moment, self._view(working) if cancels else view)
        for want in sorted(wants, key=lambda one: one.admission_order):
            yield self._admit(want, moment, working, exposure, moment.ordinal + 1 + latency)

    def _view(self, working: WorkingOrders) -> FrozenBook:
        return FrozenBook(self.book, working.open_quantities(self.name))

    def _cancel(self, want: Want, moment: Slice, working: WorkingOrders) -> Iterator[Outcome]:
        if want.code:
            yield self._taken(want, moment, Ruling(0, want.code, want.detail)), None
            return
        orders = working.of(self.name, want.decision.instrument)
        if not orders:
            yield self._taken(want, moment, Ruling(0, "NO_CHANGE", "no order works")), None
        for one in orders:
            tag = one.order.tag
            taken = self._taken(want, moment, Ruling(0, "CANCEL_SENT"), tag)
            yield taken, CancelOrder(tag, want.decision.reason or "CANCELLED: asked for by the strategy")

    def _admit(
        self, want: Want, moment: Slice, working: WorkingOrders, exposure: Exposure, active_from: int
    ) -> Outcome:
        """Checks one order; what passes uses up cash and room at once, or frees what it will bring."""
        if want.code:
            return self._taken(want, moment, Ruling(0, want.code, want.detail)), None
        order = want.order()
        price = _reference(order, moment)
        proposal = self._proposal(order, price, working)
        ruling = self._check(proposal, exposure, working)
        if ruling.quantity == 0:
            return self._taken(want, moment, ruling), None
        tag = self.next_tag(moment.session)
        order = msgspec.structs.replace(
            order, quantity=ruling.quantity, tag=tag, strategy=self.name, ts_decided=moment.ts_event
        )
        reducing = min(reducing_part(proposal), order.quantity)
        self._claim(exposure, order, price, order.quantity, reducing)
        working.add(order, active_from, price)
        self.state.count_order()
        return self._taken(want, moment, ruling, tag), PlaceOrder(order)

    def _proposal(self, order: Order, price: int, working: WorkingOrders) -> Proposal:
        position = self.book.position(order.instrument)
        beside = working.of(self.name, order.instrument)
        same_side = sum(one.remaining for one in beside if one.order.side is order.side)
        after = position + order.side.sign * (same_side + order.quantity)
        return Proposal(order, self._universe.instrument(order.instrument), price, position, after)

    def _check(self, proposal: Proposal, exposure: Exposure, working: WorkingOrders) -> Ruling:
        order, price = proposal.order, self._buffered(proposal.price)
        closes = self._value(order, reducing_part(proposal))
        return self._risk.check(
            proposal,
            self.state,
            replace(exposure, gross=exposure.gross - closes),
            lambda quantity: self.cost_of(proposal.instrument, order.side, price, quantity),
            self._view(working),
        )

    def _exposure(self, working: WorkingOrders) -> Exposure:
        """The book and its working orders before this slice's orders."""
        book = self.book
        gross = sum(abs(book.value(instrument)) for instrument in book.positions())
        exposure = Exposure(book.equity, book.cash, gross)
        for one, reducing in self._reducing_parts(working):
            self._claim(exposure, one.order, working.reference(one), one.remaining, reducing)
        return exposure

    def _reducing_parts(self, working: WorkingOrders) -> Iterator[tuple[WorkingOrder, int]]:
        """Each working order in order of arrival, with how much of it closes what is held."""
        held = self.book.positions()
        for one in working.of(self.name):
            sign, left = one.order.side.sign, held.get(one.order.instrument, 0)
            reducing = min(one.remaining, max(0, -sign * left))
            held[one.order.instrument] = left + sign * reducing
            yield one, reducing

    def _claim(self, exposure: Exposure, order: Order, price: int, quantity: int, reducing: int) -> None:
        """What a working order takes: a buy cash with the buffer, and all that opens a position room.

        Only market orders give in advance what closing a position will bring: others may never fill.
        """
        instrument = self._universe.instrument(order.instrument)
        exposure.gross += instrument.notional(price, quantity - reducing)
        closing = reducing if order.type is OrderType.MARKET else 0
        exposure.gross -= self._value(order, closing)
        if order.side is Side.BUY:
            exposure.cash -= self.cost_of(instrument, order.side, self._buffered(price), quantity)
        elif closing:
            proceeds = -self.cost_of(instrument, order.side, self.book.price(order.instrument), closing)
            exposure.cash += max(0, proceeds)

    def _value(self, order: Order, quantity: int) -> int:
        """What a part of the position in the order's instrument is worth at its mark."""
        instrument = self._universe.instrument(order.instrument)
        return instrument.notional(self.book.price(order.instrument), quantity) if quantity else 0

    def _buffered(self, price: int) -> int:
        """The price at which cash is reserved for a buy, rounded up."""
        return -(-price * (PPM + self._risk.limits.buffer_ppm) // PPM)

    def _taken(self, want: Want, moment: Slice, ruling: Ruling, tag: str = "") -> DecisionTaken:
        sign = 1 if want.quantity > 0 else -1
        return DecisionTaken(
            moment.ts_event,
            self.name,
            want.decision.instrument,
            want.kind,
            want.value,
            want.quantity,
            sign * ruling.quantity,
            ruling.code or "SENT",
            ruling.detail,
            want.decision.reason,
            tag,
        )


def _reference(order: Order, moment: Slice) -> int:
    """The price at which an order is judged: its limit, its trigger, or the latest close."""
    if order.limit_price is not None:
        return order.limit_price
    if order.trigger_price is not None:
        return order.trigger_price
    return moment.by_instrument[order.instrument].raw.close
