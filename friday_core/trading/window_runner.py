"""Runs a strategy that is written in pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Fill, OrderEnded
from friday_core.flow.bar_windows import FRAME_COLUMNS, BarWindows
from friday_core.flow.window_answers import decided_values
from friday_core.interfaces.strategy import BookView
from friday_core.interfaces.windows import WindowStrategy, window_rows
from friday_core.trading.asked import Asked
from friday_core.trading.strategy_runner import ValueRunner


class WindowRunner(ValueRunner):
    """Asks a ``WindowStrategy`` about the window of each bar; no decision until a window is full."""

    def __init__(self, name: str, strategy: WindowStrategy, instruments: Iterable[InstrumentId] = ()) -> None:
        super().__init__(name, strategy.order_types, instruments)
        self._strategy = strategy
        self._windows = BarWindows(window_rows(strategy))

    def _decisions(
        self,
        ts_event: int,
        news: Sequence[Fill | OrderEnded],  # noqa: ARG002 - a window holds bars only
        bars: Sequence[Bar],
        book: BookView,  # noqa: ARG002
    ) -> Iterable[Asked]:
        for bar in bars:
            instrument = bar.instrument.id
            window = self._windows.push(instrument, ts_event, _row(bar))
            if window is not None:
                answer = decided_values(f"strategy {self.name!r}", self._strategy.decide(window))
                yield from self._decided(instrument, answer)


def _row(bar: Bar) -> dict[str, float]:
    return {**{name: float(getattr(bar, name)) for name in FRAME_COLUMNS}, **bar.columns}
