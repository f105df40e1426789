"""The trading date of a moment, against the standard library row by row."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.sessions import SessionDates, to_date, to_datetime

ZONES = ("Asia/Kolkata", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
#: 1970 to 2100, in microseconds.
moments = st.integers(0, 4_102_444_800_000_000)


def local_date(ts: int, zone: str) -> dt.date:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=ts)).astimezone(ZoneInfo(zone)).date()


def microseconds(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000


@given(st.sampled_from(ZONES), st.lists(moments, max_size=20))
def test_every_row_has_the_date_that_the_standard_library_gives(zone: str, ts: list[int]) -> None:
    sessions = SessionDates(zone).of(np.array(ts, np.int64))
    assert [to_date(int(one)) for one in sessions] == [local_date(one, zone) for one in ts]


@given(st.sampled_from([*ZONES, "Africa/Monrovia"]), st.lists(moments, max_size=20), st.integers(0, 2_000_000_000))
def test_one_moment_after_the_other_has_its_date(zone: str, ts: list[int], later: int) -> None:
    dates = SessionDates(zone)
    for one in (moment for first in ts for moment in (first, first + later)):
        assert to_date(dates.date(one)) == local_date(one, zone)


@given(st.lists(moments, min_size=1, max_size=10), st.integers(1, 9))
def test_dates_do_not_depend_on_what_was_asked_before(ts: list[int], cut: int) -> None:
    array = np.array(ts, np.int64)
    asked_in_two = SessionDates("America/New_York")
    parts = [asked_in_two.of(array[:cut]), asked_in_two.of(array[cut:])]
    assert np.concatenate(parts).tolist() == SessionDates("America/New_York").of(array).tolist()


@pytest.mark.parametrize(
    ("moment", "zone", "date"),
    [
        ("2024-01-01T18:29:59+00:00", "Asia/Kolkata", "2024-01-01"),
        ("2024-01-01T18:30:00+00:00", "Asia/Kolkata", "2024-01-02"),
        ("2024-01-01T18:14:59+00:00", "Asia/Kathmandu", "2024-01-01"),
        ("2024-01-01T18:15:00+00:00", "Asia/Kathmandu", "2024-01-02"),
        # Winter time, then summer time: midnight in New York is 05:00 or 04:00 UTC.
        ("2024-03-10T04:59:59+00:00", "America/New_York", "2024-03-09"),
        ("2024-03-10T05:00:00+00:00", "America/New_York", "2024-03-10"),
        ("2024-03-11T03:59:59+00:00", "America/New_York", "2024-03-10"),
        ("2024-03-11T04:00:00+00:00", "America/New_York", "2024-03-11"),
        ("2024-11-04T04:59:59+00:00", "America/New_York", "2024-11-03"),
        ("2024-11-04T05:00:00+00:00", "America/New_York", "2024-11-04"),
    ],
)
def test_the_date_changes_at_local_midnight(moment: str, zone: str, date: str) -> None:
    (session,) = SessionDates(zone).of(np.array([microseconds(moment)]))
    assert to_date(int(session)).isoformat() == date


def test_moments_before_1970_have_dates_too() -> None:
    # 1962-01-02 16:00 in New York.
    (session,) = SessionDates("America/New_York").of(np.array([microseconds("1962-01-02T21:00:00+00:00")]))
    assert to_date(int(session)) == dt.date(1962, 1, 2)


@pytest.mark.parametrize("zone", ZONES)
def test_garbage_has_the_first_or_the_last_date_that_a_calendar_can_name(zone: str) -> None:
    garbage = np.array([-(2**63), -(2**62), 2**62, 2**63 - 1])
    dates = [to_date(int(one)).isoformat() for one in SessionDates(zone).of(garbage)]
    assert {date[:-3] for date in dates[:2]} == {"0001-01"}
    assert {date[:-3] for date in dates[2:]} == {"9999-12"}


def test_garbage_in_a_chunk_leaves_the_dates_of_the_other_rows_as_they_are() -> None:
    good = microseconds("2024-01-01T18:30:00+00:00")
    sessions = SessionDates("Asia/Kolkata").of(np.array([good, 2**63 - 1, good]))
    assert to_date(int(sessions[0])).isoformat() == to_date(int(sessions[2])).isoformat() == "2024-01-02"


def test_microseconds_become_an_aware_datetime() -> None:
    assert to_datetime(1_704_067_200_000_001).isoformat() == "2024-01-01T00:00:00.000001+00:00"


@pytest.mark.parametrize(("zone", "around"), [("America/Boa_Vista", "2000-10-08"), ("Africa/Casablanca", "2024-03-10")])
@pytest.mark.parametrize("days", [1, 7, 40])
def test_a_change_that_is_soon_taken_back_is_seen_among_many_rows(zone: str, around: str, days: int) -> None:
    first = microseconds(f"{around}T00:00:00+00:00")
    ts = first + np.arange(-days * 48, days * 48) * 1_800_000_000
    sessions = SessionDates(zone).of(ts)
    assert [to_date(int(one)) for one in sessions] == [local_date(int(one), zone) for one in ts]


@pytest.mark.parametrize("zone", ZONES)
def test_minutes_of_a_year_have_their_dates(zone: str) -> None:
    ts = microseconds("2023-12-20T00:00:00+00:00") + np.arange(400 * 96) * 900_000_000
    by_row, dates = SessionDates(zone), SessionDates(zone).of(ts)
    assert dates.tolist() == [by_row.date(int(one)) for one in ts]
