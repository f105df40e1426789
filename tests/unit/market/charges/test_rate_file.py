"""Rate files: those that are shipped, and what is wrong with one's own, by line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from textwrap import dedent

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.charges import shipped
from friday_core.market.charges.rate_file import RateFile, check_rates, read_rates
from friday_core.market.fact_file import Fault

FOLDER = Path(shipped.__file__).parents[1] / "data" / "charges"
SHIPPED = [read_rates(path) for path in sorted(FOLDER.glob("*.toml"))]

GOOD = """\
name = "mine"
checked = 2026-11-20
known_until = 2027-03-31

[[brokerage]]
segments = ["delivery"]
flat = 5
from = 2026-01-01
source = "my broker's letter"
certainty = "certain"
"""


def faults(tmp_path: Path, text: str) -> list[Fault]:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return check_rates(path)


def test_a_good_file_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_file_has_no_fault(file: RateFile) -> None:
    assert check_rates(FOLDER / f"{file.name}.toml") == []


def test_the_state_and_the_exchanges_stand_apart_from_brokers() -> None:
    tables = {file.name: {table for table, _, _ in file.rows()} for file in SHIPPED}
    assert tables.pop("india") == {"levies", "gst", "rounding"}
    assert set.union(*tables.values()) == {"brokerage", "fees", "interest"}


def test_what_is_made_up_says_so_in_its_name_and_in_itself() -> None:
    assert {file.name for file in SHIPPED if file.example} == {"example_flat_fee", "example_percentage"}
    assert {row.source for file in SHIPPED if file.example for _, _, row in file.rows()} == {"made up"}


def test_no_shipped_fact_is_older_than_its_check() -> None:
    assert {(file.checked, file.known_until) for file in SHIPPED} == {(dt.date(2026, 11, 20), dt.date(2027, 3, 31))}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ('name = "mine"', 'name = "mine', 1, "(at line 1, column 13)"),
        ("flat = 5", "flat = -5", 7, "brokerage.flat: Input should be greater than or equal to 0"),
        ("flat = 5", 'flat = "5"', 7, "brokerage.flat: '5' is not a number"),
        ("flat = 5", "flat = nan", 7, "brokerage.flat: Input should be a finite number"),
        ("flat = 5", "percent = 0.12345678", 7, "brokerage.percent: Decimal input should have no more than 7 decimal"),
        ("flat = 5", "flatt = 5", 7, "brokerage.flatt: Extra inputs are not permitted"),
        ("flat = 5", "least = 5\nmost = 4", 5, "brokerage: most 4 is below least 5"),
        ('"delivery"', '"swing"', 6, "brokerage.segments: Input should be 'delivery', 'intraday'"),
        ('certainty = "certain"', "", 5, "brokerage.certainty: Field required"),
        ('"my broker\'s letter"', '""', 9, "brokerage.source: String should have at least 1 character"),
        ("from = 2026-01-01", 'from = "soon"', 8, "brokerage.from: Input should be a valid date"),
        ("from = 2026-01-01", "from = 2026-01-02\nuntil = 2026-01-01", 5, "until 2026-01-01 is before from 2026-01-02"),
        ("from = 2026-01-01", "from = 2027-04-01", 8, "from 2027-04-01 is after known_until 2027-03-31"),
        ("known_until = 2027-03-31", "", 1, "known_until: Field required"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, line: int, message: str) -> None:
    assert right in GOOD
    [fault] = faults(tmp_path, GOOD.replace(right, wrong))
    assert (fault.line, message in fault.message) == (line, True), fault


def later(first: str, until: str = "") -> str:
    """Another row of the same brokerage."""
    row = GOOD[GOOD.index("[[brokerage]]") :]
    return "\n" + row.replace("2026-01-01", f"{first}\nuntil = {until}" if until else first)


def test_two_rows_for_one_day_are_a_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD + later("2026-06-01")) == [
        Fault(12, "brokerage delivery: 2026-06-01 is also in the row of line 5")
    ]


def test_days_between_two_rows_are_a_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD + later("2025-01-01", "2025-12-29")) == [
        Fault(5, "brokerage delivery: nothing is said of 2025-12-30 to 2025-12-31")
    ]


def test_rows_that_follow_one_another_are_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD + later("2025-01-01", "2025-12-31")) == []


def test_every_fault_is_listed(tmp_path: Path) -> None:
    text = GOOD.replace("flat = 5", "flat = -5").replace("2026-11-20", "20")
    assert [fault.line for fault in faults(tmp_path, text)] == [2, 7]


def test_a_file_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    assert check_rates(path) == [Fault(1, "it is not UTF-8 text: invalid start byte")]


def test_reading_a_file_with_faults_names_them_all(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("flat = 5", "flat = -5"), "utf-8")
    with pytest.raises(
        DataSourceError, match=r"mine\.toml is not a rate file:\n  line 7: brokerage\.flat: Input should"
    ):
        read_rates(path)


def test_rates_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("flat = 5", "percent = 0.1"), "utf-8")
    assert str(read_rates(path).brokerage[0].percent) == "0.1"


def test_a_key_is_found_in_its_own_row(tmp_path: Path) -> None:
    text = dedent(
        """\
        name = "mine"
        checked = 2026-11-20
        known_until = 2027-03-31

        [[fees]]
        fee = "depository"
        rupees = 1
        from = 2026-01-01
        source = "x"
        certainty = "certain"

        [[fees]]  # the second
        fee = "square_off"
        "rupees" = -1
        from = 2026-01-01
        source = "x"
        certainty = "certain"
        """
    )
    assert [fault.line for fault in faults(tmp_path, text)] == [14]
