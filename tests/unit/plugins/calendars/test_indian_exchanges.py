"""India's exchanges: days that are known, their hours and phases, and what a user says against them."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.schedules import day
from pydantic import ValidationError

from friday_core.api import CalendarError, DataSourceError, Schedule
from friday_plugins.calendars.indian import IndianCalendar, IndianSettings


def made(exchange: str = "NSE", **settings: Any) -> IndianCalendar:
    return IndianCalendar(IndianSettings.model_validate({"exchange": exchange, **settings}))


@cache
def shipped(exchange: str = "NSE", segment: str | None = None) -> IndianCalendar:
    return made(exchange, segment=segment)


def dates(one: Schedule, first: str, last: str) -> list[str]:
    return [str(date) for date in one.between(day(first), day(last)).dates.astype("M8[D]")]


def clock(moment: int) -> str:
    """In India."""
    return str(np.datetime64(int(moment) + 330 * 60_000_000, "us"))[11:16]


def hours(one: IndianCalendar, date: str) -> str:
    """Open and close of the schedule's session."""
    _, (opens,), (closes,) = one.schedule().between(day(date), day(date))
    return f"{clock(opens)}-{clock(closes)}"


def phases(one: IndianCalendar, date: str) -> list[str]:
    found = one.sessions.phases(dt.date.fromisoformat(date))
    return [f"{phase} {clock(opens)}-{clock(closes)}" for phase, opens, closes in found]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2009-12-31", "09:55-15:30"),
        ("2010-01-04", "09:00-15:30"),
        ("2010-10-15", "09:00-15:30"),
        ("2010-10-18", "09:15-15:30"),
        ("2012-11-13", "15:45-17:00"),
        ("2024-01-20", "09:15-15:30"),
        ("2024-03-02", "09:15-12:30"),
        ("2024-11-01", "18:00-19:00"),
        ("2025-10-21", "13:45-14:45"),
        ("2026-02-01", "09:15-15:30"),
        ("2021-02-24", "09:15-17:00"),
        ("2009-05-18", "09:55-11:56"),
    ],
)
def test_hours_of_shares_on_nse(date: str, expected: str) -> None:
    assert hours(shipped(), date) == expected


@pytest.mark.parametrize(
    ("exchange", "segment", "expected"),
    [
        ("NSE", None, ["09:15-15:30", "09:15-15:30"]),
        ("BSE", "equity_with_derivatives", ["09:15-15:30", "09:15-15:15"]),
        ("NFO", None, ["09:15-15:30", "09:15-15:40"]),
        ("BFO", "derivatives", ["09:15-15:30", "09:15-15:40"]),
        ("CDS", None, ["09:00-17:00", "09:00-17:00"]),
        ("MCX", None, ["09:00-23:30", "09:00-23:30"]),
        ("MCX", "agri_international", ["09:00-21:00", "09:00-21:00"]),
        ("MCX", "agri", ["09:00-17:00", "09:00-17:00"]),
    ],
)
def test_hours_before_and_since_the_closing_auction(exchange: str, segment: str | None, expected: list[str]) -> None:
    assert [hours(shipped(exchange, segment), date) for date in ("2026-07-31", "2026-08-03")] == expected


BEFORE = ["pre_open_entry 09:00-09:08", "pre_open_matching 09:08-09:12", "pre_open_buffer 09:12-09:15"]
SINCE = [
    "pre_open_entry 09:00-09:05", "pre_open_limit 09:05-09:10", "pre_open_matching 09:10-09:12",
    "pre_open_buffer 09:12-09:15",
]  # fmt: skip
AUCTION = [
    "continuous 09:15-15:15", "closing_reference 15:15-15:20", "closing_entry 15:20-15:25", "closing_limit 15:25-15:30",
    "closing_matching 15:30-15:35", "post_close 15:50-16:00",
]  # fmt: skip


@pytest.mark.parametrize(
    ("date", "segment", "expected"),
    [
        ("2010-10-15", None, ["continuous 09:00-15:30"]),
        ("2010-10-18", None, [*BEFORE, "continuous 09:15-15:30", "post_close 15:40-16:00"]),
        ("2026-07-31", "equity_with_derivatives", [*BEFORE, "continuous 09:15-15:30", "post_close 15:40-16:00"]),
        ("2026-08-03", "equity", [*BEFORE, "continuous 09:15-15:30", "post_close 15:50-16:00"]),
        ("2026-08-03", "equity_with_derivatives", [*BEFORE, *AUCTION]),
        ("2026-09-07", "equity_with_derivatives", [*SINCE, *AUCTION]),
        ("2026-09-05", None, []),
    ],
)
def test_phases_of_shares_on_nse(date: str, segment: str | None, expected: list[str]) -> None:
    assert phases(shipped("NSE", segment), date) == expected


def test_futures_have_a_pre_open_since_december_2025() -> None:
    assert phases(shipped("NFO"), "2025-12-05") == ["continuous 09:15-15:30"]
    assert phases(shipped("NFO"), "2025-12-08") == [*BEFORE, "continuous 09:15-15:30"]


def test_an_outage_leaves_a_gap_between_its_phases() -> None:
    traded = [one for one in phases(shipped(), "2021-02-24") if one.startswith("continuous")]
    assert traded == ["continuous 09:15-11:40", "continuous 15:45-17:00"]
    assert hours(shipped("BSE"), "2021-02-24") == "09:15-17:00"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-03-06", ["continuous 09:00-23:55"]),
        ("2026-03-09", ["continuous 09:00-23:30"]),
        ("2026-01-01", ["continuous 09:00-17:00"]),
        ("2026-01-15", ["continuous 17:00-23:55"]),
        ("2026-01-26", []),
        ("2026-05-01", ["continuous 17:00-23:30"]),
        ("2026-02-01", ["continuous 09:00-17:00"]),
        ("2025-10-28", ["continuous 13:25-23:30"]),
    ],
)
def test_evenings_and_half_days_of_commodities(date: str, expected: list[str]) -> None:
    assert phases(shipped("MCX"), date) == expected


def test_currencies_rest_when_banks_do_not_settle() -> None:
    assert dates(shipped("CDS").schedule(), "2026-03-30", "2026-04-03") == ["2026-03-30", "2026-04-02"]
    assert dates(shipped().schedule(), "2026-03-30", "2026-04-03") == ["2026-03-30", "2026-04-01", "2026-04-02"]


def test_the_14th_of_november_2013_was_a_session_and_the_15th_was_not() -> None:
    assert dates(shipped().schedule(), "2013-11-13", "2013-11-18") == ["2013-11-13", "2013-11-14", "2013-11-18"]


def test_a_session_whose_hours_are_not_known_is_none() -> None:
    assert dates(shipped().schedule(), "2026-11-07", "2026-11-10") == ["2026-11-09"]
    assert [str(date) for date, _ in shipped().sessions.unsettled()] == ["2026-11-08"]


def test_facts_end_with_the_year() -> None:
    with pytest.raises(
        CalendarError, match="calendar 'NSE equity' knows the sessions from 2000-01-01 to 2026-12-31, and"
    ):
        shipped().schedule().require(day("2026-12-31"), day("2027-01-01"))


def test_the_saturday_of_the_budget_of_2015_ended_its_week_and_its_month_as_announced() -> None:
    one = shipped().schedule()
    places = one.on(np.array([day("2015-02-27"), day("2015-02-28")]))
    assert one.week_ends[places].tolist() == one.month_ends[places].tolist() == [0.0, 1.0]


def test_holidays_and_sessions_of_the_settings_come_first() -> None:
    evening = [{"date": "2026-11-08", "open": "18:00", "close": "19:00"}]
    one = made(holidays=["2026-11-09"], extra_sessions=evening)
    assert dates(one.schedule(), "2026-11-07", "2026-11-10") == ["2026-11-08"]
    assert phases(one, "2026-11-08") == ["continuous 18:00-19:00"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"extra_sessions": [{"date": "2024-11-01", "open": "19:00", "close": "18:00"}]},
            "the session of 2024-11-01 cannot open at 19:00:00 and close at 18:00:00",
        ),
        (
            {"extra_sessions": [{"date": "2024-11-01", "open": "09:00", "close": "18:00"}], "holidays": ["2024-11-01"]},
            "2024-11-01 stands more than once among holidays and extra sessions",
        ),
        ({"exchanges": "NSE"}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        made(**settings)


@pytest.mark.parametrize("date", ["1999-12-31", "2027-01-01"])
def test_what_is_not_known_cannot_be_overridden(date: str) -> None:
    with pytest.raises(CalendarError, match=f"knows the sessions from 2000-01-01 to 2026-12-31, and {date} is beyond"):
        made(holidays=[date])


OWN = """\
name = "mine"
checked = 2026-12-20
known_until = 2027-12-31

[[holidays]]
dates = [2027-01-26]
what = "Republic Day"
source = "the exchange's list"
certainty = "certain"
"""


def test_a_file_of_ones_own_goes_on_where_the_facts_end(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN, "utf-8")
    one = made(file=path)
    assert one.schedule().last == day("2027-12-31")
    assert dates(one.schedule(), "2027-01-25", "2027-01-28") == ["2027-01-25", "2027-01-27", "2027-01-28"]
    assert hours(one, "2027-01-27") == "09:15-15:30"


def test_faults_of_a_file_of_ones_own_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace("2027-01-26", "2028-01-26"), "utf-8")
    with pytest.raises(DataSourceError, match="line 6: holidays: 2028-01-26 is after known_until 2027-12-31"):
        made(file=path)


def test_an_exchange_or_a_segment_that_there_is_not_is_refused() -> None:
    with pytest.raises(CalendarError, match="no sessions of 'NES' come with Friday\n    mend: did you mean NSE"):
        made("NES")
    with pytest.raises(CalendarError, match="MCX has no segment 'gold'\n    mend: write one of non_agri, agri_int"):
        made("MCX", segment="gold")


MARKET = """
[[markets]]
exchange = "X"
segments = ["x"]
title = "x"
base = "XXXX"
zone = "Asia/Kolkata"
from = 2026-01-01
"""


def test_a_base_that_the_library_does_not_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN + MARKET, "utf-8")
    with pytest.raises(CalendarError, match=r"exchange_calendars refuses 'XXXX': .*\n    mend: write a base that it"):
        made("X", file=path)


def test_the_library_is_loaded_by_the_factory_and_not_by_the_module() -> None:
    asked = "import sys, friday_plugins.calendars.indian; print('exchange_calendars' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert loaded.stdout == "False\n"
