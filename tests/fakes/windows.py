"""Authors of windows whose answer a test chooses, and bars for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from fakes.bars import CLOSE, DAY, UNIVERSE, A, Row, chunk_of

from friday_core.domain.chunk import Chunk
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.signals import Signal, Target
from friday_core.interfaces.strategy import BookView
from friday_core.interfaces.windows import WindowStrategy, WindowTransformer
from friday_core.trading.ledger import Book, FrozenBook
from friday_core.trading.strategy_runner import StrategyRunner
from friday_core.trading.window_runner import WindowRunner

Answer = Callable[[pd.DataFrame], object]


class Decides(WindowStrategy):
    """Answers with whatever the test makes of the window."""

    def __init__(self, rows: Any, answer: Answer) -> None:
        self.rows = rows
        self._answer = answer

    def decide(self, bars: pd.DataFrame) -> Any:
        return self._answer(bars)


class Adds(WindowTransformer):
    """Adds whatever the test makes of the window."""

    def __init__(self, rows: Any, answer: Answer, outputs: Sequence[str] = ("x",)) -> None:
        self.rows = rows
        self.outputs = tuple(outputs)
        self._answer = answer

    def values(self, bars: pd.DataFrame) -> Any:
        return self._answer(bars)


#: A book without anything: windows do not look at it.
BOOK: BookView = FrozenBook(Book("mine", "INR", 0), {})


def bar(session: int, close: float, instrument: InstrumentId = A, **columns: float) -> Bar:
    """A bar that opens, stays and closes at one price in the currency."""
    units = round(close * 100)
    raw = RawBar(units, units, units, units)
    one, ts_event = UNIVERSE.instrument(instrument), session * DAY + CLOSE
    return Bar(one, ts_event, session, close, close, close, close, 1_000.0, 1.0, raw, columns)


def said(runner: StrategyRunner, bars: Iterable[Bar]) -> list[tuple[int, str, str, float]]:
    """Each decision as (session, symbol, signal or target, value); every bar is a slice."""
    found = []
    for one in bars:
        for decision in runner.decide(one.ts_event, [one], BOOK):
            assert isinstance(decision, Signal | Target)
            is_signal = isinstance(decision, Signal)
            value = decision.strength if is_signal else decision.weight  # type: ignore[union-attr]
            found.append((one.session, decision.instrument.symbol, "signal" if is_signal else "target", value))
    return found


def decided(rows: int, answer: Answer, bars: Iterable[Bar]) -> tuple[list[tuple[int, str, str, float]], str]:
    """What a strategy said, and why it was stopped; empty if it was not."""
    runner = WindowRunner("mine", Decides(rows, answer))
    found = said(runner, bars)
    return found, runner.stopped.error if runner.stopped else ""


def stamped(rows: Sequence[Row], first: int = 0, **columns: Sequence[float]) -> Chunk:
    """Rows as they reach a transformer; ``factor`` and others may be given, a value a row."""
    given = {"session": [float(row.session) for row in rows], "factor": [1.0] * len(rows), "split": [1.0] * len(rows)}
    added = {name: np.array(values, float) for name, values in {**given, **columns}.items()}
    chunk: Chunk = chunk_of(rows, first=first).with_columns(added)
    return chunk
