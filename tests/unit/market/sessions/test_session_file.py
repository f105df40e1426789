"""Files of sessions: those that are shipped, and what is wrong with one's own, by line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.fact_file import Fault
from friday_core.market.sessions import shipped
from friday_core.market.sessions.session_file import SessionFile, check_sessions, read_sessions

FOLDER = Path(shipped.__file__).parents[1] / "data" / "sessions"
SHIPPED = [read_sessions(path) for path in sorted(FOLDER.glob("*.toml"))]

GOOD = """\
name = "mine"
checked = 2026-11-20
known_until = 2027-12-31

[[markets]]
exchange = "NSE"
segments = ["equity"]
title = "shares"
base = "weekdays"
zone = "Asia/Kolkata"
from = 2027-01-01

[[hours]]
exchanges = ["NSE"]
from = 2027-01-01
pre_open_entry = "09:00-09:08"
continuous = ["09:15-11:00", "11:30-15:30"]
source = "the exchange's page"
certainty = "certain"

[[holidays]]
dates = [2027-01-26]
what = "Republic Day"
source = "the exchange's list"
certainty = "certain"

[[sessions]]
dates = [2027-10-29]
what = "Muhurat"
continuous = "18:00-19:00"
source = "the exchange's circular"
certainty = "certain"
"""


def faults(tmp_path: Path, text: str) -> list[Fault]:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return check_sessions(path)


def row(table: str, dates: str, more: str = "") -> str:
    return f'\n[[{table}]]\ndates = [{dates}]\nwhat = "x"\n{more}\nsource = "s"\ncertainty = "certain"\n'


def test_a_good_file_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_file_says_when_it_was_looked_up_and_how_far_it_goes(file: SessionFile) -> None:
    assert check_sessions(FOLDER / f"{file.name}.toml") == []
    assert (str(file.checked), str(file.known_until)) == ("2026-11-23", "2026-12-31")


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_the_usual_hours_of_a_shipped_market_leave_no_day_out(file: SessionFile) -> None:
    for market in file.markets:
        for segment in market.segments:
            for season in ("us_summer", "us_winter"):
                rows = [one for one in file.hours if one.is_of(market.exchange, segment)]
                rows = sorted((one for one in rows if one.season in (None, season)), key=lambda one: one.first)
                assert rows[0].first <= market.first
                assert rows[-1].until is None
                for before, after in pairwise(rows):
                    assert before.until is not None
                    assert (after.first - before.until).days == 1


def test_a_file_of_ones_own_needs_neither_markets_nor_an_end(tmp_path: Path) -> None:
    assert faults(tmp_path, 'name = "mine"\nchecked = 2026-11-20\n' + row("holidays", "2026-12-01")) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ('name = "mine"', 'name = "mine', 1, "(at line 1, column 13)"),
        ("known_until = 2027-12-31", "", 1, "known_until is missing: a file with markets says how far"),
        ('"09:00-09:08"', '"9:00-9:08"', 16, "hours.pre_open_entry: '9:00-9:08' is not hours such as '09:15-15:30'"),
        ('"09:00-09:08"', '"09:00-24:08"', 16, "'09:00-24:08' is not hours such as"),
        ('"09:00-09:08"', "9.15", 16, "hours.pre_open_entry: 9.15 is not hours such as"),
        ('"09:00-09:08"', '"09:08-09:00"', 16, "hours.pre_open_entry: 09:08-09:00 does not open before it closes"),
        ('"09:00-09:08"', '"09:00-09:16"', 13, "hours: continuous opens at 09:15, before 09:16"),
        ('continuous = ["09:15-11:00", "11:30-15:30"]', "", 13, "hours: no hours of continuous trading"),
        ('continuous = "18:00-19:00"', 'post_close = "18:00-19:00"', 27, "sessions: no hours of continuous trading"),
        ("continuous =", "continous =", 17, "hours.continous: Extra inputs are not permitted"),
        ('certainty = "certain"\n\n[[holidays]]', "[[holidays]]", 13, "hours.certainty: Field required"),
        ("from = 2027-01-01\npre", "from = 2027-01-02\nuntil = 2027-01-01\npre", 13, "until 2027-01-01 is before from"),
        ('exchanges = ["NSE"]', 'exchanges = ["NES"]', 14, "hours.exchanges: no market of this file has 'NES'"),
        (
            'what = "Republic Day"',
            'segments = ["gold"]\nwhat = "x"',
            23,
            "holidays.segments: no market of this file has",
        ),
        ("[2027-01-26]", "[2028-01-26]", 22, "holidays: 2028-01-26 is after known_until 2027-12-31"),
        ("[2027-01-26]", "[]", 22, "holidays.dates: Tuple should have at least 1 item"),
        ("[2027-01-26]", "[2027-10-29]", 27, "sessions: 2027-10-29 is also in the row of line 21"),
        ('what = "Muhurat"', 'what = "x"\nannounced = 2027-10-30', 27, "announced on 2027-10-30, after 2027-10-29"),
        ('zone = "Asia/Kolkata"', 'zone = "Asia"', 10, "markets.zone: 'Asia' is not a time zone"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, line: int, message: str) -> None:
    assert right in GOOD
    found = faults(tmp_path, GOOD.replace(right, wrong, 1))
    assert [one.line for one in found] == [line]
    assert message in found[0].message


def test_usual_hours_that_overlap_are_a_fault_unless_seasons_or_markets_keep_them_apart(tmp_path: Path) -> None:
    start = 'name = "mine"\nchecked = 2026-11-20\n'

    def hours(more: str) -> str:
        return (
            f'\n[[hours]]\nfrom = 2027-01-01\n{more}\ncontinuous = "09:00-17:00"\nsource = "s"\ncertainty = "certain"\n'
        )

    summer, winter = hours('season = "us_summer"'), hours('season = "us_winter"')
    assert faults(tmp_path, start + summer + winter) == []
    assert faults(tmp_path, start + hours('exchanges = ["A"]') + hours('exchanges = ["B"]')) == []
    assert faults(tmp_path, start + hours("until = 2027-01-02") + hours("").replace("01-01", "01-03")) == []
    (fault,) = faults(tmp_path, start + summer + hours(""))
    assert fault == Fault(11, "hours: 2027-01-01 is also in the row of line 4")


def test_rows_about_different_exchanges_may_share_a_date(tmp_path: Path) -> None:
    two = row("holidays", "2026-12-01", 'exchanges = ["A"]') + row(
        "halts", "2026-12-01", 'exchanges = ["B"]\ncontinuous = "09:00-10:00"'
    )
    assert faults(tmp_path, 'name = "mine"\nchecked = 2026-11-20\n' + two) == []


def test_every_fault_is_listed_when_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = ""\n' + row("holidays", "2026-12-01"), "utf-8")
    said = "mine.toml is not a file of sessions:\n  line 1: checked: Field required\n  line 1: name: String should have"
    with pytest.raises(DataSourceError, match=said):
        read_sessions(path)


def test_text_that_is_not_utf_8_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"name = '\xff'")
    assert check_sessions(path) == [Fault(1, "it is not UTF-8 text: invalid start byte")]
