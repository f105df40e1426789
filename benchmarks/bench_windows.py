"""What a row costs in a pandas window against the same rule in columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from harness import interleaved, report

from friday_core.api import Market, WindowTransformer, indicators
from friday_core.causal.columns import Col
from friday_core.causal.compiled.choice import fastest_executor
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.window_stage import WindowStage
from friday_core.interfaces.transformer import Transformer
from friday_plugins.sources.synthetic import SyntheticSettings, SyntheticSource

ROWS = 500
INSTRUMENTS = 5
WARMUP = 500 * INSTRUMENTS


def market() -> tuple[Universe, Chunk, Chunk]:
    """The instruments, rows that fill every window, and the rows that are measured."""
    source = SyntheticSource(SyntheticSettings(instruments=INSTRUMENTS, sessions=1_000))
    rows = Chunk.concat(list(source.bars())).take(slice(0, WARMUP + 2 * ROWS))
    stamps = {"session": rows.ts_event / 86_400e6, "factor": np.ones(len(rows)), "split": np.ones(len(rows))}
    stamped = rows.with_columns(stamps)
    return Universe(source.instruments()), stamped.take(slice(0, -ROWS)), stamped.take(slice(-ROWS, None))


def in_columns(m: Market) -> dict[str, Col]:
    return {"distance": indicators.sma(m.close, 20) / indicators.sma(m.close, 50) - 1}


class Nothing(WindowTransformer):
    """What the window itself costs."""

    outputs = ("distance",)

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def values(self, bars: pd.DataFrame) -> dict[str, float]:  # noqa: ARG002
        return {"distance": 0.0}


class Rolling(Nothing):
    """The rule as most write it: every average of the whole window, of which the last one is used."""

    def values(self, bars: pd.DataFrame) -> dict[str, float]:
        distance = bars.close.rolling(20).mean() / bars.close.rolling(50).mean() - 1
        return {"distance": distance.iloc[-1]}


class Tail(Nothing):
    """The rule as it is cheapest: the last average only."""

    def values(self, bars: pd.DataFrame) -> dict[str, float]:
        return {"distance": bars.close.iloc[-20:].mean() / bars.close.iloc[-50:].mean() - 1}


def main() -> None:
    universe, before, rows = market()
    program, make = trace_program(in_columns), fastest_executor(tell=print)
    stages: dict[str, Transformer] = {
        "columns": ColumnStage(program, universe, make),
        "columns, many rows at once": ColumnStage(program, universe, make),
        "columns in plain Python": ColumnStage(program, universe),
        "window of 500, nothing done with it": WindowStage(Nothing(500), universe),
        "window of 500, rolling().mean()": WindowStage(Rolling(500), universe),
        "window of 50, rolling().mean()": WindowStage(Rolling(50), universe),
        "window of 50, mean() of its end": WindowStage(Tail(50), universe),
    }
    for stage in stages.values():
        stage.transform(before)
    alone = [rows.take(slice(row, row + 1)) for row in range(ROWS)]
    parts = {name: [rows] if name == "columns, many rows at once" else alone for name in stages}
    contenders = {
        name: lambda stage=stage, name=name: [stage.transform(part) for part in parts[name]]
        for name, stage in stages.items()
    }
    report("Windows, two averages, per row", interleaved(contenders), "columns", per=ROWS, unit="us")


if __name__ == "__main__":
    main()
