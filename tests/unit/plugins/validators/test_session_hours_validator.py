"""Rows of times at which the exchange is closed are held back, with the reason."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from fakes.bars import UNIVERSE, one_by_one
from fakes.schedules import ZONE, Fixed, schedule, utc
from pydantic import ValidationError

from friday_core.api import Chunk, Verdict
from friday_core.domain.sessions import SessionDates
from friday_core.flow.stamps import Stamps
from friday_plugins.validators.session_hours import SessionHoursSettings, SessionHoursValidator, friday_components

DIWALI = schedule("2024-10-31", "2024-11-01 18:00 19:00", "2024-11-04", known=("2024-10-01", "2024-11-30"))
PASSES = ""
CLOSED = "no session of TEST on this date"
OUTSIDE = "outside the hours of TEST"
BEYOND = "TEST is known from 2024-10-01 to 2024-11-30 only"


def validator(interval: str = "1m") -> SessionHoursValidator:
    return SessionHoursValidator(SessionHoursSettings(interval=interval), Fixed(DIWALI))


def rows(*clocks: str, interval: str = "1m") -> Chunk:
    """Rows as the flow stamps them."""
    ts_event = np.array([utc(clock) for clock in clocks], np.int64)
    plain = Chunk(ts_event, np.zeros(len(clocks)), {"close": np.full(len(clocks), 100)})
    return Stamps(UNIVERSE, SessionDates(ZONE), DIWALI).stamp(plain, interval)


def reasons(interval: str, *clocks: str) -> list[str]:
    judgement = validator(interval).validate(rows(*clocks, interval=interval))
    held = [Verdict(int(verdict)) is Verdict.QUARANTINE for verdict in judgement.verdict]
    found = [judgement.reason_of(row) for row in range(len(clocks))]
    assert held == [reason != PASSES for reason in found]
    return found


@pytest.mark.parametrize("interval", ["1m", "v1000"])
def test_a_bar_is_judged_by_the_time_up_to_its_stamp(interval: str) -> None:
    clocks = ["2024-10-31 09:15", "2024-10-31 09:16", "2024-10-31 15:30", "2024-10-31 15:31"]
    assert reasons(interval, *clocks) == [OUTSIDE, PASSES, PASSES, OUTSIDE]


def test_a_tick_is_judged_by_its_stamp() -> None:
    clocks = ["2024-10-31 09:14:59", "2024-10-31 09:15", "2024-10-31 15:29:59", "2024-10-31 15:30"]
    assert reasons("tick", *clocks) == [OUTSIDE, PASSES, PASSES, OUTSIDE]


def test_the_hours_are_those_of_the_date() -> None:
    assert reasons("1m", "2024-11-01 10:00", "2024-11-01 18:30", "2024-10-31 18:30") == [OUTSIDE, PASSES, OUTSIDE]


@pytest.mark.parametrize("interval", ["1d", "session"])
def test_of_a_daily_bar_only_the_date_is_judged(interval: str) -> None:
    clocks = ["2024-10-31 15:30", "2024-11-01 15:30", "2024-11-02 15:30", "2024-11-04 16:00"]
    assert reasons(interval, *clocks) == [PASSES, PASSES, CLOSED, PASSES]


@pytest.mark.parametrize("interval", ["1d", "1m", "tick"])
def test_dates_beyond_the_known_ones_have_a_reason_of_their_own(interval: str) -> None:
    clocks = ["2024-09-30 12:00", "2024-11-02 12:00", "2024-12-01 12:00", "1970-01-01 05:30"]
    assert reasons(interval, *clocks) == [BEYOND, CLOSED, BEYOND, BEYOND]


def test_the_verdicts_do_not_depend_on_how_rows_are_cut() -> None:
    whole = rows("2024-10-31 09:15", "2024-10-31 09:16", "2024-11-02 10:00", "2024-11-04 10:00", "2024-12-01 10:00")
    one = validator()
    apart = [one.validate(piece).reason_of(0) for piece in one_by_one(whole)]
    judgement = validator().validate(whole)
    assert apart == [judgement.reason_of(row) for row in range(len(whole))]


def test_it_remembers_nothing_that_a_snapshot_would_have_to_hold() -> None:
    one = validator()
    before = copy.deepcopy(vars(one))
    one.validate(rows("2024-10-31 10:00"))
    assert vars(one) == before


def test_it_asks_for_a_calendar() -> None:
    (spec,) = friday_components()
    assert (spec.key, dict(spec.requires)) == ("validator.session_hours", {"calendar": "calendar"})


def test_an_interval_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="interval"):
        validator("daily")
