"""When contracts expire by rule: the weekday of the time, and the session before a holiday."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from fakes.schedules import ZONE, day, utc

from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import to_date
from friday_core.errors import CalendarError, DataError
from friday_core.market.instruments.contract_names import Expiry
from friday_core.market.instruments.dated_facts import InstrumentFacts, instrument_facts
from friday_core.market.instruments.expiry_rules import expiries, monthly_expiry, on_session


@pytest.fixture(scope="module")
def facts() -> InstrumentFacts:
    return instrument_facts()


def weekdays(first: str, last: str, *holidays: str) -> Schedule:
    """Monday to Friday but for some days, in the Asia/Kolkata zone."""
    dates = [one for one in range(day(first), day(last) + 1) if to_date(one).weekday() < 5]
    open_ = [one for one in dates if str(to_date(one)) not in holidays]
    moments = [[utc(f"{to_date(one)} {clock}", ZONE) for one in open_] for clock in ("09:15", "15:30")]
    return Schedule("TEST", np.array(open_), *map(np.array, moments), known=(day(first), day(last)))


@pytest.mark.parametrize(
    ("underlying", "month", "expected"),
    [
        ("NIFTY", (2024, 4), "2024-04-25"),
        ("BANKNIFTY", (2024, 2), "2024-02-29"),
        ("BANKNIFTY", (2024, 4), "2024-04-24"),
        ("FINNIFTY", (2024, 4), "2024-04-30"),
        ("MIDCPNIFTY", (2024, 4), "2024-04-29"),
        ("BANKNIFTY", (2025, 1), "2025-01-30"),
        ("SENSEX", (2025, 1), "2025-01-28"),
        ("NIFTY", (2025, 8), "2025-08-28"),
        ("NIFTY", (2025, 9), "2025-09-30"),
        ("stocks", (2025, 9), "2025-09-30"),
        ("SENSEX", (2025, 9), "2025-09-25"),
    ],
)
def test_a_month_ends_on_the_last_such_weekday(
    facts: InstrumentFacts, underlying: str, month: tuple[int, int], expected: str
) -> None:
    sessions = weekdays("2024-01-01", "2025-12-31")
    assert monthly_expiry(facts, underlying, *month, sessions) == dt.date.fromisoformat(expected)


def test_a_holiday_moves_an_expiry_to_the_session_before(facts: InstrumentFacts) -> None:
    one = weekdays("2025-09-01", "2025-10-31", "2025-10-28")
    assert monthly_expiry(facts, "NIFTY", 2025, 10, one) == dt.date(2025, 10, 27)
    long = weekdays("2025-09-01", "2025-10-31", "2025-10-28", "2025-10-27", "2025-10-24")
    assert monthly_expiry(facts, "NIFTY", 2025, 10, long) == dt.date(2025, 10, 23)


def test_weekly_expiries_leave_out_the_week_of_the_monthly_one(facts: InstrumentFacts) -> None:
    found = expiries(
        facts,
        "BANKNIFTY",
        dt.date(2023, 9, 1),
        dt.date(2023, 10, 4),
        weekdays("2023-08-01", "2023-11-30", "2023-10-02"),
    )
    days = [
        ("2023-09-06", False),
        ("2023-09-13", False),
        ("2023-09-20", False),
        ("2023-09-28", True),
        ("2023-10-04", False),
    ]
    assert found == tuple(Expiry(dt.date.fromisoformat(one), monthly) for one, monthly in days)


def test_a_cycle_that_was_given_up_has_no_weekly_expiries_after_it(facts: InstrumentFacts) -> None:
    sessions = weekdays("2024-10-01", "2025-01-31")
    found = expiries(facts, "BANKNIFTY", dt.date(2024, 11, 1), dt.date(2024, 12, 31), sessions)
    days = [("2024-11-06", False), ("2024-11-13", False), ("2024-11-27", True), ("2024-12-25", True)]
    assert found == tuple(Expiry(dt.date.fromisoformat(one), monthly) for one, monthly in days)


def test_the_weekday_changes_on_its_day(facts: InstrumentFacts) -> None:
    sessions = weekdays("2025-08-01", "2025-10-31")
    found = expiries(facts, "NIFTY", dt.date(2025, 8, 20), dt.date(2025, 9, 9), sessions)
    days = [("2025-08-21", False), ("2025-08-28", True), ("2025-09-02", False), ("2025-09-09", False)]
    assert found == tuple(Expiry(dt.date.fromisoformat(one), monthly) for one, monthly in days)


def test_an_underlying_without_weekly_contracts_has_monthly_expiries_only(facts: InstrumentFacts) -> None:
    sessions = weekdays("2025-09-01", "2025-12-31")
    found = expiries(facts, "stocks", dt.date(2025, 10, 1), dt.date(2025, 11, 30), sessions)
    assert found == (Expiry(dt.date(2025, 10, 28), True), Expiry(dt.date(2025, 11, 25), True))


def test_a_month_without_a_rule_is_refused(facts: InstrumentFacts) -> None:
    sessions = weekdays("2019-01-01", "2027-12-31")
    with pytest.raises(DataError, match="no monthly expiry of MIDCPNIFTY on 2022-01-31 in expiry_days, which answers"):
        monthly_expiry(facts, "MIDCPNIFTY", 2022, 1, sessions)
    with pytest.raises(
        DataError, match="no monthly expiry of NIFTY on 2027-03-31 in expiry_days, which answers for 2001"
    ):
        monthly_expiry(facts, "NIFTY", 2027, 3, sessions)
    with pytest.raises(DataError, match="no monthly expiry of NIFTI in expiry_days; did you mean NIFTY"):
        monthly_expiry(facts, "NIFTI", 2026, 3, sessions)


def test_dates_that_the_sessions_do_not_know_are_refused(facts: InstrumentFacts) -> None:
    with pytest.raises(CalendarError, match="2025-12-30 is beyond"):
        monthly_expiry(facts, "NIFTY", 2025, 12, weekdays("2025-09-01", "2025-10-31"))


def test_a_calendar_without_a_session_for_weeks_is_wrong() -> None:
    sessions = weekdays("2025-09-01", "2025-10-31", *(f"2025-10-{n:02}" for n in range(1, 29)))
    with pytest.raises(CalendarError, match="has no session in the 15 days up to 2025-10-28"):
        on_session(dt.date(2025, 10, 28), sessions)


def test_the_weekday_of_a_day_is_told(facts: InstrumentFacts) -> None:
    assert facts.weekday("NIFTY", "weekly", dt.date(2025, 8, 31)) == 3
    assert facts.weekday("NIFTY", "weekly", dt.date(2025, 9, 1)) == 1
