"""One limit for all that ask Kite, on a clock that tests move."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest

from friday_core.api import Refused
from friday_plugins.zerodha.limiter import Category, Limiter, Limits

ORDER, QUOTE, OTHER = Category.ORDER, Category.QUOTE, Category.OTHER
MANY = dict.fromkeys(Category, 1_000)


def asked(limiter: Limiter, category: Category, times: int, *, urgent: bool = False) -> list[float]:
    """When each of several requests left, in seconds since the first."""
    begun, left = time.monotonic(), []
    for _ in range(times):
        with limiter.turn(category, urgent=urgent):
            left.append(time.monotonic() - begun)
    return left


def test_no_more_requests_leave_in_any_second_than_kite_counts() -> None:
    left = asked(Limiter(time.monotonic), ORDER, 12)
    assert left[7] < 0.5
    assert left[8] >= 1.0
    for place in range(len(left) - 8):
        assert left[place + 8] - left[place] >= 1.0


def test_what_is_urgent_may_use_the_reserve() -> None:
    limiter = Limiter(time.monotonic)
    asked(limiter, ORDER, 8)
    assert asked(limiter, ORDER, 1, urgent=True)[0] < 0.5


def test_a_session_and_a_doctor_beside_it_ask_no_more_than_ten_times_in_a_second() -> None:
    both = [Limiter(lambda: 100.0) for _ in range(2)]
    sent = 0
    for limiter in both:
        while limiter._pause(OTHER, urgent=False) == 0.0:
            asked(limiter, OTHER, 1)
            sent += 1
    assert sent == 10


def test_a_request_counts_until_a_second_after_its_answer() -> None:
    limiter = Limiter(time.monotonic)
    with limiter.turn(QUOTE):
        time.sleep(0.3)
    assert asked(limiter, QUOTE, 1)[0] >= 1.0


def test_one_that_waits_urgently_goes_before_one_that_came_earlier() -> None:
    limiter, left = Limiter(time.monotonic, Limits({**MANY, ORDER: 1}, reserves=(0, 0, 0))), []

    def ask(name: str, urgent: bool) -> None:
        with limiter.turn(ORDER, urgent=urgent):
            left.append(name)

    asked(limiter, ORDER, 1)
    threads = [threading.Thread(target=ask, args=one) for one in (("entry", False), ("exit", True))]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert left == ["exit", "entry"]


def test_orders_of_a_minute_are_limited_too() -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.01
        return now

    limiter = Limiter(clock, Limits(MANY, orders_per_minute=5, reserves=(0, 0, 0)))
    asked(limiter, ORDER, 5)
    assert 59.0 < limiter._pause(ORDER, urgent=False) < 61.0


def test_after_a_429_orders_wait_ten_seconds_and_reads_do_not() -> None:
    limiter = Limiter(lambda: 100.0)
    limiter.cool(ORDER)
    assert limiter._pause(ORDER, urgent=True) == 10.5
    assert limiter._pause(OTHER, urgent=False) == 0.0


def test_the_rest_of_a_days_orders_is_kept_for_exits() -> None:
    day = dt.date(2026, 11, 23)
    limiter = Limiter(time.monotonic, Limits(MANY, orders_per_day=3, reserves=(0, 0, 1)), today=lambda: day)
    limiter.seen_today(2)
    with pytest.raises(Refused, match="2 orders were placed today"), limiter.turn(ORDER, places=True):
        pass
    with limiter.turn(ORDER, urgent=True, places=True):
        pass
    with pytest.raises(Refused, match="3 orders were placed today"), limiter.turn(ORDER, urgent=True, places=True):
        pass
    day = dt.date(2026, 11, 24)
    with limiter.turn(ORDER, places=True):
        pass


def test_an_order_is_modified_twenty_times_at_most() -> None:
    limiter = Limiter(time.monotonic)
    for _ in range(20):
        limiter.modification("1")
    with pytest.raises(Refused, match="order 1 was modified 20 times"):
        limiter.modification("1")
    limiter.modification("2")
