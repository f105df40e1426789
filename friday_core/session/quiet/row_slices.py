"""Slices that come as rows: columns are reckoned from these, and bars are made only if something is decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from friday_core.domain.chunk import Universe
from friday_core.domain.orders import OrderStatus, WorkingOrder
from friday_core.domain.records import Intent
from friday_core.domain.row import FewRows, PlainRow, one_by_one
from friday_core.interfaces.broker import Execution
from friday_core.session.booking import Booking
from friday_core.session.custody import HoldingTerms
from friday_core.session.deciding import Deciding
from friday_core.session.desk import Desk
from friday_core.session.ended_orders import EndedOrders
from friday_core.session.marks import Marks
from friday_core.session.plain_orders import fills_whole, is_plain
from friday_core.session.slices import Slice, bar_of, slice_of
from friday_core.session.standing import Standing
from friday_core.session.working_orders import WorkingOrders
from friday_core.simulation.fill_rules import is_row
from friday_core.simulation.matching import BarMatcher, market_price
from friday_core.simulation.matching_rules import FillAt, MatchingRules
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.parts import cash_reason


class RowSlices:
    """Fills orders, marks books and asks strategies as the driver does, of slices on which nothing else can happen.

    That is while every order that works trades at market on the slice, no action is due, and nobody stopped the
    session. ``is_possible`` says for which sessions this is. ``in_order`` has the orders that work. What is
    decided is sent at once where it is plain; the general way is gone only where it is not, or a strategy raises.
    """

    def __init__(
        self,
        universe: Universe,
        desks: Sequence[Desk],
        working: WorkingOrders,
        standing: Standing,
        *,
        rules: MatchingRules,
        booking: Booking,
        marks: Marks,
        deciding: Deciding,
        ended: EndedOrders,
        in_order: Callable[[], Sequence[WorkingOrder]],
    ) -> None:
        self._universe = universe
        self._ids = [one.id for one in universe]
        self._runners = [(desk, desk.runner) for desk in desks if isinstance(desk.runner, ColumnRunner)]
        self._working = working
        self._standing = standing
        self._rules = rules
        self._booking = booking
        self._marks = marks
        self._deciding = deciding
        self._ended = ended
        self._in_order = in_order
        self._fills = fills_whole(rules)

    @staticmethod
    def is_possible(desks: Sequence[Desk], matcher: BarMatcher, terms: HoldingTerms | None) -> bool:
        """Whether every strategy is written in columns of what rows carry, and positions stay what they are."""
        is_known = terms is None and matcher.rules.fill is not FillAt.THIS_CLOSE
        return is_known and all(type(desk.runner) is ColumnRunner and desk.runner.takes_rows for desk in desks)

    def takes(self, rows: Sequence[PlainRow] | FewRows, ordinal: int) -> bool:
        """Whether each order that works trades on the slice of these rows, which has this number."""
        if not self._fills:
            return False
        there = {self._ids[row.inst] for row in one_by_one(rows) if _is_whole(row)}
        return all(
            one.status is OrderStatus.INTENT
            and one.active_from <= ordinal
            and one.order.instrument in there
            and not (one.is_forced or one.is_elsewhere)
            and is_plain(one.order)
            for one in self._working
        )

    def step(
        self, rows: Sequence[PlainRow] | FewRows, ordinal: int, session: int, *, trades: bool
    ) -> tuple[Slice, list[Intent]]:
        """The slice of these rows, and what was decided on it; it has bars only if they were needed.

        ``trades`` tells whether orders work.
        """
        ids = self._ids
        intents: list[Intent] = []
        if isinstance(rows, FewRows):
            ts, closes = (
                rows.ts_event[0],
                list(zip(map(ids.__getitem__, rows.inst), rows.columns["close"], strict=True)),
            )
        else:
            ts, closes = rows[0].ts_event, [(ids[row.inst], int(row.values["close"])) for row in rows]
        moment = Slice(ordinal, ts, session, (), {})
        if trades:
            self._trade(one_by_one(rows), moment)
        self._marks.mark(ts, session, closes)
        for desk, runner in self._runners:
            self._standing.stage = runner.stage
            was_running = runner.stopped is None
            decisions = runner.decide_rows(ts, rows)
            if not decisions and (runner.stopped is None or not was_running):
                continue
            sent = self._deciding.sent(desk, moment, decisions, closes) if decisions else None
            if sent is None:
                moment = moment if moment.bars else slice_of(one_by_one(rows), ordinal, self._universe)
                sent = self._deciding.decided(desk, moment, decisions, was_running)
            intents += sent
        self._standing.stage = ""
        return moment, intents

    def _trade(self, rows: Sequence[PlainRow], moment: Slice) -> None:
        """Every order that works, in the order in which the matcher has them."""
        by_id = {self._ids[row.inst]: row for row in rows}
        for working in self._in_order():
            order = working.order
            instrument = self._universe.instrument(order.instrument)
            working.move(OrderStatus.OPEN)
            working.session = moment.session
            price = market_price(self._rules, order.side.sign, bar_of(by_id[order.instrument], instrument))
            wanted = working.remaining
            booked = self._booking.book_own(Execution(working, wanted, price), moment)
            if booked < wanted:
                working.move(OrderStatus.CANCELLED, cash_reason(booked, wanted, price, instrument))
        self._ended.settle(moment.ts_event)


def session_of(rows: Sequence[PlainRow] | FewRows) -> int:
    """The session of a slice."""
    return int(rows.columns["session"][0] if isinstance(rows, FewRows) else rows[0].values["session"])


def _is_whole(row: PlainRow) -> bool:
    values = row.values
    return is_row(int(values["open"]), int(values["high"]), int(values["low"]), int(values["close"]))
