"""Parquet files are judged as CSV files are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from friday_core.errors import DataSourceError
from friday_core.market.parquet_text import read_parquet


def test_dates_numbers_and_nulls_become_text(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    days = pa.array([dt.date(2026, 8, 21), None]).cast(pa.timestamp("us"))
    pq.write_table(pa.table({"NAME": ["A", None], "day": days, "size": [1, 2]}), path)
    table = read_parquet(path, ("name", "day", "size"), what="a file of days")
    assert table.table.to_pydict() == {"name": ["A", ""], "day": ["2026-08-21", ""], "size": ["1", "2"]}
    assert "row 2, column 'name': wrong" in str(table.error("wrong", "correct it", row=1, column="name"))


def test_a_column_that_is_missing_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"SYMBOL": ["A"]}), path)
    with pytest.raises(DataSourceError, match=r"is not a file of days: it lacks SYMBOLS \('SYMBOL' is near\)"):
        read_parquet(path, ("name",), what="a file of days", names={"name": "SYMBOLS"})


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    path.write_text("name\nA\n")
    with pytest.raises(DataSourceError, match=r"file\.parquet cannot be read"):
        read_parquet(path, ("name",), what="a file of days")
