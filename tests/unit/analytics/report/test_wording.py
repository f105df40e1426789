"""Numbers and times in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from friday_core.analytics.report.wording import UNDEFINED, duration, moment, money, percent, price, ratio, short

DAY = 86_400_000_000


def test_what_is_not_defined_is_a_dash() -> None:
    assert {percent(None), ratio(None), money(None, 2), duration(None)} == {UNDEFINED}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (percent(0.12345), "12.35%"),
        (percent(-0.12345, 1), "−12.3%"),
        (percent(-0.00001), "0.00%"),
        (ratio(-1234.5), "−1,234.50"),
        (money(-123_456, 2), "−1,234.56"),
        (money(1_234, 0), "1,234"),
        (price(1234.5), "1,234.50"),
        (price(0.0025), "0.0025"),
        (price(-3.0), "−3.00"),
    ],
)
def test_numbers(told: str, shown: str) -> None:
    assert told == shown


@pytest.mark.parametrize(
    ("value", "step", "shown"),
    [
        (800_000, 200_000, "800k"),
        (1_200_000, 200_000, "1,200k"),
        (1_500_000, 500_000, "1.5M"),
        (1_000, 200, "1,000"),
        (0.25, 0.05, "0.25"),
        (-50_000, 50_000, "−50k"),
        (0.0, 50_000, "0"),
        (5, 5, "5"),
    ],
)
def test_marks_of_an_axis_have_the_decimals_of_its_step(value: float, step: float, shown: str) -> None:
    assert short(value, step) == shown


def test_a_moment_is_a_date_unless_a_session_has_more_of_them() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    assert moment(10 * 3_600_000_000, zone, daily=True) == "1970-01-01"
    assert moment(10 * 3_600_000_000, zone, daily=False) == "1970-01-01 15:30"


@pytest.mark.parametrize(
    ("length", "shown"), [(0, "0 min"), (5_400_000_000, "1 h 30 min"), (DAY, "1 d"), (1_500.4 * DAY, "1,500 d")]
)
def test_durations(length: float, shown: str) -> None:
    assert duration(length) == shown
