"""Which values an axis names."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.report.scales import Scale, marks_of, nice_range, time_marks

INDIA = ZoneInfo("Asia/Kolkata")
DAY = 86_400_000_000


def days(first: str, count: int, *, per_day: int = 1, minutes: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Close times from 09:15 in India on, and their sessions."""
    start = (dt.date.fromisoformat(first) - dt.date(1970, 1, 1)).days
    session = np.repeat(np.arange(start, start + count, dtype=np.int64), per_day)
    inside = np.tile(np.arange(per_day, dtype=np.int64), count)
    return session * DAY + (3 * 60 + 45 + minutes * inside) * 60_000_000, session


def names(first: str, count: int, most: int, **rest: int) -> list[str]:
    return [name for _, name in time_marks(*days(first, count, **rest), INDIA, most)]


def test_a_scale_is_a_straight_line() -> None:
    assert Scale(0.0, 10.0, 100.0, 0.0)(2.5) == 75.0


def test_a_scale_without_width_stands_in_the_middle() -> None:
    assert Scale(5.0, 5.0, 0.0, 100.0)(5.0) == 50.0


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 97.0, (0.0, 100.0, 20.0)), (-0.26, 0.0, (-0.3, 0.0, 0.1)), (1.2, 1.9, (1.2, 2.0, 0.2))],
)
def test_a_range_is_widened_to_whole_steps(low: float, high: float, expected: tuple[float, float, float]) -> None:
    assert nice_range(low, high, 5 if high > 1 else 3) == pytest.approx(expected)


def test_a_value_alone_gets_room_on_both_sides() -> None:
    low, high, _ = nice_range(100.0, 100.0, 5)
    assert (low, high) == (94.0, 106.0)
    assert nice_range(0.0, 0.0, 4)[:2] == (-1.0, 1.0)


def test_a_range_too_narrow_for_floats_is_one_value() -> None:
    assert nice_range(1e9, 1e9 + 1e-6, 5) == pytest.approx((9.4e8, 1.06e9, 2e7))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.integers(2, 9))
def test_marks_hold_the_values_and_are_few(low: float, width: float, marks: int) -> None:
    high = low + width
    start, end, step = nice_range(low, high, marks)
    shown = marks_of(start, end, step)
    assert start <= low + step * 1e-6
    assert end >= high - step * 1e-6
    assert 2 <= len(shown) <= marks + 3


def test_thirteen_years_are_named_by_the_year() -> None:
    assert names("2000-03-01", 13 * 365, 9) == ["2000", "2002", "2004", "2006", "2008", "2010", "2012"]


def test_a_year_is_named_by_the_quarter() -> None:
    assert names("2024-01-01", 366, 9) == ["Jan 2024", "Apr 2024", "Jul 2024", "Oct 2024"]


def test_a_week_is_named_by_the_day() -> None:
    assert names("2024-01-01", 5, 9)[:2] == ["01 Jan 2024", "02 Jan 2024"]


def test_a_day_is_named_by_the_hour_of_the_exchange() -> None:
    assert names("2024-01-01", 1, 9, per_day=7)[:2] == ["09:15", "10:15"]


def test_two_marks_that_stand_too_close_lose_the_first() -> None:
    # The last two days of January have no room beside February.
    assert names("2024-01-30", 200, 9)[0] == "Feb 2024"


def test_an_axis_without_slices_names_nothing() -> None:
    assert names("2024-01-01", 0, 9) == []


def test_one_slice_has_one_name() -> None:
    assert len(names("2024-01-01", 1, 9)) == 1


@pytest.mark.parametrize("count", [2, 30, 400, 3_000, 20_000])
def test_names_are_few_however_long_the_run(count: int) -> None:
    assert 2 <= len(names("1990-01-01", count, 9)) <= 10
