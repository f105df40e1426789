"""What the calendar tells of a row: its session, and whether a session, a week or a month ends with it."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fakes.bars import UNIVERSE, A, cut
from fakes.schedules import ZONE, day, schedule, utc
from hypothesis import given
from hypothesis import strategies as st

from friday_core.causal.market import STAMPED
from friday_core.domain.chunk import Chunk
from friday_core.domain.market import CorporateAction
from friday_core.domain.row import chunk_of, few_rows, rows_of
from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import SessionDates
from friday_core.errors import ClockDomainError
from friday_core.flow.session_flags import CALENDAR_COLUMNS
from friday_core.flow.stamps import STAMPED_COLUMNS, Stamps
from friday_plugins.calendars.exchange import ExchangeCalendar, ExchangeSettings

MINUTE = 60_000_000
NAN = None
#: A whole session, an hour in the evening of a holiday, and the Monday after it; 2 and 3 November were a weekend.
DIWALI = schedule("2024-10-31", "2024-11-01 18:00 19:00", "2024-11-04", known=("2024-10-01", "2024-11-30"))


def chunk(*moments: int) -> Chunk:
    return Chunk(np.array(moments, np.int64), np.zeros(len(moments)), {"close": np.full(len(moments), 100)})


def stamps(calendar: Schedule | None = DIWALI, zone: str = ZONE) -> Stamps:
    return Stamps(UNIVERSE, SessionDates(zone), calendar)


def stamped(column: str, domain: str | None, *clocks: str, by: Stamps | None = None) -> list[float | None]:
    """One column for rows stamped at these times in India; ``None`` for NaN."""
    values = (by or stamps()).stamp(chunk(*map(utc, clocks)), domain)[column].tolist()
    return [None if math.isnan(value) else value for value in values]


def bits(one: Chunk) -> list[tuple[str, bytes]]:
    return [(name, one[name].tobytes()) for name in sorted(one.columns)]


@cache
def exchange(name: str) -> Schedule:
    return ExchangeCalendar(ExchangeSettings(name=name)).schedule()


def daily(one: Schedule, first: str, last: str) -> Chunk:
    """A row at the close of every session."""
    return chunk(*one.between(day(first), day(last)).closes.tolist())


def dates_with(one: Schedule, column: str, first: str, last: str) -> list[str]:
    """Dates of the sessions on which a flag is up."""
    rows = stamps(one, "America/New_York").stamp(daily(one, first, last), "1d")
    up = rows["session"][rows[column] == 1.0]
    return [str(date) for date in up.astype(np.int64).astype("M8[D]")]


def test_the_columns_are_those_that_programs_read() -> None:
    assert set(STAMPED) == {"session", *CALENDAR_COLUMNS}
    assert stamps().columns == (*STAMPED_COLUMNS, *CALENDAR_COLUMNS)
    assert set(stamps().stamp(chunk(1)).columns) == {"close", *stamps().columns}


def test_without_a_calendar_there_are_no_flags() -> None:
    assert stamps(None).columns == STAMPED_COLUMNS
    assert set(stamps(None).stamp(chunk(1), "1m").columns) == {"close", *STAMPED_COLUMNS}


def test_every_row_of_the_last_session_of_a_month_is_marked() -> None:
    clocks = ["2024-10-31 09:16", "2024-10-31 15:30", "2024-11-01 18:01", "2024-11-04 15:30"]
    assert stamped("month_end", "1m", *clocks) == [1.0, 1.0, 0.0, 1.0]


def test_every_row_of_the_last_session_of_a_week_is_marked() -> None:
    clocks = ["2024-10-31 15:30", "2024-11-01 18:01", "2024-11-01 19:00", "2024-11-04 09:16"]
    assert stamped("week_end", "1m", *clocks) == [0.0, 1.0, 1.0, 1.0]


def test_a_closure_that_was_announced_later_does_not_mark_the_session_before_it() -> None:
    known = ("2001-09-01", "2001-09-30")
    sessions = ("2001-09-07", "2001-09-10", "2001-09-17")
    attack = {f"2001-09-{date}": "2001-09-11" for date in (11, 12, 13, 14)}
    for news, expected in ((None, [1.0, 1.0, 0.0]), (attack, [1.0, 0.0, 0.0])):
        one = stamps(schedule(*sessions, "2001-09-21", known=known, announced=news))
        assert stamped("week_end", "1d", *(f"{date} 15:30" for date in sessions), by=one) == expected


@pytest.mark.parametrize(
    ("domain", "first"), [("1m", "09:16"), ("15m", "09:30"), ("1h", "10:15"), ("60m", "10:15"), ("10h", "15:30")]
)
def test_the_first_bar_of_a_session_opens_with_it(domain: str, first: str) -> None:
    clocks = [f"2024-10-31 {clock}" for clock in ("09:15:30", "09:16", "09:30", "10:15", "10:16", "15:30")]
    expected = [float(clock.endswith(f" {first}")) for clock in clocks]
    assert stamped("session_start", domain, *clocks) == expected


@pytest.mark.parametrize("domain", ["1m", "15m", "1h", "10h", "v1000", None])
def test_the_last_bar_of_a_session_closes_with_it_however_short(domain: str | None) -> None:
    clocks = ["2024-10-31 15:15", "2024-10-31 15:29", "2024-10-31 15:30", "2024-11-01 18:59", "2024-11-01 19:00"]
    assert stamped("session_end", domain, *clocks) == [0.0, 0.0, 1.0, 0.0, 1.0]


def test_a_session_of_an_hour_begins_and_ends_at_its_own_hours() -> None:
    clocks = ["2024-11-01 09:16", "2024-11-01 18:01", "2024-11-01 19:00"]
    assert stamped("session_start", "1m", *clocks) == [0.0, 1.0, 0.0]
    assert stamped("session_end", "1m", *clocks) == [0.0, 0.0, 1.0]


def test_a_daily_bar_is_the_first_and_the_last_of_its_session_whatever_its_clock_shows() -> None:
    clocks = ["2024-10-31 15:30", "2024-11-01 15:30", "2024-11-01 19:00"]
    for column in ("session_start", "session_end"):
        assert stamped(column, "1d", *clocks) == stamped(column, "session", *clocks) == [1.0, 1.0, 1.0]
    assert stamped("week_end", "1d", *clocks) == [0.0, 1.0, 1.0]


def test_of_bars_without_a_length_the_first_is_not_known() -> None:
    for domain in ("v1000", None):
        assert stamped("session_start", domain, "2024-10-31 09:16", "2024-10-31 15:30") == [NAN, NAN]


def test_of_ticks_neither_the_first_nor_the_last_is_known() -> None:
    for column in ("session_start", "session_end"):
        assert stamped(column, "tick", "2024-10-31 09:15", "2024-10-31 15:30") == [NAN, NAN]
    assert stamped("month_end", "tick", "2024-10-31 09:15", "2024-11-01 18:00") == [1.0, 0.0]


@pytest.mark.parametrize("date", ["2024-11-02", "2024-09-30", "2024-12-02"])
def test_on_a_date_without_a_session_and_beyond_the_known_ones_nothing_is_known(date: str) -> None:
    clock = f"{date} 12:00"
    assert [stamped(column, "1m", clock) for column in CALENDAR_COLUMNS] == [[NAN]] * 4
    assert stamped("session", "1m", clock) == [day(date)]


def test_one_row_on_a_date_without_a_session_spoils_no_other() -> None:
    clocks = ["2024-10-31 12:00", "2024-11-02 12:00", "2024-11-04 12:00"]
    assert stamped("month_end", "1m", *clocks) == [1.0, NAN, 1.0]
    assert stamped("session", "1m", *clocks) == [day(clock[:10]) for clock in clocks]


def test_out_of_hours_a_row_is_of_the_session_of_its_date() -> None:
    clocks = ["2024-10-31 08:00", "2024-10-31 16:00"]
    assert stamped("session", "1m", *clocks) == [day("2024-10-31")] * 2
    assert stamped("month_end", "1m", *clocks) == [1.0, 1.0]
    assert stamped("session_end", "1m", *clocks) == [0.0, 0.0]


def test_the_last_known_month_is_not_said_to_end() -> None:
    short = schedule("2024-10-30", "2024-10-31", "2024-11-01", known=("2024-10-30", "2024-11-02"))
    clocks = ["2024-10-31 15:30", "2024-11-01 15:30"]
    assert stamped("month_end", "1d", *clocks, by=stamps(short)) == [1.0, NAN]


def test_garbage_in_time_is_stamped_and_left_to_the_validators() -> None:
    rows = stamps().stamp(chunk(-(2**63) + 1, 0, 2**62), "1m")
    assert np.isnan([rows[name] for name in CALENDAR_COLUMNS]).all()


def test_a_session_over_midnight_is_one_session() -> None:
    # The night from Sunday to Monday, and the one after; a bar that ends at midnight is of the night before.
    nights = [(day(date), utc(f"{date} 00:00") - 360 * MINUTE) for date in ("2024-06-03", "2024-06-04")]
    dates, opens = (np.array(column) for column in zip(*nights, strict=True))
    night = stamps(Schedule("NIGHT", dates, opens, opens + 1440 * MINUTE, known=(int(dates[0]), int(dates[1]))))
    clocks = ["2024-06-02 18:01", "2024-06-03 00:00", "2024-06-03 18:00", "2024-06-03 18:01"]
    assert stamped("session", "1m", *clocks, by=night) == [day("2024-06-03")] * 3 + [day("2024-06-04")]
    assert stamped("session_end", "1m", *clocks, by=night) == [0.0, 0.0, 1.0, 0.0]


def test_an_ex_date_is_the_session_of_the_calendar() -> None:
    opens = utc("2024-06-02 18:00")
    night = stamps(
        Schedule("NIGHT", np.array([19877]), np.array([opens]), np.array([opens + MINUTE]), known=(0, 30_000))
    )
    night.announce(CorporateAction(A, day("2024-06-03"), factor=2.0))
    assert stamped("factor", "1m", "2024-06-02 18:01", by=night) == [2.0]


def test_a_domain_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ClockDomainError, match="'fortnight' is no clock domain"):
        stamps().stamp(chunk(0), "fortnight")


def test_no_rows_are_stamped_too() -> None:
    rows = stamps().stamp(chunk(), "1m")
    assert {name: len(rows[name]) for name in CALENDAR_COLUMNS} == dict.fromkeys(CALENDAR_COLUMNS, 0)


def test_a_snapshot_is_that_of_stamps_without_a_calendar() -> None:
    action = CorporateAction(A, 8, factor=2.0)
    with_calendar, without = stamps(), stamps(None)
    for one in (with_calendar, without):
        one.announce(action)
    with_calendar.stamp(chunk(utc("2024-10-31 15:30")), "1m")
    assert with_calendar.snapshot() == without.snapshot()


moments = st.lists(
    st.builds(
        lambda date, minute: utc(f"2024-{date} 00:00") + minute * MINUTE,
        st.sampled_from(["09-30", "10-31", "11-01", "11-02", "11-04", "12-02"]),
        st.sampled_from([0, 554, 555, 556, 570, 600, 930, 931, 1080, 1081, 1139, 1140, 1141]),
    ),
    min_size=1,
    max_size=20,
)


@given(moments, st.sets(st.integers(1, 19)), st.sampled_from(["1m", "15m", "1d", "tick", "v10", None]), st.booleans())
def test_any_cut_gives_the_same_bits(rows: list[int], cuts: set[int], domain: str | None, in_order: bool) -> None:
    whole = chunk(*(sorted(rows) if in_order else rows))
    own = stamps()
    pieces = [own.stamp(piece, domain) for piece in cut(whole, cuts)]
    assert bits(Chunk.concat(pieces)) == bits(stamps().stamp(whole, domain))


@given(moments, st.sampled_from(["1m", "15m", "1d", "tick", "v10", None]), st.sampled_from([DIWALI, None]))
def test_a_row_by_itself_is_stamped_with_the_same_bits(
    rows: list[int], domain: str | None, calendar: Schedule | None
) -> None:
    whole, own = chunk(*rows), stamps(calendar)
    action = CorporateAction(UNIVERSE[0].id, 20_030, factor=0.3, numerator=3)
    expected = stamps(calendar)
    for one in (own, expected):
        one.announce(action)
    alone = [own.stamped(row, domain) for row in rows_of(whole)]
    assert bits(chunk_of(alone)) == bits(expected.stamp(whole, domain))
    for some in (whole, *(chunk(ts, ts, ts) for ts in rows)):
        if (few := few_rows(some)) is not None:
            assert bits(own.stamped_few(few, domain).chunk()) == bits(expected.stamp(some, domain))


@pytest.mark.parametrize(
    ("name", "zone"), [("XNYS", "America/New_York"), ("XBOM", ZONE), ("XLON", "Europe/London"), ("XTKS", "Asia/Tokyo")]
)
def test_over_twenty_years_month_and_week_ends_are_those_of_pandas(name: str, zone: str) -> None:
    one = exchange(name)
    rows = stamps(one, zone).stamp(daily(one, "2004-01-01", "2024-12-31"), "1d")
    dates = pd.to_datetime(rows["session"], unit="D")
    days = pd.Series(dates, index=dates)
    for column, period in (("month_end", "M"), ("week_end", "W-SUN")):
        last: Any = days.groupby(dates.to_period(period)).transform("max")
        # The last period of these rows ends within the calendar's own dates.
        assert rows[column].tolist()[:-1] == (last == dates).astype(float).tolist()[:-1]


def test_in_the_week_of_2001_09_11_new_york_traded_on_monday_only() -> None:
    # As is known now: on that Monday nobody knew that its session was the last of the week.
    one = exchange("XNYS")
    assert dates_with(one, "week_end", "2001-09-04", "2001-09-21") == ["2001-09-07", "2001-09-10", "2001-09-21"]


def test_months_that_end_on_a_weekend_end_with_the_friday_before() -> None:
    found = dates_with(exchange("XNYS"), "month_end", "2024-03-01", "2024-09-30")
    # Good Friday was 29 March, 30 June was a Sunday, 31 August a Saturday.
    assert found == ["2024-03-28", "2024-04-30", "2024-05-31", "2024-06-28", "2024-07-31", "2024-08-30", "2024-09-30"]


def test_years_end_with_their_last_session() -> None:
    ends = dates_with(exchange("XNYS"), "month_end", "2015-12-01", "2023-12-31")
    years = [date for date in ends if date[5:7] == "12"]
    assert years == [
        "2015-12-31", "2016-12-30", "2017-12-29", "2018-12-31", "2019-12-31", "2020-12-31", "2021-12-31", "2022-12-30",
        "2023-12-29",
    ]  # fmt: skip


def test_on_a_half_day_the_last_bar_is_that_of_the_early_close() -> None:
    new_york = stamps(exchange("XNYS"), "America/New_York")
    clocks = ["2024-11-29 12:59", "2024-11-29 13:00", "2024-11-29 16:00", "2024-12-02 13:00", "2024-12-02 16:00"]
    rows = new_york.stamp(chunk(*(utc(clock, "America/New_York") for clock in clocks)), "1m")
    assert rows["session_end"].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0]
    assert rows["month_end"].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
