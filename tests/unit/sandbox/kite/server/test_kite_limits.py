"""How often anybody may ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.server.limits import Category, Limits
from friday_core.sandbox.kite.server.settings import SessionSettings
from friday_core.sandbox.kite.values import SECOND

NOON = 43_200 * SECOND


def admitted(limits: Limits, category: Category, wall: int) -> bool:
    try:
        limits.admit(category, wall)
    except KiteRefusal as refusal:
        return (refusal.code, refusal.error_type) != (429, "NetworkException")
    return True


@given(st.lists(st.integers(0, 5 * SECOND), max_size=80).map(sorted))
def test_no_calendar_second_admits_more_than_its_count(walls: list[int]) -> None:
    limits = Limits(SessionSettings())
    passed = [wall for wall in walls if admitted(limits, Category.HISTORICAL, wall)]
    for second in range(6):
        asked = [wall for wall in walls if wall // SECOND == second]
        assert sum(wall // SECOND == second for wall in passed) == min(len(asked), 3)


def test_seconds_are_those_of_the_calendar() -> None:
    limits = Limits(SessionSettings())
    assert admitted(limits, Category.QUOTE, NOON + SECOND - 1)
    assert admitted(limits, Category.QUOTE, NOON + SECOND)
    assert not admitted(limits, Category.QUOTE, NOON + 2 * SECOND - 1)


def test_the_eleventh_order_of_a_second_begins_a_cool_down_of_ten() -> None:
    limits = Limits(SessionSettings())
    assert [admitted(limits, Category.ORDER, NOON + place) for place in range(11)] == [True] * 10 + [False]
    assert not admitted(limits, Category.ORDER, NOON + 10 * SECOND + 9)
    assert admitted(limits, Category.OTHER, NOON + SECOND)
    assert admitted(limits, Category.ORDER, NOON + 10 * SECOND + 10)


def test_the_four_hundred_and_first_order_of_a_minute_is_refused() -> None:
    limits = Limits(SessionSettings())
    walls = [NOON + place * SECOND // 9 for place in range(401)]
    assert [admitted(limits, Category.ORDER, wall) for wall in walls] == [True] * 400 + [False]
    assert admitted(limits, Category.ORDER, NOON + 60 * SECOND)


def test_counts_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="counts are at least 1"):
        SessionSettings(connections=0)
