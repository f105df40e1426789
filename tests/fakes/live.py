"""A source of rows that happen now and a broker of real money, both as a test plays them, and a host with both."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from dependency_injector import providers

import containers
from friday_core.api import (
    Bar,
    BookView,
    CancelOrder,
    Chunk,
    ComponentSpec,
    Cursor,
    Decision,
    Event,
    Finding,
    Instrument,
    InstrumentId,
    Intent,
    LiveData,
    Order,
    OrderStatus,
    OrderType,
    OrderUpdate,
    RealBroker,
    Refused,
    Side,
    Strategy,
)
from friday_core.infrastructure.clock import ManualClock
from friday_core.orchestration.host import Host, RunResult

WAVE = InstrumentId("WAVE", "SEA")
SECOND, MINUTE = 1_000_000, 60_000_000
#: 10:00 in India on 1970-01-06, a Tuesday, in microseconds UTC.
TEN = 5 * 86_400 * SECOND + (10 * 60 - 330) * MINUTE
NAMES = ("open", "high", "low", "close")


def row(ts_event: int, price: int = 10_000) -> Chunk:
    """A bar at one price, in price units."""
    prices = {name: np.array([price]) for name in NAMES}
    return Chunk(np.array([ts_event]), np.array([0]), {**prices, "volume": np.array([100.0])})


class Played(LiveData):
    """What the test puts into ``told``; a sign of life every few milliseconds, unless it is ``mute``."""

    interval = "1m"

    def __init__(self) -> None:
        self.told: queue.SimpleQueue[Chunk | BaseException | None] = queue.SimpleQueue()
        self.mute = self.stopped = False
        self.why = ""
        self.after: Cursor | None = None

    def instruments(self) -> Sequence[Instrument]:
        return [Instrument(WAVE, "INR", price_decimals=2)]

    def bars(self) -> Iterator[Chunk]:
        while not self.stopped:
            try:
                one = self.told.get(timeout=0.005)
            except queue.Empty:
                if not self.mute:
                    yield row(0).take(slice(0))
                continue
            if isinstance(one, BaseException):
                raise one
            if one is None:
                return
            yield one

    def bars_after(self, cursor: Cursor) -> Iterator[Chunk]:
        self.after = cursor
        return super().bars_after(cursor)

    def stop_reading(self) -> None:
        self.stopped = True

    def outage(self) -> str:
        return self.why


class Cash(RealBroker):
    """Trades whole orders at once at ``price``, or refuses them with ``refuses``; tells from a thread of its own."""

    order_types = frozenset(OrderType)

    def __init__(self) -> None:
        self.price, self.refuses, self.fills = 10_000, "", True
        self.sent: list[Order] = []
        self.cancels: list[str] = []
        self.book: dict[str, OrderUpdate] = {}
        self.held: dict[InstrumentId, int] = {}
        self.findings: list[Finding] = []
        self.tell: Callable[[OrderUpdate], None] = lambda _update: None

    def listen(self, tell: Callable[[OrderUpdate], None]) -> None:
        self.tell = tell

    def orders(self) -> Sequence[OrderUpdate]:
        return list(self.book.values())

    def positions(self) -> Mapping[InstrumentId, int]:
        return {name: quantity for name, quantity in self.held.items() if quantity}

    def preflight(self) -> Sequence[Finding]:
        return self.findings

    def send(self, intents: Sequence[Intent]) -> None:
        for intent in intents:
            if isinstance(intent, CancelOrder):
                self.cancels.append(intent.tag)
                self._tell(intent.tag, OrderStatus.CANCELLED)
                continue
            self.sent.append(intent.order)
            if self.refuses:
                raise Refused(self.refuses)
            self._tell(intent.order.tag, OrderStatus.OPEN)
            if self.fills:
                self.trade(intent.order)

    def trade(self, order: Order) -> None:
        """All of an order, now."""
        self.held[order.instrument] = self.held.get(order.instrument, 0) + order.side.sign * order.quantity
        self._tell(order.tag, OrderStatus.FILLED, order.quantity)

    def _tell(self, tag: str, status: OrderStatus, filled: int = 0) -> None:
        self.book[tag] = OrderUpdate(tag, f"N{tag}", status, filled, filled * self.price, TEN)
        self.tell(self.book[tag])


class Wish(Strategy):
    """Orders at market what ``script`` has for the time of a bar: a signed quantity."""

    order_types = frozenset(OrderType)

    def __init__(self, script: dict[int, int] | None = None) -> None:
        self.bars: list[Bar] = []
        self.heard: list[Event] = []
        self.script = {} if script is None else script

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision]:
        if not isinstance(event, Bar):
            self.heard.append(event)
            return ()
        self.bars.append(event)
        want = self.script.get(event.ts_event, 0)
        return [Order(event.instrument.id, Side.BUY if want > 0 else Side.SELL, abs(want))] if want else []


LIVE = (
    "clock.kind=wall",
    "streams.market_data.source=played",
    'trading.active_strategies=[{id = "wish", use = "wish"}]',
    "risk.max_gross_exposure=10.0",
    "account.charges=flat_bps",
    "broker.settle=0.02",
    "broker.read_every=0.2",
    "notify.use=[]",
    "run.observers=[]",
    "risk.rules=[]",
)
REAL = (
    "broker.use=cash",
    "risk.max_drawdown=0.2",
    "risk.max_day_loss=0.05",
    "risk.max_order_value=1_000_000",
    "risk.max_orders_per_session=100",
)


@dataclass
class LiveRun:
    """A session in a thread of its own; the test puts rows, moves the clock, and waits for what comes of it."""

    folder: Path
    overrides: Sequence[str] = LIVE
    clock: ManualClock = field(default_factory=lambda: ManualClock(TEN))
    source: Played = field(default_factory=Played)
    broker: Cash = field(default_factory=Cash)
    strategy: Wish = field(default_factory=Wish)
    result: RunResult | None = None
    error: BaseException | None = None

    def __post_init__(self) -> None:
        parts = (
            ("source", "played", self.source),
            ("broker", "cash", self.broker),
            ("strategy", "wish", self.strategy),
        )
        specs = [ComponentSpec(kind, name, lambda made=made: made) for kind, name, made in parts]  # type: ignore[misc]
        settings = [f"run.folder={self.folder / 'runs'}", *self.overrides]
        loaded = containers.load_settings(environ={}, folder=self.folder, overrides=settings)
        self.host: Host = containers.build(loaded, specs, clock=providers.Object(self.clock))
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def journals(self) -> Path:
        return self.folder / "journals" / self.host.profile

    def start(self) -> LiveRun:
        self._thread.start()
        return self

    def bar(self, price: int = 10_000, *, want: int = 0) -> None:
        """A minute goes by, its bar comes, and a sign of life after it; the strategy has seen it then."""
        seen = len(self.strategy.bars)
        self.clock.advance(MINUTE)
        self.strategy.script[self.clock.now()] = want
        self.source.told.put(row(self.clock.now(), price))
        self.clock.advance(SECOND)
        self.until(lambda: len(self.strategy.bars) > seen)

    def until(self, is_so: Callable[[], Any], seconds: float = 10.0) -> None:
        """Wait for it, in real time."""
        end = time.monotonic() + seconds
        while not is_so():
            assert self.error is None, self.error
            assert time.monotonic() < end, "it has not come about"
            time.sleep(0.002)

    def stop(self) -> RunResult:
        """As Ctrl-C does."""
        self.host.request_stop()
        return self.joined()

    def joined(self) -> RunResult:
        self._thread.join(20)
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result

    def _run(self) -> None:
        try:
            self.result = self.host.run()
        except BaseException as error:  # noqa: BLE001 - the test's thread meets it
            self.error = error
