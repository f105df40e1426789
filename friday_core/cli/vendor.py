"""``friday vendor``: what a vendor offers a person besides what sessions do there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Any

import click

from friday_core.cli.connections import made_connection
from friday_core.cli.options import Choice, settings_options

#: By the name of a connection, what makes its commands: ``commands_of(connection) -> Sequence[click.Command]``.
VENDOR_GROUP = "friday.vendor"
_OPTIONS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command("vendor", context_settings=_OPTIONS)
@settings_options
@click.argument("connection")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
def command(choice: Choice, connection: str, words: tuple[str, ...]) -> None:
    """Give a command of a vendor's own: CONNECTION is its name, as zerodha. Without a command, they are listed.

    Options of the configuration, as --profile, stand before CONNECTION.
    """
    made = made_connection(choice, connection)
    commands = {one.name or "": one for one in _maker(connection)(made)}
    made.start()
    try:
        group = click.Group(connection, commands=commands, help=f"Commands of {connection}.")
        code = group.main([*words] or ["--help"], f"friday vendor {connection}", standalone_mode=False)
    finally:
        made.stop()
    if code:
        raise click.exceptions.Exit(code)


def _maker(name: str) -> Callable[[Any], Sequence[click.Command]]:
    found = [one for one in entry_points(group=VENDOR_GROUP) if one.name == name]
    if not found:
        raise click.UsageError(f"{name} has no commands of its own")
    maker: Callable[[Any], Sequence[click.Command]] = found[0].load()
    return maker
