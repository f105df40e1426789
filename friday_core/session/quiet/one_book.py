"""One strategy in one instrument that orders at market: most of its slices need no driver."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from friday_core.domain.chunk import Int64, Universe
from friday_core.domain.orders import OrderStatus, WorkingOrder
from friday_core.domain.records import Intent
from friday_core.interfaces.broker import Execution
from friday_core.session.booking import Booking
from friday_core.session.desk import Desk
from friday_core.session.ended_orders import EndedOrders
from friday_core.session.log import SessionLog
from friday_core.session.marks import closes_of
from friday_core.session.plain_orders import PlainOrders, fills_whole, is_plain
from friday_core.session.quiet.block import Block
from friday_core.session.quiet.calls import Calls
from friday_core.session.quiet.held import Held, Position, notionals
from friday_core.session.quiet.points import Points
from friday_core.session.slices import Slice
from friday_core.session.standing import Standing
from friday_core.session.working_orders import WorkingOrders
from friday_core.simulation.matching import market_price
from friday_core.simulation.matching_rules import MatchingRules
from friday_core.simulation.rows import is_whole
from friday_core.trading.parts import cash_reason
from friday_core.trading.strategy_runner import EventRunner

#: Of a session at least so many slices: what is reckoned of a session as a whole costs more than few of them.
LEAST_SLICES = 8
_OPEN = OrderStatus.OPEN


class OneBook:
    """Steps the slices of a session: calls the strategy, sends what ``PlainOrders`` takes, and fills it.

    Books, orders and decisions are what the driver makes of them, at once. Marks, equity and what risk remembers
    are reckoned when it stops: at the end of the session, or before a slice that is the driver's.
    """

    def __init__(
        self,
        desk: Desk,
        universe: Universe,
        working: WorkingOrders,
        log: SessionLog,
        *,
        rules: MatchingRules,
        booking: Booking,
        ended: EndedOrders,
    ) -> None:
        self._desk = desk
        assert isinstance(desk.runner, EventRunner)
        self._runner = desk.runner
        self._universe = universe
        self._instrument = universe[0]
        self._working = working
        self._log = log
        self._rules = rules
        self._booking = booking
        self._ended = ended
        self._orders = PlainOrders(desk, universe, working, log, is_marked=False)
        #: From which slice on the book has which cash and position.
        self._changes: list[tuple[int, int, int]] = []
        self._held: Held
        self.least_slices = LEAST_SLICES
        #: Those that it stepped.
        self.slices = 0

    @staticmethod
    def is_possible(desks: Sequence[Desk], universe: Universe, rules: MatchingRules) -> bool:
        """Whether there is one desk and one instrument, and market orders trade whole on the next bar."""
        is_alone = len(desks) == len(universe) == 1 and desks[0].runner.sees_all
        if not is_alone or rules.latency or not fills_whole(rules):
            return False
        return PlainOrders.is_possible(desks[0]) and not desks[0].risk.asks_about_orders

    def takes(self, block: Block, latest: Slice | None, action: int | None) -> bool:
        """Whether the session of the slice at hand is its own, until something else happens in it.

        ``latest`` is the slice before, ``action`` the first session that an announced action waits for.
        """
        runner, desk, at = self._runner, self._desk, block.at
        is_due = action is not None and action <= block.sessions[at]
        if latest is None or is_due or runner.stopped is not None or runner.has_news or not block.is_single:
            return False
        works = list(self._working)
        is_known = not works or (len(works) == 1 and self._is_known(works[0], block))
        is_long = block.session_end(at) - at >= self.least_slices
        return is_known and is_long and desk.state.is_plain and desk.products.names_none

    @staticmethod
    def _is_known(working: WorkingOrder, block: Block) -> bool:
        is_new = working.status is OrderStatus.INTENT and not working.is_forced
        return is_new and working.active_from <= block.first + block.at and is_plain(working.order)

    def until(
        self,
        block: Block,
        calls: Calls,
        *,
        standing: Standing,
        points: Points,
        send: Callable[[Sequence[Intent]], object],
    ) -> Slice | None:
        """The first slice of the session that is the driver's; ``block.at`` is there, and its bar is taken.

        What the driver needs not do of it has been done: its order has traded, or the strategy knows its answer.
        ``send`` is given what is to be sent.
        """
        start, stop, mark = block.at, block.session_end(block.at), self._begin(block, standing)
        if not self._held.is_small:
            return block.moment(block.take())
        try:
            while block.at < stop:
                if len(self._working):
                    moment = self._traded(block, calls)
                else:
                    moment = calls.one(block, stop, self._held.views(block.at, stop))
                if moment is None:
                    continue
                decisions = self._runner.answered
                intents = (
                    self._orders.take(decisions, moment, closes_of(moment), moment.ordinal + 1) if decisions else None
                )
                if intents is None:
                    return moment
                send(intents)
                self._runner.forget()
                block.at += 1
        finally:
            self._pass(block, start, mark, standing, points)
        return None

    def _begin(self, block: Block, standing: Standing) -> int:
        """The session goes on from the slice at hand; the mark of what is held."""
        book, name = self._desk.book, self._instrument.id
        self._changes.clear()
        self._hold(block)
        self._desk.state.begin(int(block.sessions[block.at]), standing.equity[self._desk.name])
        return book.price(name) if book.position(name) else 0

    def _hold(self, block: Block) -> None:
        """The book is another one from the slice at hand on."""
        book, works, one = self._desk.book, self._working, self._instrument
        held = book.position(one.id)
        positions = [Position(one, held, book.cost(one.id), book.price(one.id), block.closes(0))] if held else []
        open_quantities = works.open_quantities(self._desk.name) if len(works) else {}
        self._held = Held(book.currency, book.cash, block.at, positions, open_quantities)
        self._changes.append((block.at, book.cash, held))

    def _traded(self, block: Block, calls: Calls) -> Slice | None:
        """The slice at hand, on which the order that works trades; ``None`` where the strategy then only looked on."""
        moment = block.moment(block.take())
        if not self._trade(moment):
            return moment
        self._hold(block)
        events = (*self._runner.news, *moment.bars)
        if not self._held.is_small or calls.says(self._runner, events, self._held.view(block.at)):
            return moment
        self._runner.forget()
        block.at += 1
        return None

    def _trade(self, moment: Slice) -> bool:
        """The order that works trades on the slice, if that is a row: as matcher and driver have it."""
        bar, working = moment.bars[0], self._working.oldest
        if not is_whole(bar):
            return False
        working.move(_OPEN)
        working.session = moment.session
        wanted, price = working.remaining, market_price(self._rules, working.order.side.sign, bar)
        booked = self._booking.book_own(Execution(working, wanted, price), moment)
        if booked < wanted:
            working.move(OrderStatus.CANCELLED, cash_reason(booked, wanted, price, self._instrument))
        self._ended.settle(moment.ts_event)
        return True

    def _pass(self, block: Block, start: int, mark: int, standing: Standing, points: Points) -> None:
        """Slices from ``start`` to before the one at hand are over; ``mark`` is that of what was held before them."""
        stop, desk = block.at, self._desk
        if start == stop:
            return
        session, before = int(block.sessions[start]), standing.equity[desk.name]
        closes, changes = block.closes(0), [one for one in self._changes if one[0] < stop]
        if len(changes) == 1 and not changes[0][2]:
            _, cash, _ = changes[0]
            points.put(0, stop - start, cash, 0, 0)
            desk.state.mark(session, before, cash)
            standing.equity[desk.name] = cash
        else:
            owned, held = _each(changes, stop)
            gross = notionals(self._instrument, closes.marks(start, stop, mark), held)
            value = gross * np.sign(held)
            points.put(0, stop - start, owned, value, gross)
            equity = value + owned
            desk.state.mark_each(session, before, equity)
            standing.equity[desk.name] = int(equity[-1])
        points.passed(stop - start)
        desk.book.mark(self._instrument.id, closes.mark(start, stop - 1, mark))
        standing.latest = Slice(block.first + stop - 1, int(block.ts[stop - 1]), session, (), {})
        self._log.slices += stop - start
        self.slices += stop - start


def _each(changes: Sequence[tuple[int, int, int]], stop: int) -> tuple[Int64, Int64]:
    """Cash and position on each slice, from those that they changed with, up to before ``stop``."""
    starts, cash, held = np.array(changes, np.int64).T
    lengths = np.append(starts[1:], stop) - starts
    return cash.repeat(lengths), held.repeat(lengths)
