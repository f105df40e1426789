"""``friday halt`` and ``friday rearm``: what is written, and what the person is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from unit.session.on_disk.journals import HEAD

from friday_core.cli import halt
from friday_core.domain.records import Action, Command
from friday_core.session.on_disk.control import Control
from friday_core.session.on_disk.holder import Hold
from friday_core.session.on_disk.journal import DiskJournal


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """The folder of a profile that a process writes."""
    folder = tmp_path / "journals" / "paper"
    hold = Hold.take(folder, "paper", 0)
    yield folder
    hold.close()


def test_a_command_for_a_session_that_does_not_run_is_kept_for_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journals" / "paper").mkdir(parents=True)
    result = CliRunner().invoke(halt.command, ["flatten", "--reason", "enough"])
    assert result.exit_code == 0, result.output
    assert "no session runs there: it holds when one starts" in result.output
    written = Control(tmp_path / "journals" / "paper").read()
    assert written is not None
    assert (written.action, written.reason) == (Action.FLATTEN, "enough")


def test_a_session_that_obeys_is_said_to_have_obeyed(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = DiskJournal.open(held / "20260101T000000.000000Z", HEAD, lambda: 0, lambda _ts: 0)
    control = Control(held)

    def obey(_seconds: float) -> None:
        for command in control.news():
            journal.append(command)

    monkeypatch.setattr(halt.time, "sleep", obey)
    result = CliRunner().invoke(halt.command, ["pause", "--reason", "a look", "--journals", str(held)])
    journal.close()
    assert result.exit_code == 0, result.output
    assert result.output.endswith("the session has obeyed\n")


@pytest.mark.parametrize(
    ("action", "meanwhile"),
    [
        ("pause", "No order leaves it now, and those at the broker work on; look at the broker"),
        ("cancel", "No order leaves it now, and at a broker that answers its orders are cancelled; look at"),
        ("flatten", "its orders are cancelled, but positions are not closed; look at the broker"),
        ("rearm", "It goes on when it comes back; look at the broker"),
    ],
)
def test_a_session_that_hangs_is_told_of_with_what_is_left_to_do(
    held: Path, monkeypatch: pytest.MonkeyPatch, action: str, meanwhile: str
) -> None:
    monkeypatch.setattr(halt, "PATIENCE", 0.05)
    command, given = (halt.rearm, []) if action == "rearm" else (halt.command, [action])
    result = CliRunner().invoke(command, [*given, "--reason", "a look", "--journals", str(held)])
    assert result.exit_code == 1
    assert "has not obeyed within 0.05 s" in result.output
    assert meanwhile in result.output


def test_of_several_sessions_one_has_to_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(halt.command, ["pause", "--reason", "x"])
    assert (result.exit_code, "none in ./journals" in result.output) == (2, True)
    for name in ("one", "two"):
        (tmp_path / "journals" / name).mkdir(parents=True)
    result = CliRunner().invoke(halt.command, ["pause", "--reason", "x"])
    assert (result.exit_code, "journals/one, journals/two" in result.output) == (2, True)


def test_the_one_that_runs_is_meant_where_only_one_does(
    held: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(halt, "PATIENCE", 0.0)
    (held.parent / "other").mkdir()
    CliRunner().invoke(halt.command, ["cancel", "--reason", "x"])
    assert Control(held).read() is not None
    assert Control(held.parent / "other").read() is None


def test_a_command_needs_a_reason() -> None:
    result = CliRunner().invoke(halt.command, ["pause"])
    assert (result.exit_code, "--reason" in result.output) == (2, True)
    assert Command(1, Action.PAUSE, "x").who == ""
