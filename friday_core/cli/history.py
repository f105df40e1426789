"""``friday history``: what a source fetches and keeps, fetched without a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.options import Choice, settings_options

if TYPE_CHECKING:
    from friday_core.interfaces.source import Fetches

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("history")
@click.argument("source")
@click.option("--first", type=_DAY, metavar="DATE", help="First date; default: as configured.")
@click.option("--last", type=_DAY, metavar="DATE", help="Last date; default: as configured.")
@click.option("--interval", metavar="1m", help="Length of a bar; default: as configured.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where files are kept.")
@settings_options
def command(
    choice: Choice,
    *,
    source: str,
    first: dt.datetime | None,
    last: dt.datetime | None,
    interval: str | None,
    folder: Path | None,
) -> None:
    """Fetch the bars that SOURCE keeps in files, as zerodha_history, and that are not there yet.

    What is asked for is what [plugins.source.SOURCE] says, and --instruments, --first, --last, --interval and
    --folder in place of that. It may be broken off at any time: what was fetched is kept, and the next call goes on
    from there. A run with the source finds the files, and so does one with the source parquet.
    """
    given: dict[str, Any] = {
        "instruments": choice.instruments or None,
        "first": None if first is None else first.date(),
        "last": None if last is None else last.date(),
        "interval": interval,
        "folder": folder,
    }
    fetcher = _fetcher(choice, source, {name: value for name, value in given.items() if value is not None})
    with _progress(source) as advance:
        files = fetcher.fetch(advance)
    click.echo(_summary(files))


def _fetcher(choice: Choice, name: str, given: dict[str, Any]) -> Fetches:
    """The source by itself, with its connection."""
    from friday_core.errors import ConfigurationError, Problem  # noqa: PLC0415 - `--help` must stay light
    from friday_core.interfaces.source import Fetches  # noqa: PLC0415
    from friday_core.plugin.alone import built_alone  # noqa: PLC0415
    from friday_core.plugin.discovery import installed_plugins  # noqa: PLC0415
    from friday_core.plugin.registry import PluginRegistry  # noqa: PLC0415
    from friday_core.plugin.spec import Kind  # noqa: PLC0415

    settings = choice.load().settings
    registry = PluginRegistry(installed_plugins(), import_timeout=settings.run.import_timeout)
    found = registry.load(f"{Kind.SOURCE}.{name}")
    if isinstance(found, Problem):
        raise ConfigurationError([found])
    factory = found.spec.factory
    is_known_to_read = isinstance(factory, type) and not issubclass(factory, Fetches)
    made = None if is_known_to_read else built_alone(registry, settings.plugins, Kind.SOURCE, name, given)
    if not isinstance(made, Fetches):
        raise click.UsageError(f"source.{name} has nothing to fetch: it reads what is there")
    return made


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal; nothing on a pipe."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)


def _summary(files: Sequence[Path]) -> str:
    folders = dict.fromkeys(str(path.parent) for path in files)
    count = len(files)
    return f"{count} file{'' if count == 1 else 's'} in {', '.join(folders)}" if files else "nothing to keep"
