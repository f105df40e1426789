"""Stages of columns: many rows at once where the executor can, one row without anything that grows."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.bars import UNIVERSE, A, B, C, chunk_of, flat
from unit.causal.stepping import bits

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Columns, Oracle
from friday_core.causal.program import trace_program
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Chunk, Float64
from friday_core.flow.column_stage import ColumnStage, SliceStage
from friday_core.flow.row_program import FEW

GRID = [flat(day, one, 100 + 7 * day + place) for day in range(10) for place, one in enumerate((A, B, C))]


class Recording(Oracle):
    """Takes whole columns too, as the oracle does slice by slice, and remembers how it was called."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.calls: list[tuple[str, int]] = []

    def step(self, ts: int, inst: Any, columns: Columns, domain: str | None = None) -> dict[str, list[float]]:
        self.calls.append(("step", ts))
        return super().step(ts, inst, columns, domain)

    def columns(self, tables: Mapping[str, Table]) -> dict[str, Float64]:
        (table,) = tables.values()
        self.calls.append(("columns", len(table)))
        return {name: np.zeros(len(table)) for name in self.program.outputs}


def recorded(kind: type[ColumnStage | SliceStage]) -> tuple[Any, Recording]:
    made: list[Recording] = []

    def executor(*given: Any) -> Recording:
        made.append(Recording(*given))
        return made[0]

    program = trace_program(lambda m: {"mean": m.close.rolling(3).mean()})
    return kind(program, UNIVERSE, executor), made[0]


def adjusted(chunk: Chunk) -> Chunk:
    return chunk.with_columns({"factor": np.full(len(chunk), 0.5)})


def test_many_rows_are_executed_at_once_and_few_of_them_one_by_one() -> None:
    stage, executor = recorded(ColumnStage)
    rows = adjusted(chunk_of([flat(day, A, 100 + day) for day in range(3 * FEW)]))
    stage.transform(rows.take(slice(0, FEW + 1)))
    stage.transform(rows.take(slice(FEW + 1, FEW + 2)))
    stage.transform(rows.take(slice(FEW + 2, FEW + 4)))
    stage.transform(rows.take(slice(FEW + 4, 3 * FEW)))
    one_by_one = [("step", FEW + 2), ("step", FEW + 3), ("step", FEW + 4)]
    assert executor.calls == [("columns", FEW + 1), *one_by_one, ("columns", 2 * FEW - 4)]


def test_several_slices_are_executed_at_once_and_one_slice_alone() -> None:
    stage, executor = recorded(SliceStage)
    rows = adjusted(chunk_of(GRID))
    stage.transform(rows.take(slice(0, 3)))
    stage.transform(rows.take(slice(3, 30)))
    assert executor.calls == [("step", rows.ts_event[0]), ("columns", 27)]


def test_columns_of_an_executor_are_not_copied_and_nobody_can_write_to_them(compiled: ChosenExecutor) -> None:
    stage = ColumnStage(trace_program(lambda m: {"same": m.close, "one": m.close * 0 + 1}), UNIVERSE, compiled)
    out = stage.transform(adjusted(chunk_of(GRID)))
    assert out["one"].tolist() == [1.0] * 30
    with pytest.raises(ValueError, match="read-only"):
        out["same"][0] = 7.0


@pytest.mark.parametrize("name", ["ts", "inst"])
def test_a_column_may_be_called_as_what_tables_are_sorted_by(compiled: ChosenExecutor, name: str) -> None:
    program = trace_program(lambda m: {"next": m[name] + 1}, [name])
    rows = chunk_of(GRID).with_columns({name: np.arange(30) * 10.0})
    for stage in (ColumnStage(program, UNIVERSE, compiled), SliceStage(program, UNIVERSE, compiled)):
        assert stage.transform(rows)["next"].tolist() == (np.arange(30) * 10.0 + 1).tolist()


def test_a_price_of_one_row_is_read_with_the_bits_of_many(compiled: ChosenExecutor) -> None:
    program = trace_program(lambda m: {"adjusted": m.close, "raw": m.raw.close + 0, "lots": m.volume / 3})
    rows = chunk_of([flat(day, A, 10_000_000_007 + day) for day in range(50)])
    factors = np.random.default_rng(1).random(50) * 3.0
    rows = rows.with_columns({"factor": factors})
    many = ColumnStage(program, UNIVERSE).transform(rows)
    for executor in (Oracle, compiled):
        stage = ColumnStage(program, UNIVERSE, executor)
        alone = Chunk.concat([stage.transform(rows.take(slice(row, row + 1))) for row in range(50)])
        for name in stage.outputs:
            assert bits(alone[name].tolist()) == bits(many[name].tolist())


def test_slices_of_one_time_are_taken_one_after_the_other(compiled: ChosenExecutor) -> None:
    """Bars by volume: the second of an instrument at one time is another slice."""
    program = trace_program(lambda m: {"before": m.close.shift(1)}, base="v1000")
    rows = adjusted(chunk_of([flat(1, one, price) for price in (100, 200, 300) for one in (A, B)]))
    shown = [SliceStage(program, UNIVERSE, executor).transform(rows)["before"] for executor in (Oracle, compiled)]
    assert bits(shown[0].tolist()) == bits(shown[1].tolist())
    assert shown[0].tolist()[2:] == [0.5, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("kind", [ColumnStage, SliceStage])
def test_an_executor_outlives_whoever_made_it(kind: type[ColumnStage | SliceStage], kernel_folder: Path) -> None:
    """Kernels are unloaded with the last that needs them: jumping into one that is gone ends the process."""
    program = trace_program(lambda m: {"mean": m.close.rolling(3).mean()})
    stage = kind(program, UNIVERSE, ChosenExecutor("compiled", kernel_folder, print))
    gc.collect()
    assert stage.transform(adjusted(chunk_of(GRID)))["mean"][-1] == pytest.approx((102 + 7 * 8) * 0.005)


def _z_score(m: Any) -> Any:
    window = m.close.rolling(20)
    return {"z": (m.close - window.mean()) / window.std(), "fast": m.close.ewm(span=9).mean()}


def test_ten_thousand_live_rows_leave_no_memory_behind(compiled: ChosenExecutor) -> None:
    stage = ColumnStage(trace_program(_z_score), UNIVERSE, compiled)
    whole = adjusted(chunk_of([flat(day, A, 100 + day % 7) for day in range(100)]))
    rows = [whole.take(slice(row, row + 1)) for row in range(100)]

    def passes(times: int) -> None:
        for _ in range(times):
            for row in rows:
                stage.transform(row)

    passes(1)
    gc.collect()
    objects = len(gc.get_objects())
    tracemalloc.start()
    try:
        passes(1)
        before, _ = tracemalloc.get_traced_memory()
        passes(100)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    gc.collect()
    assert compiled.serving == "compiled"
    assert after - before < 1_000
    assert len(gc.get_objects()) - objects < 20
