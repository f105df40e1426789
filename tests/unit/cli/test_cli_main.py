"""The command's own behaviour: listing, finding, isolating commands, and exit codes."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from friday_core import __version__
from friday_core.cli import main
from friday_core.errors import ConfigurationError, DataError, Problem, ProblemKind
from friday_core.plugin.hookspecs import COMMAND_GROUP


class Distribution:
    """As much of a distribution as an entry point shows."""

    def __init__(self, name: str) -> None:
        self.name = name


class Entry:
    """An entry point of a distribution that is not installed."""

    def __init__(self, name: str, value: str, distribution: str = main.DISTRIBUTION) -> None:
        self.name, self.value = name, value
        self.dist = Distribution(distribution)

    def load(self) -> Any:
        return EntryPoint(self.name, self.value, COMMAND_GROUP).load()


class Installed:
    """Sets which commands are installed, with a module ``made_up`` that holds some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.module: Any = ModuleType("made_up")
        monkeypatch.setitem(sys.modules, "made_up", self.module)

    def __call__(self, *entries: Entry) -> None:
        self._monkeypatch.setattr(main, "_entries", lambda: list(entries))

    def command(self, name: str, body: Any) -> Entry:
        """One of Friday's own commands that does ``body``."""
        setattr(self.module, name, click.Command(name, callback=body, help=f"Does {name}."))
        return Entry(name, f"made_up:{name}")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Installed:
    return Installed(monkeypatch)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.cli, arguments)


def failing(error: BaseException) -> Any:
    def body() -> None:
        raise error

    return body


def test_the_group_is_the_one_of_the_hook_specifications() -> None:
    assert main.COMMAND_GROUP == COMMAND_GROUP


def test_help_lists_own_commands_with_their_first_sentence(install: Installed) -> None:
    install(install.command("zap", None), install.command("run", None))
    assert "Commands:\n  run  Does run.\n  zap  Does zap.\n" in run("--help").output


def test_help_lists_other_distributions_commands_without_importing_them(install: Installed) -> None:
    install(install.command("run", None), Entry("moon", "no_such_module:command", "friday-moon"))
    assert "Commands of other distributions:\n  moon  from friday-moon\n" in run("--help").output


def test_help_survives_a_broken_command_of_its_own(install: Installed) -> None:
    install(Entry("run", "no_such_module:command"))
    result = run("--help")
    assert result.exit_code == 0
    assert "(broken: command 'run' of the distribution friday-trading" in result.output


def test_a_typo_is_offered_the_nearest_command(install: Installed) -> None:
    install(install.command("config", None))
    result = run("confg")
    assert result.exit_code == 2
    assert "there is no command 'confg'; did you mean 'config'?" in result.stderr


def test_a_name_like_no_other_gets_the_list(install: Installed) -> None:
    install(install.command("config", None), install.command("run", None))
    assert "there is no command 'qqq'; commands are config, run" in run("qqq").stderr


def test_a_command_of_another_distribution_is_imported_when_called(install: Installed) -> None:
    install.module.moon = click.Command("moon", callback=lambda: click.echo("full"))
    install(Entry("moon", "made_up:moon", "friday-moon"))
    assert run("moon").output == "full\n"


@pytest.mark.parametrize("statement", ["import not_installed_here", "1 / 0", "raise SystemExit(0)"])
def test_a_command_that_cannot_be_imported_names_its_distribution(
    install: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    (tmp_path / "dark_moon.py").write_text(statement)
    monkeypatch.syspath_prepend(tmp_path)
    install(Entry("moon", "dark_moon:command", "friday-moon"))
    result = run("moon")
    assert result.exit_code == 1
    assert "friday: command 'moon' of the distribution friday-moon cannot be imported:" in result.stderr


def test_what_is_no_command_is_refused(install: Installed) -> None:
    install.module.moon = 3
    install(Entry("moon", "made_up:moon", "friday-moon"))
    result = run("moon")
    assert (result.exit_code, result.stderr) == (
        1,
        "friday: command 'moon' of the distribution friday-moon is not a click command: made_up:moon\n",
    )


def test_a_stranger_cannot_replace_an_own_command(install: Installed) -> None:
    own = install.command("run", lambda: click.echo("ours"))
    install(Entry("run", "no_such_module:command", "friday-moon"), own)
    assert run("run").output == "ours\n"
    assert "run  from friday-moon, hidden by Friday's own command" in run("--help").output


def test_two_strangers_with_one_name_are_an_error_that_names_both(install: Installed) -> None:
    install(Entry("moon", "a:b", "friday-sun"), Entry("moon", "c:d", "friday-moon"))
    result = run("moon")
    assert result.exit_code == 1
    assert "two distributions offer the command 'moon': friday-moon and friday-sun; uninstall one" in result.stderr


def test_completing_imports_nothing(install: Installed) -> None:
    install(Entry("moon", "no_such_module:command", "friday-moon"), Entry("run", "no_such_module:command"))
    completions = ShellComplete(main.cli, {}, "friday", "_FRIDAY_COMPLETE").get_completions([], "m")
    assert [item.value for item in completions] == ["moon"]


PROBLEM = Problem(ProblemKind.CYCLE, "a needs b needs a", "cut it")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ConfigurationError([PROBLEM]), 2, "friday: 1 problem in the configuration:"),
        (DataError("no bars"), 1, "friday: no bars\n"),
        (KeyboardInterrupt(), 130, "friday: interrupted\n"),
    ],
)
def test_an_error_becomes_a_message_and_an_exit_code(
    install: Installed, error: BaseException, code: int, message: str
) -> None:
    install(install.command("run", failing(error)))
    result = run("run")
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_shows_the_traceback(install: Installed) -> None:
    install(install.command("run", failing(DataError("no bars"))))
    result = run("--debug", "run")
    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr


def test_the_version_is_an_option_too() -> None:
    assert run("--version").output == f"friday {__version__}\n"
