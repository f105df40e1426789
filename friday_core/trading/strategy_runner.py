"""Runs one strategy: hands it its events, checks its answers, and stops it if it raises."""

from __future__ import annotations

import math
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, CoarseSlice
from friday_core.domain.orders import Fill, Order, OrderEnded, OrderType
from friday_core.domain.outcomes import StrategyStopped
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.errors import PluginContractError
from friday_core.interfaces.strategy import BookView, Event, Strategy
from friday_core.trading.asked import Asked

_DECISIONS = (Signal, Target, Order, Cancel)


class StrategyRunner(ABC):
    """A strategy under its id, with the instruments that it sees; one subclass for each way to write one.

    After an exception it is never called again; what it raised is kept in ``stopped``.
    """

    def __init__(self, name: str, order_types: frozenset[OrderType], instruments: Iterable[InstrumentId]) -> None:
        self.name = name
        #: What is said of it while its code is running.
        self.stage = f"strategy.{name}"
        self.order_types = order_types
        self.stopped: StrategyStopped | None = None
        self._instruments = frozenset(instruments)
        self._news: list[Fill | OrderEnded] = []

    def sees(self, instrument: InstrumentId) -> bool:
        """Whether the instrument belongs to this strategy's universe."""
        return not self._instruments or instrument in self._instruments

    @property
    def sees_all(self) -> bool:
        """Whether its universe is the session's."""
        return not self._instruments

    @property
    def reads_book(self) -> bool:
        """Whether it matters which book ``decide`` is handed."""
        return True

    @property
    def has_news(self) -> bool:
        """Whether something is to be delivered with the next slice."""
        return bool(self._news)

    @property
    def news(self) -> Sequence[Fill | OrderEnded]:
        """What is to be delivered with the next slice."""
        return self._news

    def tell(self, news: Fill | OrderEnded) -> None:
        """What became of an order: delivered with the next slice."""
        self._news.append(news)

    def decide(
        self, ts_event: int, bars: Sequence[Bar], book: BookView, coarser: Sequence[CoarseSlice] = ()
    ) -> list[Asked]:
        """Everything the strategy wants after this slice; empty once it was stopped.

        ``coarser`` are the slices of coarser domains that closed since the slice before, up to this
        one's close, in the order in which programs take them.
        """
        if self.stopped is not None:
            return []
        news, self._news = self._news, []
        try:
            self._observe([one._replace(bars=self._seen(one.bars)) for one in coarser])
            return list(self._decisions(ts_event, news, self._seen(bars), book))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a strategy raises
            return self._stop(ts_event, error)

    def _stop(self, ts_event: int, error: BaseException) -> list[Asked]:
        """It is never called again, and decides nothing."""
        self.stopped = StrategyStopped(ts_event, self.name, f"{type(error).__name__}: {error}", traceback.format_exc())
        return []

    def _seen(self, bars: Sequence[Bar]) -> tuple[Bar, ...]:
        if not self._instruments:
            return tuple(bars)
        return tuple(bar for bar in bars if self.sees(bar.instrument.id))

    def _observe(self, coarser: Sequence[CoarseSlice]) -> None:  # noqa: B027 - only programs read other domains
        """Slices of coarser domains, before ``_decisions`` of the slice that sees them; may raise anything."""

    @abstractmethod
    def _decisions(
        self, ts_event: int, news: Sequence[Fill | OrderEnded], bars: Sequence[Bar], book: BookView
    ) -> Iterable[Asked]:
        """What the strategy wants; may raise anything."""


class EventRunner(StrategyRunner):
    """Runs a strategy that is called event by event.

    Whoever has called it already for the bars of a slice says with ``answer`` what came of it: ``decide`` of that
    slice then takes the answer, and does not call the strategy.
    """

    def __init__(self, name: str, strategy: Strategy, instruments: Iterable[InstrumentId] = ()) -> None:
        super().__init__(name, strategy.order_types, instruments)
        self.strategy = strategy
        self._answer: tuple[Sequence[Asked], BaseException | None] | None = None

    def call(self, events: Iterable[Event], book: BookView) -> list[Asked]:
        """All that it decides on these events; may raise anything."""
        decisions: list[Asked] = []
        for event in events:
            answer = self.strategy.on_event(event, book)
            if answer is not None:
                decisions += self.checked(answer)
        return decisions

    def answer(self, decisions: Sequence[Asked], error: BaseException | None = None) -> None:
        """On the next slice it has decided this, or raised it."""
        self._answer = decisions, error

    @property
    def answered(self) -> Sequence[Asked]:
        """The answer that waits for ``decide``; empty if there is none, or if it is that something was raised."""
        return () if self._answer is None else self._answer[0]

    def forget(self) -> None:
        """The answer has been carried out already, and the news delivered."""
        self._answer, self._news = None, []

    def checked(self, answer: Iterable[Asked]) -> Sequence[Asked]:
        """What ``on_event`` returned, looked through; ``PluginContractError`` for anything that is no decision."""
        decisions = list(answer)
        for decision in decisions:
            if not isinstance(decision, _DECISIONS):
                raise PluginContractError(
                    f"strategy {self.name!r} returned {decision!r:.80}: only Signal, Target, Order and Cancel count"
                )
            if not isinstance(decision.reason, str):
                raise PluginContractError(f"strategy {self.name!r}: a reason is no text: {decision.reason!r:.80}")
        return decisions

    def _decisions(
        self,
        ts_event: int,  # noqa: ARG002 - every event has its own
        news: Sequence[Fill | OrderEnded],
        bars: Sequence[Bar],
        book: BookView,
    ) -> Iterable[Asked]:
        if self._answer is None:
            return self.call((*news, *bars), book)
        (decisions, error), self._answer = self._answer, None
        if error is not None:
            raise error
        return decisions


class ValueRunner(StrategyRunner):
    """Runs a strategy whose answers are values with names, of which ``signal`` and ``target`` decide."""

    def __init__(self, name: str, order_types: frozenset[OrderType], instruments: Iterable[InstrumentId]) -> None:
        super().__init__(name, order_types, instruments)
        self._signals: dict[InstrumentId, float] = {}
        #: Signals of a slice of which nothing came, and whose they were: of the same again nothing comes.
        self._known: tuple[Sequence[InstrumentId], Sequence[float]] = (), ()

    def signal(self, instrument: InstrumentId) -> float:
        """The latest signal; before the first one it was flat."""
        return self._signals.get(instrument, 0.0)

    def remember(self, signals: Mapping[InstrumentId, float]) -> None:
        """These are the latest, of slices that were stepped elsewhere."""
        self._signals.update(signals)
        self._known = (), ()

    def _news_of(
        self, instruments: Sequence[InstrumentId], targets: Sequence[float] | None, signals: Sequence[float] | None
    ) -> list[int]:
        """The rows of different instruments of whose values something comes; NaN is nothing."""
        latest, found = self._signals, list[int]()
        if signals and not (signals == self._known[1] and instruments is self._known[0]):
            for row, signal in enumerate(signals):
                if signal == signal != latest.get(instruments[row], 0.0):  # noqa: PLR0124 - NaN differs
                    found.append(row)
            self._known = ((), ()) if found else (instruments, signals)
        if targets:
            found = sorted({*found, *(row for row, target in enumerate(targets) if not math.isnan(target))})
        return found

    def _decided(self, instrument: InstrumentId, values: Mapping[str, float]) -> Iterator[Asked]:
        """A target whenever there is one, a signal when it changes; before the first one it was flat."""
        told, target, signal = shown(values), values.get("target"), values.get("signal")
        if target is not None and not math.isnan(target):
            yield Target(instrument, target, told)
        if signal is not None and not math.isnan(signal) and signal != self.signal(instrument):
            self._signals[instrument] = signal
            yield Signal(instrument, signal, told)


def shown(values: Mapping[str, float]) -> str:
    """The values of a row, as the reason of what it decides."""
    return ", ".join(f"{name} {value:.6g}" for name, value in values.items())
