"""Runs one step of a component's life, with a time limit that holds whatever the step does."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future, InvalidStateError, wait
from typing import Any, TypeVar

from friday_core.errors import ComponentError, ComponentTimeout, FridayError
from friday_core.infrastructure.logging import described, get_logger
from friday_core.plugin.own_line import own_line

_PATIENCE = "if that is no mistake, raise [run] step_timeout"

T = TypeVar("T")


def in_thread(function: Callable[[], T], name: str) -> Future[T]:
    """Call ``function`` in a daemon thread of its own; whoever cancels the future abandons the thread.

    What an abandoned call brings in the end is logged, and a coroutine that it returns is closed.
    """
    outcome: Future[T] = Future()

    def call() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits; a plugin must not exit the host
            if not _settled(outcome.set_exception, error):
                get_logger("lifecycle").warning("an abandoned call failed in the end", of=name, exc_info=error)
        else:
            if not _settled(outcome.set_result, result):
                get_logger("lifecycle").warning("an abandoned call returned in the end", of=name)
                if inspect.iscoroutine(result):
                    result.close()

    threading.Thread(target=call, name=name, daemon=True).start()
    return outcome


class StepRunner:
    """Runs steps, plain or ``async``, each within ``timeout`` seconds.

    A plain step has a thread of its own, which is abandoned when the time is over: nothing can
    stop it. All ``async`` steps share one event loop in a thread that lives until ``close``, so
    that tasks which a step leaves behind live on; a step that is late is cancelled there.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._loop_thread: _LoopThread | None = None

    def run(self, component: str, step: str, method: Callable[[], Awaitable[None] | None]) -> None:
        """Call ``method`` and await what it returns.

        Raises ``ComponentError`` from whatever the step raised, or ``ComponentTimeout``. Any other
        exception, such as an interrupt, happened in the calling thread.
        """
        deadline = time.monotonic() + self._timeout
        awaitable = self._within(deadline, component, step, in_thread(method, f"{step} {component}"))
        if awaitable is not None:
            self._loop_thread = self._loop_thread or _LoopThread()
            self._within(deadline, component, step, self._loop_thread.submit(awaitable))

    def close(self) -> bool:
        """End the event loop and cancel its tasks; false if it did not end within ``timeout``."""
        return self._loop_thread is None or self._loop_thread.end(self._timeout)

    def _within(self, deadline: float, component: str, step: str, future: Future[T]) -> T:
        try:
            wait([future], max(0.0, deadline - time.monotonic()))
            if not future.done():
                raise ComponentTimeout(component, f"{step} took longer than {self._timeout:g} s; {_PATIENCE}")
            return _result(future, component, step)
        finally:
            future.cancel()  # has no effect on one that is done


class _LoopThread:
    """An event loop that runs in a daemon thread."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lifecycle loop", daemon=True)
        self._thread.start()
        self._ready.wait()

    def submit(self, awaitable: Awaitable[None]) -> Future[None]:
        async def step() -> None:
            try:
                await awaitable
            except (SystemExit, KeyboardInterrupt) as error:  # would end the loop
                raise RuntimeError(f"a step raised {type(error).__name__}") from error

        return asyncio.run_coroutine_threadsafe(step(), self._loop)

    def end(self, timeout: float) -> bool:
        with contextlib.suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._serve())  # cancels what is left when it ends

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._ready.set()
        await self._ended.wait()


def _result(future: Future[T], component: str, step: str) -> T:
    try:
        error = future.exception()
    except CancelledError:
        raise ComponentError(component, f"{step} was cancelled") from None
    if error is not None:
        line = "" if isinstance(error, FridayError) else own_line(error)
        raise ComponentError(component, f"{step} failed: {described(error)}{f' ({line})' if line else ''}") from error
    return future.result()


def _settled(settle: Callable[[Any], None], value: object) -> bool:
    try:
        settle(value)
    except InvalidStateError:
        return False
    return True
