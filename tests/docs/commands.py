"""Command lines in the documents that are not run: each is held against the program that would get it."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from docs.documents import ROOT
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from friday_core.cli.main import cli

#: What joins or feeds commands; a line with one of these can only be run.
_JOINTS = {"|", "||", "&", "&&", ";", ">", ">>", "<"}
_PIP_OPTIONS = {"-e", "--editable", "-U", "--upgrade", "-y"}
_PYTEST_SHORT = {"-k", "-m", "-n", "-q", "-x", "-v"}
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


def command_lines(text: str) -> list[list[str]]:
    """The lines of a shell block as words, without comments."""
    lines = text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def complaint(words: Sequence[str], folder: Path, config: pytest.Config, *, whole: bool = True) -> str:
    """What is wrong with a command that is typed in ``folder``; empty if nothing is.

    Of a command that a sentence only mentions, arguments may be missing: it is not ``whole``.
    """
    program, *arguments = words
    if _JOINTS & set(words):
        return "it is more than one command: run the block, or write a line for each"
    if program == "pytest":
        return _pytest(arguments, config)
    if program == "friday":
        return _friday(arguments, whole)
    check = CHECKS.get(program)
    return check(arguments, folder) if check else f"nothing checks the program {program!r}: run the block"


def _friday(arguments: Sequence[str], whole: bool) -> str:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _parse(cli, "friday", list(arguments), None)
    except click.MissingParameter as error:
        return error.format_message() if whole else ""
    except click.ClickException as error:
        return error.format_message()
    except click.exceptions.Exit:
        pass  # --help was asked for
    return ""


def _parse(command: click.Command, name: str | None, words: list[str], above: click.Context | None) -> None:
    """Parse as click does before it calls a command's body."""
    if not isinstance(command, click.Group):
        command.make_context(name, words, parent=above)
        return
    context = click.Context(command, parent=above, info_name=name)
    _, rest, _ = command.make_parser(context).parse_args(words)
    if rest:
        name, chosen, rest = command.resolve_command(context, rest)
        assert chosen is not None
        _parse(chosen, name, rest, context)


def _make(arguments: Sequence[str], _folder: Path) -> str:
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
    unknown = [one for one in arguments if "=" not in one and one not in targets]
    return f"the Makefile has no target {', '.join(unknown)}" if unknown else ""


def _python(arguments: Sequence[str], folder: Path) -> str:
    scripts = [one for one in arguments if one.endswith(".py")]
    missing = [one for one in scripts if not (ROOT / one).exists() and not (folder / one).exists()]
    return f"there is no file {', '.join(missing)}" if missing else ""


def _pip(arguments: Sequence[str], folder: Path) -> str:
    if not arguments:
        return ""
    verb, *rest = arguments
    if verb not in ("install", "uninstall"):
        return f"pip {verb} is not known here"
    while rest:
        word = rest.pop(0)
        if word == "--group":
            if not rest or rest.pop(0) not in _pyproject(folder).get("dependency-groups", {}):
                return f"{folder.name} has no such dependency group"
        elif word.startswith("-"):
            if word not in _PIP_OPTIONS:
                return f"pip's option {word} is not known here"
        elif problem := _requirement(word, folder):
            return problem
    return ""


def _requirement(text: str, folder: Path) -> str:
    if text.startswith("."):
        there = any((base / text / "pyproject.toml").exists() for base in (ROOT, folder))
        return "" if there else f"{text} is no project"
    try:
        wanted = Requirement(text)
    except InvalidRequirement as error:
        return str(error)
    offered = _ours().get(canonicalize_name(wanted.name))
    if offered is None:
        return f"{wanted.name} is no distribution of ours"
    unknown = wanted.extras - offered.get("optional-dependencies", {}).keys()
    return f"{wanted.name} has no extra {', '.join(sorted(unknown))}" if unknown else ""


def _ours() -> dict[str, dict[str, Any]]:
    """The tables ``project`` of Friday and of the examples, by name."""
    files = (ROOT / "pyproject.toml", *ROOT.glob("examples/*/pyproject.toml"))
    projects = [_pyproject(path.parent)["project"] for path in files]
    return {canonicalize_name(one["name"]): one for one in projects}


def _pyproject(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def _pytest(arguments: Sequence[str], config: pytest.Config) -> str:
    unknown = [one for one in arguments if one.startswith("-") and one not in _PYTEST_SHORT and not _has(config, one)]
    return f"pytest has no option {', '.join(unknown)}" if unknown else ""


def _has(config: pytest.Config, option: str) -> bool:
    missing = object()
    return config.getoption(option.partition("=")[0].lstrip("-").replace("-", "_"), missing) is not missing


CHECKS: Mapping[str, Callable[[Sequence[str], Path], str]] = {"make": _make, "pip": _pip, "python": _python}
PROGRAMS = frozenset({*CHECKS, "friday", "pytest"})
