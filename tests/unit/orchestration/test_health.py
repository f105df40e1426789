"""Health as progress."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from friday_core.interfaces.component import Component, Health
from friday_core.orchestration.health import ComponentHealth
from friday_core.orchestration.lifecycle import Lifecycle
from friday_core.orchestration.states import ComponentState

LONG = 30.0


class Worker(Component):
    """Reports ``progress``, or does whatever ``answer`` does."""

    def __init__(self) -> None:
        self.progress = 0
        self.asked = 0
        self.answer: Callable[[], Any] = lambda: Health(progress=self.progress)

    def health(self) -> Health:
        self.asked += 1
        answer: Health = self.answer()
        return answer


class Watched:
    """A running lifecycle with one worker, and how it does."""

    def __init__(self, *, health_timeout: float = LONG) -> None:
        self.worker = Worker()
        components = {"worker": self.worker, "quiet": Component()}
        self.lifecycle = Lifecycle(components, {}, step_timeout=LONG, health_timeout=health_timeout)
        self.lifecycle.start()

    def look(self, *, busy: bool = True) -> ComponentHealth:
        return self.lifecycle.health(busy={"worker"} if busy else ())["worker"]


def test_a_busy_component_without_progress_since_the_last_look_is_stalled() -> None:
    watched = Watched()
    watched.worker.progress = 5
    looks = [watched.look(), watched.look()]
    assert [(one.stalled, one.ok) for one in looks] == [(False, True), (True, False)]


def test_a_stalled_component_is_not_ok_whatever_it_says_of_itself() -> None:
    watched = Watched()
    watched.look()
    look = watched.look()
    assert (look.health.ok, look.stalled, look.ok) == (True, True, False)


def test_a_component_with_progress_is_not_stalled() -> None:
    watched = Watched()
    looks = []
    for progress in (0, 1, 2, 2, 3):
        watched.worker.progress = progress
        looks.append(watched.look().stalled)
    assert looks == [False, False, False, True, False]


def test_a_component_that_has_nothing_to_do_is_not_stalled() -> None:
    watched = Watched()
    assert [watched.look(busy=False).stalled for _ in range(3)] == [False, False, False]


def test_work_that_came_after_a_quiet_time_is_compared_with_the_last_look() -> None:
    watched = Watched()
    watched.look(busy=False)
    watched.worker.progress = 1
    assert not watched.look(busy=True).stalled
    assert watched.look(busy=True).stalled


def test_a_count_that_falls_is_no_progress() -> None:
    watched = Watched()
    looks = []
    for progress in (9, 4, 5):
        watched.worker.progress = progress
        looks.append(watched.look().stalled)
    assert looks == [False, True, False]


def test_after_a_restart_the_first_look_only_takes_the_count() -> None:
    watched = Watched()
    watched.look()
    watched.lifecycle.stop()
    watched.lifecycle.start()
    assert [watched.look().stalled, watched.look().stalled] == [False, True]


def test_a_component_without_a_health_of_its_own_is_never_stalled() -> None:
    watched = Watched()
    looks = [watched.lifecycle.health(busy={"quiet"})["quiet"] for _ in range(3)]
    assert [(one.stalled, one.ok) for one in looks] == [(False, True)] * 3


@pytest.mark.parametrize("running", [True, False])
def test_a_component_is_asked_only_while_it_runs(running: bool) -> None:
    watched = Watched()
    if not running:
        watched.lifecycle.stop()
    look = watched.look()
    assert (watched.worker.asked, look.ok) == (int(running), running)
    assert look.health.detail == ("" if running else "is stopped")


def test_a_degraded_component_is_asked_and_not_ok() -> None:
    watched = Watched()
    watched.lifecycle.mark_degraded("worker", "late")
    look = watched.look()
    assert (look.state, look.reason, look.health.ok, look.ok) == (ComponentState.DEGRADED, "late", True, False)


def test_a_component_that_finds_itself_unwell_is_not_ok() -> None:
    watched = Watched()
    watched.worker.answer = lambda: Health(ok=False, progress=1, detail="no ticks for 9 s")
    look = watched.look()
    assert (look.ok, look.stalled, look.health.detail) == (False, False, "no ticks for 9 s")


def raise_error() -> Health:
    raise ValueError("confused")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (raise_error, "health() failed: ValueError: confused"),
        (lambda: True, "health() returned bool, not Health"),
    ],
)
def test_an_answer_that_is_none_is_told_and_keeps_the_count(answer: Callable[[], Any], detail: str) -> None:
    watched = Watched()
    watched.worker.progress = 7
    watched.look()
    good, watched.worker.answer = watched.worker.answer, answer
    assert watched.look().health == Health(ok=False, progress=7, detail=detail)
    watched.worker.answer = good
    assert watched.look().stalled


def test_a_health_that_hangs_is_told_and_not_asked_again_until_it_answers() -> None:
    watched = Watched(health_timeout=0.05)
    release = threading.Event()
    good = watched.worker.answer

    def hang() -> Health:
        release.wait(LONG)
        return Health(progress=1)

    watched.worker.answer = hang
    try:
        looks = [watched.look() for _ in range(5)]
    finally:
        release.set()
    assert {look.health.detail for look in looks} == {"health() has not answered within 0.05 s"}
    assert not any(look.ok for look in looks)
    assert watched.worker.asked == 1
    watched.worker.answer = good
