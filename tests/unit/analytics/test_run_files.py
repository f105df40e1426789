"""Run folders that are damaged, or none."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes.run_folder import small_run

from friday_core.analytics.run_files import RunFiles
from friday_core.errors import RunFolderError


def test_a_folder_without_a_summary_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"is no run folder: it has no summary\.json"):
        RunFiles.read(tmp_path)


@pytest.mark.parametrize(("name", "text"), [("summary.json", "{"), ("resolved.toml", "= 1")])
def test_a_damaged_text_is_named(tmp_path: Path, name: str, text: str) -> None:
    folder = small_run(tmp_path / "run")
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match="is damaged"):
        RunFiles.read(folder)


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    folder = small_run(tmp_path / "run")
    (folder / "fills.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunFolderError, match=r"fills\.parquet cannot be read"):
        RunFiles.read(folder)


@pytest.mark.parametrize("read", ["column", "floats"])
def test_a_column_of_another_version_is_named(tmp_path: Path, read: str) -> None:
    folder = small_run(tmp_path / "run")
    pq.write_table(pa.table({"ts": [1]}), folder / "fills.parquet")
    files = RunFiles.read(folder)
    with pytest.raises(RunFolderError, match=r"fills\.parquet has no column 'price'"):
        getattr(files, read)("fills", "price")


def test_a_table_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    files = RunFiles.read(small_run(tmp_path / "run"))
    assert (files.rows("nothing"), files.column("nothing", "x"), files.floats("nothing", "x").tolist()) == ([], [], [])


def test_times_dates_and_money_are_integers(tmp_path: Path) -> None:
    files = RunFiles.read(small_run(tmp_path / "run"))
    assert files.column("equity", "session") == [19_723, 19_724, 19_725]
    assert files.column("equity", "ts_event")[0] == 19_723 * 86_400_000_000 + 36_000_000_000
    assert files.money("equity", "equity") == [100_000, 102_400, 101_300]


def test_the_summary_and_the_settings_are_as_they_were_written(tmp_path: Path) -> None:
    files = RunFiles.read(small_run(tmp_path / "run"))
    assert (files.name, files.timezone, files.results["currency"]) == ("run", "Asia/Kolkata", "INR")


def test_a_run_that_was_killed_has_what_it_had_written_by_then(tmp_path: Path) -> None:
    folder = small_run(tmp_path / "run")
    whole = RunFiles.read(folder).rows("equity")
    parts = folder / "parts" / "equity"
    parts.mkdir(parents=True)
    table = pq.read_table(folder / "equity.parquet")
    for number, first in enumerate(range(2), 1):
        pq.write_table(table.slice(first, 1), parts / f"{number:08}.parquet")
    (parts / ".00000003.parquet.tmp").write_bytes(b"half of it")
    assert RunFiles.read(folder).rows("equity") == whole
    (folder / "equity.parquet").unlink()
    assert RunFiles.read(folder).rows("equity") == whole[:2]
