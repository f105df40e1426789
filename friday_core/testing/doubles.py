"""Doubles for authors' tests: a clock, a book, and the smallest component of each role."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from friday_core.domain.chunk import Chunk
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, CorporateAction
from friday_core.domain.orders import Fill, OrderStatus, OrderType, Side, WorkingOrder
from friday_core.domain.records import Intent
from friday_core.domain.schedule import Schedule
from friday_core.domain.signals import Signal, Target
from friday_core.infrastructure.clock import ManualClock
from friday_core.interfaces.broker import ChargesPlan, Execution, SimulatedBroker
from friday_core.interfaces.calendar import Calendar
from friday_core.interfaces.notifier import Notification, Notifier
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.source import HistoricalData
from friday_core.interfaces.strategy import BookView
from friday_core.testing.markets import Market
from friday_core.trading.ledger import Book, FrozenBook

#: A clock that stands still until it is told.
SimulatedClock = ManualClock


def book_view(
    cash: int = 10_000_000,
    held: Mapping[Instrument, int] | None = None,
    price: int = 10_000,
    working: Mapping[InstrumentId, int] | None = None,
) -> BookView:
    """A book with ``cash`` minor units, holding so many of each instrument, bought at ``price`` units.

    ``working`` is what working orders would add.
    """
    book = Book("book", "INR", cash)
    for instrument, quantity in (held or {}).items():
        side = Side.BUY if quantity > 0 else Side.SELL
        book.apply_fill(Fill("F", instrument.id, "book", side, abs(quantity), price, 0, 0), instrument)
        book.cash = cash
    return FrozenBook(book, dict(working or {}))


class FixedCalendar(Calendar):
    """Knows one schedule."""

    def __init__(self, sessions: Schedule) -> None:
        self._sessions = sessions

    def schedule(self) -> Schedule:
        return self._sessions


class NoCharges(ChargesPlan):
    """Trading is free."""

    def charges(self, side: Side, quantity: int, notional: int) -> int:  # noqa: ARG002 - whatever it is
        return 0


class StrengthSizer(Sizer):
    """``weight = strength * share``."""

    share: float

    def __init__(self, share: float = 0.1) -> None:
        self.share = share

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target:  # noqa: ARG002 - needs neither
        return Target(signal.instrument, signal.strength * self.share, signal.reason)


class KeptNotifications(Notifier):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Notification] = []

    def notify(self, notification: Notification) -> None:
        self.told.append(notification)


class MarketSource(HistoricalData):
    """Delivers a market, ``chunk_rows`` at a time."""

    def __init__(self, market: Market, chunk_rows: int = 1_000) -> None:
        self._market = market
        self._chunk_rows = chunk_rows
        self.interval = market.interval
        self.columns = market.columns

    def instruments(self) -> Sequence[Instrument]:
        return tuple(self._market.universe)

    def corporate_actions(self) -> Sequence[CorporateAction]:
        return self._market.actions

    def bars(self) -> Iterator[Chunk]:
        rows = self._market.rows
        for start in range(0, len(rows), self._chunk_rows):
            yield rows.take(slice(start, start + self._chunk_rows))


@dataclass(frozen=True, slots=True)
class Trade:
    """The script of one slice of an order: so much of it trades, at ``price`` or at the bar's close."""

    quantity: int
    price: int | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The script of an order's last slice: nothing trades, and it is over."""

    status: OrderStatus = OrderStatus.REJECTED
    reason: str = "REJECTED: as the script says"


#: What becomes of an order on one slice; ``None``: nothing.
Step = Trade | End | None


class ScriptedBroker(SimulatedBroker):
    """What becomes of each order stands in a script, in the order of their arrival; without one nothing happens.

    ``scripts`` are the steps of the first order, of the second, and so on, one step a slice of its
    instrument. ``sent`` are all intents that it was handed.
    """

    order_types = frozenset(OrderType)

    def __init__(self, *scripts: Iterable[Step]) -> None:
        self.sent: list[Intent] = []
        self._scripts = deque(deque(script) for script in scripts)

    def send(self, intents: Sequence[Intent]) -> None:
        self.sent += intents

    def matcher(self) -> ScriptedMatcher:
        return ScriptedMatcher(self._scripts)


class ScriptedMatcher:
    """The matcher of a ``ScriptedBroker``."""

    latency = 0

    def __init__(self, scripts: deque[deque[Step]]) -> None:
        self._waiting = scripts
        self._scripts: dict[str, deque[Step]] = {}

    def match(
        self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]
    ) -> Generator[Execution, int, None]:
        """One step of every order that is active and whose instrument has a bar."""
        rows = {bar.instrument.id: bar for bar in bars}
        for working in orders:
            bar = rows.get(working.order.instrument)
            if bar is None or working.active_from > ordinal or working.status.terminal:
                continue
            step = self._step(working)
            if isinstance(step, End):
                working.move(step.status, step.reason)
            elif step is not None:
                yield Execution(working, step.quantity, bar.raw.close if step.price is None else step.price)

    def _step(self, working: WorkingOrder) -> Step:
        if working.status is OrderStatus.INTENT:
            working.move(OrderStatus.OPEN)
        tag = working.order.tag
        if tag not in self._scripts:
            self._scripts[tag] = self._waiting.popleft() if self._waiting else deque()
        return self._scripts[tag].popleft() if self._scripts[tag] else None
