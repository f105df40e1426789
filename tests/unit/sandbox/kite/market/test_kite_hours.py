"""Phases of instruments by the dated facts."""

from __future__ import annotations

import datetime as dt

import pytest
from fakes.kite_markets import FUTURE, INFY, NIFTY, SBIN, at

from friday_core.sandbox.kite.market.hours import Hours, Phase, day_number, midnight, to_ts

HOURS = Hours(frozenset({"NSE:SBIN"}))


@pytest.mark.parametrize(
    ("time", "share", "with_contracts", "future"),
    [
        ("08:59", "closed", "closed", "closed"),
        ("09:00", "pre_open", "pre_open", "pre_open"),
        ("09:15", "continuous", "continuous", "continuous"),
        ("15:20", "continuous", "closing_auction", "continuous"),
        ("15:35", "closed", "closed", "continuous"),
        ("15:45", "closed", "closed", "closed"),
        ("15:55", "post_close", "post_close", "closed"),
    ],
)
def test_since_august_2026_shares_with_contracts_end_by_an_auction(
    time: str, share: str, with_contracts: str, future: str
) -> None:
    ts = at(f"2026-11-20 {time}")
    assert [HOURS.at(one, ts).phase for one in (INFY, SBIN, FUTURE)] == [share, with_contracts, future]


def test_before_that_they_ended_as_all_others() -> None:
    assert [HOURS.at(one, at("2026-07-20 15:20")).phase for one in (INFY, SBIN)] == ["continuous", "continuous"]


def test_a_phase_tells_its_ends_and_so_does_the_time_between_phases() -> None:
    span = HOURS.at(INFY, at("2026-11-20 12:00"))
    assert (span.open, span.close) == (at("2026-11-20 09:15"), at("2026-11-20 15:30"))
    gap = HOURS.at(INFY, at("2026-11-20 15:40"))
    assert (gap.phase, gap.open, gap.close) == (Phase.CLOSED, at("2026-11-20 15:30"), at("2026-11-20 15:50"))


def test_holidays_are_no_sessions_and_sundays_with_a_budget_are() -> None:
    friday, holiday = day_number(at("2026-11-20 12:00")), day_number(at("2026-11-24 12:00"))
    assert HOURS.spans(INFY, holiday) == ()
    assert HOURS.next_session(INFY, friday) == friday + 3
    assert HOURS.last_session(INFY, friday + 3) == friday
    assert HOURS.at(NIFTY, at("2026-02-01 12:00")).phase is Phase.CONTINUOUS


def test_beyond_what_is_known_weekdays_have_the_usual_hours() -> None:
    assert HOURS.at(INFY, at("2033-03-04 10:00")).phase is Phase.CONTINUOUS
    assert HOURS.at(INFY, at("2033-03-05 10:00")).phase is Phase.CLOSED
    assert HOURS.at(INFY, at("1999-03-04 10:00")).phase is Phase.CONTINUOUS


def test_an_exchange_that_is_always_open_trades_at_night_and_on_sundays() -> None:
    hours = Hours(always_open=True)
    assert hours.at(INFY, at("2026-11-22 03:00")).phase is Phase.CONTINUOUS


def test_times_of_india_are_those_of_its_clock() -> None:
    ts = to_ts(dt.date(2026, 11, 20), dt.time(0, 0))
    assert ts == at("2026-11-20 00:00") == midnight(day_number(ts))
    assert day_number(ts - 1) == day_number(ts) - 1
