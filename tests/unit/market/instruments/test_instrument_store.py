"""A folder of lists: yesterday's question gets yesterday's answer, or is refused."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes.kite_lists import DAY, Row, day_list, row

from friday_core.errors import DataError, DataSourceError
from friday_core.market.instruments.store import InstrumentMaster

NEXT = dt.date(2026, 8, 24)


@pytest.fixture
def master(tmp_path: Path) -> InstrumentMaster:
    return InstrumentMaster(tmp_path / "instruments")


def add(master: InstrumentMaster, folder: Path, day: dt.date, *rows: Row, replace: bool = False) -> Path:
    return master.add(day_list(folder, rows, day), replace=replace)


def test_each_day_has_its_own_answer(master: InstrumentMaster, tmp_path: Path) -> None:
    add(master, tmp_path, DAY, row(5, "INFY", lot_size=1))
    add(master, tmp_path, NEXT, row(5, "INFY", lot_size=2))
    assert master.days() == (DAY, NEXT)
    assert [master.asof(day).resolve("NSE", "INFY").lot_size for day in (DAY, NEXT)] == [1, 2]


def test_a_day_without_a_list_is_answered_with_the_one_before_and_says_so(
    master: InstrumentMaster, tmp_path: Path
) -> None:
    add(master, tmp_path, DAY, row(5, "INFY"))
    add(master, tmp_path, NEXT, row(6, "TCS"))
    sunday = master.asof(dt.date(2026, 8, 23))
    assert (sunday.day, sunday.asked) == (DAY, dt.date(2026, 8, 23))
    assert str(sunday) == "as listed on 2026-08-21, 2 days before 2026-08-23"
    assert sunday.resolve("NSE", "INFY").symbol == "INFY"


def test_a_list_may_be_a_week_older_than_the_question_and_no_more(master: InstrumentMaster, tmp_path: Path) -> None:
    add(master, tmp_path, DAY, row(5, "INFY"))
    assert master.asof(dt.date(2026, 8, 28)).day == DAY
    message = (
        "the list before 2026-08-29 in .*instruments is that of 2026-08-21, 8 days older; at most 7 are taken\n"
        "    mend: friday instruments import FILE --date 2026-08-29"
    )
    with pytest.raises(DataError, match=message):
        master.asof(dt.date(2026, 8, 29))
    assert InstrumentMaster(master.folder, max_age=8).asof(dt.date(2026, 8, 29)).day == DAY


def test_a_day_before_the_first_list_is_refused(master: InstrumentMaster, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no list of instruments up to 2026-08-21: it is empty"):
        master.asof(DAY)
    add(master, tmp_path, NEXT, row(5, "INFY"))
    with pytest.raises(DataError, match="up to 2026-08-21: the first is that of 2026-08-24\n    mend: friday instr"):
        master.asof(DAY)


def test_the_latest_list_is_the_last_day_s(master: InstrumentMaster, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no list of instruments\n    mend: friday instruments import FILE"):
        master.latest()
    add(master, tmp_path, NEXT, row(5, "INFY"))
    add(master, tmp_path, DAY, row(5, "INFY"))
    assert master.latest().day == NEXT


def test_the_list_before_a_day_is_found_however_old(master: InstrumentMaster, tmp_path: Path) -> None:
    add(master, tmp_path, DAY, row(5, "INFY"))
    assert master.before(DAY) is None
    before = master.before(dt.date(2030, 1, 1))
    assert before is not None
    assert (before.day, before.asked) == (DAY, DAY)


def test_the_manifest_names_the_files_that_lists_were_made_from(master: InstrumentMaster, tmp_path: Path) -> None:
    first = day_list(tmp_path, [row(5, "INFY")], DAY)
    master.add(first)
    second = day_list(tmp_path, [row(5, "INFY"), row(6, "TCS")], NEXT)
    master.add(second)
    assert json.loads((master.folder / "manifest.json").read_text()) == {
        "2026-08-21": {"rows": 1, "source": "list.csv", "sha256": first.sha256},
        "2026-08-24": {"rows": 2, "source": "list.csv", "sha256": second.sha256},
    }


def test_nothing_but_lists_and_the_manifest_is_left_in_the_folder(master: InstrumentMaster, tmp_path: Path) -> None:
    path = add(master, tmp_path, DAY, row(5, "INFY"))
    assert path.name == "2026-08-21.parquet"
    assert sorted(one.name for one in master.folder.iterdir()) == ["2026-08-21.parquet", "manifest.json"]
    assert pq.read_metadata(path).row_group(0).column(0).compression == "ZSTD"


def test_another_list_of_a_day_is_refused_unless_it_is_to_replace_the_first(
    master: InstrumentMaster, tmp_path: Path
) -> None:
    add(master, tmp_path, DAY, row(5, "INFY"))
    assert add(master, tmp_path, DAY, row(5, "INFY")).exists()
    with pytest.raises(DataError, match=r"has another list of 2026-08-21, from list\.csv\n    mend: .*--replace"):
        add(master, tmp_path, DAY, row(6, "TCS"))
    add(master, tmp_path, DAY, row(6, "TCS"), replace=True)
    assert master.asof(DAY).table["tradingsymbol"].to_pylist() == ["TCS"]


def test_a_list_is_known_by_the_file_that_it_was_made_from(master: InstrumentMaster, tmp_path: Path) -> None:
    found = day_list(tmp_path, [row(5, "INFY")], DAY)
    assert not master.has(found)
    master.add(found)
    assert master.has(found)
    assert not master.has(day_list(tmp_path, [row(6, "TCS")], DAY))


def test_a_list_that_somebody_renamed_is_refused(master: InstrumentMaster, tmp_path: Path) -> None:
    path = add(master, tmp_path, DAY, row(5, "INFY"))
    path.rename(path.with_name("2026-08-20.parquet"))
    with pytest.raises(
        DataSourceError, match=r"2026-08-20\.parquet is the list of 2026-08-21\n    mend: import the day"
    ):
        master.asof(dt.date(2026, 8, 20))


def test_files_that_are_no_lists_are_refused_or_passed_over(master: InstrumentMaster) -> None:
    master.folder.mkdir()
    (master.folder / "notes.parquet").write_text("no day")
    assert master.days() == ()
    (master.folder / f"{DAY}.parquet").write_text("no list")
    with pytest.raises(DataSourceError, match=r"2026-08-21\.parquet cannot be read"):
        master.asof(DAY)
    pq.write_table(pa.table({"a": [1]}), master.folder / f"{DAY}.parquet")
    with pytest.raises(DataSourceError, match="has not the columns of a list of instruments"):
        master.asof(DAY)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataSourceError, match=r"2026-08-21\.parquet cannot be written: (Not a directory|File exists)"):
        add(InstrumentMaster(tmp_path / "file" / "more"), tmp_path, DAY, row(5, "INFY"))
