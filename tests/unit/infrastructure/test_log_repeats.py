"""Lines that say the same are counted instead of written."""

from __future__ import annotations

import json

import pytest

from friday_core.infrastructure import log_repeats
from friday_core.infrastructure.log_repeats import Repeats


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def line(event: str, **fields: object) -> str:
    return json.dumps({"level": "info", "component": "feed", "run_id": "r1", "event": event, **fields})


def test_the_first_lines_of_a_window_pass_and_the_others_are_held_back() -> None:
    repeats = Repeats(2, 60.0, Time())
    admitted = [repeats.admit(line("late"), 20) for _ in range(4)]
    assert admitted == [[(line("late"), 20)], [(line("late"), 20)], [], []]


def test_lines_that_differ_in_a_field_are_not_repeats() -> None:
    repeats = Repeats(1, 60.0, Time())
    admitted = [repeats.admit(line("order filled", tag=tag), 20) for tag in ("F1", "F2", "F3")]
    assert [len(lines) for lines in admitted] == [1, 1, 1]


def test_when_the_window_is_over_the_next_line_brings_the_count() -> None:
    time = Time()
    repeats = Repeats(1, 60.0, time)
    for _ in range(8):
        repeats.admit(line("late", lag=3), 30)
    time.now = 60.0
    summary, other = repeats.admit(line("something else"), 20)
    assert json.loads(summary[0]) == {
        "level": "info",
        "component": "feed",
        "run_id": "r1",
        "event": "suppressed 7 times",
        "suppressed": "late",
    }
    assert summary[1] == 30
    assert other == (line("something else"), 20)


def test_a_new_window_lets_the_line_through_again() -> None:
    time = Time()
    repeats = Repeats(1, 60.0, time)
    repeats.admit(line("late"), 20)
    time.now = 60.0
    assert repeats.admit(line("late"), 20) == [(line("late"), 20)]


def test_a_line_that_was_not_held_back_leaves_no_summary() -> None:
    repeats = Repeats(2, 60.0, Time())
    repeats.admit(line("late"), 20)
    repeats.admit(line("late"), 20)
    assert repeats.flush() == []


def test_flushing_tells_of_every_open_window_once() -> None:
    repeats = Repeats(1, 60.0, Time())
    for event in ("a", "a", "b", "b", "b"):
        repeats.admit(line(event), 20)
    assert [json.loads(text)["event"] for text, _ in repeats.flush()] == ["suppressed 1 times", "suppressed 2 times"]
    assert repeats.flush() == []


def test_only_so_many_different_lines_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_repeats, "REMEMBERED_LINES", 3)
    repeats = Repeats(1, 60.0, Time())
    for event in ("a", "a", "b", "c"):
        repeats.admit(line(event), 20)
    assert [json.loads(text)["event"] for text, _ in repeats.admit(line("d"), 20)] == ["suppressed 1 times", "d"]
