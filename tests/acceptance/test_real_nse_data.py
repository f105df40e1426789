"""Real files of the NSE and of Kite, read by the built-in sources and run to the end.

They are not part of the project: ``MARKET_DATA_DIR`` says where they are.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes.profile_session import ProfileSession

from friday_core.orchestration.host import RunResult

FOLDER = os.environ.get("MARKET_DATA_DIR")
DATA = Path(FOLDER or "nowhere").resolve()

pytestmark = pytest.mark.skipif(FOLDER is None, reason="MARKET_DATA_DIR names no folder of market data")

DAILY = "daily/nse_bhav_eq_2019_2026.parquet"
MINUTES = "intraday/kite_1min_banks_2023-04_06.parquet"
_PRICES = ", ".join(f'{name} = "{name.upper()}_PRICE"' for name in ("open", "high", "low", "close"))
BHAVCOPY_COLUMNS = f'symbol = "SYMBOL", volume = "TTL_TRD_QNTY", {_PRICES}'
MINUTE_SETTINGS = {"columns": '{ timestamp = "Date", symbol = "tradingsymbol" }', "interval": '"1m"'}


def run(folder: Path, source: str, path: Path, settings: Mapping[str, str], *more: str) -> RunResult:
    """The default profile on other data; ``settings`` are those of the source, written as in TOML."""
    given = {"path": f'"{path}"', "timezone": '"Asia/Kolkata"', **settings}
    placed = [f"plugins.source.{source}.{key}={value}" for key, value in given.items()]
    return ProfileSession("backtest", folder, f'streams.market_data.source="{source}"', *placed, *more).run()


def bhavcopies(folder: Path) -> Path:
    """The raw files of the exchange, unpacked into a folder of their own."""
    unpacked = folder / "bhavcopy"
    unpacked.mkdir()
    for packed in (DATA / "raw_bhavcopy").glob("*.csv.gz"):
        (unpacked / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return unpacked


def bhavcopy_run(folder: Path, path: Path, *more: str) -> RunResult:
    settings = {"columns": f'{{ timestamp = "DATE1", {BHAVCOPY_COLUMNS} }}', "timestamp_format": '"%d-%b-%Y"'}
    return run(folder, "csv", path, settings, *more)


def explained(summary: Mapping[str, Any]) -> bool:
    """Whether every book's equity is its capital and what became of it, to the paisa."""
    return all(
        round(book["equity"] * 100)
        == sum(round(book[part] * 100) for part in ("capital", "realised", "unrealised", "dividends"))
        - round(book["charges"] * 100)
        for book in summary["strategies"].values()
    )


def test_seven_years_of_daily_bars_run_to_the_end(tmp_path: Path) -> None:
    bars = pd.read_parquet(DATA / DAILY)
    settings = {"columns": f'{{ timestamp = "DATE", {BHAVCOPY_COLUMNS} }}'}
    summary = run(tmp_path, "parquet", DATA / DAILY, settings).summary
    results = summary["results"]
    assert (summary["status"], summary["quarantine"], summary["stopped_strategies"]) == ("finished", [], [])
    assert (results["rows"], results["slices"]) == (len(bars), bars["DATE"].nunique())
    assert (results["first_session"], results["last_session"]) == (bars["DATE"].min(), bars["DATE"].max())
    assert results["fills"] > 500
    assert explained(summary)


def test_raw_bhavcopies_run_to_the_end_with_the_special_saturday(tmp_path: Path) -> None:
    files = bhavcopies(tmp_path)
    result = bhavcopy_run(tmp_path, files)
    lines = sum(len(path.read_text().splitlines()) - 1 for path in files.iterdir())
    assert (result.summary["status"], result.summary["results"]["rows"]) == ("finished", lines)
    sessions = {str(one) for one in pq.read_table(result.folder / "equity.parquet")["session"].to_pylist()}
    assert sessions == {path.stem for path in files.iterdir()}
    assert "2024-05-18" in sessions


def test_a_file_that_came_twice_is_found_row_by_row(tmp_path: Path) -> None:
    files = bhavcopies(tmp_path)
    again = (files / "2020-03-02.csv").read_text()
    (files / "2020-03-02 (1).csv").write_text(again)
    summary = bhavcopy_run(tmp_path, files, "data.end=2020-03-31").summary
    (found,) = summary["quarantine"]
    assert (found["stage"], found["verdict"], found["rows"]) == ("bar_sanity", "DUPLICATE", len(again.splitlines()) - 1)
    assert summary["status"] == "finished"


def test_a_damaged_row_is_held_back_and_the_rest_is_traded(tmp_path: Path) -> None:
    files = bhavcopies(tmp_path)
    path = files / "2020-03-03.csv"
    lines = path.read_text().splitlines()
    header = lines[0].split(",")
    fields = lines[1].split(",")
    high, low = header.index("HIGH_PRICE"), header.index("LOW_PRICE")
    fields[high], fields[low] = "1.0", "2.0"
    path.write_text("\n".join([lines[0], ",".join(fields), *lines[2:]]))
    (found,) = bhavcopy_run(tmp_path, files).summary["quarantine"]
    assert (found["reason"], found["rows"]) == ("high is below low", 1)


def test_two_months_of_minutes_run_to_the_end(tmp_path: Path) -> None:
    bars = pd.read_parquet(DATA / MINUTES)
    result = run(tmp_path, "parquet", DATA / MINUTES, MINUTE_SETTINGS)
    results = result.summary["results"]
    assert (result.summary["status"], result.summary["quarantine"]) == ("finished", [])
    assert (results["rows"], results["slices"]) == (len(bars), bars["Date"].nunique())
    times = pq.read_table(result.folder / "equity.parquet")["ts_event"].to_pylist()
    # A bar is known when it is over: the label 09:15 closes at 09:16 in India, 03:46 UTC.
    assert f"{times[0]:%Y-%m-%d %H:%M %Z}" == "2023-04-03 03:46 UTC"
    assert results["fills"] > 1_000
    assert explained(result.summary)


def test_prices_finer_than_said_are_held_back_and_counted(tmp_path: Path) -> None:
    bars = pd.read_parquet(DATA / MINUTES)
    tenths = bars[["open", "high", "low", "close"]] * 10
    finer = int(((tenths - tenths.round()).abs() > 0.01).any(axis=1).sum())
    coarse = {**MINUTE_SETTINGS, "price_decimals": "1", "tick_size": "1"}
    summary = run(tmp_path, "parquet", DATA / MINUTES, coarse).summary
    (found,) = summary["quarantine"]
    assert (found["stage"], found["rows"]) == ("source", finer)
    assert (found["reason"], summary["status"]) == ("a price finer than the instrument's price unit", "finished")
    assert 0 < finer < len(bars)
