"""Prices of the paper broker: a walk that its seed determines, and bars of a file."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from friday_core.errors import DataSourceError
from friday_core.sandbox.paper.price_file import price_tape
from friday_core.sandbox.paper.tape import BarTape, Prices, Walk
from friday_core.simulation.fill_rules import NO_PRICE

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
DAY_1, DAY_2 = 1_704_103_200 * SECOND, 1_704_189_600 * SECOND  # 15:30 in India
LINES = """timestamp,symbol,open,high,low,close,volume
2024-01-01,INFY,100,101,99,100.5,1000
2024-01-02,INFY,102,103,101,102.5,1000
2024-01-02,TCS,5,,4,5,1000
"""


def test_a_walk_is_a_function_of_seed_instrument_and_time() -> None:
    bars = list(islice(Walk(7).after("INFY.NSE", 2, NOW), 5))
    assert list(islice(Walk(7).after("INFY.NSE", 2, NOW + 2 * SECOND), 3)) == bars[2:]
    assert list(islice(Walk(8).after("INFY.NSE", 2, NOW), 5)) != bars
    assert list(islice(Walk(7).after("TCS.NSE", 2, NOW), 5)) != bars
    assert Walk(7).last("INFY.NSE", 2, bars[3].ts) == bars[3].close


def test_a_walk_goes_from_close_to_close_in_small_steps_of_whole_ticks() -> None:
    bars = list(islice(Walk(7).after("INFY.NSE", 2, NOW), 2_000))
    assert all(later.open == earlier.close for earlier, later in pairwise(bars))
    assert [one.ts for one in bars] == [NOW + n * SECOND for n in range(1, 2_001)]
    assert {one.close % 5 for one in bars} == {0}
    steps = [abs(one.close / one.open - 1) for one in bars]
    assert max(steps) < 0.001
    assert len({one.close for one in bars}) > 50


def written(tmp_path: Path, form: str) -> BarTape:
    path = tmp_path / f"bars.{form}"
    if form == "csv":
        path.write_text(LINES, "utf-8")
    else:
        header, *rows = (line.split(",") for line in LINES.split())
        columns = {name: [row[place] for row in rows] for place, name in enumerate(header)}
        numbers = {name: [float(one or "nan") for one in columns[name]] for name in header[2:]}
        pq.write_table(pa.table({**columns, **numbers}), path)
    return price_tape({"path": path, "timezone": "Asia/Kolkata"})


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_is_read_as_friday_reads_bars_and_rows_without_a_price_are_left_out(tmp_path: Path, form: str) -> None:
    tape = written(tmp_path, form)
    first, second = Prices(DAY_1, 10_000, 10_100, 9_900, 10_050), Prices(DAY_2, 10_200, 10_300, 10_100, 10_250)
    assert list(tape.after("INFY.NSE", 2, 0)) == [first, second]
    assert list(tape.after("INFY.NSE", 2, DAY_1)) == [second]
    assert [tape.last("INFY.NSE", 2, ts) for ts in (DAY_1 - 1, DAY_1, DAY_2)] == [NO_PRICE, 10_050, 10_250]
    assert list(tape.after("TCS.NSE", 2, 0)) == []
    assert tape.begin() == DAY_1


def test_what_a_file_does_not_have_is_told(tmp_path: Path) -> None:
    tape = written(tmp_path, "csv")
    with pytest.raises(LookupError, match=r"SBIN\.NSE is not among the instruments of the price file"):
        tape.tick_of("SBIN.NSE", 2)
    with pytest.raises(LookupError, match="2 decimals in the price file, and 4 in the order"):
        tape.tick_of("INFY.NSE", 4)
    with pytest.raises(DataSourceError, match=r"\[prices\] intervall: Extra inputs"):
        price_tape({"path": tmp_path / "bars.csv", "intervall": "1m"})
