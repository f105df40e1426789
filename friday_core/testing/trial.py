"""A small session with one strategy on a market of the kit: flow, desk, driver and core as they are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from friday_core.causal.oracle import Executor
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk
from friday_core.domain.market import Bar, CoarseSlice
from friday_core.domain.orders import OrderType
from friday_core.domain.outcomes import StrategyStopped
from friday_core.domain.records import ActionAnnounced, ChunkReceived, SessionStopped, StreamEnded
from friday_core.domain.sessions import to_datetime
from friday_core.errors import ClockDomainError
from friday_core.flow.coarser import CoarserBars
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import StreamPlan
from friday_core.flow.stream import Stream
from friday_core.interfaces.columns import ColumnStrategy
from friday_core.interfaces.strategy import BookView
from friday_core.interfaces.windows import WindowStrategy
from friday_core.plugin.sections import RiskSettings
from friday_core.session.core import Core
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.testing.doubles import NoCharges, StrengthSizer
from friday_core.testing.markets import Market, can_carry
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.subject import Subject
from friday_core.testing.tracing import coarser_than, columns_of, program_of
from friday_core.trading.asked import Asked
from friday_core.trading.column_runner import INPUTS, ColumnRunner
from friday_core.trading.ledger import Book
from friday_core.trading.limits import Limits
from friday_core.trading.risk import RiskEngine
from friday_core.trading.strategy_runner import EventRunner, StrategyRunner
from friday_core.trading.window_runner import WindowRunner

STREAM = "market_data"
#: Minor units; enough that every decision can be sized on every instrument.
CAPITAL = 10_000_000_000


class Decided(NamedTuple):
    """A decision in words, when and about what."""

    ts_event: int
    instrument: str
    words: str

    def __str__(self) -> str:
        return f"{self.words:.100} of {self.instrument} at {to_datetime(self.ts_event):%Y-%m-%d %H:%M} UTC"


class Trial:
    """One session: what the strategy decided, and what it was told because of it."""

    def __init__(self, strategy: Any, market: Market, executor: Executor) -> None:
        self.market = market
        self.program = program_of(strategy, market) if isinstance(strategy, ColumnStrategy) else None
        self.order_types: frozenset[OrderType] = frozenset(strategy.order_types)
        self._runner = _runner(strategy, self.program, market, executor)
        self.said = _Recorder(self._runner)
        wanted = _columns(self.program) if self.program is not None else strategy.inputs
        if not can_carry(market, wanted):
            raise DoesNotApply(f"{market.name} have no {', '.join(wanted)}")
        self._rows = market.with_columns(wanted)
        self._core = _core(self._rows, self.program, market, self.said)
        for action in market.actions:
            self._core.apply(ActionAnnounced(action))

    @property
    def rows(self) -> Chunk:
        return self._rows

    def feed(self, parts: Iterable[Chunk]) -> None:
        """Rows of ``rows``, as records of these sizes."""
        for part in parts:
            self._core.apply(ChunkReceived(STREAM, part))

    def finish(self) -> None:
        self._core.apply(StreamEnded(STREAM))
        self._core.apply(SessionStopped("END_OF_DATA: the trial is over"))

    @property
    def stopped(self) -> StrategyStopped | None:
        return self._runner.stopped

    @property
    def codes(self) -> set[str]:
        """Codes of what became of its decisions."""
        return {one.code for one in self._core.log.decisions}


class _Recorder(StrategyRunner):
    """Stands before the strategy's own runner and remembers what was decided, and the time that it took."""

    def __init__(self, runner: StrategyRunner) -> None:
        super().__init__(runner.name, runner.order_types, ())
        self._runner = runner
        self.decisions: list[Decided] = []
        self.seconds: list[float] = []
        self.bars = 0

    def tell(self, news: Any) -> None:
        self._runner.tell(news)

    def decide(
        self, ts_event: int, bars: Sequence[Bar], book: BookView, coarser: Sequence[CoarseSlice] = ()
    ) -> list[Asked]:
        begun = time.thread_time()
        decisions = self._runner.decide(ts_event, bars, book, coarser)
        self.seconds.append(time.thread_time() - begun)
        self.stopped = self._runner.stopped
        self.bars += len(bars)
        self.decisions += [Decided(ts_event, str(one.instrument), _words(one)) for one in decisions]
        return decisions

    def _decisions(self, *_: Any) -> list[Asked]:
        raise AssertionError("decide() is all that is called")


def trial(subject: Subject, market: Market, executor: Executor | None = None) -> Trial:
    """A fresh strategy before its first bar; its columns run in what a run takes by default, or in ``executor``."""
    strategy = subject.make(market)
    made = Trial(strategy, market, executor or subject.executor)
    subject.start(strategy)
    return made


def run(
    subject: Subject, market: Market, parts: Iterable[Chunk] | None = None, *, executor: Executor | None = None
) -> Trial:
    """A whole session; ``Broken`` if the strategy raised in it."""
    made = trial(subject, market, executor)
    made.feed([made.rows] if parts is None else parts)
    made.finish()
    if made.stopped is not None:
        lines = [line.strip() for line in made.stopped.traceback.splitlines() if line.strip().startswith("File")]
        raise Broken(f"it was stopped on {market.name} bars by {made.stopped.error} ({lines[-1] if lines else ''})")
    return made


def markets_of(subject: Subject) -> list[Market]:
    """Bars that it can trade on; ``DoesNotApply`` with the last reason if there are none."""
    able, reason = [], "the kit has no market"
    for market in (subject.markets.daily, subject.markets.gappy, subject.markets.minutes):
        try:
            trial(subject, market)
        except (DoesNotApply, ClockDomainError) as misfit:
            reason = str(misfit)
        else:
            able.append(market)
    if not able:
        raise DoesNotApply(reason)
    return able


def _runner(strategy: Any, program: Program | None, market: Market, executor: Executor) -> StrategyRunner:
    if program is not None:
        return ColumnRunner("trial", program, market.universe, executor=executor)
    if isinstance(strategy, WindowStrategy):
        return WindowRunner("trial", strategy)
    return EventRunner("trial", strategy)


def _words(decision: Asked) -> str:
    """``Target(weight=0.1, reason='')``: everything but the instrument."""
    parts = {name: value for name, value in msgspec.structs.asdict(decision).items() if name != "instrument"}
    return f"{type(decision).__name__}({', '.join(f'{name}={value!r}' for name, value in parts.items() if value)})"


def _columns(program: Program) -> tuple[str, ...]:
    """What its bars must carry: not what the book tells."""
    own = [name for name in columns_of(program) if name not in INPUTS or name in ("open", "high", "low", "close")]
    return tuple(own)


def _core(rows: Chunk, program: Program | None, market: Market, runner: StrategyRunner) -> Core:
    stamps = market.stamps()
    plan = StreamPlan(tuple(rows.columns), interval=market.interval, stamped=stamps.columns)
    stream = Stream(STREAM, plan, market.universe, stamps, market.schedule)
    domains = () if program is None else coarser_than(program)
    coarser = CoarserBars(domains, market.schedule, market.universe, stream.quarantine, stamps)
    free = RiskSettings(max_gross_exposure=None, cash_buffer=0.0, allow_short=True)
    desk = Desk(
        0,
        runner,
        Book("trial", "INR", CAPITAL),
        universe=market.universe,
        sizer=StrengthSizer(),
        risk=RiskEngine(Limits.of(free, "INR"), {}),
        charges=NoCharges(),
    )
    driver = Driver(market.universe, [desk], BarMatcher(MatchingRules(slippage_ticks=1)), NoCharges())
    return Core(DataFlowManager(stream, coarser, {}), driver)
