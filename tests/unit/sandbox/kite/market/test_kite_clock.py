"""The market's clock."""

from __future__ import annotations

import pytest

from friday_core.sandbox.kite.market.clock import Clock

WALL = 1_000_000_000


def test_it_goes_as_many_times_as_fast_as_the_wall_clock() -> None:
    assert Clock(500, 60.0, WALL).now(WALL + 10) == 1_100
    assert Clock(500, 1.0, WALL).now(WALL + 10) == 510
    assert Clock(500, 0.0, WALL).now(WALL + 10) == 500


def test_it_never_goes_back_whatever_is_asked_and_whatever_the_wall_clock_does() -> None:
    clock = Clock(500, 1.0, WALL)
    assert clock.advance_to(900, WALL + 10) == 900
    assert clock.advance_to(600, WALL + 20) == 910
    assert clock.now(WALL - 50) == 910
    clock.set_speed(2.0, WALL - 50)
    assert clock.now(WALL + 20) == 910


def test_another_speed_counts_from_now_on() -> None:
    clock = Clock(0, 60.0, WALL)
    clock.set_speed(1.0, WALL + 10)
    assert clock.now(WALL + 15) == 605
    clock.pause(WALL + 20)
    assert (clock.now(WALL + 999), clock.speed) == (610, 0.0)
    with pytest.raises(ValueError, match=r"a market does not go back: speed -1"):
        clock.set_speed(-1.0, WALL)
    with pytest.raises(ValueError, match=r"a market does not go back: speed -1"):
        Clock(0, -1.0, WALL)


def test_a_restored_clock_has_gone_on_in_the_meantime() -> None:
    clock = Clock(0, 60.0, WALL)
    assert Clock.restored(clock.state()).now(WALL + 100) == 6_000
