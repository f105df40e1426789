"""A record that takes too long is seen from another thread, once."""

from __future__ import annotations

import threading

import pytest

from friday_core.session.watchdog import Watchdog


@pytest.mark.parametrize(
    ("since", "now", "seen"), [(None, 100.0, False), (90.0, 99.0, False), (90.0, 100.0, False), (90.0, 100.5, True)]
)
def test_only_a_record_that_takes_longer_than_the_time_limit_is_seen(
    since: float | None, now: float, seen: bool
) -> None:
    assert Watchdog(lambda: since, 10.0, lambda: None, lambda: now).look() is seen


def test_it_is_told_once_however_long_the_record_takes() -> None:
    told: list[str] = []
    hung = threading.Event()

    def on_hang() -> None:
        told.append(threading.current_thread().name)
        hung.set()

    with Watchdog(lambda: 0.0, 0.01, on_hang, lambda: 1.0):
        assert hung.wait(30)
    assert told == ["watchdog"]


def test_nothing_is_told_of_a_session_without_a_slow_record() -> None:
    told: list[str] = []
    with Watchdog(lambda: None, 0.01, lambda: told.append("hang")):
        threading.Event().wait(0.05)
    assert told == []
