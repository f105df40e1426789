"""The smallest component of each role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from friday_core import api
from friday_core.api import (
    BarMatcher,
    BookView,
    Broker,
    ChargesPlan,
    Chunk,
    Component,
    Decision,
    Event,
    HistoricalData,
    Instrument,
    InstrumentId,
    Intent,
    Judgement,
    MatchingRules,
    Notification,
    Notifier,
    OrderType,
    OrderUpdate,
    Proposal,
    RiskRule,
    Ruling,
    Side,
    Signal,
    SimulatedBroker,
    Sizer,
    Strategy,
    Target,
    Transformer,
    Validator,
)

DAY = 24 * 60 * 60 * 1_000_000


class Idle(Strategy):
    """Wants nothing; keeps what it was handed."""

    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        return None


class AllowAll(RiskRule):
    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(proposal.order.quantity)


class Silent(Notifier):
    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def notify(self, notification: Notification) -> None:
        pass


class Half(Sizer):
    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def size(self, signal: Signal, bar: Any, book: BookView) -> Target:
        return Target(signal.instrument, signal.strength / 2)


class Free(ChargesPlan):
    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def charges(self, side: Side, quantity: int, notional: int) -> int:
        return 0


class PassAll(Validator):
    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def validate(self, chunk: Chunk) -> Judgement:
        return Judgement.passing(chunk)


class Same(Transformer):
    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def transform(self, chunk: Chunk) -> Chunk:
        return chunk


class Watching(Component):
    """An observer without hooks."""

    def __init__(self, **handed: Any) -> None:
        self.handed = handed


class Simulation(SimulatedBroker):
    order_types = frozenset(OrderType)

    def __init__(self, **handed: Any) -> None:
        self.handed = handed

    def matcher(self) -> BarMatcher:
        return BarMatcher(MatchingRules())

    def send(self, intents: Sequence[Intent]) -> None:
        pass


class Mute(Broker):
    """Trades real money and never says what became of it."""

    account = "real"
    order_types = frozenset(OrderType)

    def send(self, intents: Sequence[Intent]) -> None:
        raise AssertionError("nothing may be sent to a real broker here")


class RealBroker(api.RealBroker):
    """Trades real money, if anybody lets it."""

    order_types = frozenset(OrderType)

    def __init__(self, settings: Any = None) -> None:
        self._settings = settings

    def listen(self, tell: Callable[[OrderUpdate], None]) -> None:
        raise AssertionError("nobody may listen to a real broker here")

    def orders(self) -> Sequence[OrderUpdate]:
        raise AssertionError("no real broker may be asked here")

    def send(self, intents: Sequence[Intent]) -> None:
        raise AssertionError("nothing may be sent to a real broker here")


class Flat(HistoricalData):
    """Instruments whose price stands still, ``days`` long."""

    def __init__(self, currencies: Sequence[str] = ("INR",), days: int = 30) -> None:
        self._currencies = currencies
        self._days = days

    def instruments(self) -> Sequence[Instrument]:
        return [Instrument(InstrumentId(f"FLAT{n}", "SEA"), one) for n, one in enumerate(self._currencies)]

    def bars(self) -> Iterator[Chunk]:
        for day in range(1, self._days + 1):
            rows = np.arange(len(self._currencies))
            price = np.full(len(rows), 10_000)
            prices = dict.fromkeys(("open", "high", "low", "close"), price)
            yield Chunk(np.full(len(rows), day * DAY), rows, {**prices, "volume": np.full(len(rows), 500.0)})
