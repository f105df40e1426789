"""Tables in parts: readable while the run goes on, one file when it is over."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from friday_core.errors import RunFolderError
from friday_core.session.run_folder import RunFolder
from friday_core.session.table_parts import TableParts


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    found = RunFolder(tmp_path, "test", 0)
    found.create()
    return found


def table(*values: int) -> pa.Table:
    return pa.table(
        {"n": pa.array(values, pa.int64()), "text": pa.array([f"row {value}" for value in values], pa.string())}
    )


def test_a_table_of_several_parts_becomes_one_file(folder: RunFolder) -> None:
    parts = TableParts(folder, "equity")
    parts.write(table(0, 1))
    parts.write(table(2))
    parts.finish(table(3, 4))
    assert pq.read_table(folder.path / "equity.parquet").equals(table(0, 1, 2, 3, 4))
    assert [one.name for one in folder.path.iterdir()] == ["equity.parquet"]


def test_parts_can_be_read_before_the_run_is_over(folder: RunFolder) -> None:
    parts = TableParts(folder, "equity")
    for n in range(12):
        parts.write(table(2 * n, 2 * n + 1))
    assert pd.read_parquet(folder.path / "parts" / "equity")["n"].tolist() == list(range(24))


def test_a_table_without_parts_is_written_at_once_and_a_part_without_rows_not_at_all(folder: RunFolder) -> None:
    parts = TableParts(folder, "equity")
    parts.write(table())
    assert not (folder.path / "parts").exists()
    parts.finish(table(1))
    assert pq.read_table(folder.path / "equity.parquet").equals(table(1))


def test_rows_that_changed_since_stand_in_their_old_places(folder: RunFolder) -> None:
    parts = TableParts(folder, "orders")
    parts.write(table(0, 1, 2))
    parts.write(table(3, 4))
    parts.write(table(5))
    parts.finish(table(6), [0, 2, 4], table(100, 102, 104))
    assert pq.read_table(folder.path / "orders.parquet").equals(table(100, 1, 102, 3, 104, 5, 6))


def test_parts_of_another_table_stay(folder: RunFolder) -> None:
    one, other = TableParts(folder, "equity"), TableParts(folder, "fills")
    one.write(table(1))
    other.write(table(2))
    one.finish(table())
    assert [part.parent.name for part in (folder.path / "parts").glob("*/*")] == ["fills"]


def test_a_part_that_cannot_be_written_is_an_error_that_names_the_folder(folder: RunFolder) -> None:
    (folder.path / "parts").write_text("in the way", encoding="utf-8")
    with pytest.raises(RunFolderError, match=str(folder.path)):
        TableParts(folder, "equity").write(table(1))
