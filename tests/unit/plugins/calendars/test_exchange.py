"""The library's sessions, and what the settings say against them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from fakes.schedules import day, utc
from pydantic import ValidationError

from friday_core.api import CalendarError, Schedule
from friday_plugins.calendars.exchange import ExchangeCalendar, ExchangeSettings


def exchange(name: str, **settings: Any) -> Schedule:
    return ExchangeCalendar(ExchangeSettings.model_validate({"name": name, **settings})).schedule()


def dates(one: Schedule, first: str, last: str) -> list[str]:
    return [str(date) for date in one.between(day(first), day(last)).dates.astype("M8[D]")]


def hours(one: Schedule, date: str) -> tuple[str, str]:
    """Open and close of a session in UTC."""
    _, (opens,), (closes,) = one.between(day(date), day(date))
    return tuple(str(moment)[11:16] for moment in np.array([opens, closes]).astype("M8[us]"))  # type: ignore[return-value]


def test_new_york_was_closed_for_four_days_in_september_2001() -> None:
    assert dates(exchange("XNYS"), "2001-09-10", "2001-09-18") == ["2001-09-10", "2001-09-17", "2001-09-18"]


def test_half_days_and_summer_time_are_in_the_hours() -> None:
    new_york = exchange("XNYS")
    assert hours(new_york, "2024-11-29") == ("14:30", "18:00")
    assert hours(new_york, "2024-12-02") == ("14:30", "21:00")
    assert hours(new_york, "2024-07-01") == ("13:30", "20:00")


def test_mumbai_keeps_its_holidays() -> None:
    week = dates(exchange("XBOM"), "2024-01-22", "2024-01-29")
    assert week == ["2024-01-23", "2024-01-24", "2024-01-25", "2024-01-29"]
    assert hours(exchange("XBOM"), "2024-01-29") == ("03:45", "10:00")


def test_night_sessions_begin_on_the_day_before_their_date() -> None:
    assert hours(exchange("CMES"), "2024-06-03") == ("22:00", "22:00")


def test_it_knows_as_much_as_the_library_has_recorded_and_not_a_day_more() -> None:
    one = exchange("XBOM", end="2024-12-31")
    assert (one.first, one.last) == (day("1997-01-01"), day("2024-12-31"))
    with pytest.raises(
        CalendarError, match="calendar 'XBOM' knows the sessions from 1997-01-01 to 2024-12-31, and 2025-01-01"
    ):
        one.require(day("2024-12-31"), day("2025-01-01"))


def test_where_there_are_rules_only_it_begins_in_1970() -> None:
    assert exchange("XNYS", end="2024-12-31").first == 0
    assert exchange("XNYS", start="2000-01-01", end="2024-12-31").first == day("2000-01-01")


def test_dates_for_which_nothing_is_recorded_cannot_be_asked_for() -> None:
    with pytest.raises(
        CalendarError, match=r"refuses 'XBOM': .*only recorded to the year 20.*\n    mend: correct start and"
    ):
        exchange("XBOM", end="2079-01-01")


def test_a_session_is_added_where_the_library_has_none() -> None:
    # The budget was read on a Sunday, and the exchange traded.
    budget = [{"date": "2026-02-01", "open": "09:15", "close": "15:30"}]
    one = exchange("XBOM", extra_sessions=budget)
    assert dates(one, "2026-01-30", "2026-02-02") == ["2026-01-30", "2026-02-01", "2026-02-02"]
    assert hours(one, "2026-02-01") == ("03:45", "10:00")


def test_a_session_of_an_hour_replaces_the_usual_hours() -> None:
    evening = [{"date": "2024-11-01", "open": "18:00", "close": "19:00"}]
    one = exchange("XBOM", extra_sessions=evening)
    _, opens, closes = one.between(day("2024-11-01"), day("2024-11-01"))
    assert (opens.tolist(), closes.tolist()) == ([utc("2024-11-01 18:00")], [utc("2024-11-01 19:00")])


def test_a_holiday_takes_a_session_away_and_moves_the_end_of_the_month() -> None:
    plain, without = exchange("XBOM"), exchange("XBOM", holidays=["2024-05-31"])
    for one, last in ((plain, "2024-05-31"), (without, "2024-05-30")):
        assert dates(one, "2024-05-01", "2024-05-31")[-1] == last
        assert one.month_ends[one.on(np.array([day(last)]))].tolist() == [1.0]


def test_a_week_begins_after_the_weekend_of_the_exchange() -> None:
    # Riyadh trades from Sunday to Thursday; 2 June 2024 was a Sunday.
    riyadh = exchange("XSAU")
    week = riyadh.between(day("2024-05-30"), day("2024-06-06")).dates
    assert riyadh.week_ends[riyadh.on(week)].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "override",
    [
        {"holidays": ["2025-01-01"]},
        {"extra_sessions": [{"date": "2025-01-01", "open": "09:15", "close": "15:30"}]},
    ],
)
def test_what_is_not_known_cannot_be_overridden(override: dict[str, Any]) -> None:
    with pytest.raises(CalendarError, match="calendar 'XBOM' knows nothing of 2025-01-01, so it cannot be"):
        exchange("XBOM", end="2024-12-31", **override)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("XNYSE", "has no exchange 'XNYSE'\n    mend: did you mean XNYS"),
        ("?", r"no exchange '\?'\n    mend: it has .* more$"),
    ],
)
def test_an_exchange_that_the_library_does_not_have_is_refused_with_a_hint(name: str, said: str) -> None:
    with pytest.raises(CalendarError, match=said):
        exchange(name)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"extra_sessions": [{"date": "2024-11-01", "open": "19:00", "close": "18:00"}]},
            "cannot open at 19:00:00 and",
        ),
        (
            {"extra_sessions": [{"date": "2024-11-01", "open": "09:00", "close": "18:00"}] * 2},
            "two sessions on 2024-11-01",
        ),
        (
            {"extra_sessions": [{"date": "2024-11-01", "open": "09:00", "close": "18:00"}], "holidays": ["2024-11-01"]},
            "2024-11-01 cannot be both a holiday and an extra session",
        ),
    ],
)
def test_overrides_that_contradict_each_other_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        exchange("XBOM", **settings)


def test_the_library_is_loaded_by_the_factory_and_not_by_the_module() -> None:
    asked = "import sys, friday_plugins.calendars.exchange; print('exchange_calendars' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert loaded.stdout == "False\n"
