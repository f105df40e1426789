"""A time limit for a call into somebody else's code that is made before anything runs."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")


class OverdueError(Exception):
    """A call took longer than it may; whoever made it knows what to tell the user."""


def within(seconds: float, call: Callable[[], T], name: str) -> T:
    """What ``call`` returns, or raises, with its own traceback, in a daemon thread called ``name``.

    ``OverdueError`` after ``seconds``: nothing can stop the thread, so it is left behind, and what it
    brings in the end is dropped. Ctrl-C is heard while this waits.
    """
    outcome: Future[T] = Future()
    context = contextvars.copy_context()

    def answer() -> None:
        try:
            outcome.set_result(context.run(call))
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits, who judges it
            outcome.set_exception(error)

    threading.Thread(target=answer, name=name, daemon=True).start()
    wait([outcome], seconds)
    if not outcome.done():
        raise OverdueError(f"{name} did not return within {seconds:g} s")
    return outcome.result()
