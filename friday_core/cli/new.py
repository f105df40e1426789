"""``friday new``: a host, or a plugin of any role as a package that passes its tests at once."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from friday_core.cli.scaffolds.host import write_host
from friday_core.cli.scaffolds.plugin import names_of, write_plugin
from friday_core.cli.scaffolds.roles import COMMAND, ROLES, Role


class Makers(click.Group):
    """One command for each role; a dash is as good as an underscore, and a misspelt role is told the nearest."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name.replace("-", "_"))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-") and not ctx.resilient_parsing:
            close = difflib.get_close_matches(args[0], known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
            ctx.fail(f"{args[0]!r} is nothing that can be made; {hint}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


@click.group("new", cls=Makers)
def command() -> None:
    """Make a host, or a plugin of your own as a package.

    `friday new host DIR` makes a folder that runs at once; `friday new strategy NAME`, and so for
    every role, a package with a component, tests that pass, and a README that switches it on.
    """


@command.command("host", short_help="A folder that runs at once: configuration, strategy, container.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def host(folder: Path) -> None:
    """Make a host project in DIR, a new or empty folder.

    It runs at once, on synthetic bars: DIR/friday.toml is its configuration, DIR/README.md says
    what comes next, and a package in DIR holds a strategy and a container of your own.
    """
    with _files_told(folder):
        made = list(write_host(folder))
    steps = (
        (f"cd {shlex.quote(str(folder))}", ""),
        ("friday run", "a backtest on synthetic bars"),
        ("pip install -e .", "then friday.toml turns your strategy on: remove three #"),
    )
    _tell(folder, made, steps, "README.md there has more.")


def _of_role(role: Role) -> click.Command:
    """``friday new <role> NAME``."""

    def make(name: str, above: Path, way: str | None = None) -> None:
        folder = above / names_of(role, name).distribution
        with _files_told(folder):
            made = list(write_plugin(role, way, name, above))
        steps = (
            (f"cd {shlex.quote(str(folder))}", ""),
            ("pip install -e '.[test]'", "edits count at once; after a change of [project.entry-points], again"),
            ("pytest", "its own tests" if role.name == COMMAND else "its own tests, and every rule of its role"),
        )
        use = "says how to use it" if role.name == COMMAND else "has the lines that switch it on"
        _tell(folder, made, steps, f"README.md there {use}.")

    where = click.Path(path_type=Path, file_okay=False)
    parameters: list[click.Parameter] = [
        click.Argument(["name"], metavar="NAME"),
        click.Option(["--in", "above"], type=where, default=Path(), metavar="DIR", help="Where the folder is made."),
    ]
    if role.ways:
        choice: Any = click.Choice(role.ways)
        flags = [f"--{role.option}", "way"]
        parameters.append(
            click.Option(flags, type=choice, default=role.ways[0], show_default=True, help=role.ways_help)
        )
    article = "an" if role.name[0] in "aeiou" else "a"
    text = (
        f"Make {article} {role.name} as a package of its own, in a new folder named like NAME.\n\n"
        "NAME is the package's: small letters, digits and single dashes or underscores. The plugin is called "
        "like it, without a leading friday-."
    )
    return click.Command(role.name, callback=make, params=parameters, help=text, short_help=role.purpose)


for _role in ROLES:
    command.add_command(_of_role(_role))


@contextmanager
def _files_told(folder: Path) -> Iterator[None]:
    """What the file system refuses becomes a message."""
    try:
        yield
    except OSError as error:
        raise click.FileError(error.filename or str(folder), error.strerror) from error


def _tell(folder: Path, made: Iterable[str], steps: Iterable[tuple[str, str]], last: str) -> None:
    click.echo("\n".join((f"made in {folder}:", *(f"  {name}" for name in made), "", "next:")))
    for line, what in steps:
        click.echo(f"  {line:<26}{what}".rstrip())
    click.echo(last)
