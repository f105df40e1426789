"""The clocks of the edges."""

from __future__ import annotations

import time

import pytest

from friday_core.errors import InvariantError
from friday_core.infrastructure.clock import ManualClock, WallClock


def test_the_wall_clock_tells_microseconds_since_1970() -> None:
    before = time.time_ns() // 1_000
    now = WallClock().now()
    assert before <= now <= time.time_ns() // 1_000


def test_a_manual_clock_stands_still_until_it_is_told() -> None:
    clock = ManualClock(5)
    assert [clock.now(), clock.now()] == [5, 5]


def test_a_manual_clock_can_be_set_and_advanced() -> None:
    clock = ManualClock(5)
    clock.set(5)
    clock.set(70)
    clock.advance(30)
    assert clock.now() == 100


def test_a_manual_clock_never_goes_backwards() -> None:
    clock = ManualClock(100)
    with pytest.raises(InvariantError, match="stands at 100 and cannot go back to 99"):
        clock.set(99)
    with pytest.raises(InvariantError, match="stands at 100 and cannot go back to 98"):
        clock.advance(-2)
    assert clock.now() == 100
