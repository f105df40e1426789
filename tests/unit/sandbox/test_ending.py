"""An end that is asked for is never lost, whatever the process is doing."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import msgspec
import pytest

from friday_core.sandbox.ending import Ending

SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: A restart that nobody lives to see.
NEVER = 30.0


class Nothing(msgspec.Struct):
    """What a process is started with."""


def ask(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)


async def is_stopped(ending: Ending, signal_number: int) -> bool:
    over = asyncio.Event()
    ending.stops(over.set)
    asyncio.get_running_loop().call_later(0.01, ask, signal_number)
    return await asyncio.wait_for(over.wait(), 5.0)


@pytest.mark.parametrize("name", SIGNALS)
def test_a_loop_that_runs_is_stopped(name: int) -> None:
    with Ending() as ending:
        assert asyncio.run(is_stopped(ending, name))
        assert ending.asked


def test_a_loop_that_starts_after_the_end_was_asked_for_is_stopped_at_once() -> None:
    async def served() -> bool:
        over = asyncio.Event()
        ending.stops(over.set)
        return over.is_set()

    with Ending() as ending:
        ask(signal.SIGTERM)
        assert asyncio.run(served())


def test_between_a_loop_and_a_restart_the_end_is_asked_for_and_the_process_is_not_replaced() -> None:
    with Ending() as ending:
        asyncio.run(is_stopped(ending, signal.SIGINT))
        ask(signal.SIGTERM)
        ending.begin_anew("friday_core.none", Nothing(), NEVER)


def test_whoever_waits_for_a_restart_is_ended() -> None:
    with Ending() as ending:
        threading.Timer(0.1, ask, (signal.SIGTERM,)).start()
        with pytest.raises(SystemExit, match=r"^$"):
            ending.begin_anew("friday_core.none", Nothing(), NEVER)


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = [signal.getsignal(name) for name in SIGNALS]
    with Ending():
        assert [signal.getsignal(name) for name in SIGNALS] != before
    assert [signal.getsignal(name) for name in SIGNALS] == before
