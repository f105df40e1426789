"""The driver: what happens on every slice, in this order, in a backtest, on paper and live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import OrderEnded, OrderStatus, OrderType, TimeInForce, WorkingOrder
from friday_core.domain.outcomes import ActionApplied, EquityPoint, PositionHeld, ValidatorFault
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.flow.coarser import Slices
from friday_core.interfaces.broker import Matcher, Tariff
from friday_core.session.bills import Bills
from friday_core.session.booking import Booking
from friday_core.session.desk import Desk
from friday_core.session.known_rates import KnownRates
from friday_core.session.log import NettingLog, SessionLog
from friday_core.session.netting import Netting
from friday_core.session.release import Release
from friday_core.session.slices import Slice, slices_of
from friday_core.session.working_orders import WorkingOrders
from friday_core.trading.account_risk import AccountRisk
from friday_core.trading.ledger import Account
from friday_core.trading.limits import Limits


class Driver:
    """Steps through slices; owns the working orders and the log.

    1. corporate actions whose ex-date has come; 2. the matcher fills orders that are already
    active, in arrival order, and books cross what they trade against each other; 3. books are marked
    at the slice's closes, and where a limit was reached that allows only reductions, other orders are
    cancelled; 4. each strategy decides, all bars seeing the same book; 5. decisions are sized and
    checked, sells first, and what is admitted reserves cash and quantity at once; 6. what all
    strategies want together passes the account's limits and is netted; intents become active with
    the next slice.

    ``netting`` needs two strategies to have an effect. ``limits`` are the account's: of them only
    the value of an order and gross exposure count. A session without rates is refused with ``FactsError``.
    """

    def __init__(
        self,
        universe: Universe,
        desks: Sequence[Desk],
        matcher: Matcher,
        charges: Tariff,
        *,
        assumed_fills: bool = False,
        netting: bool = False,
        limits: Limits = Limits(),  # noqa: B008 - it is frozen
    ) -> None:
        self.log = SessionLog(netting=NettingLog() if netting and len(desks) > 1 else None)
        self._universe = universe
        self._desks: Mapping[str, Desk] = {desk.name: desk for desk in desks}
        self._rates = KnownRates(charges, tuple(universe))
        self._matcher = matcher
        self._working = WorkingOrders()
        self._netting = Netting(universe, self._working, self.log.netting)
        self._booking = Booking(universe, self._desks, self._netting, self.log, Bills(charges), assumed=assumed_fills)
        risk = AccountRisk(limits, Account(desk.book for desk in desks), universe)
        self._release = Release(universe, self._desks, self._working, self._netting, risk=risk, log=self.log)
        self._actions: list[CorporateAction] = []
        self._latest: Slice | None = None
        self._doubtful_from: int | None = None
        #: Whose code is running, as ``strategy.cross``; empty if nobody's. Read from other threads.
        self.current_stage = ""
        self._equity = {desk.name: desk.book.equity for desk in desks}

    def announce(self, action: CorporateAction) -> None:
        """The action will be applied before the first fill of its ex-date."""
        self._actions.append(action)
        self._actions.sort(key=lambda one: (one.session, one.instrument))

    def doubt(self, fault: ValidatorFault) -> None:
        """From the slice that the fault names on, no order adds exposure; until the session ends."""
        self.log.faults.append(fault)
        since = fault.doubtful_from
        self._doubtful_from = since if self._doubtful_from is None else min(since, self._doubtful_from)

    def step(self, slices: Slices) -> list[Intent]:
        """The slices, one after the other; returns what is to be sent."""
        moments = slices_of(slices, self.log.slices, self._universe)
        return [intent for moment in moments for intent in self._slice(moment)]

    def _slice(self, moment: Slice) -> list[Intent]:
        if self._latest is None or moment.session != self._latest.session:
            if self._latest is not None:
                self._log_positions(self._latest)
            self._rates.require(moment.session)
        for desk in self._desks.values():
            desk.session = moment.session
        intents = self._apply_actions(moment) + self._match(moment)
        self._mark(moment)
        in_doubt = self._doubtful_from is not None and moment.ts_event >= self._doubtful_from
        decided: list[Intent] = []
        for desk in self._desks.values():
            desk.state.data_in_doubt |= in_doubt
            self.current_stage = f"strategy.{desk.name}"
            decided += self._decide(desk, moment)
        self.current_stage = ""
        intents += self._release.released(decided, moment)
        self._settle_ended(moment.ts_event)
        self._latest = moment
        self.log.slices += 1
        return intents

    def close(self, reason: str) -> list[Intent]:
        """The session ends: working orders are cancelled, the last positions are logged."""
        if self._latest is None:
            return []
        intents = [self._cancel(working, reason) for working in self._working]
        self._settle_ended(self._latest.ts_event)
        self._log_positions(self._latest)
        return self._release.known(intents)

    # 1 ------------------------------------------------------------------------------------------

    def _apply_actions(self, moment: Slice) -> list[Intent]:
        intents: list[Intent] = []
        while self._actions and self._actions[0].session <= moment.session:
            action = self._actions.pop(0)
            instrument = self._instrument(action.instrument)
            for desk in self._desks.values():
                held, cash = desk.book.position(instrument.id), desk.book.cash
                desk.book.apply_action(action, instrument)
                if held:
                    now, paid = desk.book.position(instrument.id), desk.book.cash - cash
                    self.log.actions.append(
                        ActionApplied(
                            moment.ts_event, moment.session, desk.name, instrument.id,
                            action.numerator, action.denominator, action.dividend, held, now, paid,
                        )
                    )  # fmt: skip
            if action.numerator != action.denominator:
                intents += self._reissue_orders(action, moment)
        return intents

    def _reissue_orders(self, action: CorporateAction, moment: Slice) -> list[Intent]:
        """A split ends priced orders; market orders are replaced by one of the new quantity."""
        intents: list[Intent] = []
        ratio = f"{action.numerator}:{action.denominator}"
        for working in self._working:
            order = working.order
            if order.instrument != action.instrument or not order.strategy:
                continue
            reference = self._working.reference(working) * action.denominator // action.numerator
            day_is_over = order.time_in_force is TimeInForce.DAY and 0 <= working.session < moment.session
            intents.append(self._cancel(working, f"CORPORATE_ACTION: split {ratio}"))
            lot = self._instrument(order.instrument).lot_size
            quantity = working.remaining * action.numerator // action.denominator // lot * lot
            if order.type is OrderType.MARKET and quantity and not day_is_over:
                reason = f"replaces {order.tag} after a split {ratio}"
                added = self._release.reissue(working, quantity, reference, reason, moment.session)
                intents.append(PlaceOrder(added.order))
        intents = self._release.known(intents) + self._netting.renew(moment)
        self._settle_ended(moment.ts_event)
        return intents

    # 2 ------------------------------------------------------------------------------------------

    def _match(self, moment: Slice) -> list[Intent]:
        """The matcher proposes, and is told what was booked: it is handed nothing that leads to a book."""
        intents = self._netting.open(moment)
        executions = self._matcher.match(moment.ordinal, moment.bars, self._netting.queue(moment))
        execution = next(executions, None)
        while execution is not None:
            booked = self._booking.book(execution, moment)
            try:
                execution = executions.send(booked)
            except StopIteration:
                execution = None
        self._booking.cross(moment, moment.ordinal)
        intents += self._netting.follow() + self._netting.renew(moment)
        self._settle_ended(moment.ts_event)
        return intents

    def _settle_ended(self, ts_event: int) -> None:
        """Orders at their end no longer work; what did not simply fill is told to its strategy."""
        for working in self._working.drop_ended():
            order, status = working.order, working.status
            if not order.strategy:
                continue
            ended = OrderEnded(
                order.tag, order.instrument, order.strategy, status, working.filled, working.reason, ts_event
            )
            self.log.ended.append(ended)
            if status is not OrderStatus.FILLED:
                self._desks[order.strategy].runner.tell(ended)

    def _cancel(self, working: WorkingOrder, reason: str) -> Intent:
        working.move(OrderStatus.CANCELLED, reason)
        return CancelOrder(working.order.tag, reason)

    # 3 ------------------------------------------------------------------------------------------

    def _mark(self, moment: Slice) -> None:
        """Books at the slice's closes: their limits see it, and so does the result. Deciding moves no money."""
        closes = [(bar.instrument.id, bar.raw.close) for bar in moment.bars if bar.raw.close != MISSING_PRICE]
        for name, desk in self._desks.items():
            book = desk.book
            for instrument, close in closes:
                book.mark(instrument, close)
            values = [book.value(instrument) for instrument in book.positions()]
            value, gross = sum(values), sum(map(abs, values))
            desk.state.mark(moment.session, self._equity[name], book.cash + value)
            self._equity[name] = book.cash + value
            self.log.equity.append(
                EquityPoint(moment.ts_event, moment.session, name, book.cash, value, gross, self._equity[name])
            )

    # 4 to 6 -------------------------------------------------------------------------------------

    def _decide(self, desk: Desk, moment: Slice) -> list[Intent]:
        intents = [self._cancel(working, reason) for working, reason in desk.forbidden(self._working)]
        was_running = desk.runner.stopped is None
        for taken, intent in desk.act(moment, self._working, self._matcher.latency):
            self.log.decisions.append(taken)
            if isinstance(intent, CancelOrder):
                self._working[intent.tag].move(OrderStatus.CANCELLED, intent.reason)
            elif intent is not None:
                self.log.orders.append(self._working[intent.order.tag])
            if intent is not None:
                intents.append(intent)
        if was_running and desk.runner.stopped is not None:
            self.log.stopped.append(desk.runner.stopped)
            reason = f"STRATEGY_STOPPED: {desk.runner.stopped.error}"
            intents += [self._cancel(working, reason) for working in self._working.of(desk.name)]
        self._settle_ended(moment.ts_event)
        return intents

    def _log_positions(self, moment: Slice) -> None:
        for desk in self._desks.values():
            book = desk.book
            for instrument, quantity in book.positions().items():
                cost = sum(lot.cost for lot in book.lots(instrument))
                self.log.positions.append(
                    PositionHeld(
                        moment.ts_event, moment.session, desk.name, instrument, quantity, cost,
                        book.price(instrument), book.value(instrument),
                    )
                )  # fmt: skip

    def _instrument(self, instrument: InstrumentId) -> Instrument:
        return self._universe.instrument(instrument)
