"""A small session: flow, desks, driver and core as they are, with strategies that follow a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fakes.bars import DAY, UNIVERSE, Row, chunk_of, cut
from fakes.streams import flow_of

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, CorporateAction
from friday_core.domain.orders import OrderType, Side
from friday_core.domain.records import (
    ActionAnnounced,
    ChunkReceived,
    Intent,
    Record,
    SessionStopped,
    StreamEnded,
)
from friday_core.domain.signals import Signal, Target
from friday_core.flow.plans import StreamPlan
from friday_core.interfaces.broker import ChargesPlan, Matcher, Tariff
from friday_core.interfaces.risk_adjuster import RiskAdjuster
from friday_core.interfaces.risk_rule import RiskRule
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.plugin.sections import RiskSettings
from friday_core.session.at_broker import InDoubtPolicy, Unmatched
from friday_core.session.core import Core
from friday_core.session.custody import HoldingTerms
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.session.log import SessionLog
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.ledger import Account, Book
from friday_core.trading.limits import Limits
from friday_core.trading.risk import RiskEngine
from friday_core.trading.strategy_runner import EventRunner

STREAM = "market_data"
#: What a strategy says on a session, or how it finds out from its book.
Says = Sequence[Decision] | Callable[[BookView], Sequence[Decision]]


class Script(Strategy):
    """Says what is written for a session, once, on that session's first bar; remembers every event."""

    order_types = frozenset(OrderType)

    def __init__(self, script: Mapping[int, Says], order_types: Iterable[OrderType] = OrderType) -> None:
        self.order_types = frozenset(order_types)
        self.events: list[Event] = []
        self._script = script
        self._said: set[int] = set()

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision]:
        self.events.append(event)
        if not isinstance(event, Bar) or event.session in self._said:
            return ()
        self._said.add(event.session)
        says = self._script.get(event.session, ())
        return says(book) if callable(says) else says


class PerFill(ChargesPlan):
    """So much for every fill, and so many parts per thousand of its value, rounded down."""

    def __init__(self, each: int = 0, per_mille: int = 0) -> None:
        self._each, self._per_mille = each, per_mille

    def charges(self, side: Side, quantity: int, notional: int) -> int:
        return self._each + notional * self._per_mille // 1_000


class AsIs(Sizer):
    """A signal's strength is the weight."""

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        return Target(signal.instrument, signal.strength, signal.reason)


class Session:
    """One session over hand-made bars. Nothing is charged or limited unless a test says so.

    ``capital`` is minor units of each strategy. ``risk`` are settings of ``[risk]``, ``matching``
    those of ``MatchingRules``. ``product`` is every strategy's. With ``at_broker`` nothing is matched.
    """

    def __init__(
        self,
        *strategies: Strategy,
        capital: int = 1_000_000,
        universe: Universe = UNIVERSE,
        sees: Mapping[int, Sequence[InstrumentId]] | None = None,
        risk: Mapping[str, Any] | None = None,
        rules: Mapping[str, RiskRule | RiskAdjuster] | None = None,
        matching: Mapping[str, Any] | None = None,
        charges: Tariff | None = None,
        sizer: Sizer | None = None,
        plan: StreamPlan | None = None,
        netting: bool = False,
        limits: Limits = Limits(),  # noqa: B008 - it is frozen
        product: str = "",
        entries: EntryRules | None = None,
        terms: HoldingTerms | None = None,
        at_broker: InDoubtPolicy | None = None,
    ) -> None:
        self.universe = universe
        names = [f"s{number}" for number in range(len(strategies))]
        self.account = Account(Book(name, "INR", capital) for name in names)
        free = {"max_gross_exposure": None, "cash_buffer": 0.0, "allow_short": True}
        settings = RiskSettings(**{**free, **(risk or {})})
        engine = RiskEngine(Limits.of(settings, "INR"), rules or {}, entries)
        desks = [
            Desk(
                number,
                EventRunner(names[number], strategy, (sees or {}).get(number, ())),
                self.account.books[names[number]],
                universe=universe,
                sizer=sizer or AsIs(),
                risk=engine,
                charges=charges or PerFill(),
                product=product,
            )
            for number, strategy in enumerate(strategies)
        ]
        flow = flow_of(plan, universe=universe)
        matcher: Matcher = BarMatcher(MatchingRules(**(matching or {}))) if at_broker is None else Unmatched()
        driver = Driver(
            universe, desks, matcher, charges or PerFill(),
            netting=netting, limits=limits, terms=terms, at_broker=at_broker,
        )  # fmt: skip
        self.core = Core(flow, driver)
        self.records: list[Record] = []
        self.intents: list[list[Intent]] = []

    @property
    def log(self) -> SessionLog:
        return self.core.log

    @property
    def book(self) -> Book:
        """The book of the first strategy."""
        return self.account.books["s0"]

    def apply(self, *records: Record) -> None:
        for record in records:
            self.records.append(record)
            self.intents.append(self.core.apply(record))

    def announce(self, *actions: CorporateAction) -> None:
        self.apply(*(ActionAnnounced(action) for action in actions))

    def feed(self, rows: Sequence[Row] | Chunk, cuts: Iterable[int] = ()) -> None:
        chunk = rows if isinstance(rows, Chunk) else chunk_of(rows, self.universe)
        self.apply(*(ChunkReceived(STREAM, part) for part in cut(chunk, cuts)))

    def end(self) -> None:
        self.apply(StreamEnded(STREAM), SessionStopped("END_OF_DATA"))

    def run(self, rows: Sequence[Row], *actions: CorporateAction, cuts: Iterable[int] = ()) -> Session:
        """All of it: actions, rows, the end."""
        self.announce(*actions)
        self.feed(rows, cuts)
        self.end()
        return self

    # What a test looks at ----------------------------------------------------------------------

    @property
    def fills(self) -> list[tuple[int, str, int, int]]:
        """Session, symbol, signed quantity, price."""
        return [
            (fill.ts_event // DAY, fill.instrument.symbol, fill.side.sign * fill.quantity, fill.price)
            for fill in self.log.fills
        ]

    @property
    def codes(self) -> list[tuple[int, str, str]]:
        """Session, symbol and code of every decision."""
        return [(one.ts_event // DAY, one.instrument.symbol, one.code) for one in self.log.decisions]

    @property
    def asked_and_sent(self) -> list[tuple[int, int, str]]:
        return [(one.asked, one.sent, one.code) for one in self.log.decisions]

    @property
    def ended(self) -> list[tuple[int, str, int, str]]:
        """Session, status, filled quantity and code of the reason of every order at its end."""
        return [(one.ts_event // DAY, str(one.status), one.filled, one.reason.split(":")[0]) for one in self.log.ended]

    @property
    def equity(self) -> list[tuple[int, int, int, int, int]]:
        """Session, cash, value, gross, equity."""
        return [(one.session, one.cash, one.value, one.gross, one.equity) for one in self.log.equity]

    @property
    def outcome(self) -> tuple[Any, ...]:
        """Everything that a session leaves behind, comparable."""
        log = self.log
        orders = [(one.order, one.status, one.filled, one.reason) for one in log.orders]
        held = [repr(row) for one in self.core.flow.quarantines.values() for row in one.rows]
        stopped = [(one.ts_event, one.strategy, one.error) for one in log.stopped]
        results = (log.decisions, log.fills, log.ended, log.equity, log.positions, log.actions, stopped, orders, held)
        return (*results, log.slices, self.core.flow.rows_in, log.digest())
