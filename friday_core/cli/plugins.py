"""``friday plugins``: what is installed, what of it is in use, and what is broken and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.options import Choice, settings_options
from friday_core.errors import ConfigurationError, FridayError, Problem, ProblemKind

if TYPE_CHECKING:
    from friday_core.plugin.discovery import InstalledPlugin
    from friday_core.plugin.probe import Probed

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000
_STYLES = {"enabled": "green", "installed": "", "broken": "red", "duplicate": "red"}


@click.command("plugins")
@click.argument("key", metavar="[ROLE.NAME]", required=False)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@settings_options
def command(choice: Choice, key: str | None, as_json: bool) -> None:
    """List the installed plugins: which are enabled, which are broken and why, and which use what is deprecated.

    With ROLE.NAME, such as strategy.moving_average_cross: what this one does, its settings, its operators, and
    the lines of friday.toml that switch it on.

    Enabled is what the configuration names. Plugins of other distributions are tried out in
    processes of their own, unless they are for another Friday. The exit code is 0 even if some are
    broken, or the configuration is.
    """
    from friday_core.plugin.discovery import installed_plugins  # noqa: PLC0415 - `--help` must stay light
    from friday_core.plugin.probe import probe_plugins  # noqa: PLC0415

    settings, problems = _settings(choice)
    plugins = installed_plugins()
    if key is not None:
        if as_json:
            raise click.UsageError("--json lists all plugins: leave out ROLE.NAME")
        _show(key, plugins, settings)
        return
    with _progress(plugins) as advance:
        probed = probe_plugins(plugins, _import_timeout(settings), advance)
    rows = [_row(one, _named(settings)) for one in probed]
    if as_json:
        click.echo(json.dumps({"plugins": rows, "configuration_problems": problems}, indent=2))
        return
    _print_table(rows)
    for row in rows:
        if row["reason"]:
            click.echo(_explained(row))
        for deprecation in row["deprecations"]:
            click.echo(f"deprecated: {_who(row)}: {deprecation}")
    if problems:
        click.echo(f"enabled unknown: the configuration cannot be used: {'; '.join(problems)}", err=True)


def _show(key: str, plugins: Sequence[InstalledPlugin], settings: Any) -> None:
    from friday_core.cli.plugin_details import details  # noqa: PLC0415
    from friday_core.plugin.registry import PluginRegistry  # noqa: PLC0415

    if "." not in key:
        raise click.BadParameter(f"{key} names no role; write for example strategy.{key}", param_hint="ROLE.NAME")
    loaded = PluginRegistry(plugins, import_timeout=_import_timeout(settings)).load(key)
    if isinstance(loaded, Problem):
        raise ConfigurationError([loaded])
    kind, _, name = key.partition(".")
    own = {} if settings is None else settings.plugins.get(kind, {}).get(name, {})
    click.echo("\n".join(details(loaded, own)))


def _settings(choice: Choice) -> tuple[Any, list[str]]:
    """The settings, or ``None`` and what is wrong with them: a list of plugins is wanted all the more then."""
    try:
        return choice.load().settings, []
    except ConfigurationError as error:
        return None, [problem.message for problem in error.problems]
    except FridayError as error:
        return None, [str(error)]


def _import_timeout(settings: Any) -> float:
    from friday_core.plugin.sections import RunSettings  # noqa: PLC0415

    run: RunSettings = RunSettings() if settings is None else settings.run
    return run.import_timeout


def _named(settings: Any) -> frozenset[str] | None:
    """The components that the configuration names; ``None`` if there is no telling."""
    from friday_core.plugin.plan import requested_components  # noqa: PLC0415

    return None if settings is None else frozenset(request.key for request in requested_components(settings))


def _row(probed: Probed, named: frozenset[str] | None) -> dict[str, Any]:
    plugin, problem = probed.plugin, probed.problem
    enabled = None if named is None else plugin.key in named
    return {
        "kind": plugin.kind,
        "name": plugin.name,
        "version": probed.version,
        "distribution": plugin.distribution,
        "distribution_version": plugin.version,
        "enabled": enabled,
        "status": _status(problem, bool(enabled)),
        "problem": None if problem is None else str(problem.kind),
        "reason": "" if problem is None else problem.message,
        "mend": "" if problem is None else problem.mend,
        "deprecations": list(probed.deprecations),
    }


def _status(problem: Problem | None, enabled: bool) -> str:
    if problem is not None:
        return "duplicate" if problem.kind is ProblemKind.DUPLICATE_COMPONENT else "broken"
    return "enabled" if enabled else "installed"


@contextmanager
def _progress(plugins: Sequence[InstalledPlugin]) -> Iterator[Callable[[InstalledPlugin], None]]:
    """A spinner on a terminal; yields what is to be called for each plugin that is done."""
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _plugin: None
        return
    waiting = list(plugins)
    with console.status("trying the plugins") as status:

        def advance(plugin: InstalledPlugin) -> None:
            waiting.remove(plugin)
            origins = ", ".join(sorted({one.distribution for one in waiting}))
            status.update(f"trying the plugins, {len(waiting)} left: {escape(origins)}")

        yield advance


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("role", "name"):
        table.add_column(heading, no_wrap=True)
    for heading in ("version", "from", "status"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        origin = f"{row['distribution']} {row['distribution_version']}"
        unknown = row["status"] == "installed" and row["enabled"] is None
        status = Text("enabled unknown" if unknown else row["status"], style=_STYLES[row["status"]])
        table.add_row(Text(row["kind"]), Text(row["name"]), Text(row["version"]), Text(origin), status)
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def _explained(row: dict[str, Any]) -> str:
    """What is wrong with a plugin, in one line."""
    named = ", and the configuration names it" if row["enabled"] else ""
    return f"{row['status']}{named}: {_who(row)}: {row['reason']}; mend: {row['mend']}"


def _who(row: dict[str, Any]) -> str:
    key = f"{row['kind']}.{row['name']}".removesuffix(".")
    return f"{key} of {row['distribution']} {row['distribution_version']}"
