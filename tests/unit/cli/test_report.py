"""``friday report``: where the page goes, and what is said of a folder that is no run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from fakes.run_folder import small_run

from friday_core.cli.report import command
from friday_core.errors import RunFolderError


def test_the_page_goes_into_the_run_folder_and_its_path_is_printed(tmp_path: Path) -> None:
    folder = small_run(tmp_path / "run")
    before = {path.name for path in folder.iterdir()}
    done = CliRunner().invoke(command, [str(folder)])
    assert (done.exit_code, done.output) == (0, f"{folder / 'report.html'}\n")
    assert {path.name for path in folder.iterdir()} - before == {"report.html"}
    assert (folder / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>\n<html")


def test_a_second_page_replaces_the_first(tmp_path: Path) -> None:
    folder = small_run(tmp_path / "run")
    (folder / "report.html").write_text("old", encoding="utf-8")
    assert CliRunner().invoke(command, [str(folder)]).exit_code == 0
    assert "old" not in (folder / "report.html").read_text("utf-8")[:100]


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    folder = small_run(tmp_path / "run")
    pages = []
    for _ in range(2):
        CliRunner().invoke(command, [str(folder)])
        pages.append((folder / "report.html").read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize(("options", "shown"), [((), 0), (("--open",), 1)])
def test_the_browser_is_asked_only_if_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], shown: int
) -> None:
    launched: list[str] = []
    monkeypatch.setattr(click, "launch", launched.append)
    folder = small_run(tmp_path / "run")
    assert CliRunner().invoke(command, [str(folder), *options]).exit_code == 0
    assert launched == [str(folder / "report.html")] * shown


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [str(tmp_path)])
    assert isinstance(done.exception, RunFolderError)
    assert "is no run folder" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    folder = small_run(tmp_path / "run")
    (folder / "report.html").mkdir()
    done = CliRunner().invoke(command, [str(folder)])
    assert isinstance(done.exception, RunFolderError)
    assert not list(folder.glob(".report*"))


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from friday_core.cli import compare, report; "
        "[one.command(['--help'], standalone_mode=False) for one in (compare, report)]; "
        "print([name for name in ('numpy', 'pandas', 'pyarrow', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
