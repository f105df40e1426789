"""Quotes of several processes are a second apart."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from friday_plugins.zerodha.account_turn import AccountTurn


class Clock:
    """Stands still but for who sleeps."""

    def __init__(self) -> None:
        self.time, self.slept = 1_000.0, list[float]()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.time += seconds


def turn(path: Path, clock: Clock) -> AccountTurn:
    return AccountTurn(path, now=clock.now, sleep=clock.sleep)


def test_the_second_request_waits_until_the_second_of_the_first_has_passed(tmp_path: Path) -> None:
    clock = Clock()
    with turn(tmp_path / "quotes", clock)():
        clock.time += 0.3
    clock.time += 0.25
    with turn(tmp_path / "quotes", clock)():
        pass
    assert clock.slept == [0.8]


def test_a_request_that_failed_counts_too(tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(OSError, match="silence"), turn(tmp_path / "quotes", clock)():
        raise OSError("silence")
    with turn(tmp_path / "quotes", clock)():
        assert clock.slept == [1.05]


def test_a_file_from_the_future_or_of_nonsense_makes_nobody_wait(tmp_path: Path) -> None:
    clock = Clock()
    for words in ("99999.0", "nonsense", ""):
        (tmp_path / "quotes").write_text(words)
        with turn(tmp_path / "quotes", clock)():
            pass
    assert clock.slept == []


def test_where_nothing_can_be_written_each_process_counts_for_itself(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(2):
        with turn(tmp_path / "missing" / "quotes", clock)():
            pass
    assert clock.slept == []


def test_another_process_that_is_asking_is_waited_for(tmp_path: Path) -> None:
    asking = (
        "import sys, time; from pathlib import Path; from friday_plugins.zerodha.account_turn import AccountTurn\n"
        "with AccountTurn(Path(sys.argv[1]))(): print('asks', flush=True); time.sleep(0.5); print(time.time())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", asking, str(tmp_path / "quotes")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "asks\n"
        with AccountTurn(tmp_path / "quotes")():
            began = time.time()
        assert began - float(other.stdout.readline()) >= 1.0
