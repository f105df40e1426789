"""Files laid over one another and over the dates to begin with."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from fakes.schedules import day, utc

from friday_core.domain.schedule import Schedule
from friday_core.errors import CalendarError
from friday_core.market.sessions.market_sessions import MarketSessions, SessionBase
from friday_core.market.sessions.session_file import SessionFile

SURE = {"source": "made up", "certainty": "certain"}
#: Monday, 4 November 2024 is the first date, Sunday, 17 November the last.
MARKET = {
    "exchange": "MCX", "segments": ["metal", "grain"], "title": "made up", "base": "weekdays", "zone": "Asia/Kolkata",
    "from": "2024-11-04", "evening": "17:00",
}  # fmt: skip
HOURS = [
    {"segments": ["metal"], "from": "2024-11-04", "pre_open_entry": "08:45-09:00", "continuous": "09:00-23:30", **SURE},
    {"segments": ["grain"], "from": "2024-11-04", "continuous": "09:00-17:00", **SURE},
]


def filled(tables: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Rows about dates with a text, and all of them with a source."""
    texts = {"markets": {}, "hours": SURE}
    return {name: [{**texts.get(name, {"what": "x", **SURE}), **row} for row in rows] for name, rows in tables.items()}


def facts(**tables: Any) -> SessionFile:
    """What is shipped."""
    said = {
        "name": "shipped",
        "checked": "2024-11-01",
        "known_until": "2024-11-17",
        "markets": [MARKET],
        "hours": HOURS,
    }
    return SessionFile.model_validate({**said, **filled(tables)})


def own(**tables: Any) -> SessionFile:
    until = tables.pop("until", None)
    return SessionFile.model_validate({"name": "own", "checked": "2024-11-01", "known_until": until, **filled(tables)})


def no_library(name: str) -> SessionBase:
    raise AssertionError(f"the library was asked for {name}")


def market(*files: SessionFile, segment: str | None = None) -> MarketSessions:
    return MarketSessions(files, "MCX", segment, no_library)


def dates(one: Schedule) -> list[str]:
    return [str(date)[5:] for date in one.sessions.dates.astype("M8[D]")]


def hours(one: MarketSessions, date: str) -> list[tuple[str, str, str]]:
    """Phases with open and close on India's clock."""

    def clock(moment: int) -> str:
        return str(np.datetime64(moment + 330 * 60_000_000, "us"))[11:16]

    found = one.phases(dt.date.fromisoformat(date))
    return [(phase.value, clock(opens), clock(closes)) for phase, opens, closes in found]


WEEK = ["11-04", "11-05", "11-06", "11-07", "11-08"]
NEXT = ["11-11", "11-12", "11-13", "11-14", "11-15"]


def test_without_a_library_every_weekday_is_a_session() -> None:
    one = market(facts()).schedule()
    assert dates(one) == WEEK + NEXT
    assert (one.name, one.first, one.last) == ("MCX metal", day("2024-11-04"), day("2024-11-17"))


def test_the_schedule_has_continuous_trading_from_its_first_open_to_its_last_close() -> None:
    cut = facts(
        halts=[{"dates": ["2024-11-05"], "pre_open_entry": "09:50-10:00", "continuous": ["10:00-11:00", "12:00-13:00"]}]
    )
    opens, closes = (one.tolist() for one in market(cut).schedule().between(day("2024-11-04"), day("2024-11-05"))[1:])
    assert opens == [utc("2024-11-04 09:00"), utc("2024-11-05 10:00")]
    assert closes == [utc("2024-11-04 23:30"), utc("2024-11-05 13:00")]


def test_phases_come_in_order_of_their_opens() -> None:
    cut = facts(
        halts=[
            {
                "dates": ["2024-11-05"],
                "pre_open_entry": ["08:45-09:00", "11:50-12:00"],
                "continuous": ["12:00-13:00", "09:00-10:00"],
            }
        ]
    )
    assert hours(market(cut), "2024-11-05") == [
        ("pre_open_entry", "08:45", "09:00"),
        ("continuous", "09:00", "10:00"),
        ("pre_open_entry", "11:50", "12:00"),
        ("continuous", "12:00", "13:00"),
    ]


def test_holidays_and_sessions_are_laid_over_the_weekdays() -> None:
    one = market(facts(holidays=[{"dates": ["2024-11-05", "2024-11-06"]}], sessions=[{"dates": ["2024-11-09"]}]))
    assert dates(one.schedule()) == ["11-04", "11-07", "11-08", "11-09", *NEXT]
    assert hours(one, "2024-11-09") == hours(one, "2024-11-08")
    assert hours(one, "2024-11-05") == []


@pytest.mark.parametrize(
    ("closed", "segment", "expected"),
    [
        ("morning", "metal", [("continuous", "17:00", "23:30")]),
        ("evening", "metal", [("pre_open_entry", "08:45", "09:00"), ("continuous", "09:00", "17:00")]),
        ("morning", "grain", []),
        ("evening", "grain", [("continuous", "09:00", "17:00")]),
    ],
)
def test_half_a_day_is_cut_where_the_evening_begins(closed: str, segment: str, expected: list[Any]) -> None:
    one = market(facts(holidays=[{"dates": ["2024-11-05"], "closed": closed}]), segment=segment)
    assert hours(one, "2024-11-05") == expected
    assert ("11-05" in dates(one.schedule())) == bool(expected)


def test_a_row_may_be_about_one_segment() -> None:
    file = facts(holidays=[{"dates": ["2024-11-05"], "segments": ["grain"]}])
    assert "11-05" in dates(market(file).schedule())
    assert "11-05" not in dates(market(file, segment="grain").schedule())


def test_in_summer_new_york_closes_the_evening_earlier() -> None:
    seasons = [
        {"from": "2024-01-01", "season": season, "continuous": f"09:00-{close}", **SURE}
        for season, close in (("us_summer", "23:30"), ("us_winter", "23:55"))
    ]
    early = {**MARKET, "from": "2024-10-28"}
    one = market(facts(hours=seasons, markets=[early]))
    # New York put its clocks back on Sunday, 3 November 2024.
    assert hours(one, "2024-11-01") == [("continuous", "09:00", "23:30")]
    assert hours(one, "2024-11-04") == [("continuous", "09:00", "23:55")]


def test_of_a_date_the_first_file_decides() -> None:
    shipped = facts(holidays=[{"dates": ["2024-11-05", "2024-11-06"]}])
    mine = own(sessions=[{"dates": ["2024-11-05"], "continuous": "18:00-19:00"}])
    one = market(mine, shipped)
    assert hours(one, "2024-11-05") == [("continuous", "18:00", "19:00")]
    assert hours(one, "2024-11-06") == []


def test_usual_hours_of_ones_own_go_before_those_shipped() -> None:
    mine = own(
        hours=[{"segments": ["metal"], "from": "2024-11-06", "until": "2024-11-06", "continuous": "10:00-12:00"}]
    )
    one = market(mine, facts())
    assert hours(one, "2024-11-06") == [("continuous", "10:00", "12:00")]
    assert hours(one, "2024-11-07")[-1] == ("continuous", "09:00", "23:30")


def test_a_file_of_ones_own_extends_what_is_known_and_never_shortens_it() -> None:
    assert market(own(until="2024-11-24"), facts()).schedule().last == day("2024-11-24")
    assert market(own(until="2024-11-05"), facts()).schedule().last == day("2024-11-17")


def test_an_announced_session_without_known_hours_is_none_and_is_listed() -> None:
    one = market(facts(unsettled=[{"dates": ["2024-11-05"], "what": "hours to follow"}]))
    assert hours(one, "2024-11-05") == []
    assert one.unsettled() == [(dt.date(2024, 11, 5), "hours to follow")]


def library(name: str) -> SessionBase:
    assert name == "XBOM"
    return SessionBase(np.array([day("2024-11-03"), day("2024-11-06")]), day("2024-11-03"), day("2024-11-10"))


def on_library(*files: SessionFile) -> Schedule:
    return MarketSessions(files, "MCX", None, library).schedule()


def test_dates_of_a_library_are_taken_from_the_first_date_of_the_market_to_the_end_of_the_library() -> None:
    one = on_library(facts(markets=[{**MARKET, "base": "XBOM"}], sessions=[{"dates": ["2024-11-09"]}]))
    assert dates(one) == ["11-06", "11-09"]
    assert (one.first, one.last) == (day("2024-11-04"), day("2024-11-10"))


def test_beyond_the_library_weekdays_are_sessions_if_a_file_goes_on() -> None:
    one = on_library(
        own(until="2024-11-13", holidays=[{"dates": ["2024-11-12"]}]), facts(markets=[{**MARKET, "base": "XBOM"}])
    )
    assert dates(one) == ["11-06", "11-11", "11-13"]


def week_ends(one: MarketSessions) -> dict[str, float]:
    schedule = one.schedule()
    return {date: flag for date, flag in zip(dates(schedule), schedule.week_ends.tolist(), strict=True) if flag}


@pytest.mark.parametrize(
    ("table", "date", "announced", "expected"),
    [
        ("holidays", "2024-11-08", None, ["11-07", "11-15"]),
        ("holidays", "2024-11-08", "2024-11-06", ["11-07", "11-15"]),
        ("holidays", "2024-11-08", "2024-11-07", ["11-15"]),
        ("sessions", "2024-11-09", None, ["11-09", "11-15"]),
        ("sessions", "2024-11-09", "2024-11-08", ["11-08", "11-09", "11-15"]),
    ],
)
def test_weeks_end_as_they_were_expected_to(table: str, date: str, announced: str | None, expected: list[str]) -> None:
    one = market(facts(**{table: [{"dates": [date], "announced": announced}]}))
    assert list(week_ends(one)) == expected
    assert not any(math.isnan(flag) for flag in week_ends(one).values())


def test_half_a_day_that_was_announced_late_was_expected_to_be_a_session_all_along() -> None:
    late = [{"dates": ["2024-11-08"], "closed": "morning", "announced": "2024-11-08"}]
    assert list(week_ends(market(facts(holidays=late)))) == ["11-08", "11-15"]
    assert list(week_ends(market(facts(holidays=late), segment="grain"))) == ["11-15"]


def test_trouble_takes_nobody_by_surprise_about_the_date() -> None:
    cut = facts(halts=[{"dates": ["2024-11-08"], "announced": "2024-11-08", "continuous": "10:00-11:00"}])
    assert list(week_ends(market(cut))) == ["11-08", "11-15"]


@pytest.mark.parametrize("date", ["2024-11-03", "2024-11-18"])
def test_phases_beyond_what_is_known_are_refused(date: str) -> None:
    said = (
        f"calendar 'MCX metal' knows the phases from 2024-11-04 to 2024-11-17, and {date} is beyond\n    mend: keep to"
    )
    with pytest.raises(CalendarError, match=said):
        market(facts()).phases(dt.date.fromisoformat(date))


def test_a_date_without_hours_is_refused() -> None:
    late = [{"from": "2024-11-05", "continuous": "09:00-17:00", **SURE}]
    with pytest.raises(CalendarError, match="calendar 'MCX metal' has no hours for 2024-11-04\n    mend: add a row to"):
        market(facts(hours=late))


def test_half_a_day_needs_to_know_when_the_evening_begins() -> None:
    file = facts(markets=[{**MARKET, "evening": None}], holidays=[{"dates": ["2024-11-05"], "closed": "morning"}])
    with pytest.raises(CalendarError, match="has no evening, and 2024-11-05 is closed in the morning\n    mend: write"):
        market(file)


def test_a_market_that_no_file_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(CalendarError, match="no sessions of 'NSE'\n    mend: write one of MCX"):
        MarketSessions([facts()], "NSE", None, no_library)
    with pytest.raises(CalendarError, match="MCX has no segment 'gold'\n    mend: write one of metal, grain"):
        market(facts(), segment="gold")
