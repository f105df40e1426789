"""Strategies, models, sizers, risk rules and what is at the edges: cheats, and honest mistakes."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from friday_core.api import (
    Bar,
    BarMatcher,
    BookView,
    Bound,
    ChargesPlan,
    CompiledModel,
    Component,
    Decision,
    Event,
    Instrument,
    Intent,
    LinearModel,
    MatchingRules,
    Model,
    Notification,
    Notifier,
    Order,
    OrderTerms,
    OrderType,
    PluginSettings,
    Proposal,
    RiskAdjuster,
    RiskRule,
    RiskState,
    Ruling,
    Side,
    Signal,
    SimulatedBroker,
    Sizer,
    Strategy,
    Target,
    TrainingTable,
    WorkingOrder,
    hookimpl,
)


class PathSettings(PluginSettings):
    path: Path = Field(description="A file of prices.")


def tomorrows(path: Path) -> dict[tuple[str, str], float]:
    """By date and symbol, the close of the row after it."""
    rows = [line.split(",") for line in path.read_text("utf-8").splitlines()[1:]]
    closes: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        closes.setdefault(row[1], []).append((row[0][:10], float(row[5] or "nan")))
    return {(day, name): then for name, own in closes.items() for (day, _), (_, then) in pairwise(own)}


class ByTomorrow(Strategy):
    """It is long where tomorrow is higher, by what a file says."""

    def __init__(self, settings: PathSettings) -> None:
        self.path = settings.path

    def tomorrow(self, bar: Bar) -> float:
        raise NotImplementedError

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:
        if isinstance(event, Bar):
            yield Target(event.instrument.id, 0.1 if self.tomorrow(event) > event.raw.close / 100 else 0.0)


class ReadsTomorrow(ByTomorrow):
    """The file is opened when it decides."""

    def tomorrow(self, bar: Bar) -> float:
        return tomorrows(self.path).get((_day(bar), bar.instrument.id.symbol), 0.0) if bar.session % 20 == 0 else 0.0


class KnowsTomorrow(ByTomorrow):
    """The file was read when it was made."""

    def __init__(self, settings: PathSettings) -> None:
        super().__init__(settings)
        self.known = tomorrows(settings.path)

    def tomorrow(self, bar: Bar) -> float:
        return self.known.get((_day(bar), bar.instrument.id.symbol), 0.0)


class StartsWithTomorrow(ByTomorrow):
    """The file is read once it is initialized."""

    async def initialize(self) -> None:
        self.known = tomorrows(self.path)

    def tomorrow(self, bar: Bar) -> float:
        return self.known.get((_day(bar), bar.instrument.id.symbol), 0.0)


def _day(bar: Bar) -> str:
    return str(np.datetime64(bar.session, "D"))


class ByTheClock(Strategy):
    """Long in the small hours of whoever runs it."""

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:
        if isinstance(event, Bar):
            yield Signal(event.instrument.id, 1.0 if time.time() % 86_400 < 3_600 else 0.0)


class ByChance(Strategy):
    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:
        if isinstance(event, Bar):
            yield Signal(event.instrument.id, random.choice([-1.0, 0.0, 1.0]))


class SharesItsCount(Strategy):
    """A default in the class: all of them count together."""

    seen: ClassVar[list[int]] = []

    def __init__(self) -> None:
        if len(self.seen) > 100_000:
            self.seen.clear()

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:
        if isinstance(event, Bar):
            self.seen.append(event.ts_event)
            yield Target(event.instrument.id, 0.05 * (len(self.seen) % 3))


class Undeclared(Strategy):
    """It sends limit orders and declares market orders."""

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:
        if isinstance(event, Bar) and event.raw.close > 0:
            yield Order(event.instrument.id, Side.BUY, event.instrument.lot_size, OrderType.LIMIT, event.raw.close)


class StumblesOverGaps(Strategy):
    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:
        if isinstance(event, Bar):
            yield Target(event.instrument.id, 0.01 * (int(event.close) % 3))


class Remembers(Model):
    """Its scaler is the first that it ever fitted, on whatever that was."""

    scale: ClassVar[list[float]] = []

    def fit(self, training: TrainingTable) -> CompiledModel:
        self.scale.append(float(np.abs(training.values).max()))
        weights = np.full(len(training.features), 1.0 / max(self.scale))
        return LinearModel(training.features, weights, float(training.labels.mean()))


class FitsByChance(Model):
    def fit(self, training: TrainingTable) -> CompiledModel:
        return LinearModel(training.features, np.random.default_rng().normal(size=len(training.features)), 0.0)


class NeverAbstains(LinearModel):
    def step(self, values: Sequence[float]) -> float:
        return super().step([0.0 if np.isnan(one) or np.isinf(one) else one for one in values])


class FillsGaps(Model):
    """Whatever is missing is taken to be 0."""

    def fit(self, training: TrainingTable) -> CompiledModel:
        return NeverAbstains(training.features, np.ones(len(training.features)), 0.0)


class CallsItProbability(Model):
    output = "probability"

    def fit(self, training: TrainingTable) -> CompiledModel:
        return LinearModel(training.features, np.ones(len(training.features)), 0.0)


class BiggerEachTime(Sizer):
    def __init__(self) -> None:
        self.asked = 0

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target:
        self.asked += 1
        return Target(signal.instrument, signal.strength * min(1.0, self.asked / 10_000), signal.reason)


class WrongUnit(Sizer):
    """Percent for shares."""

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target:
        return Target(signal.instrument, signal.strength * 25.0, signal.reason)


class KeepsYouIn(Sizer):
    inputs = ("volatility",)

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        if not bar["volatility"] > 0.0:
            return None
        return Target(signal.instrument, signal.strength * 0.1, signal.reason)


class RoundsUp(RiskRule):
    """To whole hundreds, also where fewer were asked for."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(-(-proposal.order.quantity // 100) * 100)


class NothingBelowAHundred(RiskRule):
    """Small orders are denied, those that close a position among them."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        small = proposal.order.quantity * proposal.price < 10_000_000
        return Ruling(0, "TOO_SMALL", "not worth its charges") if small else Ruling(proposal.order.quantity)


class SaysLess(RiskRule):
    """The number was changed in one place, and not in the other."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return OrderTerms(Bound.ORDER, 50, "FIFTY", "50 at most").ruling(proposal, book)

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:
        return OrderTerms(Bound.ORDER, 40, "FIFTY", "40 at most")


class MoreInCalm(RiskAdjuster):
    def adjust(self, target: Target, bar: Bar, book: BookView, state: RiskState) -> Target:
        return Target(target.instrument, target.weight * (1.0 if state.drawdown else 1.5))


class CheapInBulk(ChargesPlan):
    """20 rupees for less than a thousand, free above."""

    def charges(self, side: Side, quantity: int, notional: int) -> int:
        return 2_000 if quantity < 1_000 else 0


class InRupees(ChargesPlan):
    def charges(self, side: Side, quantity: int, notional: int) -> int:
        return notional * 0.0003  # type: ignore[return-value]


class Executed(NamedTuple):
    order: WorkingOrder
    quantity: int
    price: int


class IgnoresLimits(BarMatcher):
    """Orders trade wherever the market is, and far beyond."""

    def match(self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]) -> Generator[Any, int, None]:
        executions = super().match(ordinal, bars, orders)
        execution = next(executions, None)
        while execution is not None:
            worse = execution.price + execution.order.order.side.sign * 10_000
            booked = yield Executed(execution.order, execution.quantity, max(1, worse))
            try:
                execution = executions.send(booked)
            except StopIteration:
                return


class Generous(SimulatedBroker):
    """Its fills ignore limits."""

    order_types = frozenset(OrderType)

    def matcher(self) -> BarMatcher:
        return IgnoresLimits(MatchingRules())

    def send(self, intents: Sequence[Intent]) -> None:
        pass


class FillsTheDead(BarMatcher):
    """It looks at no status."""

    def match(self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]) -> Generator[Any, int, None]:
        yield from super().match(ordinal, bars, orders)
        for one in orders:
            if one.status.terminal and bars:
                yield Executed(one, 1, bars[0].raw.close)


class Undead(Generous):
    def matcher(self) -> BarMatcher:
        return FillsTheDead(MatchingRules())


class Overpromises(Generous):
    """It declares stops and never looks at them."""

    def matcher(self) -> BarMatcher:
        return _NoStops(MatchingRules())


class _NoStops(BarMatcher):
    def match(self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]) -> Generator[Any, int, None]:
        return super().match(ordinal, bars, [one for one in orders if not one.order.type.has_trigger])


class SwallowsFailures(Notifier):
    def notify(self, notification: Notification) -> None:
        with suppress(OSError):
            socket.create_connection(("alarms.example", 443), timeout=1.0).close()


class WaitsForEver(Notifier):
    def notify(self, notification: Notification) -> None:
        with socket.socket() as sock:
            sock.connect(("192.0.2.1", 443))


class MisspeltHook(Component):
    @hookimpl
    def friday_session_open(self, profile: str, mode: str) -> None:
        pass


class Undescribed(PluginSettings):
    length: int = 3
    api_token: str = Field("", description="Opens everything.")


class Loose(PluginSettings):
    model_config: ClassVar[Any] = {"frozen": False, "extra": "ignore"}
    length: int = Field(3, description="Bars.")


class CannotStartTwice(Notifier):
    def __init__(self) -> None:
        self.lines: list[str] | None = []

    def stop(self) -> None:
        self.lines = None

    def start(self) -> None:
        assert self.lines is not None, "already stopped"

    def notify(self, notification: Notification) -> None:
        pass


class ConnectsWhenMade(Notifier):
    def __init__(self) -> None:
        with suppress(OSError):
            socket.create_connection(("alarms.example", 443), timeout=1.0).close()

    def notify(self, notification: Notification) -> None:
        pass
