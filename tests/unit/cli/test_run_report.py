"""The page that ``friday run`` writes at the end: where it goes, and that it never changes how a run ends."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from fakes.run_folder import small_run
from fakes.run_result import run_result

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.main import cli
from friday_core.orchestration.host import RunResult
from friday_core.session.runner import RunStatus


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_run(tmp_path / "run")


def run(monkeypatch: pytest.MonkeyPatch, result: RunResult, *arguments: str) -> Result:
    """``friday run`` with a host whose run has this result."""

    def ended(*_: object, **__: object) -> RunResult:
        return result

    host = SimpleNamespace(
        profile="demo", mode="backtest", folder=SimpleNamespace(path=result.folder), row_count=lambda: 3, run=ended
    )
    module: Any = SimpleNamespace(load_settings=lambda *_, **__: None, build=lambda _: host)
    monkeypatch.setitem(sys.modules, "firm_containers", module)
    return CliRunner().invoke(cli, ["run", "--container", "firm_containers:build", *arguments])


def test_the_page_is_written_and_its_path_is_printed_last(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    done = run(monkeypatch, run_result(folder=folder))
    assert done.exit_code == ExitCode.FINISHED
    assert done.output.endswith(f"results: {folder}\nreport:  {folder / 'report.html'}\n")
    assert (folder / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_quiet_run_writes_it_and_prints_the_folder_only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    assert run(monkeypatch, run_result(folder=folder), "-q").output == f"{folder}\n"
    assert (folder / "report.html").exists()


def test_nobody_who_does_not_want_it_gets_it(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    done = run(monkeypatch, run_result(folder=folder), "--no-report")
    assert done.output.endswith(f"results: {folder}\n")
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("status", "code"), [(RunStatus.FINISHED, ExitCode.FINISHED), (RunStatus.STOPPED, ExitCode.STOPPED)]
)
def test_a_page_that_fails_is_told_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, folder: Path, status: RunStatus, code: int
) -> None:
    (folder / "equity.parquet").write_bytes(b"no table")
    done = run(monkeypatch, run_result(status, folder=folder), "-q")
    assert (done.exit_code, done.stdout) == (code, f"{folder}\n")
    assert done.stderr.startswith(f"no report was written: {folder / 'equity.parquet'} cannot be read")
    assert f"`friday report {folder}` tries again" in done.stderr


def test_the_page_is_shown_if_it_is_wanted(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    shown: list[str] = []
    monkeypatch.setattr(click, "launch", shown.append)
    run(monkeypatch, run_result(folder=folder))
    assert shown == []
    run(monkeypatch, run_result(folder=folder), "--open")
    assert shown == [str(folder / "report.html")]


def test_a_page_that_is_not_written_cannot_be_shown(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    done = run(monkeypatch, run_result(folder=folder), "--open", "--no-report")
    assert done.exit_code == 2
    assert "--open shows the report, which --no-report does not write" in done.output
