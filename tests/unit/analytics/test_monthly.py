"""Returns of months and years."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.monthly import monthly_returns


def test_months_are_taken_from_their_last_equity() -> None:
    dates = [dt.date(2023, 12, 4), dt.date(2023, 12, 29), dt.date(2024, 1, 31), dt.date(2024, 3, 1)]
    first, second = monthly_returns(dates, [105.0, 110.0, 99.0, 108.9], 100.0)
    assert (first.year, first.months[11], first.total) == (2023, pytest.approx(0.1), pytest.approx(0.1))
    assert second.months[:3] == (pytest.approx(-0.1), None, pytest.approx(0.1))
    assert second.total == pytest.approx(-0.01)


def test_without_a_session_there_is_no_year() -> None:
    assert monthly_returns([], [], 100.0) == []


def test_what_begins_without_equity_has_no_return() -> None:
    (year,) = monthly_returns([dt.date(2024, 1, 1), dt.date(2024, 2, 1)], [0.0, 5.0], 100.0)
    assert year.months[:2] == (-1.0, None)


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=30))
def test_months_compound_to_their_year_and_years_to_the_whole(growth: list[float]) -> None:
    dates = [dt.date(2020 + n // 12, n % 12 + 1, 28) for n in range(len(growth))]
    closes = [100 * math.prod(growth[: n + 1]) for n in range(len(growth))]
    years = monthly_returns(dates, closes, 100.0)
    for year in years:
        grown = math.prod(1 + month for month in year.months if month is not None)
        assert 1 + year.total == pytest.approx(grown)
    assert math.prod(1 + year.total for year in years) == pytest.approx(closes[-1] / 100)
