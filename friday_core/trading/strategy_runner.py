"""Runs one strategy: hands it its events, checks its answers, and stops it if it raises."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Fill, Order, OrderEnded, OrderType
from friday_core.domain.outcomes import StrategyStopped
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.errors import PluginContractError
from friday_core.interfaces.strategy import BookView, Decision, Strategy


class StrategyRunner(ABC):
    """A strategy under its id, with the instruments that it sees; one subclass for each way to write one.

    After an exception it is never called again; what it raised is kept in ``stopped``.
    """

    def __init__(self, name: str, order_types: frozenset[OrderType], instruments: Iterable[InstrumentId]) -> None:
        self.name = name
        self.order_types = order_types
        self.stopped: StrategyStopped | None = None
        self._instruments = frozenset(instruments)
        self._news: list[Fill | OrderEnded] = []

    def sees(self, instrument: InstrumentId) -> bool:
        """Whether the instrument belongs to this strategy's universe."""
        return not self._instruments or instrument in self._instruments

    def tell(self, news: Fill | OrderEnded) -> None:
        """What became of an order: delivered with the next slice."""
        self._news.append(news)

    def decide(self, ts_event: int, bars: Sequence[Bar], book: BookView) -> list[Decision]:
        """Everything the strategy wants after this slice; empty once it was stopped."""
        if self.stopped is not None:
            return []
        news, self._news = self._news, []
        seen = [bar for bar in bars if self.sees(bar.instrument.id)]
        try:
            return list(self._decisions(ts_event, news, seen, book))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a strategy raises
            self.stopped = StrategyStopped(
                ts_event, self.name, f"{type(error).__name__}: {error}", traceback.format_exc()
            )
            return []

    @abstractmethod
    def _decisions(
        self, ts_event: int, news: Sequence[Fill | OrderEnded], bars: Sequence[Bar], book: BookView
    ) -> Iterable[Decision]:
        """What the strategy wants; may raise anything."""


class EventRunner(StrategyRunner):
    """Runs a strategy that is called event by event."""

    def __init__(self, name: str, strategy: Strategy, instruments: Iterable[InstrumentId] = ()) -> None:
        super().__init__(name, strategy.order_types, instruments)
        self._strategy = strategy

    def _decisions(
        self,
        ts_event: int,  # noqa: ARG002 - every event has its own
        news: Sequence[Fill | OrderEnded],
        bars: Sequence[Bar],
        book: BookView,
    ) -> Iterable[Decision]:
        for event in (*news, *bars):
            yield from self._checked(self._strategy.on_event(event, book))

    def _checked(self, answer: Iterable[Decision] | None) -> list[Decision]:
        decisions = list(answer) if answer is not None else []
        for decision in decisions:
            if not isinstance(decision, Signal | Target | Order | Cancel):
                raise PluginContractError(
                    f"strategy {self.name!r} returned {decision!r:.80}: only Signal, Target, Order and Cancel count"
                )
            if not isinstance(decision.reason, str):
                raise PluginContractError(f"strategy {self.name!r}: a reason is no text: {decision.reason!r:.80}")
        return decisions
