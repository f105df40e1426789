"""Steps stretches of slices by calling strategies, and leaves the slices on which more happens to the driver."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.records import Intent
from friday_core.flow.coarser import Slices
from friday_core.interfaces.broker import Matcher
from friday_core.session.custody import Custody
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.netting import Netting
from friday_core.session.quiet.block import Block
from friday_core.session.quiet.calls import Calls
from friday_core.session.quiet.held import Held
from friday_core.session.quiet.one_book import OneBook
from friday_core.session.quiet.points import Points
from friday_core.session.quiet.resting import rests_until
from friday_core.session.slices import Slice
from friday_core.session.standing import Standing
from friday_core.session.working_orders import WorkingOrders
from friday_core.simulation.matching import BarMatcher
from friday_core.trading.strategy_runner import EventRunner

#: Fewer rows than this are stepped one slice after the other.
LEAST_ROWS = 16


class QuietStretches:
    """Between slices that are the driver's, calls strategies for one slice after the other.

    A slice is the driver's if an order that works may open, trade or end on it, if a strategy has news, a net or a
    custody has something to do, or a corporate action is due; and so is a slice on which a strategy decides
    something, or raises: it is asked first, and the driver is handed its answer. On all others books trade nothing:
    of these, marks, equity and what risk remembers are reckoned for a whole stretch.

    Where there is a ``one_book``, what it can do of a session is its own.

    ``enter`` begins a session; where rates are known ``always``, sessions may begin within a stretch.
    ``is_possible`` says for which runs this is. ``slices`` counts those that it stepped itself.
    """

    def __init__(
        self,
        universe: Universe,
        desks: Sequence[Desk],
        working: WorkingOrders,
        log: SessionLog,
        *,
        netting: Netting,
        custody: Custody | None,
        enter: Callable[[int], None],
        always: bool,
        one_book: OneBook | None = None,
        least_rows: int = LEAST_ROWS,
    ) -> None:
        self._universe = universe
        self._desks = desks
        self._working = working
        self._log = log
        self._netting = netting
        self._custody = custody
        self._enter = enter
        self._crosses = always and custody is None
        self._runners = [desk.runner for desk in desks if isinstance(desk.runner, EventRunner)]
        self._latches = any(desk.risk.limits.latch for desk in desks)
        self.one_book = one_book
        self.least_rows = least_rows
        self._slices = 0

    @property
    def slices(self) -> int:
        """Those that the driver did not step."""
        return self._slices + (0 if self.one_book is None else self.one_book.slices)

    @staticmethod
    def is_possible(desks: Sequence[Desk], matcher: Matcher) -> bool:
        """Whether every strategy is called by events, and the matcher remembers nothing of bars without orders."""
        is_known = type(matcher) is BarMatcher and not matcher.rules.band_ppm
        return is_known and bool(desks) and all(type(desk.runner) is EventRunner for desk in desks)

    def step(
        self,
        slices: Slices,
        standing: Standing,
        step_one: Callable[[Slice], Sequence[Intent]],
        next_action: Callable[[], int | None],
    ) -> list[Intent]:
        """All slices; what is to be sent.

        ``step_one`` is the driver, ``next_action`` the first session that an announced action waits for.
        """
        block = Block(slices, self._universe, self._log.slices)
        points = Points([desk.name for desk in self._desks], block.ts, block.sessions)
        calls = Calls(self._runners, standing)
        intents: list[Intent] = []
        note, standing.note = standing.note, points.append
        try:
            while block.at < block.slices:
                at, moment, one_book = block.at, None, self.one_book
                if one_book is not None and one_book.takes(block, standing.latest, next_action()):
                    self._enter(int(block.sessions[at]))
                    moment = one_book.until(block, calls, standing=standing, points=points, send=intents.extend)
                elif (stop := self._quiet_until(block, standing, next_action())) > at:
                    self._enter(int(block.sessions[at]))
                    moment = self._stretch(block, stop, calls, standing, points)
                if moment is None and block.at > at:
                    continue
                intents += step_one(block.moment(block.take()) if moment is None else moment)
                block.at += 1
        finally:
            standing.note = note
            points.write(self._log)
        return intents

    def _quiet_until(self, block: Block, standing: Standing, action: int | None) -> int:
        """The first slice from the one at hand on that is the driver's whatever strategies answer."""
        at, latest, session = block.at, standing.latest, int(block.sessions[block.at])
        is_due = action is not None and action <= session
        if latest is None or is_due or not self._netting.is_idle or any(one.has_news for one in self._runners):
            return at
        if self._custody is not None and (latest.session != session or not self._custody.rests(session)):
            return at
        if len(self._working) and (latest.session != session or self._latches):
            return at
        if self._crosses and not len(self._working):
            return block.session_from(action)
        stop = block.session_end(at)
        for one in self._working:
            stop = min(stop, rests_until(one, block, self._universe.position(one.order.instrument), stop))
        return stop

    def _stretch(self, block: Block, stop: int, calls: Calls, standing: Standing, points: Points) -> Slice | None:
        """Slices up to before ``stop``; the one at hand then, if something was decided on it."""
        start = block.at
        works = self._working
        held = [Held.of(one.book, works.open_quantities(one.name), block, self._universe) for one in self._desks]
        if not all(one.is_small for one in held):
            return block.moment(block.take())
        try:
            return calls.until(block, stop, [one.views(start, stop) for one in held])
        finally:
            self._pass(block, start, held, standing, points)

    def _pass(self, block: Block, start: int, held: Sequence[Held], standing: Standing, points: Points) -> None:
        """Slices from ``start`` on are over: what the driver would have made of them, session by session."""
        stop = block.at
        while start < stop:
            end, session = min(stop, block.session_end(start)), int(block.sessions[start])
            self._enter(session)
            for number, (desk, one) in enumerate(zip(self._desks, held, strict=True)):
                before, cash = standing.equity[desk.name], desk.book.cash
                if one.is_flat:
                    points.put(number, end - start, cash, 0, 0)
                    desk.state.mark(session, before, cash)
                    standing.equity[desk.name] = cash
                    continue
                value, gross = one.values(start, end)
                points.put(number, end - start, cash, value, gross)
                desk.state.mark_each(session, before, value + cash)
                one.mark(desk.book, end - 1)
                standing.equity[desk.name] = cash + int(value[-1])
            points.passed(end - start)
            if self._custody is not None:
                self._look_on(self._custody, block, start, session)
            self._log.slices += end - start
            self._slices += end - start
            standing.latest = Slice(block.first + end - 1, int(block.ts[end - 1]), session, (), {})
            start = end

    def _look_on(self, custody: Custody, block: Block, start: int, session: int) -> None:
        for name in custody.watched:
            if name in self._universe:
                closes = block.closes(self._universe.position(name))
                close = closes.mark(start, block.at - 1, MISSING_PRICE)
                if close != MISSING_PRICE:
                    custody.note(name, close, session)
