"""Monday to Friday at fixed hours."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from fakes.schedules import day, utc
from pydantic import ValidationError

from friday_core.api import CalendarError, Schedule
from friday_plugins.calendars.weekdays import Weekdays, WeekdaysSettings


def weekdays(**settings: object) -> Schedule:
    return Weekdays(WeekdaysSettings.model_validate(settings)).schedule()


def test_every_monday_to_friday_is_a_session_at_the_usual_hours_in_india() -> None:
    week = weekdays().between(day("2024-01-22"), day("2024-01-28"))
    # The 26th is a holiday everywhere in India, and this calendar does not know it.
    assert week.dates.tolist() == list(range(day("2024-01-22"), day("2024-01-27")))
    assert (week.opens[4], week.closes[4]) == (utc("2024-01-26 09:15"), utc("2024-01-26 15:30"))


def test_hours_stay_the_same_on_the_local_clock_when_clocks_change() -> None:
    new_york = weekdays(timezone="America/New_York", session_open="09:30", session_close="16:00")
    friday, monday = new_york.between(day("2024-03-08"), day("2024-03-11")).opens
    assert [str(one)[11:16] for one in np.array([friday, monday]).astype("M8[us]")] == ["14:30", "13:30"]


def test_a_month_that_ends_on_a_weekend_ends_with_the_friday_before() -> None:
    one = weekdays()
    june = one.between(day("2024-06-27"), day("2024-07-01")).dates
    assert one.month_ends[one.on(june)].tolist() == [0.0, 1.0, 0.0]


def test_it_says_in_its_name_that_it_is_made_of_weekdays_and_hours() -> None:
    assert str(weekdays(session_close="12:00")) == "sessions of weekdays 09:15 to 12:00 Asia/Kolkata"


def test_dates_beyond_its_settings_are_refused() -> None:
    with pytest.raises(
        CalendarError, match="knows the sessions from 2024-01-01 to 2024-12-31, and 2025-01-01 is beyond"
    ):
        weekdays(start=dt.date(2024, 1, 1), end=dt.date(2024, 12, 31)).require(day("2024-06-01"), day("2025-01-01"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"timezone": "India"}, "'India' is not a time zone; write for example Asia/Kolkata"),
        ({"session_close": "09:15"}, "session_close 09:15:00 is not after session_open 09:15:00"),
        ({"start": "2024-06-01", "end": "2024-06-02"}, "no weekday from start 2024-06-01 to end 2024-06-02"),
        ({"start": "2024-06-05", "end": "2024-06-03"}, "no weekday from start 2024-06-05 to end 2024-06-03"),
    ],
)
def test_settings_that_make_no_session_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        weekdays(**settings)
