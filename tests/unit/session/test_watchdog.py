"""A record that takes long, or too long, is seen from another thread."""

from __future__ import annotations

import threading

import pytest

from friday_core.session.watchdog import Patience, Watchdog


class Worker:
    """What is watched, and the clock on the wall."""

    def __init__(self, since: float | None = None, stage: str = "core", now: float = 0.0) -> None:
        self.since = since
        self.stage = stage
        self.now = now

    def busy_since(self) -> float | None:
        return self.since

    @property
    def current_stage(self) -> str:
        return self.stage


class Switching(Worker):
    """Goes on to another record while its stage is read."""

    @property
    def current_stage(self) -> str:
        self.since = self.now
        return "strategy.next"


def watch(worker: Worker, slow: float = 1.0, hang: float = 10.0) -> tuple[Watchdog, list[str]]:
    told: list[str] = []
    return Watchdog(worker, Patience(slow, hang), told.append, lambda: worker.now), told


# Hanging --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "now", "hangs"), [(None, 100.0, False), (90.0, 99.0, False), (90.0, 100.0, False), (90.0, 100.5, True)]
)
def test_only_a_record_that_takes_longer_than_the_time_limit_hangs(
    since: float | None, now: float, hangs: bool
) -> None:
    watchdog, told = watch(Worker(since, "validator.slow", now))
    assert (watchdog.look() is None) is hangs
    assert told == (["validator.slow"] if hangs else [])


def test_it_is_told_once_in_the_watchdogs_thread_however_long_the_record_takes() -> None:
    told: list[tuple[str, str]] = []
    hung = threading.Event()

    def on_hang(stage: str) -> None:
        told.append((threading.current_thread().name, stage))
        hung.set()

    with Watchdog(Worker(0.0, "strategy.cross"), Patience(0.001, 0.01), on_hang, lambda: 1.0):
        assert hung.wait(30)
    assert told == [("watchdog", "strategy.cross")]


def test_nothing_is_told_of_a_session_without_a_slow_record() -> None:
    watchdog, told = watch(Worker(), 0.001, 0.01)
    with watchdog:
        threading.Event().wait(0.02)
    assert (told, watchdog.slow) == ([], {})


# Slow -----------------------------------------------------------------------------------------------


def test_a_slow_record_counts_once_for_the_stage_that_ran_when_the_limit_passed() -> None:
    worker = Worker(5.0, "transformer.lazy", 6.1)
    watchdog, told = watch(worker)
    watchdog.look()
    worker.stage, worker.now = "strategy.cross", 9.0
    watchdog.look()
    assert (watchdog.slow, told) == ({"transformer.lazy": 1}, [])


def test_every_slow_record_counts() -> None:
    worker = Worker(stage="strategy.cross")
    watchdog, _ = watch(worker)
    for worker.since, worker.now in ((0.0, 1.5), (2.0, 2.5), (2.0, 3.5), (4.0, 4.9), (5.0, 6.5)):
        watchdog.look()
    assert watchdog.slow == {"strategy.cross": 3}


def test_a_record_that_ends_while_it_is_looked_at_counts_for_nobody() -> None:
    """The stage that was read may be that of the record after it."""
    watchdog, told = watch(Switching(0.0, now=100.0))
    assert watchdog.look() == 1.0
    assert (watchdog.slow, told) == ({}, [])


def test_a_record_that_hangs_is_slow_too() -> None:
    watchdog, told = watch(Worker(0.0, "validator.slow", 11.0))
    assert watchdog.look() is None
    assert (watchdog.slow, told) == ({"validator.slow": 1}, ["validator.slow"])


# When it looks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (None, 1.0),  # one that begins now is slow in a second
        (100.0, 1.0),
        (99.75, 0.75),
        (99.0, 0.001),  # exactly at the limit: not yet slow
        (98.0, 1.0),  # counted; it may end now, and the next one be slow in a second
        (90.75, 0.75),
        (90.0, 0.001),
    ],
)
def test_it_looks_again_when_a_limit_may_pass_and_not_before(since: float | None, due: float) -> None:
    watchdog, _ = watch(Worker(since, now=100.0))
    assert watchdog.look() == due


def test_a_limit_for_slow_records_beyond_that_for_hanging_ones_counts_none() -> None:
    watchdog, told = watch(Worker(0.0, "core", 10.5), slow=20.0)
    assert watchdog.look() is None
    assert (watchdog.slow, told) == ({}, ["core"])
