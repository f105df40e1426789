"""Margin files: those that are shipped, one's own, and what is wrong with one, by line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from friday_core.errors import DataError, DataSourceError
from friday_core.market.fact_file import Fault
from friday_core.market.margins.margin_file import check_margins, read_margins
from friday_core.market.margins.rows import CashRow
from friday_core.market.margins.shipped import SHIPPED, margin_tables

GOOD = """\
name = "mine"
checked = 2026-11-20
known_until = 2028-03-31

[[cash]]
products = ["intraday"]
percent = 25
from = 2026-01-01
source = "my broker's letter"
certainty = "certain"
"""


def own(tmp_path: Path, text: str = GOOD) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_file_has_no_fault(path: Path) -> None:
    assert check_margins(path) == []


def test_every_shipped_row_has_its_source() -> None:
    files = [read_margins(path) for path in SHIPPED]
    assert {file.known_until for file in files} == {dt.date(2027, 3, 31)}
    assert [row for file in files for _, _, row in file.rows() if len(row.source) < 20] == []


def test_a_file_of_ones_own_goes_before_what_is_shipped(tmp_path: Path) -> None:
    tables = margin_tables(own(tmp_path))
    rows = [tables.find(dt.date(year, 6, 1), ("cash", "intraday"), CashRow) for year in (2025, 2026, 2027)]
    assert [row.percent for row in rows] == [20, 25, 25]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"the margin file .*none\.toml cannot be read: No such file"):
        margin_tables(tmp_path / "none.toml")


def test_a_name_without_a_row_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(DataError, match="no margin for cash CNC in zerodha, india; there is cash delivery, cash intra"):
        margin_tables().find(dt.date(2026, 5, 5), ("cash", "CNC"), CashRow)


SECOND = GOOD.partition("\n\n")[2]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("25", "125"), Fault(7, "cash.percent: Input should be less than or equal to 100")),
        (
            GOOD.replace('["intraday"]', '["CNC"]'),
            Fault(6, "cash.products: Input should be 'delivery', 'intraday' or 'mtf'"),
        ),
        (GOOD.replace("percent", "percnt"), Fault(5, "cash.percent: Field required")),
        (GOOD.replace("source", "# source"), Fault(5, "cash.source: Field required")),
        (GOOD.replace("2026-01-01", "2029-01-01"), Fault(8, "from 2029-01-01 is after known_until 2028-03-31")),
        (f"{GOOD}\n{SECOND}", Fault(12, "cash intraday: 2026-01-01 is also in the row of line 5")),
        (
            GOOD.replace("certainty", "until = 2026-02-01\ncertainty") + SECOND.replace("2026-01-01", "2026-03-01"),
            Fault(12, "cash intraday: nothing is said of 2026-02-02 to 2026-02-28"),
        ),
        ("name = ", Fault(1, "Invalid value (at end of document)")),
    ],
)
def test_a_fault_has_its_line(tmp_path: Path, text: str, fault: Fault) -> None:
    path = own(tmp_path, text)
    assert fault in check_margins(path)
    with pytest.raises(DataSourceError, match=f"mine.toml is not a margin file:(?s:.)*line {fault.line}: "):
        read_margins(path)


def test_deep_and_its_distance_belong_together(tmp_path: Path) -> None:
    row = GOOD.replace("cash", "exposure").replace('products = ["intraday"]', 'underlyings = ["index"]\ndeep = 3')
    assert check_margins(own(tmp_path, row)) == [
        Fault(5, "exposure: deep and deep_beyond belong together: write both or none")
    ]


def test_text_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"name = '\xff'")
    assert check_margins(path) == [Fault(1, "it is not UTF-8 text: invalid start byte")]
