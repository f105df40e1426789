"""Steps, plain and async, within their time limit."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from friday_core.errors import BrokerError, ComponentError, ComponentTimeout
from friday_core.orchestration.steps import StepRunner, in_thread

LONG = 30.0


@pytest.fixture
def runner() -> Iterator[StepRunner]:
    made = StepRunner(LONG)
    yield made
    assert made.close()


@pytest.fixture
def release() -> Iterator[threading.Event]:
    before = set(threading.enumerate())
    made = threading.Event()
    yield made
    made.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(LONG)


def test_a_plain_step_runs_in_a_thread_of_its_own(runner: StepRunner) -> None:
    threads: list[threading.Thread] = []
    runner.run("feed", "start", lambda: threads.append(threading.current_thread()))
    assert threads[0] is not threading.current_thread()
    assert (threads[0].name, threads[0].daemon) == ("start feed", True)


def test_async_steps_share_one_loop_that_outlives_them(runner: StepRunner) -> None:
    ticks: list[asyncio.AbstractEventLoop] = []
    ticked = threading.Event()
    tasks: list[asyncio.Task[None]] = []

    async def tick() -> None:
        await asyncio.sleep(0)
        ticks.append(asyncio.get_running_loop())
        ticked.set()

    async def start() -> None:
        ticks.append(asyncio.get_running_loop())
        tasks.append(asyncio.create_task(tick()))

    runner.run("a", "start", start)
    assert ticked.wait(LONG)
    runner.run("b", "start", tick)
    assert len(ticks) == 3
    assert ticks[0] is ticks[1] is ticks[2]


def test_the_loop_is_started_only_when_it_is_needed(runner: StepRunner) -> None:
    before = [thread.name for thread in threading.enumerate()].count("lifecycle loop")
    runner.run("a", "start", lambda: None)
    assert [thread.name for thread in threading.enumerate()].count("lifecycle loop") == before


def test_closing_cancels_what_a_step_left_behind() -> None:
    runner = StepRunner(LONG)
    cancelled = threading.Event()
    tasks: list[asyncio.Task[None]] = []
    started = threading.Event()

    async def forever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def start() -> None:
        tasks.append(asyncio.create_task(forever()))

    runner.run("a", "start", start)
    assert started.wait(LONG)
    assert runner.close()
    assert cancelled.is_set()
    assert runner.close()


async def raise_later() -> None:
    await asyncio.sleep(0)
    raise ValueError("broken")


def raise_now() -> None:
    raise ValueError("broken")


@pytest.mark.parametrize("method", [raise_now, raise_later])
def test_what_a_step_raises_is_raised_from(runner: StepRunner, method: Callable[[], Any]) -> None:
    with pytest.raises(ComponentError, match="component 'feed': start failed: ValueError: broken") as caught:
        runner.run("feed", "start", method)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), TimeoutError("mine"), asyncio.CancelledError()])
def test_an_exit_or_a_timeout_of_a_steps_own_is_a_failure_like_any_other(
    runner: StepRunner, error: BaseException
) -> None:
    def step() -> None:
        raise error

    async def async_step() -> None:
        raise error

    for method in (step, async_step):
        with pytest.raises(ComponentError, match=r"component 'feed': start (failed|was cancelled)") as caught:
            runner.run("feed", "start", method)
        assert not isinstance(caught.value, ComponentTimeout)


def test_an_exit_in_an_async_step_leaves_the_loop_alive(runner: StepRunner) -> None:
    async def leave() -> None:
        raise SystemExit(3)

    async def work() -> None:
        done.set()

    done = threading.Event()
    with pytest.raises(ComponentError, match="start failed: RuntimeError: a step raised SystemExit"):
        runner.run("a", "start", leave)
    runner.run("b", "start", work)
    assert done.is_set()


def test_a_plain_step_that_hangs_is_abandoned_and_named(release: threading.Event) -> None:
    def hang() -> None:
        release.wait(LONG)

    runner = StepRunner(0.05)
    with pytest.raises(ComponentTimeout, match=r"component 'feed': start took longer than 0\.05 s"):
        runner.run("feed", "start", hang)


def test_an_async_step_that_is_late_is_cancelled_and_named() -> None:
    runner = StepRunner(0.2)
    cancelled = threading.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(ComponentTimeout, match=r"component 'feed': stop took longer than 0\.2 s"):
        runner.run("feed", "stop", hang)
    assert cancelled.wait(LONG)
    runner.close()


def test_an_async_step_that_blocks_the_loop_holds_up_nobody(release: threading.Event) -> None:
    runner = StepRunner(0.05)

    async def block() -> None:
        release.wait(LONG)

    before = time.monotonic()
    with pytest.raises(ComponentTimeout, match="component 'feed': start took longer"):
        runner.run("feed", "start", block)
    assert not runner.close()
    assert time.monotonic() - before < LONG / 2
    release.set()


def test_what_an_abandoned_call_brings_in_the_end_is_logged(
    release: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    async def never_awaited() -> None: ...

    def late() -> Any:
        release.wait(LONG)
        return never_awaited()

    def late_and_broken() -> None:
        release.wait(LONG)
        raise ValueError("broken")

    threads = []
    for function in (late, late_and_broken):
        assert in_thread(function, function.__name__).cancel()
        threads.append(next(one for one in threading.enumerate() if one.name == function.__name__))
    release.set()
    for thread in threads:
        thread.join(LONG)
    assert sorted(record.getMessage() for record in caplog.records) == [
        "an abandoned call failed in the end",
        "an abandoned call returned in the end",
    ]


def test_an_error_of_a_component_is_told_with_its_line_and_what_friday_raises_without(runner: StepRunner) -> None:
    def raising(error: Exception) -> Callable[[], None]:
        def start() -> None:
            raise error

        return start

    with pytest.raises(ComponentError, match=r"ValueError: no \(test_steps\.py, line \d+, in start\(\)\)$"):
        runner.run("feed", "start", raising(ValueError("no")))
    with pytest.raises(ComponentError, match=r"'feed': start failed: BrokerError: x\.db is locked; close it$"):
        runner.run("feed", "start", raising(BrokerError("x.db is locked; close it")))
