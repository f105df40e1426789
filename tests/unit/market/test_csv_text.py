"""CSV files of people and spreadsheets become columns of text, or an error with the line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.csv_text import read_csv
from friday_core.market.text_table import TextTable


def read(folder: Path, content: str | bytes, *optional: str) -> TextTable:
    path = folder / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_csv(path, ("name", "day"), optional, what="a file of days")


@pytest.mark.parametrize(
    "content",
    [
        "name,day\nA,1\nB,2\n",
        "name,day\r\nA,1\r\nB,2\r\n",
        "name,day\rA,1\rB,2",
        "\ufeffname,day\nA,1\nB,2\n",
        '"name","day"\n"A","1"\n"B","2"\n',
        " Name , DAY \n A ,1\nB, 2\n",
        "day;other;name\n1;x;A\n2;y;B\n",
        "name\tday\nA\t1\nB\t2\n",
        "name,day\nA,1\n\n,\nB,2\n\n",
        ",name,day\n0,A,1\n1,B,2\n",
        gzip.compress(b"name,day\nA,1\nB,2\n", mtime=0),
    ],
)
def test_what_spreadsheets_do_to_a_file_makes_no_difference(tmp_path: Path, content: str | bytes) -> None:
    assert read(tmp_path, content).table.to_pydict() == {"name": ["A", "B"], "day": ["1", "2"]}


def test_an_optional_column_is_there_or_not(tmp_path: Path) -> None:
    assert "more" not in read(tmp_path, "name,day\nA,1\n", "more")
    assert read(tmp_path, "name,day,more\nA,1,x\n", "more")["more"].to_pylist() == ["x"]


def test_a_file_may_call_columns_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("SYMBOL,DATE\nA,1\n")
    table = read_csv(path, ("name", "day"), what="a file of days", names={"name": "SYMBOL", "day": "DATE"})
    assert table.table.to_pydict() == {"name": ["A"], "day": ["1"]}
    assert "line 2, column 'SYMBOL': wrong" in str(table.error("wrong", "correct it", row=0, column="name"))


def test_the_line_of_a_row_counts_blank_lines_and_line_ends_in_quotes(tmp_path: Path) -> None:
    table = read(tmp_path, 'name,day\nA,1\n\n,\n"B",2\n')
    assert [table.line(row) for row in range(2)] == [2, 5]


def test_an_empty_value_is_refused_with_its_line_where_one_must_be(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"file\.csv, line 3, column 'day': nothing stands there\n    mend: fill"):
        read(tmp_path, "name,day\nA,1\nB,\n").refuse_blank("day")


def test_a_file_without_rows_has_none(tmp_path: Path) -> None:
    assert len(read(tmp_path, "name,day\n")) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,days\nA,1\n", r"is not a file of days: its first line lacks day \('days' is near\); it has name, days"),
        ("", "its first line lacks name, day; it has nothing"),
        ("name,day,name\nA,1,B\n", "its first line names name twice"),
        ("name,day\nA,1\nB,2,3\n", "line 3 has 3 values, the first line 2"),
        ("name,day\nA\n", "line 2 has 1 values, the first line 2"),
        (b"name,day\nA\xff,1\n", "line 2 is not UTF-8 text"),
        ("name,day\n".encode("utf-16"), "it is UTF-16 text"),
        (b"PK\x03\x04\x00\x00", "it is no text"),
        (gzip.compress(b"name,day\nA,1\n", mtime=0)[:-4], "it is a damaged gzip file"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DataSourceError, match=message):
        read(tmp_path, content)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"nothing\.csv cannot be read: No such file"):
        read_csv(tmp_path / "nothing.csv", ("name",), what="a file of days")
