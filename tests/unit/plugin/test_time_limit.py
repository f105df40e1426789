"""A call into somebody else's code: its answer, its error, or the end of patience."""

from __future__ import annotations

import threading
import traceback
from contextvars import ContextVar

import pytest

from friday_core.plugin.time_limit import OverdueError, within


def test_the_answer_comes_from_a_daemon_thread_of_that_name() -> None:
    thread = within(30, threading.current_thread, "asks the moon")
    assert (thread.name, thread.daemon) == ("asks the moon", True)


def raising() -> None:
    raise TimeoutError("the line is dead")


def test_what_the_call_raises_is_raised_with_its_traceback() -> None:
    with pytest.raises(TimeoutError, match="the line is dead") as caught:
        within(30, raising, "asks the moon")
    assert "raising" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


def test_a_call_that_exits_is_an_error_like_others() -> None:
    with pytest.raises(SystemExit, match="3"):
        within(30, lambda: exit_with(3), "asks the moon")


def exit_with(code: int) -> None:
    raise SystemExit(code)


def test_a_call_that_hangs_is_left_behind_and_named() -> None:
    released = threading.Event()
    with pytest.raises(OverdueError, match=r"asks the moon did not return within 0\.01 s"):
        within(0.01, released.wait, "asks the moon")
    (left,) = (thread for thread in threading.enumerate() if thread.name == "asks the moon")
    released.set()
    left.join(30)
    assert not left.is_alive()


def test_the_call_sees_the_context_of_whoever_waits() -> None:
    variable = ContextVar("variable", default="nothing")
    variable.set("the run")
    assert within(30, variable.get, "asks the moon") == "the run"
