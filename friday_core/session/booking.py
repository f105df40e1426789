"""What trades goes into the books: an order's own fill, its part of the account's, or of a cross."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Fill, NettedFill, OrderStatus, Side, WorkingOrder
from friday_core.interfaces.broker import Execution
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.netting import Net, Netting
from friday_core.session.slices import Slice
from friday_core.trading.parts import Part, Shared, Trade, cash_reason
from friday_core.trading.risk import largest_affordable


class Booking:
    """Books executions and tells the strategies. ``assumed`` marks the broker's fills as not confirmed."""

    def __init__(
        self, universe: Universe, desks: Mapping[str, Desk], netting: Netting, log: SessionLog, *, assumed: bool
    ) -> None:
        self._universe = universe
        self._desks = desks
        self._netting = netting
        self._log = log
        self._assumed = assumed

    def book(self, execution: Execution, ts_event: int) -> int:
        """Book what can be paid for, in whole lots; returns the quantity."""
        net = self._netting.net_of(execution.order)
        if net is not None:
            return self._book_account(execution, net, ts_event)
        order, price = execution.order.order, execution.price
        desk, instrument = self._desks[order.strategy], self._universe.instrument(order.instrument)
        quantity = execution.quantity
        if order.side is Side.BUY:
            quantity = largest_affordable(
                quantity,
                desk.book.cash,
                instrument.lot_size,
                lambda part: desk.cost_of(instrument, order.side, price, part),
            )
        if quantity == 0:
            return 0
        charges = _charges(desk, instrument, order.side, price, quantity)
        fill = Fill(
            order.tag, order.instrument, order.strategy, order.side, quantity, price, charges, ts_event, self._assumed
        )
        self._apply(fill, execution.order)
        return quantity

    def cross(self, moment: Slice, until: int) -> None:
        """Book the crosses of nets that became active up to slice ``until``; a buyer short of cash is cancelled."""
        shared = self._netting.cross(moment, until, self._cash())
        for part in shared.parts:
            self._apply_part(part, "", moment.ts_event)
        for order, wanted in shared.short:
            price = moment.by_instrument[order.order.instrument].raw.open
            self._end_short(order, wanted, wanted - order.remaining, price)

    def _book_account(self, execution: Execution, net: Net, ts_event: int) -> int:
        """Share what the account traded; the order of a buyer that is short of cash ends, the others get theirs."""
        order, price = execution.order.order, execution.price
        parents = net.on(order.side)
        payer = self._desks[parents[0].order.strategy] if parents else next(iter(self._desks.values()))
        trade = Trade(
            net.instrument,
            order.side,
            price,
            lambda quantity: _charges(payer, net.instrument, order.side, price, quantity),
        )
        shared = trade.share(execution.quantity, parents, self._cash())
        for part in shared.parts:
            self._apply_part(part, order.tag, ts_event)
        self._log_account(execution.order, shared, price, ts_event)
        booked = {part.order.order.tag: part.quantity for part in shared.parts}
        for parent, wanted in shared.short:
            self._end_short(parent, wanted, booked.get(parent.order.tag, 0), price)
        net.unpaid = sum(booked.values()) < execution.quantity
        return sum(booked.values())

    def _log_account(self, working: WorkingOrder, shared: Shared, price: int, ts_event: int) -> None:
        quantity = sum(part.quantity for part in shared.parts)
        if not quantity or self._log.netting is None:
            return
        order, charges = working.order, sum(part.charges for part in shared.parts)
        working.fill(quantity)
        self._log.netting.fills.append(
            Fill(order.tag, order.instrument, "", order.side, quantity, price, charges, ts_event, self._assumed)
        )

    def _apply_part(self, part: Part, account_order: str, ts_event: int) -> None:
        order = part.order.order
        own = self._universe.instrument(order.instrument).notional(part.price, part.quantity)
        fill = NettedFill(
            order.tag, order.instrument, order.strategy, order.side, part.quantity, part.price, part.charges,
            ts_event, self._assumed and bool(account_order), account_order, part.notional - own,
        )  # fmt: skip
        self._apply(fill, part.order)

    def _apply(self, fill: Fill, working: WorkingOrder) -> None:
        desk = self._desks[fill.strategy]
        working.fill(fill.quantity)
        desk.book.apply_fill(fill, self._universe.instrument(fill.instrument))
        desk.runner.tell(fill)
        self._log.fills.append(fill)

    def _end_short(self, order: WorkingOrder, wanted: int, paid: int, price: int) -> None:
        """An order ends where its strategy's cash does."""
        instrument = self._universe.instrument(order.order.instrument)
        order.move(OrderStatus.CANCELLED, cash_reason(paid, wanted, price, instrument))

    def _cash(self) -> dict[str, int]:
        return {name: desk.book.cash for name, desk in self._desks.items()}


def _charges(desk: Desk, instrument: Instrument, side: Side, price: int, quantity: int) -> int:
    return desk.cost_of(instrument, side, price, quantity) - side.sign * instrument.notional(price, quantity)
