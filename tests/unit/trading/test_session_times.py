"""When sessions open and close by their date, and which times intraday positions keep to."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from friday_core.domain.schedule import Schedule, in_utc
from friday_core.trading.session_times import IntradayTimes, daily_times, dated_times

INDIA = "Asia/Kolkata"
MINUTE = 60_000_000
DAILY = daily_times(dt.time(9, 15), dt.time(15, 30), INDIA)


def moment(clock: str, day: int = 1) -> int:
    return in_utc(day, dt.time.fromisoformat(clock), ZoneInfo(INDIA))


def schedule() -> Schedule:
    """A day from 9:15 to 15:30, and an hour in the evening of the next, as Muhurat often was."""
    opens, closes = [moment("09:15"), moment("18:15", 2)], [moment("15:30"), moment("19:15", 2)]
    return Schedule("two days", np.array([1, 2]), np.array(opens), np.array(closes), known=(1, 3))


def test_sessions_of_a_calendar_have_their_own_times_and_other_dates_none() -> None:
    times = dated_times(schedule())
    assert times(1) == (moment("09:15"), moment("15:30"))
    assert times(2) == (moment("18:15", 2), moment("19:15", 2))
    assert times(3) is None


def test_without_a_calendar_every_date_has_the_same_times() -> None:
    assert DAILY(5) == (moment("09:15", 5), moment("15:30", 5))


@pytest.mark.parametrize(
    ("square_off", "day", "clock"),
    [
        (dt.time(15, 20), 1, "15:20"),
        (None, 1, "15:20"),
        (dt.time(15, 0), 1, "15:00"),
        (dt.time(15, 30), 1, "15:20"),
        (dt.time(15, 20), 2, "19:05"),
        (None, 2, "19:05"),
    ],
)
def test_the_square_off_is_inside_the_session_of_its_date(square_off: dt.time | None, day: int, clock: str) -> None:
    assert IntradayTimes(dated_times(schedule()), INDIA, square_off).closing(day) == moment(clock, day)


@pytest.mark.parametrize(
    ("lead", "clock", "is_due"),
    [
        (15, "15:00", False),
        (15, "15:15", True),
        (1, "15:19", False),
        (1, "15:20", True),
        (0, "15:20", False),
        (5, "15:15", False),
    ],
)
def test_it_is_due_when_another_bar_would_end_after_it(lead: int, clock: str, is_due: bool) -> None:
    times = IntradayTimes(DAILY, INDIA, dt.time(15, 20), lead=lead * MINUTE)
    assert times.is_due(1, moment(clock)) is is_due


@pytest.mark.parametrize(("clock", "takes"), [("14:59", True), ("15:00", False), ("15:10", False)])
def test_entries_end_at_their_own_time(clock: str, takes: bool) -> None:
    times = IntradayTimes(DAILY, INDIA, dt.time(15, 20), dt.time(15, 0), lead=MINUTE)
    assert times.takes_entries(1, moment(clock)) is takes


def test_a_last_entry_after_the_square_off_does_not_count() -> None:
    times = IntradayTimes(DAILY, INDIA, dt.time(15, 0), dt.time(15, 20), lead=MINUTE)
    assert not times.takes_entries(1, moment("15:05"))


def test_on_a_date_without_a_session_it_is_always_due() -> None:
    times = IntradayTimes(dated_times(schedule()), INDIA, dt.time(15, 20), lead=MINUTE)
    assert times.is_due(3, moment("09:15", 3))
    assert not times.takes_entries(3, moment("09:15", 3))
