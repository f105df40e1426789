"""The table of bars: every row as strategies saw it, whatever the cuts, exact to the last decimal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.row import rows_of
from friday_core.session.bar_table import BarTable

#: The first has paise, the second four decimals.
UNIVERSE = Universe([
    Instrument(InstrumentId("INFY", "NSE"), "INR"),
    Instrument(InstrumentId("USDINR", "CDS"), "INR", price_decimals=4),
])  # fmt: skip
DAY = 19_723


def rows(units: list[int], first: int = 0) -> Chunk:
    """A row a microsecond, the instruments in turn; every price is the same number of units."""
    n = np.arange(first, first + len(units))
    prices = {name: np.array(units, np.int64) for name in PRICE_COLUMNS}
    others = {"volume": n * 10.0, "factor": np.full(len(n), 0.5), "session": np.full(len(n), float(DAY))}
    return Chunk(n, n % 2, prices | others)


def table_of(*chunks: Chunk, block: int = 65_536) -> pa.Table:
    kept = BarTable(block)
    for chunk in chunks:
        kept.add(chunk)
    return kept.table(UNIVERSE)


@given(st.lists(st.integers(-5, 10**12) | st.just(MISSING_PRICE), min_size=1, max_size=20), st.integers(1, 8))
def test_rows_that_come_alone_are_kept_as_those_of_a_chunk(units: list[int], block: int) -> None:
    kept = BarTable(block)
    kept.add_rows(rows_of(rows(units)))
    assert (kept.table(UNIVERSE), kept.kept) == (table_of(rows(units)), len(units))


def test_a_row_has_its_instrument_session_prices_volume_and_factor() -> None:
    first, second = table_of(rows([12_345, 836_125])).to_pylist()
    assert first["ts_event"] == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert (first["session"], first["instrument"], first["volume"]) == (dt.date(2024, 1, 1), "INFY.NSE", 0.0)
    assert {first[name] for name in PRICE_COLUMNS} == {Decimal("123.45")}
    assert (second["instrument"], second["close"], second["volume"]) == ("USDINR.CDS", Decimal("83.6125"), 10.0)
    assert second["factor"] == 0.5


def test_types_are_those_of_the_other_tables() -> None:
    kinds = {field.name: str(field.type) for field in table_of().schema}
    assert kinds == {
        "ts_event": "timestamp[us, tz=UTC]",
        "session": "date32[day]",
        "instrument": "string",
        **dict.fromkeys(PRICE_COLUMNS, "decimal128(38, 4)"),
        "volume": "double",
        "factor": "double",
    }


def test_a_price_that_is_missing_is_null() -> None:
    assert table_of(rows([MISSING_PRICE, 5]))["close"].to_pylist() == [None, Decimal("0.0005")]


@given(st.lists(st.integers(-(2**62), 2**62), max_size=12), st.lists(st.integers(1, 5), max_size=6))
def test_prices_are_exact_however_large_and_however_the_rows_are_cut(units: list[int], cuts: list[int]) -> None:
    chunks, done = [], 0
    for count in [*cuts, len(units)]:
        part = units[done : done + count]
        if part:
            chunks.append(rows(part, done))
        done += len(part)
    found = table_of(*chunks, block=4)
    digits = [UNIVERSE[n % 2].price_decimals for n in range(len(units))]
    assert found["open"].to_pylist() == [Decimal(u).scaleb(-d) for u, d in zip(units, digits, strict=True)]
    assert found["volume"].to_pylist() == [10.0 * n for n in range(len(units))]


@pytest.mark.parametrize("block", [1, 2, 3, 100])
def test_bars_are_counted_by_instrument(block: int) -> None:
    kept = BarTable(block)
    kept.add(rows([1, 2, 3]))
    kept.add(rows([4, 5], 3))
    assert kept.counts(3) == [3, 2, 0]


def test_without_a_bar_the_table_has_its_columns_and_the_counts_are_zero() -> None:
    assert table_of().num_rows == 0
    assert BarTable().counts(2) == [0, 0]


def test_a_row_takes_64_bytes_and_what_is_made_room_for() -> None:
    kept = BarTable(1_000)
    for n in range(2_500):
        kept.add(rows([n], n))
    assert sum(block.nbytes for block in kept._blocks) == 3_000 * 64


@given(st.lists(st.integers(1, 5), max_size=8), st.sets(st.integers(0, 7)))
def test_bars_that_were_let_go_of_are_written_once_and_still_count(counts: list[int], releases: set[int]) -> None:
    kept, whole, parts, done = BarTable(4), BarTable(4), [], 0
    for turn, count in enumerate(counts):
        chunk = rows(list(range(done, done + count)), done)
        kept.add(chunk)
        whole.add(chunk)
        done += count
        if turn in releases:
            parts.append(kept.release(UNIVERSE))
    parts.append(kept.table(UNIVERSE))
    assert kept.counts(3) == whole.counts(3)
    assert pa.concat_tables(parts).equals(whole.table(UNIVERSE))
    assert kept.kept == len(parts[-1])
