"""Bars to try indicators on, and a way to run columns over them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from friday_core.causal import batch
from friday_core.causal.columns import Col
from friday_core.causal.market import Market
from friday_core.causal.program import Program, trace_program

Floats = NDArray[np.float64]
Formula = Callable[[Market], Col | tuple[Col, ...]]
PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Bars:
    """One instrument's bars in currency units; ``session`` numbers the trading days."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    session: Floats

    def __len__(self) -> int:
        return len(self.close)

    def adjusted(self) -> dict[str, Floats]:
        """As columns of a stream whose prices are plain numbers."""
        return dict(vars(self))

    def exact(self, scale: float) -> dict[str, Floats]:
        """As columns of a stream whose prices are whole units, ``scale`` of them to a currency unit."""
        prices = {f"raw.{name}": np.round(getattr(self, name) * scale) for name in PRICES}
        return {**prices, "volume": self.volume, "session": self.session}


def random_walk(rows: int, seed: int, first: float = 1000.0, tick: float = 0.05) -> Bars:
    """Bars on a grid of ticks, with many ties: some stand still, some do not trade."""
    draw = np.random.Generator(np.random.PCG64(seed))
    steps = draw.integers(-12, 13, (rows, 4)) * (draw.random((rows, 1)) > 0.1)
    path = np.maximum(np.cumsum(steps.ravel()).reshape(rows, 4) + round(first / tick), 1)
    low, high = path.min(axis=1), path.max(axis=1)
    volume = draw.integers(0, 5000, rows).astype(np.float64) * (draw.random(rows) > 0.05)
    prices = [np.round(units * tick, 2) for units in (path[:, 0], high, low, path[:, 3])]
    return Bars(*prices, volume, np.arange(rows) // 75 + 1.0)


def constant(rows: int, price: float = 123.45, volume: float = 100.0) -> Bars:
    """A price that never moves."""
    still = np.full(rows, price)
    return Bars(still, still, still, still, np.full(rows, volume), np.ones(rows))


def traced(formula: Formula, *, adjusted: bool = True, base: str = "1d") -> Program:
    """The program of an indicator; its columns are the outputs "0", "1", ..."""

    def outputs(m: Market) -> dict[str, Col]:
        answer = formula(m)
        columns = (answer,) if isinstance(answer, Col) else answer
        return {str(n): column for n, column in enumerate(columns)}

    return trace_program(outputs, adjusted=adjusted, base=base)


def computed(program: Program, columns: Mapping[str, Floats], scale: float = 1.0) -> list[Floats]:
    """The outputs of a traced program over all rows, one array each."""
    return list(batch.run(program, columns, [scale]).values())


def run(formula: Formula, bars: Bars, scale: float | None = None) -> list[Floats]:
    """An indicator's columns on these bars: on plain numbers, or with a ``scale`` on exact prices."""
    if scale is None:
        return computed(traced(formula), bars.adjusted())
    return computed(traced(formula, adjusted=False), bars.exact(scale), scale)


def facts() -> dict[str, Any]:
    """What the docstrings of the indicators say, by name: ``Indicator`` of ``docs/indicators_table.py``."""
    return {one.name: one for one in importlib.import_module("indicators_table").all_indicators()}
