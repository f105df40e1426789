"""The driver: what happens on every slice, in this order, in a backtest, on paper and live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from friday_core.domain.chunk import Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.records import Intent
from friday_core.domain.row import FewRows, PlainRow, one_by_one
from friday_core.flow.coarser import Slices
from friday_core.interfaces.broker import Matcher, Tariff
from friday_core.session.arrivals import Arrivals
from friday_core.session.at_broker import InDoubtPolicy
from friday_core.session.bills import Bills
from friday_core.session.booking import Booking
from friday_core.session.brackets import Brackets
from friday_core.session.compiled.blocks import CompiledSlices
from friday_core.session.compiled.eligible import obstacles
from friday_core.session.corporate import CorporateActions
from friday_core.session.custody import Custody, HoldingTerms
from friday_core.session.deciding import Deciding
from friday_core.session.desk import Desk
from friday_core.session.ended_orders import EndedOrders
from friday_core.session.known_rates import KnownRates
from friday_core.session.log import NettingLog, SessionLog
from friday_core.session.marks import Marks, closes_of
from friday_core.session.netting import Netting
from friday_core.session.outside import FromOutside, Outside
from friday_core.session.quiet.one_book import OneBook
from friday_core.session.quiet.row_slices import RowSlices, session_of
from friday_core.session.quiet.stretches import QuietStretches
from friday_core.session.release import Release
from friday_core.session.sessions import Sessions
from friday_core.session.slices import Slice, slice_of, slices_of
from friday_core.session.standing import Standing
from friday_core.session.working_orders import WorkingOrders, cancelled
from friday_core.simulation.compiled.arena import Runs
from friday_core.simulation.compiled.rates import Rates
from friday_core.simulation.matching import BarMatcher
from friday_core.trading.account_risk import AccountRisk
from friday_core.trading.ledger import Account
from friday_core.trading.limits import Limits

#: Up to so many rows of one slice are taken as they are.
FEW = 16


class Driver:
    """Steps through slices; owns the working orders and the log.

    1. corporate actions whose ex-date has come; 2. the matcher fills orders that are already
    active, in arrival order, and books cross what they trade against each other; 3. books are marked
    at the slice's closes, and where a limit was reached that allows only reductions, other orders are
    cancelled; 4. each strategy decides, all bars seeing the same book; 5. decisions are sized and
    checked, sells first, and what is admitted reserves cash and quantity at once; 6. what all
    strategies want together passes the account's limits and is netted; intents become active with
    the next slice, plus latency. Where orders trade at the very close that decided them, the matcher
    is asked once more, and books are valued after that.

    With ``terms``, contracts expire, intraday positions are squared off, and shorts pay: see ``Custody``.

    With a ``kernel``, blocks of slices are stepped by it where there are no ``obstacles``, with the same
    result, bit for bit: what it does not do it leaves to the steps above. With ``strides``, where all strategies are
    called by events, so are stretches on which they only look on: see ``QuietStretches``.

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
        kernel: Callable[[], Runs | None] | None = None,
        terms: HoldingTerms | None = None,
        at_broker: InDoubtPolicy | None = None,
        strides: bool = False,
    ) -> None:
        self.log = SessionLog(netting=NettingLog() if netting and len(desks) > 1 else None)
        self._universe = universe
        self._desks: Mapping[str, Desk] = {desk.name: desk for desk in desks}
        self._rates = KnownRates(charges, tuple(universe))
        self._matcher = matcher
        #: Whether the matcher does nothing where no order works, and remembers nothing of the bars.
        self._matches_orders = type(matcher) is BarMatcher and not matcher.rules.band_ppm
        self._working = WorkingOrders(elsewhere=at_broker is not None)
        self._arrivals = Arrivals(matcher)
        self._netting = Netting(universe, self._working, self.log.netting, at_close=self._arrivals.at_close)
        self._brackets = Brackets(self._desks, self._working, self._arrivals, self.log)
        bills = Bills(charges)
        self._booking = Booking(
            universe, self._desks, self._netting, self.log, bills, brackets=self._brackets, assumed=assumed_fills
        )
        risk = AccountRisk(limits, Account(desk.book for desk in desks), universe)
        self._release = Release(universe, self._desks, self._working, self._netting, risk=risk, log=self.log)
        self._actions = CorporateActions(universe, self._desks, self._working, self._release, self.log)
        self._custody = None if terms is None else Custody(
            terms, universe, self._desks,
            working=self._working, arrivals=self._arrivals, log=self.log, charges=charges,
        )  # fmt: skip
        #: What comes besides rows.
        self.outside = Outside(
            self._desks, self._working, self._arrivals, self.log,
            booking=self._booking, brackets=self._brackets, policy=at_broker, custody=self._custody, risk=risk,
        )  # fmt: skip
        self._doubtful_from: int | None = None
        equity = {desk.name: desk.book.equity for desk in desks}
        self._standing = Standing(None, equity, note=self.log.equity.append)
        self._marks = Marks(self._desks, self._standing, at_this_close=self._arrivals.at_this_close)
        self._sessions = Sessions(self._desks, self._standing, self._rates, self.log)
        self._ended = EndedOrders(self._desks, self._working, self.log)
        self._deciding = Deciding(
            universe, self._desks, self._working, self.log, arrivals=self._arrivals, ended=self._ended
        )
        self._rows = self._of_rows(desks, matcher, terms)
        #: Why each slice is stepped by itself, in Python; empty where blocks of them are the kernel's.
        self.obstacles: Sequence[str] = ("no kernel is given",)
        self._blocks: CompiledSlices | None = None
        if kernel is not None:
            self._use(kernel, charges, limits, bills, assumed=assumed_fills)
        self._quiet = self._strides(desks, matcher, account_limits=limits) if strides else None

    @property
    def current_stage(self) -> str:
        """Whose code is running, as ``strategy.cross``; empty if nobody's. Read from other threads."""
        return self._standing.stage

    @property
    def stepped(self) -> dict[str, Any]:
        """Slices by who stepped them so far, and why the kernel may not: as ``summary.json`` has it."""
        kernel, late = (0, []) if self._blocks is None else (self._blocks.counts["kernel"], self._blocks.obstacles)
        called = 0 if self._quiet is None else self._quiet.slices
        driver = self.log.slices - kernel - called
        return {"kernel": kernel, "called": called, "driver": driver, "obstacles": [*self.obstacles, *late]}

    @property
    def has_orders(self) -> bool:
        """Whether an order has not come to its end."""
        return len(self._working) > 0

    @property
    def working_tags(self) -> list[str]:
        """The orders that have not come to their end. Safe from other threads."""
        return [one.order.tag for one in self._working]

    def announce(self, action: CorporateAction) -> None:
        """The action will be applied before the first fill of its ex-date."""
        self._actions.announce(action)

    def doubt(self, fault: ValidatorFault) -> None:
        """From the slice that the fault names on, no order adds exposure; until the session ends."""
        self.log.faults.append(fault)
        since = fault.doubtful_from
        self._doubtful_from = since if self._doubtful_from is None else min(since, self._doubtful_from)

    def step(self, slices: Slices) -> Sequence[Intent]:
        """The slices, one after the other; returns what is to be sent."""
        if slices.plain is not None and len(slices.plain) <= FEW:
            return self._slice_of(slices.plain)
        blocks, quiet = self._blocks, self._quiet
        is_plain = self._doubtful_from is None and self.outside.is_silent
        if blocks is not None and is_plain and blocks.takes(slices):
            return blocks.step(slices, self._standing, self._slice, lambda: self._actions.next)
        if quiet is not None and is_plain and len(slices.rows) >= quiet.least_rows:
            return quiet.step(slices, self._standing, self._slice, lambda: self._actions.next)
        moments = slices_of(slices, self.log.slices, self._universe)
        return self.outside.leaving([intent for moment in moments for intent in self._slice(moment)])

    def apply(self, record: FromOutside) -> list[Intent]:
        """What a broker or a person tells between two slices; returns what is to be sent because of it."""
        latest = self._standing.latest
        intents = self.outside.take(record, latest)
        if latest is not None:
            self._ended.settle(latest.ts_event)
            intents = self._release.known(intents) + self._netting.renew(latest)
        return self.outside.leaving(intents)

    def _slice(self, moment: Slice) -> list[Intent]:
        intents = self._kept(moment, over_night=True)
        self._sessions.enter(moment.session)
        self._arrivals.arrive(moment, self._standing.latest, self._working)
        intents += self._apply_actions(moment) + self._match(moment) + self._kept(moment) + self.outside.halted(moment)
        self._marks.mark(moment.ts_event, moment.session, closes_of(moment))
        in_doubt = self._doubtful_from is not None and moment.ts_event >= self._doubtful_from
        decided: list[Intent] = []
        for desk in self._desks.values():
            desk.state.data_in_doubt |= in_doubt
            self._standing.stage = desk.runner.stage
            if self._custody is not None:
                decided += self._custody.squared_off(desk, moment, self._standing.latest)
            decided += self._deciding.decide(desk, moment)
        self._standing.stage = ""
        intents += self._release.released(decided, moment)
        if self._arrivals.at_this_close:
            intents += self._match_this_close(moment)
        self._ended.settle(moment.ts_event)
        self._sessions.passed(moment)
        return intents

    def _slice_of(self, rows: Sequence[PlainRow] | FewRows) -> list[Intent]:
        """The slice of these rows."""
        session, action = session_of(rows), self._actions.next
        is_due = action is not None and action <= session
        is_still = self._doubtful_from is None and self._netting.is_idle and not self.outside.is_held_back
        ordinal, works = self.log.slices, len(self._working) > 0
        if self._rows is None or is_due or not is_still or (works and not self._rows.takes(rows, ordinal)):
            return self.outside.leaving(self._slice(slice_of(one_by_one(rows), ordinal, self._universe)))
        self._sessions.enter(session)
        moment, intents = self._rows.step(rows, ordinal, session, trades=works)
        if intents:
            intents = self._release.released(intents, moment)
        self._sessions.passed(moment)
        if len(self._working):
            self._ended.settle(moment.ts_event)
        return self.outside.leaving(intents) if intents else intents

    def _use(
        self, kernel: Callable[[], Runs | None], charges: Tariff, limits: Limits, bills: Bills, *, assumed: bool
    ) -> None:
        """Blocks of slices are the kernel's, unless there are ``obstacles``."""
        desks, nets = tuple(self._desks.values()), self.log.netting is not None
        self.obstacles = obstacles(desks, self._matcher, charges, nets=nets, limits=limits)
        if isinstance(self._matcher, BarMatcher) and not self.obstacles:
            self._blocks = CompiledSlices(
                self._universe, desks, self._working, bills, self.log,
                brackets=self._brackets, matcher=self._matcher, kernel=kernel, assumed=assumed, custody=self._custody,
                account=limits,
                rates=Rates(
                    charges, tuple(self._universe), frozenset(one.products.usual for one in desks), self._rates.known
                ),
            )  # fmt: skip

    def _of_rows(self, desks: Sequence[Desk], matcher: Matcher, terms: HoldingTerms | None) -> RowSlices | None:
        """What steps slices that come as rows, where strategies are columns and nothing happens by itself."""
        if not isinstance(matcher, BarMatcher) or not self._matches_orders:
            return None
        return None if not RowSlices.is_possible(desks, matcher, terms) else RowSlices(
            self._universe, desks, self._working, self._standing,
            rules=matcher.rules, booking=self._booking, marks=self._marks, deciding=self._deciding, ended=self._ended,
            in_order=self._netting.in_order,
        )  # fmt: skip

    def _strides(self, desks: Sequence[Desk], matcher: Matcher, account_limits: Limits) -> QuietStretches | None:
        """What steps slices on which strategies look on, and those of market orders where there is one book."""
        if not isinstance(matcher, BarMatcher) or not QuietStretches.is_possible(desks, matcher):
            return None
        one_book, is_limited = None, account_limits.order_value is not None or account_limits.gross_ppm is not None
        if self._custody is None and not is_limited and OneBook.is_possible(desks, self._universe, matcher.rules):
            one_book = OneBook(
                desks[0], self._universe, self._working, self.log,
                rules=matcher.rules, booking=self._booking, ended=self._ended,
            )  # fmt: skip
        return QuietStretches(
            self._universe, desks, self._working, self.log, netting=self._netting, custody=self._custody,
            enter=self._sessions.enter, always=self._rates.always, one_book=one_book,
        )  # fmt: skip

    def _kept(self, moment: Slice, *, over_night: bool = False) -> list[Intent]:
        """What becomes of positions by themselves, before a slice or after its fills."""
        if self._custody is None:
            return []
        before = self._standing.latest
        found = self._custody.over_night(moment, before) if over_night else self._custody.at_close(moment)
        self._ended.settle(before.ts_event if over_night and before is not None else moment.ts_event)
        return self._release.known(found) + self._netting.renew(moment) if found else []

    def close(self, reason: str) -> list[Intent]:
        """The session ends: working orders are cancelled, the last positions are logged."""
        self.outside.end()
        if self._standing.latest is None:
            return []
        intents = cancelled(reason, self._working)
        self._ended.settle(self._standing.latest.ts_event)
        self._sessions.log_positions(self._standing.latest)
        return self.outside.leaving(self._release.known(intents))

    # 1 and 2 ------------------------------------------------------------------------------------

    def _apply_actions(self, moment: Slice) -> list[Intent]:
        intents: list[Intent] = []
        for action in self._actions.due(moment.session):
            told = self._actions.apply(action, moment)
            if action.numerator != action.denominator:
                self._brackets.split(action.instrument)
                intents += self._release.known(told) + self._netting.renew(moment)
                self._ended.settle(moment.ts_event)
        return intents

    def _match(self, moment: Slice, since: int = 0) -> list[Intent]:
        """The matcher proposes, and is told what was booked: it is handed nothing that leads to a book.

        It is given the orders that are active from slice ``since`` on.
        """
        if self._matches_orders and not len(self._working) and self._netting.is_idle:
            return self._brackets.place(moment)
        intents = self._netting.open(moment)
        orders = [one for one in self._netting.queue(moment) if one.active_from >= since]
        executions = self._matcher.match(moment.ordinal, moment.bars, orders)
        execution = next(executions, None)
        while execution is not None:
            booked = self._booking.book(execution, moment)
            try:
                execution = executions.send(booked)
            except StopIteration:
                execution = None
        self._booking.cross(moment, moment.ordinal)
        intents += self._netting.follow() + self._netting.renew(moment) + self._brackets.place(moment)
        self._ended.settle(moment.ts_event)
        return intents

    def _match_this_close(self, moment: Slice) -> list[Intent]:
        """What was decided at a close trades at it: only then is it known what the books are worth there."""
        intents = self._match(moment, since=moment.ordinal)
        self._marks.note_again(moment)
        return intents
