"""A paper session on past data: what a backtest of the same configuration decides and fills, to the last digit."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from dependency_injector import providers
from fakes.clock import SimulatedClock

import containers
from friday_core.domain.records import ChunkReceived, ClockAdvanced
from friday_core.orchestration.host import RunResult
from friday_core.session.journal import Entry
from friday_core.session.pacing import Pacer

HOUR_A_SECOND = ("clock.kind=wall", "clock.speed=3600.0")
SHORT = ("plugins.source.synthetic.sessions=120", "plugins.source.synthetic.dirt=0.05")
MINUTES = ("plugins.source.synthetic.sessions=2", "plugins.source.synthetic.interval=1m")
MODEL = (
    "plugins.source.synthetic.sessions=150",
    'streams.features={source="stream:market_data", feature_sets=["trend"]}',
    'streams.predictions={source="stream:features", model="ridge", validators=["prediction_bounds"], '
    'transformers=["signal_converter"]}',
    "plugins.feature_set.trend={week=3, month=5, year=20}",
    'model={horizon=3, refit_every="month", min_rows=100}',
    "plugins.transformer.signal_converter={enter=0.001, full=0.01}",
    'trading.active_strategies=[{id="model", use="follow_signal"}, {id="cross", use="moving_average_cross"}]',
)


class Run:
    """One run; on a wall clock, the waiting is simulated. The records of its journal are at hand."""

    def __init__(self, folder: Path, *overrides: str) -> None:
        settings = [f"run.folder={folder / 'runs'}", *overrides]
        loaded = containers.load_settings(environ={}, folder=folder, overrides=settings)
        infrastructure = containers.Infrastructure(loaded=loaded.in_use())
        plugins = containers.Plugins(infrastructure=infrastructure)
        parts = containers.Session(infrastructure=infrastructure, plugins=plugins)
        self.clock = SimulatedClock()
        if loaded.settings.clock.speed is not None:
            parts.pacer.override(providers.Object(Pacer(loaded.settings.clock.speed, None, self.clock)))
        host = parts.host()
        self.result: RunResult = host.run()
        self.journal: list[Entry] = list(host.journalled())

    @property
    def summary(self) -> dict[str, Any]:
        return self.result.summary

    @property
    def outcome(self) -> dict[str, Any]:
        """All that a run leaves behind of its decisions, row by row."""
        told = {name: self.summary[name] for name in ("results", "strategies", "quarantine")}
        tables = sorted(self.result.folder.glob("*.parquet"))
        return told | {path.stem: pq.read_table(path).to_pylist() for path in tables}

    @property
    def orders(self) -> list[Any]:
        """Every intent, in order."""
        return [intent for entry in self.journal for intent in entry.intents]


@pytest.mark.parametrize(
    ("settings", "fills"), [(SHORT, 5), (MINUTES, 20), (MODEL, 50)], ids=["daily bars", "minutes", "features and model"]
)
def test_paper_decides_and_fills_what_a_backtest_does(settings: tuple[str, ...], fills: int, tmp_path: Path) -> None:
    backtest = Run(tmp_path / "backtest", *settings)
    paper = Run(tmp_path / "paper", *settings, *HOUR_A_SECOND)
    assert (backtest.summary["session"]["mode"], paper.summary["session"]["mode"]) == ("backtest", "paper")
    assert backtest.summary["results"]["fills"] >= fills, "else nothing would be compared with nothing"
    assert paper.summary["results"]["digest"] == backtest.summary["results"]["digest"]
    for name, content in backtest.outcome.items():
        assert paper.outcome[name] == content, name
    assert paper.orders == backtest.orders


def test_the_core_sees_rows_when_they_are_due_and_decides_before_the_next_ones(tmp_path: Path) -> None:
    paper = Run(tmp_path, *SHORT, *HOUR_A_SECOND)
    received = [entry.record.chunk for entry in paper.journal if isinstance(entry.record, ChunkReceived)]
    assert len(received) == 120
    first, last = (int(chunk.ts_event[0]) for chunk in (received[0], received[-1]))
    assert paper.clock.time == pytest.approx((last - first) / 1e6 / 3600)
    decided = [entry.record for entry in paper.journal if entry.intents][:-1]
    assert {type(record) for record in decided} == {ClockAdvanced}


def test_the_summary_says_at_what_speed_and_how_far_behind(tmp_path: Path) -> None:
    paper = Run(tmp_path, *SHORT, *HOUR_A_SECOND)
    assert paper.summary["clock"] == {"speed": 3600.0, "skip_gaps": False, "largest_lag": 0.0, "late_records": 0}
    assert "clock" not in Run(tmp_path, *SHORT).summary


# In real time -------------------------------------------------------------------------------------------


class Process:
    """``friday run`` in a process of its own and an empty folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-c", "from friday_core.cli.main import main; main()", "run", "--quiet", *arguments]
        self._folder = folder
        self.process = subprocess.Popen(
            command, cwd=folder, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def end(self) -> tuple[int, dict[str, Any]]:
        """The exit code and ``summary.json``."""
        self.process.communicate(timeout=60)
        (folder,) = (self._folder / "runs").iterdir()
        return self.process.returncode, json.loads((folder / "summary.json").read_text(encoding="utf-8"))

    def wait_for_a_log(self) -> None:
        """Until the session has begun."""
        while not any(path.stat().st_size for path in self._folder.glob("runs/*/log.jsonl")):
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.communicate()


def test_the_profile_runs_in_an_empty_folder_as_long_as_its_speed_says(
    tmp_path: Path, processes: list[Process]
) -> None:
    before = time.monotonic()
    run = Process(tmp_path, "-p", "paper", "--set", "clock.speed=11220", "--set", "plugins.source.synthetic.sessions=1")
    processes.append(run)
    code, summary = run.end()
    assert (code, summary["status"], summary["session"]["mode"]) == (0, "finished", "paper")
    assert (summary["clock"]["speed"], summary["clock"]["skip_gaps"]) == (11220.0, True)
    assert summary["results"]["slices"] == 375
    assert time.monotonic() - before > 374 * 60 / 11220


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process in another way there")
def test_ctrl_c_ends_a_session_that_waits_at_once_and_in_order(tmp_path: Path, processes: list[Process]) -> None:
    run = Process(tmp_path, "-p", "paper", "--set", "clock.speed=0.001")
    processes.append(run)
    run.wait_for_a_log()
    time.sleep(0.5)
    before = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    code, summary = run.end()
    assert (code, summary["status"]) == (130, "interrupted")
    assert summary["results"]["rows"] <= 4, "no second minute has come"
    assert time.monotonic() - before < 30
