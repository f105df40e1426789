"""What programs read of a chunk: prices adjusted or raw, a missing one as NaN."""

from __future__ import annotations

import math

import numpy as np
from fakes.bars import UNIVERSE, A, B, C, Row, chunk_of, flat
from fakes.ticks import Tick, ticks_of

from friday_core.causal.program import trace_program
from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.row import rows_of
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.program_columns import chunk_columns, program_columns, row_reader, rows_reader


def test_prices_are_adjusted_in_the_currency_or_raw_in_units() -> None:
    rows = chunk_of([flat(1, A, 250), flat(1, B, 300)]).with_columns({"factor": np.array([2.0, 1.0])})
    columns = program_columns(rows, ["close", "raw.close", "volume"], UNIVERSE.scales)
    assert columns == {"close": [5.0, 3.0], "raw.close": [250.0, 300.0], "volume": [1e6, 1e6]}


def test_a_missing_price_is_nan_however_it_is_read() -> None:
    rows = chunk_of([Row(1, A, 100, 100, 100, MISSING_PRICE)]).with_columns({"factor": np.array([1.0])})
    columns = program_columns(rows, ["close", "raw.close"], UNIVERSE.scales)
    assert [math.isnan(values[0]) for values in columns.values()] == [True, True]


def test_rows_that_come_as_numbers_are_read_as_their_columns_are() -> None:
    rows = chunk_of([flat(1, A, 250), Row(1, B, 300, 300, 300, MISSING_PRICE), flat(1, C, -7)])
    rows = rows.with_columns({"factor": np.array([0.3, 2.0, 1.1]), "gap": np.array([0.1, math.nan, -0.0])})
    plain = [*rows_of(rows)]
    for label, column in program_columns(rows, ["close", "raw.close", "volume", "gap"], UNIVERSE.scales).items():
        scales, read = UNIVERSE.scales.tolist(), row_reader(label)
        assert repr(rows_reader(label)(plain, scales)) == repr(column)
        assert repr([read(row.values, scales[row.inst]) for row in plain]) == repr(column)


def test_what_every_bar_has_need_not_be_asked_for() -> None:
    assert chunk_columns(["close", "raw.high", "volume", "gap", "raw.price"]) == ("volume", "gap", "price")


def test_a_program_on_ticks_reads_their_exact_price_in_rupees() -> None:
    program = trace_program(lambda m: {"move": m.price - m.price.shift(1)}, ["price"], base="tick")
    stage = ColumnStage(program, UNIVERSE)
    assert stage.inputs == ("price",)
    moved = stage.transform(ticks_of([Tick(1, 10_000), Tick(2, 10_025)]))["move"].tolist()
    assert math.isnan(moved[0])
    assert moved[1] == 0.25
