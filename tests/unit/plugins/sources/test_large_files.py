"""Files that are read in pieces: the same rows and the same errors as of files that are read at once."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from friday_core.api import BarFileSource, Chunk, DataSourceError
from friday_core.data import bar_files
from friday_plugins.sources.csv import CsvSource
from friday_plugins.sources.parquet import ParquetSource

MINUTE = 60_000_000
SETTINGS = {"timezone": "Asia/Kolkata", "interval": "1m", "label": "close"}


def source(path: Path, at_once: int, kind: type[BarFileSource] = ParquetSource, **given_settings: Any) -> BarFileSource:
    one = kind(kind.Settings(path=path, **{**SETTINGS, **given_settings}))  # type: ignore[attr-defined]
    one.rows_at_once = at_once  # type: ignore[misc]
    return one


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bar_files, "_LEAST_ROWS", 2)


def frame(minutes: list[int], symbol: str | list[str] = "INFY", *, daily: bool = False) -> pd.DataFrame:
    start, unit = pd.Timestamp("2024-01-01T09:15", tz="Asia/Kolkata"), "D" if daily else "min"
    stamps = [start + pd.Timedelta(minute, unit) for minute in minutes]
    prices = 100.0 + np.arange(len(minutes)) / 20
    return pd.DataFrame(
        {
            "timestamp": stamps,
            "symbol": symbol,
            **dict.fromkeys(("open", "high", "low", "close"), prices),
            "volume": 1.0,
        }
    )


def write(path: Path, rows: pd.DataFrame) -> Path:
    if path.suffix == ".parquet":
        rows.to_parquet(path, row_group_size=3)
    else:
        text = rows.to_csv(index=False)
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def told(one: BarFileSource) -> list[Any]:
    rows = Chunk.concat(list(one.bars()))
    columns = [rows.ts_event, rows.inst, rows.code, *(rows[name] for name in one.columns)]
    return [[str(each.id) for each in one.instruments()], one.row_count(), *(column.tolist() for column in columns)]


@pytest.mark.parametrize(("kind", "suffix"), [(ParquetSource, "parquet"), (CsvSource, "csv"), (CsvSource, "csv.gz")])
@given(files=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=9), min_size=1, max_size=3))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_pieces_and_at_once_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], kind: type[BarFileSource], suffix: str
) -> None:
    folder = tmp_path_factory.mktemp("files")
    for number, minutes in enumerate(files):
        write(folder / f"{number}.{suffix}", frame(sorted(minutes), [f"S{n % 2}" for n in range(len(minutes))]))
    assert told(source(folder, 0, kind)) == told(source(folder, 10**6, kind))


def test_no_piece_is_larger_than_it_may_be(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", frame(list(range(50)), "A"))
    write(tmp_path / "b.parquet", frame(list(range(50)), "B"))
    sizes = [len(chunk) for chunk in source(tmp_path, 10).bars()]
    assert (sum(sizes), max(sizes)) == (100, 10)


def test_a_file_out_of_order_is_read_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", frame([5, 6, 7, 8, 1, 2, 3, 4]))
    (rows,) = source(path, 4).bars()
    assert np.diff(rows.ts_event).tolist() == [MINUTE] * 7


@pytest.mark.parametrize("at_once", [0, 10**6])
@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_an_error_far_down_names_its_line(tmp_path: Path, suffix: str, at_once: int) -> None:
    lines = frame(list(range(9))).to_csv(index=False).splitlines()
    lines[7] = lines[7].replace(",1.0", ",many")
    text = "\n".join([*lines, "", ""]).encode()
    path = tmp_path / f"bars.{suffix}"
    path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    with pytest.raises(DataSourceError, match="line 8, column 'volume': 'many' is not a number"):
        told(source(path, at_once, CsvSource))


@pytest.mark.parametrize("at_once", [0, 10**6])
def test_a_line_without_its_fields_names_its_line_and_the_last_one_is_cut_off(tmp_path: Path, at_once: int) -> None:
    lines = frame(list(range(9))).to_csv(index=False).splitlines()
    path = tmp_path / "bars.csv"
    path.write_text("\n".join([*lines[:8], "", "x,y", *lines[8:]]), encoding="utf-8")
    with pytest.raises(DataSourceError, match=r"line 10: 2 fields where the first line names 7\n"):
        told(source(path, at_once, CsvSource))
    path.write_text("\n".join([*lines, "x,y"]), encoding="utf-8")
    with pytest.raises(DataSourceError, match=r"line 11: 2 fields where the first line names 7 \(is the file cut off"):
        told(source(path, at_once, CsvSource))


@pytest.mark.parametrize("at_once", [0, 10**6])
def test_two_times_of_one_day_are_found_across_pieces(tmp_path: Path, at_once: int) -> None:
    days = frame([0, 1, 2, 3, 4], daily=True)
    again = days.iloc[[1]].assign(timestamp=days["timestamp"][1] + pd.Timedelta(1, "min"))
    for place in (2, 3):
        rows = (
            pd.concat([days[:2], again, days[2:]]) if place == 2 else pd.concat([days[:1], days[:1], days[1:2], again])
        )
        path = write(tmp_path / f"{place}.parquet", rows)
        with pytest.raises(DataSourceError, match="is a second time of one day, but interval is '1d'"):
            told(source(path, at_once, interval="1d"))


def test_pieces_of_which_only_leaves_nothing_are_passed_over(tmp_path: Path) -> None:
    rows = frame(list(range(12))).assign(series=["BE"] * 5 + ["EQ"] * 2 + ["BE"] * 5)
    one = source(write(tmp_path / "a.parquet", rows), 2, only={"series": ["EQ"]})
    assert one.row_count() == len(Chunk.concat(list(one.bars()))) == 2


@pytest.mark.parametrize("at_once", [0, 10**6])
def test_what_an_action_pays_goes_by_the_last_close_before_its_day(tmp_path: Path, at_once: int) -> None:
    bars = frame([minute + day * 1440 for day in range(3) for minute in range(4)])
    actions = tmp_path / "actions.csv"
    actions.write_text(
        "symbol,ex_date,kind,ratio,amount,announced\nINFY,2024-01-03,rights,1:5,50,2023-12-20\n", encoding="utf-8"
    )
    (action,) = source(write(tmp_path / "a.parquet", bars), at_once, actions=actions).corporate_actions()
    # The close before is 100.35: (5 x 100.35 + 50) / 6 is 91.958 after, so a right is worth 8.392 a share.
    assert (action.session, action.dividend) == (19_725, 839)


@pytest.mark.parametrize("at_once", [0, 10**6])
def test_a_file_without_rows_is_an_error(tmp_path: Path, at_once: int) -> None:
    write(tmp_path / "a.parquet", frame([1, 2]))
    write(tmp_path / "b.parquet", frame([]))
    with pytest.raises(DataSourceError, match=r"b\.parquet: there are no rows"):
        told(source(tmp_path, at_once))
