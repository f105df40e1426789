"""Runs a strategy that is written in columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import PRICE_COLUMNS, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Fill, OrderEnded, OrderType
from friday_core.domain.signals import Signal, Target
from friday_core.interfaces.strategy import BookView, Decision
from friday_core.trading.strategy_runner import StrategyRunner

_OF_BAR: Mapping[str, Callable[[Bar], float]] = {
    **{name: attrgetter(name) for name in (*PRICE_COLUMNS, "volume", "session")},
    **{f"raw.{name}": attrgetter(f"raw.{name}") for name in PRICE_COLUMNS},
}
_OF_BOOK: Mapping[str, Callable[[BookView, InstrumentId], float]] = {
    "pos": lambda book, instrument: float(book.position(instrument)),
    "open_qty": lambda book, instrument: float(book.open_quantity(instrument)),
    "cash": lambda book, _instrument: book.cash,
    "equity": lambda book, _instrument: book.equity,
}
#: Input columns that a program may read besides those that transformers added.
INPUTS = frozenset({*_OF_BAR, *_OF_BOOK})


class ColumnRunner(StrategyRunner):
    """Executes a program on each slice; every row of a slice sees the same book."""

    def __init__(
        self, name: str, program: Program, universe: Universe, instruments: Iterable[InstrumentId] = ()
    ) -> None:
        super().__init__(name, frozenset({OrderType.MARKET}), instruments)
        self._universe = universe
        self._labels = program.inputs[program.base]
        scales = [10.0**one.price_decimals for one in universe]
        self._oracle = Oracle(program, scales, [one.id for one in universe])
        self._signals: dict[InstrumentId, float] = {}

    def _decisions(
        self,
        ts_event: int,
        news: Sequence[Fill | OrderEnded],  # noqa: ARG002 - columns are told of fills by m.pos
        bars: Sequence[Bar],
        book: BookView,
    ) -> Iterable[Decision]:
        if not bars:
            return
        inst = [self._universe.position(bar.instrument.id) for bar in bars]
        values = self._oracle.step(ts_event, inst, {label: _column(label, bars, book) for label in self._labels})
        for row, bar in enumerate(bars):
            yield from self._decided(bar.instrument.id, {name: column[row] for name, column in values.items()})

    def _decided(self, instrument: InstrumentId, values: Mapping[str, float]) -> Iterable[Decision]:
        shown = ", ".join(f"{name} {value:.6g}" for name, value in values.items())
        target, signal = values.get("target"), values.get("signal")
        if target is not None and not math.isnan(target):
            yield Target(instrument, target, shown)
        if signal is not None and not math.isnan(signal) and signal != self._signals.get(instrument, 0.0):
            self._signals[instrument] = signal
            yield Signal(instrument, signal, shown)


def _column(label: str, bars: Sequence[Bar], book: BookView) -> list[float]:
    if label in _OF_BAR:
        return [float(_OF_BAR[label](bar)) for bar in bars]
    if label in _OF_BOOK:
        return [_OF_BOOK[label](book, bar.instrument.id) for bar in bars]
    return [bar[label] for bar in bars]
