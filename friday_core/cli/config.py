"""``friday config``: is it right, where does it come from, what could it say."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from friday_core.cli.options import Choice, Explained, settings_options
from friday_core.errors import ConfigurationError

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000


@click.group("config")
def command() -> None:
    """Check and explain the configuration."""


@command.command()
@settings_options
def check(choice: Choice) -> None:
    """Load the settings and check the whole graph; nothing is started.

    Plugins are made, so that a file that one reads when it is made must be there. What fails when
    one is initialized or started shows in a run.
    """
    loaded = choice.load()
    find_problems = getattr(choice.module(), "check", None)
    problems = list(find_problems(loaded)) if find_problems is not None else []
    if problems:
        raise ConfigurationError(problems)
    from friday_core.plugin.plan import requested_components  # noqa: PLC0415 - the other commands need no plan

    click.echo(f"ok: profile {loaded.profile}, {len(requested_components(loaded.settings))} components")


@command.command()
@click.argument("key", required=False)
@click.option("--json", "as_json", is_flag=True, help="A list of key, value and origin.")
@settings_options
def explain(key: str | None, as_json: bool, choice: Choice) -> None:
    """Show every value, or those at and below KEY, and where each came from."""
    loaded = choice.load()
    rows = [row for row in loaded.explain(choice.plugin_models(loaded)) if key is None or _is_below(row.key, key)]
    if not rows:
        raise click.UsageError(f"nothing is set at {key!r}; `friday config explain` lists every key")
    if as_json:
        found = [{"key": row.key, "value": row.value, "origin": str(row.origin)} for row in rows]
        click.echo(json.dumps(found, indent=2, default=str))
    else:
        _print_table(rows)


@command.command()
@settings_options
def schema(choice: Choice) -> None:
    """Print the JSON schema of a configuration, with the settings of the plugins in use."""
    loaded = choice.load()
    click.echo(json.dumps(loaded.schema(choice.plugin_models(loaded)), indent=2))


def _is_below(key: str, above: str) -> bool:
    return key == above or key.startswith(f"{above}.")


def _print_table(rows: Sequence[Explained]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - `friday --help` must not load rich
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("key", "value", "from", box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(Text(row.key, overflow="fold"), Text(_shown(row.value), overflow="fold"), Text(str(row.origin)))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    return value if isinstance(value, str) else json.dumps(value, default=str)
