"""When the moon is new, and what is signalled then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from friday_core.api import Bar, Fill, Instrument, InstrumentId, RawBar, Side, Signal
from pydantic import ValidationError

from friday_moon.moon_phase import MoonPhase, Settings, moon_age

INFY = Instrument(InstrumentId("INFY", "NSE"), "INR")
TCS = Instrument(InstrumentId("TCS", "NSE"), "INR")
#: The strategy reads no book.
BOOK: Any = None
MONTH = 29.530588861
#: The formula's own error, in days.
MEAN_MOON = 14 / 24


def ts(text: str) -> int:
    """Microseconds UTC of an ISO time in UTC."""
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * 1_000_000


def bar(text: str, instrument: Instrument = INFY) -> Bar:
    return Bar(instrument, ts(text), 0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, RawBar(100, 100, 100, 100), {})


def signals(strategy: MoonPhase, *days: str) -> list[tuple[str, float]]:
    """The days on which a signal is given, and its strength."""
    given = [(day, decision) for day in days for decision in strategy.on_event(bar(day), BOOK)]
    return [(day, decision.strength) for day, decision in given if isinstance(decision, Signal)]


@pytest.mark.parametrize("new_moon", ["2000-01-06T18:14", "2017-08-21T18:30", "2024-04-08T18:21", "2026-02-17T12:01"])
def test_the_age_is_zero_at_the_new_moons_of_the_almanac(new_moon: str) -> None:
    age = moon_age(ts(new_moon))
    assert min(age, MONTH - age) <= MEAN_MOON


@pytest.mark.parametrize("full_moon", ["2000-01-21T04:41", "2019-07-16T21:38", "2025-09-07T18:09"])
def test_the_age_is_half_a_month_at_the_full_moons_of_the_almanac(full_moon: str) -> None:
    assert moon_age(ts(full_moon)) == pytest.approx(MONTH / 2, abs=MEAN_MOON)


def test_the_age_grows_by_a_day_a_day() -> None:
    assert moon_age(ts("2024-04-12")) - moon_age(ts("2024-04-11")) == pytest.approx(1.0, abs=1e-6)


def test_it_is_long_from_new_moon_and_flat_from_full_moon() -> None:
    days = [f"2024-04-{day:02}" for day in range(1, 31)]
    # New moon on the 8th at 18:21, full moon on the 23rd at 23:49.
    assert signals(MoonPhase(Settings()), *days) == [("2024-04-05", 1.0), ("2024-04-20", 0.0)]


def test_the_settings_choose_the_days_and_the_strength() -> None:
    days = [f"2024-04-{day:02}" for day in range(1, 31)]
    settings = Settings(new_moon_days=1.0, full_moon_days=7.0, strength=0.25)
    assert signals(MoonPhase(settings), *days) == [("2024-04-08", 0.25), ("2024-04-17", 0.0)]


def test_nothing_is_signalled_while_nothing_changes() -> None:
    assert signals(MoonPhase(Settings()), "2024-04-24", "2024-04-08", "2024-04-09") == [("2024-04-08", 1.0)]


def test_every_instrument_is_signalled() -> None:
    strategy = MoonPhase(Settings())
    given = [*strategy.on_event(bar("2024-04-08"), BOOK), *strategy.on_event(bar("2024-04-08", TCS), BOOK)]
    assert [decision.instrument for decision in given] == [INFY.id, TCS.id]


def test_fills_are_passed_over() -> None:
    fill = Fill("F1", INFY.id, "moon", Side.BUY, 1, 100, 0, ts("2024-04-08"))
    assert list(MoonPhase(Settings()).on_event(fill, BOOK)) == []


@pytest.mark.parametrize("wrong", [{"strength": 0}, {"strength": 1.1}, {"new_moon_days": 8}, {"full_moon_days": 0}])
def test_a_setting_out_of_its_range_is_refused(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate(wrong)
