"""The clocks of the edges."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import pytest
from fakes.clock import SimulatedClock

from friday_core.errors import InvariantError
from friday_core.infrastructure.clock import ManualClock, ScaledClock, SteadyClock, WallClock

#: Seconds that no test waits for.
ENOUGH = 30.0


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


# Waiting --------------------------------------------------------------------------------------------


def test_a_steady_clock_waits_as_long_as_it_is_told() -> None:
    clock = SteadyClock()
    before = clock.now()
    assert clock.wait(0.02)
    assert clock.now() - before >= 0.02


def waits_until_stopped(stop_by: Callable[[SteadyClock], threading.Timer]) -> None:
    clock = SteadyClock()
    timer = stop_by(clock)
    timer.start()
    before = time.monotonic()
    assert not clock.wait(ENOUGH)
    assert time.monotonic() - before < ENOUGH / 2
    timer.join()


def test_another_thread_ends_the_wait_at_once() -> None:
    waits_until_stopped(lambda clock: threading.Timer(0.02, clock.stop))


@pytest.mark.skipif(sys.platform == "win32", reason="signals reach a process in another way there")
def test_a_signal_handler_ends_the_wait_at_once() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    try:

        def by_signal(clock: SteadyClock) -> threading.Timer:
            signal.signal(signal.SIGUSR1, lambda *_: clock.stop())
            return threading.Timer(0.02, lambda: os.kill(os.getpid(), signal.SIGUSR1))

        waits_until_stopped(by_signal)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_stopped_clock_lets_nobody_wait_again_however_often_it_is_stopped() -> None:
    clock = SteadyClock()
    clock.stop()
    clock.stop()
    assert [clock.wait(ENOUGH) for _ in range(4)] == [False] * 4


# Scaling --------------------------------------------------------------------------------------------


def test_a_scaled_clock_starts_at_the_first_question_and_goes_faster() -> None:
    steady = SimulatedClock()
    scaled = ScaledClock(3600.0, steady)
    steady.time = 5.0
    assert scaled.now() == 0
    steady.time = 5.5
    assert scaled.now() == 1_800_000_000
    assert scaled.seconds(1_800_000_000) == 0.5


def test_a_scaled_clock_waits_for_what_is_left() -> None:
    steady = SimulatedClock()
    scaled = ScaledClock(60.0, steady)
    assert scaled.wait_until(30_000_000)
    assert scaled.wait_until(30_000_000)
    assert scaled.wait_until(45_000_000)
    assert steady.waits == [0.5, 0.25]


def test_what_takes_long_is_waited_for_in_pieces() -> None:
    steady = SimulatedClock()
    assert ScaledClock(1.0, steady).wait_until(2_500_000)
    assert steady.waits == [1.0, 1.0, 0.5]


def test_a_stopped_scaled_clock_says_so_also_for_the_past() -> None:
    scaled = ScaledClock(1.0, SimulatedClock())
    scaled.stop()
    assert not scaled.wait_until(0)
