"""Bars follow the dated hours of a calendar: half days, evenings, holidays."""

from __future__ import annotations

import pytest
from fakes.bar_builder import Built
from fakes.bars import DAY, one_by_one
from fakes.schedules import schedule, utc
from fakes.ticks import CLOSES, OPENS, Tick, market, ticks_of

from friday_core.domain.chunk import Chunk
from friday_core.errors import InvariantError
from friday_core.flow.session_hours import Hours, SessionHours

#: 1 November 2024: an hour in the evening; the 2nd and 3rd were a weekend, the 4th a day that ended at noon.
DIWALI = schedule("2024-10-31", "2024-11-01 18:00 19:00", "2024-11-04 09:15 12:00", known=("2024-10-01", "2024-11-30"))
OUTSIDE = "outside the session"


def trades(*clocks: str) -> Chunk:
    return ticks_of([Tick(utc(clock), 100) for clock in clocks])


def closes(domain: str, *clocks: str) -> list[int]:
    built = Built(domain, DIWALI)
    return [bar.ts_event for bar in built.of(trades(*clocks))]


@pytest.mark.parametrize("domain", ["1d", "session", "7h", "v1000"])
def test_the_last_bar_closes_when_the_dated_session_does(domain: str) -> None:
    found = closes(domain, "2024-10-31 15:00", "2024-11-01 18:59", "2024-11-04 11:59")
    assert found == [utc("2024-10-31 15:30"), utc("2024-11-01 19:00"), utc("2024-11-04 12:00")]


def test_intervals_are_counted_from_the_dated_open() -> None:
    found = closes("45m", "2024-11-01 18:00", "2024-11-01 18:46", "2024-11-04 09:59")
    assert found == [utc("2024-11-01 18:45"), utc("2024-11-01 19:00"), utc("2024-11-04 10:00")]


def test_what_trades_while_the_exchange_is_closed_is_in_no_bar() -> None:
    built = Built("1m", DIWALI)
    built.of(trades("2024-10-31 15:30", "2024-11-01 10:00", "2024-11-01 19:00", "2024-11-02 10:00", "2024-11-04 12:00"))
    assert (built.bars, built.held) == ([], [(row, OUTSIDE) for row in range(5)])


def test_bars_of_finer_bars_follow_the_dated_hours_too() -> None:
    minutes, hour = Built("1m", DIWALI), Built("15m", DIWALI, of="bars")
    minutes.of(trades("2024-11-01 18:00", "2024-11-01 18:14:59", "2024-11-01 18:59:59"))
    assert [bar.ts_event for bar in hour.of(*minutes.chunks)] == [utc("2024-11-01 18:15"), utc("2024-11-01 19:00")]


@pytest.mark.parametrize("domain", ["1m", "15m", "1d", "v300"])
def test_a_calendar_of_the_usual_hours_makes_the_bars_of_the_usual_hours(domain: str) -> None:
    dates = [f"1970-01-0{number}" for number in range(2, 6)]
    usual = schedule(*dates, known=(dates[0], dates[-1]))
    assert usual.sessions.opens.tolist()[0] == DAY + OPENS
    assert usual.sessions.closes.tolist()[-1] == 4 * DAY + CLOSES
    ticks = market(7, 600, sessions=4)

    def made(hours: Hours, *chunks: Chunk) -> tuple[object, ...]:
        built = Built(domain, hours)
        return built.of(*chunks), built.held

    expected = made(SessionHours(), ticks)
    assert expected == made(usual, ticks) == made(usual, *one_by_one(ticks))
    assert expected[0] != []


def test_bars_that_were_begun_by_fixed_hours_are_not_continued_by_a_calendar() -> None:
    with pytest.raises(InvariantError, match="15:30:00 Asia/Kolkata, this builder makes 1m of ticks, sessions of TEST"):
        Built("1m", DIWALI).stage.restore(Built("1m").stage.snapshot())


def test_a_snapshot_outlives_a_correction_of_the_calendar() -> None:
    before = Built("1d", DIWALI)
    before.push(trades("2024-10-31 15:00"))
    later = Built("1d", schedule("2024-10-31", "2024-11-03", known=("2024-10-01", "2024-12-31")))
    later.stage.restore(before.stage.snapshot())
    later.of(trades("2024-11-03 10:00"))
    assert [bar.ts_event for bar in later.bars] == [utc("2024-10-31 15:30"), utc("2024-11-03 15:30")]
