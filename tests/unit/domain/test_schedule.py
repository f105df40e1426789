"""Sessions as dated facts: what is known, what follows from it, and what is refused."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from fakes.schedules import day, schedule, utc
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import to_date
from friday_core.errors import CalendarError

#: A Thursday, and the evening of the Friday on which NSE traded for an hour only.
DIWALI = schedule("2024-10-31", "2024-11-01 18:00 19:00", "2024-11-04", known=("2024-10-31", "2024-11-10"))


def around(one: Schedule, *moments: str) -> list[tuple[int, int]]:
    opens, closes = one.around(np.array([utc(moment) for moment in moments], np.int64))
    return list(zip(opens.tolist(), closes.tolist(), strict=True))


def is_open(one: Schedule, moment: str) -> bool:
    ((opens, closes),) = around(one, moment)
    return opens <= utc(moment) < closes


def ends(flags: Any) -> list[float | None]:
    """Flags with ``None`` for what is not known."""
    return [None if math.isnan(flag) else flag for flag in flags.tolist()]


def test_a_moment_in_a_session_has_its_open_and_its_close() -> None:
    evening = (utc("2024-11-01 18:00"), utc("2024-11-01 19:00"))
    assert around(DIWALI, "2024-11-01 18:00", "2024-11-01 18:59:59.999999") == [evening, evening]


@pytest.mark.parametrize(
    "moment",
    [
        "2024-10-30 12:00",
        "2024-10-31 09:14",
        "2024-11-01 10:00",
        "2024-11-01 19:00",
        "2024-11-03 12:00",
        "2030-01-01 12:00",
    ],
)
def test_a_moment_between_sessions_is_in_none(moment: str) -> None:
    assert not is_open(DIWALI, moment)


def test_moments_may_come_in_any_order_and_again() -> None:
    bounds = dict(zip((31, 1, 4), zip(*(one.tolist() for one in DIWALI.sessions[1:]), strict=True), strict=True))
    moments = {31: "2024-10-31 10:00", 1: "2024-11-01 18:30", 4: "2024-11-04 10:00"}
    for asked in ([4, 31], [31], [1, 1], [31, 1, 4, 1]):
        assert around(DIWALI, *(moments[one] for one in asked)) == [bounds[one] for one in asked]
    assert around(DIWALI) == []


@pytest.mark.parametrize("moment", [-(2**63), 2**63 - 1])
def test_garbage_is_in_no_session(moment: int) -> None:
    opens, closes = DIWALI.around(np.array([moment]))
    assert not opens[0] <= moment < closes[0]
    assert DIWALI.at(np.array([moment])).tolist() == [-1]


def test_sessions_between_two_dates_include_both() -> None:
    found = DIWALI.between(day("2024-11-01"), day("2024-11-04"))
    assert [str(to_date(one)) for one in found.dates.tolist()] == ["2024-11-01", "2024-11-04"]
    assert found.opens.tolist() == [utc("2024-11-01 18:00"), utc("2024-11-04 09:15")]
    assert found.closes.tolist() == [utc("2024-11-01 19:00"), utc("2024-11-04 15:30")]


def test_dates_without_a_session_are_known_too() -> None:
    assert DIWALI.between(day("2024-11-05"), day("2024-11-10")).dates.tolist() == []


@pytest.mark.parametrize(
    ("first", "last", "named"), [("2024-10-30", "2024-11-01", "2024-10-30"), ("2024-11-01", "2024-11-11", "2024-11-11")]
)
def test_dates_beyond_are_refused_with_date_calendar_and_mend(first: str, last: str, named: str) -> None:
    said = f"calendar 'TEST' knows the sessions from 2024-10-31 to 2024-11-10, and {named} is beyond\n    mend: keep to"
    with pytest.raises(CalendarError, match=said):
        DIWALI.between(day(first), day(last))


def test_the_place_of_a_session_is_found_by_time_and_by_date() -> None:
    moments = np.array([utc("2024-11-01 18:30"), utc("2024-11-01 12:00"), utc("2024-11-04 09:15")])
    assert DIWALI.at(moments).tolist() == [1, -1, 2]
    dates = np.array([day("2024-11-01"), day("2024-11-02"), day("2024-11-04"), day("2031-01-01")])
    assert DIWALI.on(dates).tolist() == [1, -1, 2, -1]
    assert DIWALI.knows(dates).tolist() == [True, True, True, False]


def test_the_last_session_of_a_month_need_not_be_its_last_date() -> None:
    # 30 June 2024 was a Sunday.
    one = schedule("2024-06-27", "2024-06-28", "2024-07-01", known=("2024-06-27", "2024-07-01"))
    assert ends(one.month_ends) == [0.0, 1.0, None]


def test_a_month_that_is_not_known_to_its_end_has_no_known_end() -> None:
    assert ends(schedule("2024-06-28", known=("2024-06-28", "2024-06-29")).month_ends) == [None]
    assert ends(schedule("2024-06-28", known=("2024-06-28", "2024-06-30")).month_ends) == [1.0]


def test_the_last_session_of_a_year_ends_its_month() -> None:
    one = schedule("2023-12-29", "2024-01-01", "2024-12-31", known=("2023-12-29", "2025-01-01"))
    assert ends(one.month_ends) == [1.0, 1.0, 1.0]


def test_a_session_on_sunday_ends_the_week_that_began_on_monday() -> None:
    # The Sunday of the budget, and the Monday after it.
    one = schedule("2026-01-30", "2026-02-01", "2026-02-02", known=("2026-01-30", "2026-02-08"))
    assert ends(one.week_ends) == [0.0, 1.0, 1.0]
    assert ends(one.month_ends) == [1.0, 0.0, None]


def test_where_weeks_begin_on_sunday_the_session_before_it_ends_one() -> None:
    one = schedule("2026-01-29", "2026-02-01", "2026-02-02", known=("2026-01-29", "2026-02-07"), first_weekday=6)
    assert ends(one.week_ends) == [1.0, 0.0, 1.0]


def test_the_last_known_week_has_no_end_before_its_last_day() -> None:
    assert ends(schedule("2026-01-30", known=("2026-01-30", "2026-01-31")).week_ends) == [None]
    assert ends(schedule("2026-01-30", known=("2026-01-30", "2026-02-01")).week_ends) == [1.0]


def test_a_session_may_begin_on_the_evening_before_its_date() -> None:
    date, opens, closes = day("2024-06-03"), utc("2024-06-02 18:00"), utc("2024-06-03 17:00")
    one = Schedule("NIGHT", np.array([date]), np.array([opens]), np.array([closes]), known=(date - 9, date + 9))
    assert one.at(np.array([utc("2024-06-02 20:00")])).tolist() == [0]


@pytest.mark.parametrize(
    ("sessions", "said"),
    [
        ([], "schedule 'TEST': has no session"),
        (["2024-11-04", "2024-11-04"], "the session of 2024-11-04 is not later than the session before"),
        (["2024-11-04", "2024-11-01"], "the session of 2024-11-01 is not later than the session before"),
        (["2024-11-04 15:30 09:15"], "the session of 2024-11-04 does not open before it closes"),
        (["2024-12-02"], "the session of 2024-12-02 is beyond 2024-11-01 to 2024-11-30"),
    ],
)
def test_sessions_that_cannot_be_are_refused(sessions: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        schedule(*sessions, known=("2024-11-01", "2024-11-30"))


def test_sessions_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="the session of 1970-01-02 opens before the session before has closed"):
        Schedule("TEST", np.array([0, 1]), np.array([0, 9]), np.array([10, 20]), known=(0, 1))


def test_as_many_opens_as_dates_are_needed() -> None:
    with pytest.raises(ValueError, match="has 2 dates, 1 opens and 2 closes"):
        Schedule("TEST", np.array([0, 1]), np.array([0]), np.array([10, 20]), known=(0, 1))


def test_nobody_can_change_what_is_known() -> None:
    dates = np.array([day("2024-11-04")])
    one = Schedule("TEST", dates, dates * 10, dates * 11, known=(0, 20_100))
    dates[0] = 0
    assert one.sessions.dates.tolist() == [day("2024-11-04")]
    with pytest.raises(ValueError, match="read-only"):
        one.sessions.dates[0] = 0
    assert copy.deepcopy(one) is one


def test_it_prints_what_it_is_a_schedule_of() -> None:
    assert str(DIWALI) == "sessions of TEST"


# A week, Monday to Friday; 31 October 2024 was its Thursday.
WEEK = ("2024-10-28", "2024-10-29", "2024-10-30", "2024-10-31")
IN_WEEK = ("2024-10-28", "2024-11-03")


@pytest.mark.parametrize(
    ("announced", "expected"),
    [
        (None, [0.0, 0.0, 0.0, 1.0]),
        ("2024-10-27", [0.0, 0.0, 0.0, 1.0]),
        ("2024-10-30", [0.0, 0.0, 0.0, 1.0]),
        ("2024-10-31", [0.0, 0.0, 0.0, 0.0]),
        ("2024-11-01", [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_a_closure_ends_the_week_from_the_day_after_it_was_announced(
    announced: str | None, expected: list[float]
) -> None:
    one = schedule(*WEEK, known=IN_WEEK, announced={"2024-11-01": announced} if announced else None)
    assert ends(one.week_ends) == expected


@pytest.mark.parametrize(
    ("announced", "expected"),
    [("2024-10-30", [0.0, 0.0, 0.0, 0.0, 1.0]), ("2024-10-31", [0.0, 0.0, 0.0, 1.0, 1.0])],
)
def test_until_an_extra_session_is_announced_the_one_before_it_is_expected_to_be_the_last(
    announced: str, expected: list[float]
) -> None:
    one = schedule(*WEEK, "2024-11-02", known=IN_WEEK, announced={"2024-11-02": announced})
    assert ends(one.week_ends) == expected


def test_a_closure_within_the_week_changes_no_end() -> None:
    one = schedule(
        "2024-10-28", "2024-10-30", known=("2024-10-28", "2024-11-03"), announced={"2024-10-29": "2024-10-28"}
    )
    assert ends(one.week_ends) == [0.0, 1.0]


def test_a_session_moved_to_the_day_before_was_expected_on_its_old_date_until_then() -> None:
    # Wednesday was a holiday and Thursday a session; on Tuesday they changed places.
    moved = {"2024-10-30": "2024-10-29", "2024-10-31": "2024-10-29"}
    one = schedule("2024-10-28", "2024-10-29", "2024-10-30", known=IN_WEEK, announced=moved)
    assert ends(one.week_ends) == [0.0, 0.0, 1.0]


def test_a_month_ends_as_it_was_expected_to_and_others_are_left_alone() -> None:
    one = schedule(
        "2024-09-30",
        "2024-10-30",
        "2024-11-01",
        known=("2024-09-01", "2024-11-30"),
        announced={"2024-10-31": "2024-10-31"},
    )
    assert ends(one.month_ends) == [1.0, 0.0, 1.0]


def test_where_the_period_is_not_known_to_its_end_only_what_was_expected_tells() -> None:
    week = ("2024-10-28", "2024-11-01")
    assert ends(schedule(*WEEK, known=week).week_ends) == [0.0, 0.0, 0.0, None]
    surprised = schedule(*WEEK, known=week, announced={"2024-11-01": "2024-10-31"})
    assert ends(surprised.week_ends) == [0.0] * 4
    extra = schedule(*WEEK, "2024-11-01", known=week, announced={"2024-11-01": "2024-10-31"})
    assert ends(extra.week_ends) == [0.0, 0.0, 0.0, None, None]


def test_an_announcement_after_the_fact_is_refused() -> None:
    with pytest.raises(ValueError, match="what became of 2024-11-01 is announced later, on 2024-11-02"):
        schedule(*WEEK, known=IN_WEEK, announced={"2024-11-01": "2024-11-02"})


@given(st.data())
def test_announced_before_the_period_began_it_is_as_if_it_had_always_been_known(data: st.DataObject) -> None:
    first = day("2024-01-01")
    dates = np.array(sorted(data.draw(st.sets(st.integers(first + 31, first + 120), min_size=1))))
    surprises = data.draw(st.sets(st.integers(first + 31, first + 120)))
    opens = dates * 10
    plain, told = (
        Schedule("T", dates, opens, opens + 1, known=(first, first + 150), announced=dict.fromkeys(news, first))
        for news in (set[int](), surprises)
    )
    for one, other in ((plain.week_ends, told.week_ends), (plain.month_ends, told.month_ends)):
        assert one.tobytes() == other.tobytes()
