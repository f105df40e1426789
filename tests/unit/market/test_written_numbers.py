"""Numbers as spreadsheets leave them; digits that were lost are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.csv_text import read_csv
from friday_core.market.text_table import TextTable
from friday_core.market.written_numbers import decimal_numbers, refuse_negative, whole_numbers


def column(folder: Path, *values: str) -> TextTable:
    path = folder / "file.csv"
    path.write_text("n,x\n" + "".join(f'"{value}",x\n' for value in values))
    return read_csv(path, ("n", "x"), what="a file of numbers")


def test_whole_numbers_may_be_written_as_floats(tmp_path: Path) -> None:
    numbers, rounded = whole_numbers(column(tmp_path, "500", "500.0", "-3", "1.34197252E+08"), "n")
    assert numbers.tolist() == [500, 500, -3, 134197252]
    assert not rounded.any()


def test_a_number_in_scientific_notation_with_too_few_digits_is_rounded(tmp_path: Path) -> None:
    numbers, rounded = whole_numbers(column(tmp_path, "12", "1.34E+08", "1.34197252E+08"), "n")
    assert numbers.tolist() == [12, 134000000, 134197252]
    assert rounded.tolist() == [False, True, False]


def test_nothing_is_a_number_only_where_it_is_said_which(tmp_path: Path) -> None:
    assert whole_numbers(column(tmp_path, "", "5"), "n", blank=0)[0].tolist() == [0, 5]
    assert decimal_numbers(column(tmp_path, "", "0.05"), "n", blank=0.0).tolist() == [0.0, 0.05]
    with pytest.raises(DataSourceError, match="line 3, column 'n': a whole number is missing"):
        whole_numbers(column(tmp_path, "5", ""), "n")


@pytest.mark.parametrize("value", ["5.5", "1,000", "abc", "1e400", "nan", "inf", "1_000", "99999999999999999999"])
def test_what_is_no_whole_number_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataSourceError, match=f"line 3, column 'n': '{value}' is not a whole number"):
        whole_numbers(column(tmp_path, "5", value), "n")


@pytest.mark.parametrize("value", ["1,000.5", "abc", "nan", "inf", "0,05"])
def test_what_is_no_number_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataSourceError, match=f"line 3, column 'n': '{value}' is not a number\n    mend: write plain"):
        decimal_numbers(column(tmp_path, "5", value), "n", blank=0.0)


def test_a_negative_number_is_refused_with_its_line(tmp_path: Path) -> None:
    table = column(tmp_path, "5", "-0.05")
    with pytest.raises(DataSourceError, match=r"line 3, column 'n': '-0\.05' is negative"):
        refuse_negative(table, "n", decimal_numbers(table, "n", blank=0.0))
