"""Stretches on which strategies only look on leave what the driver leaves that steps each slice."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from fakes.session import AsIs, PerFill
from hypothesis import given
from hypothesis import strategies as st
from unit.session.compiled.drawn_sessions import differences
from unit.session.quiet.drawn_events import DAY, MINUTE, OPEN, drawn, drawn_at_market, outcome

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.domain.signals import Target
from friday_core.flow.coarser import Slices
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.trading.book_risk import BookRisk
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.ledger import Book
from friday_core.trading.limits import Limits
from friday_core.trading.risk import RiskEngine
from friday_core.trading.strategy_runner import EventRunner

A = InstrumentId("A", "NSE")
UNIVERSE = Universe([Instrument(A, "INR")])


@given(st.integers(0, 2**32), st.booleans())
def test_stretches_leave_what_single_slices_leave(seed: int, cut: bool) -> None:
    session = drawn(seed)
    expected, found = (outcome(session, strides=strides, cut=cut) for strides in (False, True))
    assert differences(expected, found) == []


@given(st.integers(0, 2**32), st.booleans())
def test_orders_at_market_leave_what_single_slices_leave(seed: int, cut: bool) -> None:
    session = drawn_at_market(seed)
    expected, found = (outcome(session, strides=strides, cut=cut) for strides in (False, True))
    assert differences(expected, found) == []


def test_an_order_that_its_strategy_ends_on_the_slice_that_squares_off_is_sent_and_cancelled() -> None:
    left = outcome(drawn(57), strides=False, cut=True)
    assert left["raised"] is None
    placed = [one.order.tag for one in left["intents"] if isinstance(one, PlaceOrder)]
    cancelled = [one.tag for one in left["intents"] if isinstance(one, CancelOrder)]
    assert "F0FFK000000D" in placed
    assert "F0FFK000000D" in cancelled
    assert len(placed) == len(set(placed)) == len(left["orders"])


class Scripted(Strategy):
    """Decides by the number of the bar; notes whose code runs, and what it was told."""

    order_types = frozenset(OrderType)

    def __init__(self, says: dict[int, Decision], raises: int = -1) -> None:
        self.events: list[tuple[int, Event]] = []
        self.equity: list[float] = []
        self.books: list[BookView] = []
        self.stages: list[str] = []
        self.driver: Driver | None = None
        self._says, self._raises, self._bars = says, raises, 0

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        assert self.driver is not None
        self.events.append((self._bars, event))
        self.stages.append(self.driver.current_stage)
        if not isinstance(event, Bar):
            return None
        self.equity.append(book.equity)
        self.books.append(book)
        self._bars += 1
        if self._bars - 1 == self._raises:
            raise ValueError("no more")
        decision = self._says.get(self._bars - 1)
        return None if decision is None else (decision,)


def rows(count: int, per_session: int = 1_000) -> Chunk:
    """A price that rises by a rupee a bar, from 100."""
    close = 10_000 + 100 * np.arange(count)
    session = 20_000 + np.arange(count) // per_session
    ts = session * DAY + OPEN + np.arange(count) % per_session * MINUTE
    columns = {"open": close - 50, "high": close, "low": close - 50, "close": close}
    ones = np.ones(count)
    added = {"volume": 1e6 * ones, "session": session * ones, "factor": ones, "split": ones}
    return Chunk(ts, np.zeros(count, np.int32), {**columns, **added})


def ran(strategy: Scripted, chunk: Chunk, latency: int = 0, entries: EntryRules | None = None) -> Driver:
    desk = Desk(
        0,
        EventRunner("s0", strategy),
        Book("s0", "INR", 1_000_000),
        universe=UNIVERSE,
        sizer=AsIs(),
        risk=RiskEngine(Limits(allow_short=True), {}, entries),
        charges=PerFill(),
    )
    driver = strategy.driver = Driver(UNIVERSE, [desk], BarMatcher(MatchingRules(latency)), PerFill(), strides=True)
    driver.step(Slices(chunk, {}))
    return driver


def test_only_slices_on_which_something_happens_are_the_drivers() -> None:
    driver = ran(Scripted({100: Target(A, 0.5), 300: Target(A, 0.0)}), rows(1_000, per_session=250), latency=1)
    # The first, two decisions and two fills.
    assert driver.stepped["called"] == 995
    assert driver.stepped["driver"] == 5
    assert len(driver.log.fills) == 2
    assert len(driver.log.equity) == 1_000


def test_market_orders_of_one_strategy_in_one_instrument_need_no_driver() -> None:
    says: dict[int, Decision] = {
        100: Target(A, 0.5),
        101: Target(A, 0.5),
        249: Target(A, 0.1),
        300: Order(A, Side.SELL, 5),
    }
    driver = ran(Scripted(says), rows(1_000, per_session=250))
    # The first.
    assert driver.stepped["driver"] == 1
    assert [fill.quantity for fill in driver.log.fills] == [25, 1, 21, 5]
    assert [str(one.code) for one in driver.log.decisions] == ["SENT", "SENT", "SENT", "SENT"]
    assert len(driver.log.equity) == 1_000


def test_what_may_not_be_entered_is_refused_also_where_one_book_is_stepped_by_itself() -> None:
    nobody = EntryRules(lambda _session: None, universe=lambda _session: frozenset())
    driver = ran(Scripted({100: Target(A, 0.5)}), rows(1_000), entries=nobody)
    assert [str(one.code) for one in driver.log.decisions] == ["NOT_IN_UNIVERSE"]
    assert len(driver.log.orders) == 0


def test_an_order_that_a_limit_cuts_is_the_drivers() -> None:
    driver = ran(Scripted({100: Target(A, 1.5)}), rows(1_000))
    # The first, and the decision.
    assert driver.stepped["driver"] == 2
    assert [one.code for one in driver.log.decisions] == ["CLIPPED_CASH"]


def test_an_order_that_rests_is_the_drivers_when_it_opens_and_when_a_bar_reaches_it() -> None:
    order = Order(A, Side.SELL, 10, OrderType.LIMIT, limit_price=60_000, time_in_force=TimeInForce.GTC)
    driver = ran(Scripted({10: order}), rows(1_000))
    # The first, the decision, its first row, the touch and the fill on the bar after it.
    assert driver.stepped["driver"] == 5
    assert [(fill.price, fill.ts_event) for fill in driver.log.fills] == [(60_050, rows(1_000).ts_event[501])]


def test_a_book_reads_as_on_its_own_slice_for_as_long_as_it_is_kept() -> None:
    strategy = Scripted({1: Order(A, Side.BUY, 10)})
    ran(strategy, rows(200))
    # Bought at the open of the third bar, 101.50: cash of 8,985.00, and ten times the close.
    closes = [100.0 + bar for bar in range(200)]
    assert strategy.equity == [10_000.0, 10_000.0, *(8_985.0 + 10 * close for close in closes[2:])]
    assert [book.equity for book in strategy.books] == strategy.equity


def test_a_bar_that_is_kept_stays_as_it_was() -> None:
    strategy = Scripted({})
    ran(strategy, rows(5_000))
    assert [event.close for _, event in strategy.events if isinstance(event, Bar)] == [
        100.0 + bar for bar in range(5_000)
    ]


def test_what_raises_within_a_stretch_is_blamed_on_its_strategy_and_slice() -> None:
    strategy = Scripted({}, raises=700)
    driver = ran(strategy, rows(1_000))
    (stopped,) = driver.log.stopped
    assert (stopped.strategy, stopped.ts_event) == ("s0", rows(1_000).ts_event[700])
    assert stopped.error == "ValueError: no more"
    assert 'raise ValueError("no more")' in stopped.traceback
    assert len(strategy.events) == 701
    assert len(driver.log.equity) == 1_000
    assert set(strategy.stages) == {"strategy.s0"}
    assert driver.current_stage == ""


def test_what_interrupts_a_stretch_leaves_the_slices_before_it() -> None:
    class Interrupted(Scripted):
        def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
            if len(self.events) == 500:
                raise KeyboardInterrupt("enough")
            return super().on_event(event, book)

    strategy = Interrupted({})
    with pytest.raises(KeyboardInterrupt, match="enough"):
        ran(strategy, rows(1_000))
    assert strategy.driver is not None
    assert strategy.driver.log.slices == len(strategy.driver.log.equity) == 500


def test_the_minute_after_a_fill_brings_its_news_first() -> None:
    strategy = Scripted({100: Order(A, Side.BUY, 10)})
    ran(strategy, rows(200))
    assert [bar for bar, event in strategy.events if not isinstance(event, Bar)] == [101]


def test_few_rows_are_stepped_one_by_one() -> None:
    assert ran(Scripted({}), rows(15)).stepped["called"] == 0


@given(
    st.lists(st.integers(-40, 60), min_size=1, max_size=60),
    st.integers(-5, 50),
    st.sampled_from([0, 1]),
    st.sampled_from([1, 2**45]),
)
def test_marks_at_once_are_marks_one_by_one(equities: list[int], before: int, session: int, scale: int) -> None:
    limits = Limits(drawdown_ppm=500_000, day_loss_ppm=300_000)
    one_by_one, at_once = BookRisk(limits), BookRisk(limits)
    for risk in (one_by_one, at_once):
        risk.mark(0, 30 * scale, 40 * scale)
        risk.mark(0, 40 * scale, 20 * scale)
    equity_before = before * scale
    for equity in equities:
        one_by_one.mark(session, equity_before, equity * scale)
        equity_before = equity * scale
    at_once.mark_each(session, before * scale, np.array(equities) * scale)
    assert at_once.memory() == one_by_one.memory()
