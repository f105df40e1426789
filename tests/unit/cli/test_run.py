"""``friday run`` with a host that does what a test says."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fakes.run_result import run_result

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.main import cli
from friday_core.errors import ConfigurationError, DataSourceError, Problem, ProblemKind
from friday_core.orchestration.host import RunResult
from friday_core.session.runner import RunStatus

FAULT = {"stream": "market_data", "validator": "odd", "error": "KeyError: 'close'", "seq": 1_234, "ts_event": 0}
STOPPED = {"strategy": "cross", "error": "ValueError: no", "ts_event": 0}


class FakeHost:
    """Runs ``session``, a function of the host, and notes whether it was asked to stop."""

    profile, mode = "demo", "backtest"
    was_run = True

    def __init__(self, session: Callable[[FakeHost], RunResult], folder: Path) -> None:
        self.session = session
        self.folder = SimpleNamespace(path=folder)
        self.stop_requested = False
        self.progressed: list[Any] = []

    def row_count(self) -> int:
        return 10

    def lag(self) -> None:
        """It is played on no clock."""

    def request_stop(self) -> None:
        self.stop_requested = True

    def run(
        self,
        progress: Callable[[int, int], None] = lambda _rows, _ts: None,
        on_hang: object = None,
        on_fit: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> RunResult:
        on_fit(1, 1)
        progress(5, 1_700_000_000_000_000)
        return self.session(self)


class Runs:
    """``friday run`` over a container's module that builds a ``FakeHost``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder = folder
        self.host: FakeHost | None = None
        self.module: Any = SimpleNamespace(load_settings=lambda *_, **__: SimpleNamespace(profile="demo"))
        monkeypatch.setitem(sys.modules, "firm_containers", self.module)

    def __call__(self, session: Callable[[FakeHost], RunResult], *arguments: str) -> Result:
        def build(loaded: object) -> FakeHost:
            self.host = FakeHost(session, self.folder)
            return self.host

        self.module.build = build
        return CliRunner().invoke(cli, ["run", "--container", "firm_containers:build", "--no-report", *arguments])


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runs:
    return Runs(monkeypatch, tmp_path / "runs/demo")


def ending(result: RunResult) -> Callable[[FakeHost], RunResult]:
    return lambda host: result


def raising(error: BaseException) -> Callable[[FakeHost], RunResult]:
    def session(host: FakeHost) -> RunResult:
        raise error

    return session


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (run_result(), ExitCode.FINISHED),
        (run_result(stopped_strategies=[STOPPED]), ExitCode.STOPPED),
        (run_result(validator_faults=[FAULT]), ExitCode.STOPPED),
        (run_result(RunStatus.STOPPED), ExitCode.STOPPED),
        (run_result(RunStatus.INTERRUPTED), ExitCode.INTERRUPTED),
        (run_result(RunStatus.INTERRUPTED, stopped_strategies=[STOPPED]), ExitCode.INTERRUPTED),
    ],
    ids=[
        "finished",
        "strategy stopped",
        "validator failed",
        "stream stopped",
        "interrupted",
        "interrupted after a stop",
    ],
)
@pytest.mark.parametrize("arguments", [[], ["--quiet"]], ids=["", "quiet"])
def test_the_end_of_a_run_is_its_exit_code(runs: Runs, result: RunResult, code: int, arguments: list[str]) -> None:
    assert runs(ending(result), *arguments).exit_code == code


def test_the_numbers_of_the_exit_codes_are_a_promise() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "FINISHED": 0,
        "FAILED": 1,
        "MISCONFIGURED": 2,
        "STOPPED": 3,
        "REFUSED": 4,
        "INTERRUPTED": 130,
    }


def test_a_run_ends_with_its_summary(runs: Runs) -> None:
    output = runs(ending(run_result())).output
    assert output.startswith("backtest, profile demo: finished (2024-01-01 to 2024-12-17, 1,235 rows)\n")
    assert output.endswith("results: runs/one\n")


def test_a_quiet_run_prints_its_folder_only(runs: Runs) -> None:
    result = runs(ending(run_result()), "-q")
    assert (result.stdout, result.stderr) == ("runs/one\n", "")


def test_a_quiet_run_that_was_stopped_says_why_on_stderr(runs: Runs) -> None:
    result = runs(ending(run_result(stopped_strategies=[STOPPED])), "-q")
    assert (result.stdout, result.stderr) == ("runs/one\n", "strategy cross was stopped: ValueError: no\n")


def test_an_error_is_a_message_that_names_the_folder(runs: Runs) -> None:
    runs.folder.mkdir(parents=True)
    result = runs(raising(DataSourceError("bars.csv, line 3: no close")), "-q")
    assert (result.exit_code, result.stdout) == (ExitCode.FAILED, "")
    assert result.stderr == f"friday: bars.csv, line 3: no close\nwhat there is of the run: {runs.folder}\n"


def test_an_error_before_the_folder_was_made_names_none(runs: Runs) -> None:
    assert runs(raising(DataSourceError("no bars"))).stderr == "friday: no bars\n"


def test_a_configuration_that_cannot_start_is_told_apart(runs: Runs) -> None:
    problem = Problem(ProblemKind.CYCLE, "a needs b needs a", "cut it")
    result = runs(raising(ConfigurationError([problem])))
    assert result.exit_code == ExitCode.MISCONFIGURED
    assert "a needs b needs a" in result.stderr


def test_the_first_ctrl_c_asks_the_run_to_end_in_order(runs: Runs) -> None:
    def session(host: FakeHost) -> RunResult:
        signal.raise_signal(signal.SIGINT)
        return run_result(RunStatus.INTERRUPTED if host.stop_requested else RunStatus.FINISHED)

    result = runs(session, "-q")
    assert result.exit_code == ExitCode.INTERRUPTED
    assert result.stderr == "stopping after this record; press Ctrl-C again to stop at once\n"
    assert result.stdout == "runs/one\n"


def test_the_second_ctrl_c_ends_it_at_once(runs: Runs) -> None:
    def session(host: FakeHost) -> RunResult:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return run_result()

    runs.folder.mkdir(parents=True)
    result = runs(session)
    assert (result.exit_code, result.stdout) == (ExitCode.INTERRUPTED, "")
    assert result.stderr.endswith(f"\nfriday: interrupted\nwhat there is of the run: {runs.folder}\n")


@pytest.mark.parametrize("session", [ending(run_result()), raising(DataSourceError("no bars"))], ids=["", "failed"])
def test_ctrl_c_means_the_same_after_a_run_as_before(runs: Runs, session: Callable[[FakeHost], RunResult]) -> None:
    before = signal.getsignal(signal.SIGINT)
    runs(session)
    assert signal.getsignal(signal.SIGINT) is before
