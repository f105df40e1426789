"""How dates are written is told from the whole column, or the column is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.errors import DataSourceError
from friday_core.market.csv_text import read_csv
from friday_core.market.text_table import TextTable
from friday_core.market.written_dates import Evidence, dates

EIGHTH, LATE = dt.date(2024, 4, 8), dt.date(2024, 4, 25)


def column(folder: Path, values: Sequence[str]) -> TextTable:
    path = folder / "file.csv"
    path.write_text("day,x\n" + "".join(f"{value},x\n" for value in values))
    return read_csv(path, ("day", "x"), what="a file of days")


def read(folder: Path, *values: str, form: str | None = None, evidence: Evidence | None = None) -> list[dt.date | None]:
    found: list[dt.date | None] = dates(column(folder, values), "day", form=form, evidence=evidence).to_pylist()
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2024-04-08", "2024-04-25"),
        ("2024/04/08", "2024/4/25"),
        ("2024-04-08 00:00:00", "2024-04-25T00:00:00"),
        ("08-04-2024", "25-04-2024"),
        ("8/4/2024", "25/4/2024"),
        ("08.04.2024", "25.04.2024"),
        ("04/08/2024", "04/25/2024"),
        ("08-Apr-2024", "25-APR-2024"),
        ("8-Apr-24", "25-Apr-24"),
        ("08 April 2024", "25 April 2024"),
    ],
)
def test_a_form_that_reads_every_value_is_taken(tmp_path: Path, first: str, second: str) -> None:
    assert read(tmp_path, first, "", second, first) == [EIGHTH, None, LATE, EIGHTH]


def test_a_column_without_values_has_no_dates(tmp_path: Path) -> None:
    assert read(tmp_path, "", "") == [None, None]


def test_dates_that_can_be_read_in_two_ways_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataSourceError,
        match=r"line 3, column 'day': '08-04-2024' and all other dates of the column can be read as day-month-year and "
        r"as month-day-year\n    mend: write every date as 2026-08-21, or say how they are written: ymd, dmy",
    ):
        read(tmp_path, "", "08-04-2024", "01-02-2024")


def test_another_column_decides_between_two_ways(tmp_path: Path) -> None:
    assert read(tmp_path, "08-04-2024", evidence=lambda row, day: day.month == 4) == [EIGHTH]
    assert read(tmp_path, "08-04-2024", evidence=lambda row, day: day.month == 8) == [dt.date(2024, 8, 4)]


def test_evidence_for_neither_or_both_ways_leaves_it_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match="and the symbols contradict both"):
        read(tmp_path, "08-04-2024", evidence=lambda row, day: False)
    with pytest.raises(DataSourceError, match="can be read as day-month-year and as month-day-year\n"):
        read(tmp_path, "08-04-2024", evidence=lambda row, day: True)


def test_a_form_that_is_given_decides(tmp_path: Path) -> None:
    assert read(tmp_path, "08-04-2024", form="mdy") == [dt.date(2024, 8, 4)]
    with pytest.raises(DataSourceError, match="'25-04-2024' is not a date as month-day-year"):
        read(tmp_path, "08-04-2024", "25-04-2024", form="mdy")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("2024-04-25", "25-04-2024"), "line 3, column 'day': '25-04-2024' is not a date as year-month-day, as others"),
        (("2024-04-25", "2024-04-26", "25-04-2024"), "line 4, .*'25-04-2024' is not a date as year-month-day"),
        (("25-04-2024", "04-25-2024"), "'04-25-2024' is not a date as day-month-year"),
        (("2024-04-25", "45407"), "'45407' is a spreadsheet's count of days and no date"),
        (("31-04-2024",), "'31-04-2024' is not a date\n"),
        (("25-04-24",), "'25-04-24' is not a date\n"),
        (("25-Foo-2024",), "'25-Foo-2024' is not a date\n"),
        (("2024-04-25 09:15:00",), "'2024-04-25 09:15:00' is not a date\n"),
    ],
)
def test_a_value_that_is_not_written_as_the_others_is_refused(
    tmp_path: Path, values: Sequence[str], message: str
) -> None:
    with pytest.raises(DataSourceError, match=message):
        read(tmp_path, *values)


DAYS = st.lists(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=20)


@given(days=DAYS, form=st.sampled_from(["%Y-%m-%d", "%d-%m-%Y", "%m/%d/%Y", "%d-%b-%Y"]))
def test_what_is_read_is_what_was_written_or_is_refused(
    days: list[dt.date], form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("dates")
    try:
        found = read(folder, *(day.strftime(form) for day in days))
    except DataSourceError as error:
        assert "can be read as day-month-year and as month-day-year" in str(error)  # noqa: PT017 - both may happen
        assert all(day.day <= 12 for day in days)
    else:
        assert found == days
