"""The driver's objects into the kernel's state, and back again."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np

from friday_core.domain.chunk import Int64, Universe
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, OrderStatus, Side, TimeInForce, WorkingOrder
from friday_core.domain.products import Product
from friday_core.session.bills import Bills
from friday_core.session.brackets import Bracket, Brackets
from friday_core.session.compiled.sent import Sent
from friday_core.session.desk import Desk
from friday_core.session.standing import Standing
from friday_core.session.working_orders import WorkingOrders
from friday_core.simulation.compiled import words as w
from friday_core.simulation.compiled.arena import Arena
from friday_core.simulation.compiled.money import LARGEST_AMOUNT
from friday_core.simulation.compiled.rates import CODES
from friday_core.simulation.fill_rules import DAY, GTC, GTD, NO_PRICE, ON_ITS_WAY
from friday_core.trading.book_risk import RiskMemory
from friday_core.trading.ledger import Holding
from friday_core.trading.lots import Lot

_IN = {OrderStatus.INTENT: w.WAITING, OrderStatus.OPEN: w.IS_OPEN, OrderStatus.PARTIAL: w.PARTIAL}
_OUT = {
    w.WAITING: OrderStatus.INTENT,
    w.IS_OPEN: OrderStatus.OPEN,
    w.PARTIAL: OrderStatus.PARTIAL,
    w.IS_FILLED: OrderStatus.FILLED,
    w.CANCELLED: OrderStatus.CANCELLED,
    w.EXPIRED: OrderStatus.EXPIRED,
}
_VALIDITY = {TimeInForce.DAY: DAY, TimeInForce.GTC: GTC, TimeInForce.GTD: GTD}
_FAR = 2**62
_MINUTE = 60_000_000
#: Orders of which the times are looked at before all of them are.
_SOME = 16


class Transfer:
    """Between desks, working orders and bills, and an arena."""

    def __init__(
        self, universe: Universe, desks: Sequence[Desk], working: WorkingOrders, bills: Bills, brackets: Brackets
    ) -> None:
        self._brackets = brackets
        self._universe = universe
        self._desks = desks
        self._number = {desk.name: number for number, desk in enumerate(desks)}
        self._working = working
        self._bills = bills
        #: What opened the brackets that were there when the latest run began.
        self._entries: list[Order] = []
        #: The session in which the latest run began, and what had traded in it.
        self._executed: tuple[int, dict[Hashable, ExecutedOrder]] = (0, {})

    def is_possible(self) -> bool:
        """Whether the kernel knows what the books and orders are now; if not, the next slice is the driver's."""
        is_known = all(self._is_known(one) for one in self._working) and not self._brackets.are_due
        return is_known and all(self._is_small(desk) for desk in self._desks)

    def _is_known(self, working: WorkingOrder) -> bool:
        order = working.order
        usual = self._desks[self._number[order.strategy]].products.usual
        is_known = order.product == usual and order.time_in_force in _VALIDITY
        if working.is_forced:
            is_known = is_known and not order.prices and order.time_in_force is TimeInForce.GTC
        is_here = working.status in _IN and (working.active_from < _FAR or working.active_from == ON_ITS_WAY)
        return is_known and is_here and all(0 < one < LARGEST_AMOUNT for one in (order.quantity, *order.prices))

    @staticmethod
    def _is_small(desk: Desk) -> bool:
        book, risk = desk.book, desk.state
        memory = risk.memory()
        amounts = [
            book.cash,
            book.realised,
            book.charges,
            memory.peak,
            memory.equity,
            memory.deepest,
            memory.day_equity,
        ]
        for name, quantity in book.positions().items():
            amounts += [quantity, book.price(name), book.value(name), *(lot.cost for lot in book.lots(name))]
        return risk.is_plain and all(abs(one) <= LARGEST_AMOUNT for one in amounts)

    # In -----------------------------------------------------------------------------------------

    def take_up(self, arena: Arena, standing: Standing, ordinal: int) -> list[WorkingOrder]:
        """The state as it is before slice ``ordinal``. The orders that work."""
        orders, lots = list(self._working), self._most_lots()
        brackets = self._brackets.standing()
        self._entries = [one.entry for one in brackets]
        latest, session = standing.latest, 0
        if latest is not None:
            session = latest.session
        self._executed = session, self._bills.executed(session)
        arena.clear(lots, len(orders), len(self._executed[1]), len(brackets))
        state = arena.state
        state[w.ORDINAL], state[w.WORKING], state[w.ORDERS] = ordinal, len(orders), len(orders)
        if latest is not None:
            state[w.HAS_LATEST], state[w.LATEST_TS], state[w.LATEST_SESSION] = 1, latest.ts_event, session
        for number, desk in enumerate(self._desks):
            self._desk_in(arena, number, desk, session, standing.equity[desk.name])
        for place, one in enumerate(orders):
            self._order_in(arena, place, one, session)
        state[w.BRACKETS] = len(brackets)
        for number, bracket in enumerate(brackets):
            self._bracket_in(arena, number, bracket, orders)
        if arena.is_billed:
            self._bills_in(arena, orders)
        return orders

    def _most_lots(self) -> int:
        return max((len(desk.book.lots(i)) for desk in self._desks for i in desk.book.positions()), default=0)

    def _bills_in(self, arena: Arena, orders: Sequence[WorkingOrder]) -> None:
        places: dict[Hashable, int] = {one: place for place, one in enumerate(orders)}
        for number, (key, one) in enumerate(self._executed[1].items()):
            words = {
                w.B_SIDE: one.side.sign, w.B_PRODUCT: CODES.index(one.product), w.B_QUANTITY: one.quantity,
                w.B_WORTH: one.notional, w.B_SAME_DAY: w.NONE, w.B_IS_PAID: 0, w.B_CHARGED: 0,
            }  # fmt: skip
            place = places.get(key)
            q = None if place is None else arena.working(place)
            arena.bill(number, self._universe.position(one.instrument.id), words, q)

    def _desk_in(self, arena: Arena, number: int, desk: Desk, session: int, equity: int) -> None:
        words, book, risk = arena.desk(number), desk.book, desk.state.memory()
        held = book.positions()
        words[w.CASH], words[w.REALISED], words[w.CHARGES] = book.cash, book.realised, book.charges
        words[w.EQUITY], words[w.PEAK], words[w.DEEPEST] = equity, risk.peak, risk.deepest
        words[w.RISK_HAS_SESSION] = int(risk.session is not None)
        words[w.RISK_SESSION], words[w.DAY_EQUITY] = risk.session or 0, risk.day_equity
        words[w.SENT], words[w.DRAWDOWN_LATCHED] = risk.orders, int(risk.drawdown_latched)
        words[w.DAY_LATCHED], words[w.HELD] = int(risk.day_latched), len(held)
        words[w.COUNTER_SESSION], words[w.COUNTER] = session, desk.tags.count(session, desk.number)
        for name in held:
            pair, lots = arena.pair(number, self._universe.position(name)), book.lots(name)
            pair[w.POSITION], pair[w.COST] = held[name], sum(lot.cost for lot in lots)
            pair[w.MARK], pair[w.WORTH], pair[w.LOT_COUNT] = book.price(name), book.value(name), len(lots)
            for place, lot in enumerate(lots):
                at = w.LOTS + place * w.LOT_WORDS
                pair[at : at + w.LOT_WORDS] = lot.quantity, lot.cost, lot.ts_opened
            words[w.VALUE] += pair[w.WORTH]
            words[w.GROSS] += abs(pair[w.WORTH])

    def _order_in(self, arena: Arena, place: int, one: WorkingOrder, session: int) -> None:
        order, words = one.order, arena.working(place)
        desk, inst = self._number[order.strategy], self._universe.position(order.instrument)
        billed = self._executed[1].get(one)
        quantity, notional = (0, 0) if billed is None else (billed.quantity, billed.notional)
        for word, value in {
            w.ID: place, w.Q_DESK: desk, w.Q_INST: inst, w.SIDE: order.side.sign, w.QUANTITY: order.quantity,
            w.FILLED: one.filled, w.STATUS: _IN[one.status], w.OPENED: one.session, w.ACTIVE_FROM: one.active_from,
            w.REFERENCE: one.reference, w.BILL_SESSION: session, w.BILLED: notional, w.BILLED_QUANTITY: quantity,
            w.BILL: w.NONE, w.DECIDED: order.ts_decided, w.Q_LIMIT: _units(order.limit_price),
            w.Q_TRIGGER: _units(order.trigger_price), w.TRIGGERED: int(one.triggered),
            w.VALIDITY: _VALIDITY[order.time_in_force], w.Q_TILL: order.good_till or 0,
            w.Q_PROTECTION: w.NONE if order.protection_ppm is None else order.protection_ppm,
            w.LINK: w.OPENS if order.is_bracket else w.UNLINKED, w.ALTERNATIVE: int(one.is_alternative),
        }.items():  # fmt: skip
            words[word] = value
        if not one.is_alternative:
            arena.pair(desk, inst)[w.OPEN] += order.side.sign * one.remaining
        why = w.SQUARED_OFF if one.is_forced else 0
        arena.order_row(place, {
            w.O_DESK: desk, w.O_INST: inst, w.O_SIDE: order.side.sign, w.O_DECISION: why,
            w.O_VALIDITY: _VALIDITY[order.time_in_force], w.O_TILL: order.good_till or 0,
            w.O_STOP: _units(order.stop_loss), w.O_TARGET: _units(order.take_profit), w.O_ENTRY: w.NONE,
        })  # fmt: skip

    def _bracket_in(self, arena: Arena, number: int, bracket: Bracket, orders: Sequence[WorkingOrder]) -> None:
        entry, words = bracket.entry, arena.bracket(number)
        legs = [orders.index(leg) for leg in bracket.legs if not leg.status.terminal]
        for word, value in {
            w.K_ENTRY: w.FIRST_BEFORE - number, w.K_DESK: self._number[entry.strategy],
            w.K_INST: self._universe.position(entry.instrument), w.K_SIDE: entry.side.sign, w.K_LEFT: bracket.left,
            w.K_STOP: _units(entry.stop_loss), w.K_TARGET: _units(entry.take_profit), w.K_SESSION: bracket.session,
            **dict(zip((w.K_LEG, w.K_SECOND), (*legs, w.NONE, w.NONE), strict=False)),
        }.items():  # fmt: skip
            words[word] = value
        for leg in legs:
            arena.working(leg)[w.LINK] = w.CLOSES
            arena.order_words(leg)[w.O_ENTRY] = words[w.K_ENTRY]

    # Out ----------------------------------------------------------------------------------------

    def give_back(self, arena: Arena, sent: Sent) -> None:
        """Books, risk, tags, orders and bills as the kernel left them; ``sent`` is told of the orders that work now."""
        rows = sent.rows
        queue = [arena.working(place).tolist() for place in range(int(arena.state[w.WORKING]))]
        for one in queue:  # a slice that was taken back may have ended it
            rows[one[w.ID], w.O_STATUS] = one[w.STATUS]
        for number in set(range(sent.known)) - {one[w.ID] for one in queue}:
            _end(sent.objects[number], rows[number].tolist(), sent.end_reason(number))
        working = [self._order_out(sent, one) for one in queue]
        self._working.resume(working)
        self._brackets.resume(self._bracket_out(arena, sent, one) for one in range(int(arena.state[w.BRACKETS])))
        session = int(arena.state[w.LATEST_SESSION])
        billed = self._billed(zip(working, queue, strict=True), session)
        self._bills.resume(session, self._traded(arena, sent, session) if arena.is_billed else dict(billed))
        for number, desk in enumerate(self._desks):
            self._desk_out(arena, number, desk, rows[sent.known :])

    def _order_out(self, sent: Sent, words: Sequence[int]) -> WorkingOrder:
        number = words[w.ID]
        if number not in sent.objects:
            sent.objects[number] = WorkingOrder(sent.order(number), words[w.ACTIVE_FROM], words[w.REFERENCE])
            sent.objects[number].is_forced = bool(w.OF_BRACKET < sent.rows[number, w.O_DECISION] < 0)
        one = sent.objects[number]
        one.status, one.filled, one.session = _OUT[words[w.STATUS]], words[w.FILLED], words[w.OPENED]
        one.active_from, one.triggered = words[w.ACTIVE_FROM], bool(words[w.TRIGGERED])
        return one

    def _bracket_out(self, arena: Arena, sent: Sent, number: int) -> Bracket:
        words = arena.bracket(number).tolist()
        place = w.FIRST_BEFORE - words[w.K_ENTRY]
        entry = self._entries[place] if place >= 0 else sent.order(words[w.K_ENTRY])
        # One that was cancelled after the fills is still named, and is no object if it was placed in this run.
        legs = [sent.objects[leg] for leg in (words[w.K_LEG], words[w.K_SECOND]) if leg in sent.objects]
        return Bracket(entry, words[w.K_LEFT], [], legs, words[w.K_SESSION])

    @property
    def entries(self) -> list[str]:
        """The tags of what opened the brackets that were there when the latest run began."""
        return [one.tag for one in self._entries]

    def _billed(
        self, queue: Iterable[tuple[WorkingOrder, Sequence[int]]], session: int
    ) -> Iterable[tuple[WorkingOrder, ExecutedOrder]]:
        for one, words in queue:
            if words[w.BILLED_QUANTITY] and words[w.BILL_SESSION] == session:
                instrument = self._universe[words[w.Q_INST]]
                side = Side.BUY if words[w.SIDE] > 0 else Side.SELL
                product = self._desks[words[w.Q_DESK]].products.usual
                yield one, ExecutedOrder(instrument, side, words[w.BILLED_QUANTITY], words[w.BILLED], session, product)

    def _traded(self, arena: Arena, sent: Sent, session: int) -> dict[Hashable, ExecutedOrder]:
        """All that has traded in the session, by order."""
        before, executed = self._executed
        traded = dict(executed) if before == session else {}
        fills = arena.written()["fills"][int(arena.state[w.FILLS_BEFORE]) :]
        for number, quantity, price in fills[:, [w.F_ORDER, w.F_QUANTITY, w.F_PRICE]].tolist():
            row, key = sent.rows[number], sent.objects.get(number) or sent.tags.one(number + 1)
            instrument, known = self._universe[int(row[w.O_INST])], traded.get(key)
            total, notional = quantity, instrument.notional(price, quantity)
            if known is not None:
                total, notional = total + known.quantity, notional + known.notional
            side = Side.BUY if row[w.O_SIDE] > 0 else Side.SELL
            product = self._desks[int(row[w.O_DESK])].products.usual
            traded[key] = ExecutedOrder(instrument, side, total, notional, session, product)
        return traded

    def _desk_out(self, arena: Arena, number: int, desk: Desk, sent: Int64) -> None:
        words = arena.desk(number).tolist()
        held = arena.held(number) if words[w.HELD] else []
        holdings = [self._holding(arena.pair(number, inst).tolist(), inst) for inst in held]
        desk.book.resume(words[w.CASH], words[w.REALISED], words[w.CHARGES], holdings)
        own = sent if len(self._desks) == 1 else sent[sent[:, w.O_DESK] == number]
        memory = RiskMemory(
            words[w.PEAK], words[w.EQUITY], words[w.DEEPEST],
            words[w.RISK_SESSION] if words[w.RISK_HAS_SESSION] else None,
            words[w.DAY_EQUITY], words[w.SENT], bool(words[w.DRAWDOWN_LATCHED]), bool(words[w.DAY_LATCHED]),
        )  # fmt: skip
        are_all = desk.products.usual != Product.INTRADAY and not arena.has_brackets
        decided = own if are_all else own[own[:, w.O_DECISION] >= 0]
        desk.state.resume(memory, _latest(decided[:, w.O_TS]))
        ends = np.flatnonzero(np.diff(own[:, w.O_SESSION], append=_FAR))
        desk.tags.resume(own[ends, w.O_SESSION].tolist(), desk.number, own[ends, w.O_COUNTER].tolist())
        desk.products.resume(self._ordered(own))

    def _ordered(self, orders: Int64) -> Iterator[InstrumentId]:
        is_ordered = np.zeros(len(self._universe), np.bool_)
        is_ordered[orders[:, w.O_INST]] = True
        for inst in np.flatnonzero(is_ordered).tolist():
            yield self._universe[inst].id

    def _holding(self, pair: Sequence[int], inst: int) -> Holding:
        most, lots = (len(pair) - w.LOTS) // w.LOT_WORDS, []
        for place in range(pair[w.LOT_COUNT]):
            at = w.LOTS + (pair[w.LOT_FIRST] + place) % most * w.LOT_WORDS
            lots.append(Lot(pair[at + w.LOT_QUANTITY], pair[at + w.LOT_COST], pair[at + w.LOT_TS]))
        return Holding(self._universe[inst], tuple(lots), pair[w.MARK])


def _units(price: int | None) -> int:
    return NO_PRICE if price is None else price


def _latest(times: Int64) -> list[int]:
    """Those of the last minute, of times that rise."""
    some = _SOME
    while some < len(times) and times[-some] > times[-1] - _MINUTE:
        some *= 2
    tail = times[-some:]
    found: list[int] = tail[tail > times[-1] - _MINUTE].tolist() if len(times) else []
    return found


def _end(one: WorkingOrder, row: Sequence[int], reason: str) -> None:
    """An order that worked before came to its end."""
    one.status, one.filled, one.session = _OUT[row[w.O_STATUS]], row[w.O_FILLED], row[w.O_OPENED]
    one.active_from, one.triggered = row[w.O_ACTIVE_FROM], len(row) > w.O_TRIGGERED and bool(row[w.O_TRIGGERED])
    one.reason = reason or one.reason
