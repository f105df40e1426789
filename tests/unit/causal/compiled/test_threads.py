"""Threads: executors share kernels and nothing else; whole columns let others run, a live step does not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.causal.stepping import bits

from friday_core.causal.batch import run
from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.machine import Machine
from friday_core.causal.compiled.words import ROWS as ROW_COUNT
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import trace_program

THREADS = 4
ROWS = 5_000
PROGRAM = trace_program(lambda m: {"y": (m.close.ewm(span=9).mean() + m.close.shift(3)).rolling(20).std()})


def columns(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {"close": random.normal(100.0, 1.0, ROWS), "inst": np.tile(np.arange(2), ROWS // 2), "ts": np.arange(ROWS)}


def in_threads(call: Callable[[int], None]) -> None:
    """``call(number)`` in all threads at once; what one of them raises is raised here."""
    start = threading.Barrier(THREADS)

    def body(number: int) -> None:
        start.wait()
        call(number)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(body, range(THREADS)))


def test_threads_that_compile_and_run_at_once_have_the_oracle_s_bits(tmp_path: Path) -> None:
    told: list[str] = []
    kernels = Kernels(tmp_path, told.append)
    found: dict[int, list[str]] = {}

    def body(number: int) -> None:
        def make(*given: Any) -> Oracle:
            return CompiledExecutor(*given, kernels=kernels)

        found[number] = [
            bit for _ in range(3) for bit in bits(run(PROGRAM, columns(number), executor=make)["y"].tolist())
        ]

    in_threads(body)
    expected = {number: bits(run(PROGRAM, columns(number))["y"].tolist()) * 3 for number in range(THREADS)}
    assert found == expected
    assert sum("compiling" in text for text in told) == 1


def test_threads_that_ask_for_the_driver_at_once_get_one(tmp_path: Path) -> None:
    kernels, addresses = Kernels(tmp_path, lambda _text: None), set[int]()
    in_threads(lambda _number: addresses.add(kernels.driver()))
    assert addresses == {kernels.driver()}


def test_an_executor_keeps_its_kernels_alive(kernel_folder: Path) -> None:
    one = CompiledExecutor(PROGRAM, [1.0], kernels=Kernels(kernel_folder, lambda _text: None))
    rows = {label: column for label, column in columns(1).items() if label != "inst"}
    shown = run(PROGRAM, rows, executor=lambda *_given: one)["y"]
    assert bits(shown.tolist()) == bits(run(PROGRAM, rows)["y"].tolist())


# Who has the interpreter's lock ---------------------------------------------------------------


@pytest.fixture
def no_forced_switch() -> Iterator[None]:
    """A thread goes on until it lets go of the lock itself."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60.0)
    yield
    sys.setswitchinterval(before)


def machine(kernels: Kernels, rows: int) -> Machine:
    code = Code(PROGRAM, "1d", list(PROGRAM.outputs.values()))
    code.link(kernels.addresses(code.wanted))
    made = Machine(code, kernels.driver(), np.array([PROGRAM.start]), np.ones(1), 1)
    made.bind({n: np.ones(rows) for n in code.bound if n not in code.constants})
    made.times_and_instruments(np.arange(rows), np.zeros(rows, np.int64))
    return made


def others_ran_during(call: Callable[[], None]) -> bool:
    """Whether this thread could go on between the beginning and the end of a call in another one."""
    begun, is_over = threading.Event(), [False]

    def body() -> None:
        begun.set()
        call()
        is_over[0] = True

    other = threading.Thread(target=body)
    other.start()
    begun.wait()
    ran = not is_over[0]
    other.join()
    return ran


@pytest.mark.usefixtures("no_forced_switch")
def test_whole_columns_release_the_interpreter_s_lock(kernels: Kernels) -> None:
    rows = 500_000
    one = machine(kernels, rows)
    assert others_ran_during(lambda: one.run(0, rows))


@pytest.mark.usefixtures("no_forced_switch")
def test_a_live_step_keeps_the_lock_and_does_not_pay_for_it(kernels: Kernels) -> None:
    rows = 500_000
    one = machine(kernels, rows)
    enter = one.whole(kernels.entrance())
    assert enter is not None
    one.context[ROW_COUNT] = rows
    assert not others_ran_during(enter)
