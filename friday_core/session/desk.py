"""A desk: one strategy with its own book and risk state. Turns decisions into admitted orders."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Order, Side
from friday_core.domain.outcomes import DecisionTaken
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.domain.signals import Cancel
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
        self._universe = universe
        self._risk = risk
        self._charges = charges
        self._wants = WantMaker(universe, sizer, runner.sees, runner.order_types, lambda: book.equity)

    def cost_of(self, instrument: Instrument, side: Side, price: int, quantity: int) -> int:
        """What a fill takes from cash, charges included, in minor units; negative if it brings cash."""
        notional = instrument.notional(price, quantity)
        return side.sign * notional + self._charges.charges(side, quantity, notional)

    def act(self, moment: Slice, working: WorkingOrders, tags: Tags, latency: int) -> Iterator[Outcome]:
        """Ask the strategy, size, check, and put what is admitted among the working orders."""
        view = FrozenBook(self.book, working.open_quantities(self.name))
        wants = self._wants.wants(self.runner.decide(moment.ts_event, moment.bars, view), moment, view)
        for want in wants:
            if isinstance(want.decision, Cancel):
                yield from self._cancel(want, moment, working)
        exposure = self._exposure(working)
        orders = [want for want in wants if not isinstance(want.decision, Cancel)]
        for want in sorted(orders, key=lambda one: one.admission_order):
            if want.code:
                yield self._taken(want, moment, Ruling(0, want.code, want.detail)), None
                continue
            order = want.order()
            price = _reference(order, moment)
            ruling = self._check(order, price, exposure, working)
            if ruling.quantity == 0:
                yield self._taken(want, moment, ruling), None
                continue
            tag = tags.next(moment.session, self._number)
            order = msgspec.structs.replace(
                order, quantity=ruling.quantity, tag=tag, strategy=self.name, ts_decided=moment.ts_event
            )
            working.add(order, moment.ordinal + 1 + latency, price)
            self.state.count_order()
            self._reserve(exposure, order, price, working)
            yield self._taken(want, moment, ruling, tag), PlaceOrder(order)

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

    def _check(self, order: Order, price: int, exposure: Exposure, working: WorkingOrders) -> Ruling:
        instrument = self._instrument(order)
        position = self.book.position(order.instrument)
        after = position + self._open(order, working) + order.side.sign * order.quantity
        buffered = -(-price * (PPM + self._risk.limits.buffer_ppm) // PPM)
        return self._risk.check(
            Proposal(order, instrument, price, position, after),
            self.state,
            exposure,
            lambda quantity: self.cost_of(instrument, order.side, buffered, quantity),
            FrozenBook(self.book, working.open_quantities(self.name)),
        )

    def _reserve(self, exposure: Exposure, order: Order, price: int, working: WorkingOrders) -> None:
        """An admitted order uses up cash and room at once, or frees what it will bring."""
        instrument = self._instrument(order)
        after = self.book.position(order.instrument) + self._open(order, working)
        proposal = Proposal(order, instrument, price, self.book.position(order.instrument), after)
        reducing = reducing_part(proposal)
        exposure.gross += instrument.notional(price, order.quantity - reducing)
        exposure.gross -= instrument.notional(price, reducing)
        exposure.cash -= self._claim(instrument, order.side, price, order.quantity, reducing)

    def _claim(self, instrument: Instrument, side: Side, price: int, quantity: int, reducing: int) -> int:
        """Cash that an order claims: a buy its cost with buffer, a sell of what is held its proceeds."""
        if side is Side.BUY:
            buffered = -(-price * (PPM + self._risk.limits.buffer_ppm) // PPM)
            return self.cost_of(instrument, side, buffered, quantity)
        return min(0, self.cost_of(instrument, side, price, reducing)) if reducing else 0

    def _exposure(self, working: WorkingOrders) -> Exposure:
        """The book and its working orders before this slice's orders."""
        book = self.book
        held = book.positions()
        exposure = Exposure(book.equity, book.cash, sum(abs(book.value(instrument)) for instrument in held))
        for one in working.of(self.name):
            order, price = one.order, working.reference(one)
            instrument = self._instrument(order)
            against = -order.side.sign * held.get(order.instrument, 0)
            reducing = min(one.remaining, max(0, against))
            exposure.gross += instrument.notional(price, one.remaining - reducing)
            exposure.cash -= self._claim(instrument, order.side, price, one.remaining, reducing)
        return exposure

    def _open(self, order: Order, working: WorkingOrders) -> int:
        return sum(w.order.side.sign * w.remaining for w in working.of(self.name, order.instrument))

    def _instrument(self, order: Order) -> Instrument:
        return self._universe.instrument(order.instrument)

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
