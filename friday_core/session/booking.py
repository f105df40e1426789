"""What trades goes into the books: an order's own fill, its part of the account's, or of a cross."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import BrokerFill, Fill, NettedFill, OrderStatus, Side, WorkingOrder
from friday_core.interfaces.broker import Execution
from friday_core.session.bills import Bills
from friday_core.session.brackets import Brackets
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.net import Net
from friday_core.session.netting import Netting
from friday_core.session.slices import Slice
from friday_core.trading.order_progress import News
from friday_core.trading.parts import Part, Shared, Trade, cash_reason
from friday_core.trading.risk import largest_affordable


class Booking:
    """Books executions and tells the strategies. ``assumed`` marks the broker's fills as not confirmed."""

    def __init__(
        self,
        universe: Universe,
        desks: Mapping[str, Desk],
        netting: Netting,
        log: SessionLog,
        bills: Bills,
        *,
        brackets: Brackets,
        assumed: bool,
    ) -> None:
        self._universe = universe
        self._desks = desks
        self._netting = netting
        self._log = log
        self._bills = bills
        self._brackets = brackets
        self._assumed = assumed

    def book(self, execution: Execution, moment: Slice) -> int:
        """Book what can be paid for, in whole lots; returns the quantity.

        What books cross is booked after the sells of their slice, before the buys, and again when there is more cash.
        """
        net = self._netting.net_of(execution.order)
        if execution.order.order.side is Side.BUY or (net is not None and execution.order in net.standbys):
            self.cross(moment, execution.order.active_from)
        if net is not None:
            return self._book_account(execution, net, moment)
        return self.book_own(execution, moment)

    def book_own(self, execution: Execution, moment: Slice) -> int:
        """The same for an order that stands for no net, where books cross nothing."""
        order, price, ts_event = execution.order.order, execution.price, moment.ts_event
        desk, instrument = self._desks[order.strategy], self._universe.instrument(order.instrument)
        open_fill = self._bills.fill(execution.order, instrument, price, moment.session)
        quantity = execution.quantity
        if order.side is Side.BUY and not execution.order.is_forced:
            quantity = largest_affordable(quantity, desk.book.cash, instrument.lot_size, open_fill.cost)
        if quantity == 0:
            return 0
        charges = open_fill.book(quantity)
        fill = Fill(
            order.tag, order.instrument, order.strategy, order.side, quantity, price, charges, ts_event, self._assumed,
            order.product,
        )  # fmt: skip
        self._apply(fill, execution.order, desk, instrument)
        return quantity

    def book_told(self, news: News, session: int) -> None:
        """Book what a broker tells has traded, which is a fact: nobody asks whether the cash pays for it."""
        order, quantity = news.order.order, news.quantity
        instrument = self._universe.instrument(order.instrument)
        price = instrument.average(news.notional, quantity)
        rounding = news.notional - instrument.notional(price, quantity)
        open_fill = self._bills.fill(news.order, instrument, price, session, rounding)
        fill = BrokerFill(
            order.tag, order.instrument, order.strategy, order.side, quantity, price, open_fill.book(quantity),
            news.update.ts_event, product=order.product, rounding=rounding,
        )  # fmt: skip
        self._record(fill, news.order, self._desks[order.strategy], instrument)

    def cross(self, moment: Slice, until: int) -> None:
        """Book the crosses of nets that became active up to slice ``until``."""
        if not self._netting.is_meeting:
            return
        for part in self._netting.cross(moment, until, self._cash()):
            self._apply_part(part, "", moment.ts_event)

    def _book_account(self, execution: Execution, net: Net, moment: Slice) -> int:
        """Share what the account traded; the order of a buyer that is short of cash ends, the others get theirs."""
        working, price = execution.order, execution.price
        parents = net.on(working.order.side)
        wanted = min(execution.quantity, net.room(working))
        open_fill = self._bills.fill(working, net.instrument, price, moment.session)
        trade = Trade(net.instrument, working.order.side, price, open_fill.charges)
        shared = trade.share(wanted, parents, self._cash())
        booked = {part.order.order.tag: part.quantity for part in shared.parts}
        quantity = sum(booked.values())
        if quantity:
            open_fill.book(quantity)
        if working is net.account:
            net.unpaid |= quantity < execution.quantity
        else:
            self._netting.settle_standby(working, net, quantity, moment)
        for part in shared.parts:
            self._apply_part(part, working.order.tag, moment.ts_event)
        self._log_account(working, shared, price, moment.ts_event)
        for parent, asked in shared.short:
            reason = cash_reason(booked.get(parent.order.tag, 0), asked, price, net.instrument)
            parent.move(OrderStatus.CANCELLED, reason)
        return quantity

    def _log_account(self, working: WorkingOrder, shared: Shared, price: int, ts_event: int) -> None:
        quantity = sum(part.quantity for part in shared.parts)
        if not quantity or self._log.netting is None:
            return
        order, charges = working.order, sum(part.charges for part in shared.parts)
        working.fill(quantity)
        fill = Fill(
            order.tag, order.instrument, "", order.side, quantity, price, charges, ts_event, self._assumed,
            order.product,
        )  # fmt: skip
        self._log.netting.fills.append(fill)

    def _apply_part(self, part: Part, account_order: str, ts_event: int) -> None:
        order = part.order.order
        instrument = self._universe.instrument(order.instrument)
        own = instrument.notional(part.price, part.quantity)
        fill = NettedFill(
            order.tag, order.instrument, order.strategy, order.side, part.quantity, part.price, part.charges,
            ts_event, self._assumed and bool(account_order), order.product, account_order, part.notional - own,
        )  # fmt: skip
        self._apply(fill, part.order, self._desks[order.strategy], instrument)

    def _apply(self, fill: Fill, working: WorkingOrder, desk: Desk, instrument: Instrument) -> None:
        working.fill(fill.quantity)
        self._record(fill, working, desk, instrument)

    def _record(self, fill: Fill, working: WorkingOrder, desk: Desk, instrument: Instrument) -> None:
        """What an order has traded goes into its book, the log and its bracket, and its strategy is told."""
        desk.book.apply_fill(fill, instrument)
        desk.runner.tell(fill)
        self._log.fills.append(fill)
        self._brackets.follow(working, fill.quantity)

    def _cash(self) -> dict[str, int]:
        return {name: desk.book.cash for name, desk in self._desks.items()}
