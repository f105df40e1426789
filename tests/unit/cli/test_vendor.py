"""``friday vendor``: a vendor's own commands, on a connection that is started for them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from friday_core.cli import vendor
from friday_core.interfaces.connection import Connection


class Harbour(Connection):
    """Notes what is done with it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def start(self) -> None:
        self.done.append("start")

    def stop(self) -> None:
        self.done.append("stop")


def commands_of(connection: Harbour) -> Sequence[click.Command]:
    @click.command("tide")
    @click.option("--height", type=int, default=1)
    def tide(height: int) -> None:
        """How high it is."""
        connection.done.append(f"tide {height}")
        if height > 5:
            raise click.exceptions.Exit(1)

    return [tide]


@pytest.fixture
def harbour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Harbour:
    made = Harbour()

    def points(*, group: str) -> list[EntryPoint]:
        return [EntryPoint("harbour", f"{__name__}:commands_of", group)] if group == vendor.VENDOR_GROUP else []

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(vendor, "entry_points", points)
    monkeypatch.setattr(vendor, "made_connection", lambda _choice, _name: made)
    monkeypatch.setattr(EntryPoint, "load", lambda _self: commands_of)
    return made


def run(*words: Any) -> Result:
    return CliRunner().invoke(vendor.command, words)


def test_a_command_runs_on_a_connection_that_is_started_and_stopped(harbour: Harbour) -> None:
    assert run("harbour", "tide", "--height", "3").exit_code == 0
    assert harbour.done == ["start", "tide 3", "stop"]


def test_its_exit_code_is_that_of_friday(harbour: Harbour) -> None:
    assert run("harbour", "tide", "--height", "6").exit_code == 1
    assert harbour.done[-1] == "stop"


def test_without_a_command_they_are_listed(harbour: Harbour) -> None:
    result = run("harbour")
    assert (result.exit_code, "tide  How high it is." in result.output) == (0, True)


def test_a_word_that_is_no_command_is_said(harbour: Harbour) -> None:
    result = run("harbour", "ebb")
    assert (result.exit_code, "No such command 'ebb'" in result.output) == (2, True)
    assert harbour.done == ["start", "stop"]


def test_a_vendor_without_commands_is_said(harbour: Harbour) -> None:
    result = run("nobody")
    assert (result.exit_code, "nobody has no commands of its own" in result.output) == (2, True)
