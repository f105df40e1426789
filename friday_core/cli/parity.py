"""``friday parity``: whether every way of executing a component gives the same bits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.options import Choice, settings_options

if TYPE_CHECKING:
    from friday_core.causal.parity.rows import RowSet
    from friday_core.cli.parity_report import Judged
    from friday_core.orchestration.host import Host
    from friday_core.orchestration.parity import Written

_ROWS, _INSTRUMENTS = 5_000, 30
_POSITIVE = click.IntRange(min=1)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """How rows are drawn, and whether those of the session count: ``None`` is where they can be read."""

    rows: int
    instruments: int
    seed: int
    data: bool | None


@dataclass(frozen=True, slots=True)
class _Bar:
    """What a terminal shows: ``begin`` is told what comes, ``expect`` how many sets of rows there are."""

    expect: Callable[[int], None]
    begin: Callable[[str], None]
    tell: Callable[[str], None]


@click.command("parity")
@click.argument("component", metavar="[COMPONENT]", required=False)
@click.option("--rows", type=_POSITIVE, default=_ROWS, metavar="N", help=f"Rows of each kind; default: {_ROWS:,}.")
@click.option(
    "--up-to",
    type=_POSITIVE,
    default=_INSTRUMENTS,
    metavar="N",
    help=f"Draw 1 to N instruments; default: {_INSTRUMENTS}.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Draws other rows and cuts.")
@click.option("--data/--no-data", default=None, help="The session's own rows too; default: if they can be read.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@settings_options
def command(
    choice: Choice,
    *,
    component: str | None,
    rows: int,
    up_to: int,
    seed: int,
    data: bool | None,
    as_json: bool,
) -> None:
    """Compare every way to execute a component, bit by bit.

    COMPONENT is a strategy, a transformer, a feature set or a validator of the configuration, or any installed
    plugin as ROLE.NAME; without one, everything that the configuration has in columns. It is executed in plain
    Python and compiled; by slices, rows and whole columns; cut into parts; restored from snapshots, each executor
    into the other; on rows that are drawn and on those of the session. Exit code 1 if a bit differs: the first
    operator, row and column are named.
    """
    from friday_core.cli.parity_report import as_object, tell  # noqa: PLC0415 - `--help` must stay light
    from friday_core.orchestration.explaining import QuestionError  # noqa: PLC0415

    host: Host = choice.builder()(choice.load())
    remarks: list[str] = []
    try:
        with _progress() as bar:
            judged = _judged(host, component, _Drawing(rows, up_to, seed, data), bar, remarks)
    except QuestionError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        click.echo(json.dumps(as_object(judged, remarks), indent=2, allow_nan=False))
    else:
        tell(judged, remarks)
    sys.exit(ExitCode.FAILED if any(one.comparison.differing for one in judged) else ExitCode.FINISHED)


def _judged(host: Host, name: str | None, drawing: _Drawing, bar: _Bar, remarks: list[str]) -> list[Judged]:
    from friday_core.orchestration.parity import left_out, written  # noqa: PLC0415

    chosen = written(host.assembly, name)
    own: Mapping[str, RowSet] = {}
    if name is not None and not chosen:
        chosen = _of_plugin(host, name, drawing)
        remarks.append(f"{name} is not in use: with its settings in [plugins.{name}], and the kit's doubles")
    elif chosen and drawing.data is not False:
        own = _session_rows(host, chosen, drawing, bar, remarks)
    if name is None:
        remarks += [f"not compared: {id_} {why}" for id_, why in left_out(host.assembly).items()]
    return list(_compared(chosen, own, drawing, bar, remarks))


def _of_plugin(host: Host, name: str, drawing: _Drawing) -> list[Written]:
    """An installed plugin by itself: a program for each market that it fits."""
    from friday_core.errors import ConfigurationError, Problem  # noqa: PLC0415
    from friday_core.orchestration.explaining import QuestionError  # noqa: PLC0415
    from friday_core.orchestration.parity import Written, known_names  # noqa: PLC0415
    from friday_core.plugin.discovery import installed_plugins, nearest  # noqa: PLC0415
    from friday_core.plugin.registry import PluginRegistry  # noqa: PLC0415
    from friday_core.testing.parity import programs_of  # noqa: PLC0415

    plugins, names = installed_plugins(), known_names(host.assembly)
    if name not in {plugin.key for plugin in plugins}:
        hint = nearest(name, [*names, *(one.partition(".")[2] for one in names), *(one.key for one in plugins)])
        raise QuestionError(
            f"nothing is called {name!r}; {hint}In use are {', '.join(names)}; of other plugins write ROLE.NAME, "
            "as `friday plugins` lists them"
        )
    if drawing.data:
        raise QuestionError(f"{name} is not in use, so no session has rows for it: leave --data out")
    settings = host.assembly.settings
    loaded = PluginRegistry(plugins, import_timeout=settings.run.import_timeout).load(name)
    if isinstance(loaded, Problem):
        raise ConfigurationError([loaded])
    kind, _, plugin = name.partition(".")
    programs = programs_of(loaded.spec, settings.plugins.get(kind, {}).get(plugin, {}))
    return [Written(f"{name} on {market} bars", name, program) for market, program in programs.items()]


def _session_rows(
    host: Host, chosen: Sequence[Written], drawing: _Drawing, bar: _Bar, remarks: list[str]
) -> Mapping[str, RowSet]:
    """By id; where it was not asked for in words, a session that cannot be run is a remark."""
    from friday_core.errors import FridayError  # noqa: PLC0415
    from friday_core.orchestration.parity import session_rows  # noqa: PLC0415

    bar.begin("running the session for its rows")
    try:
        found = session_rows(host.assembly, chosen, drawing.rows, host.model_versions)
    except FridayError as error:
        if drawing.data:
            raise
        remarks.append(f"drawn rows only: the session's own cannot be had: {error}")
        return {}
    remarks += [f"{one.id}: drawn rows only: the session has none for it" for one in chosen if one.id not in found]
    return found


def _compared(
    chosen: Sequence[Written], own: Mapping[str, RowSet], drawing: _Drawing, bar: _Bar, remarks: list[str]
) -> Iterator[Judged]:
    from friday_core.causal.batch import WholeColumns  # noqa: PLC0415
    from friday_core.causal.compiled.choice import fastest_executor  # noqa: PLC0415
    from friday_core.causal.parity.comparison import compare  # noqa: PLC0415
    from friday_core.causal.parity.drawn import drawn_sets  # noqa: PLC0415
    from friday_core.causal.parity.ways import Executors  # noqa: PLC0415
    from friday_core.cli.parity_report import Judged  # noqa: PLC0415
    from friday_core.domain.instruments import InstrumentId  # noqa: PLC0415

    fastest = fastest_executor(tell=bar.tell)
    for one in chosen:
        is_compiled = isinstance(fastest(one.program, [1.0], [InstrumentId("ONE", "SIM")]), WholeColumns)
        if not is_compiled:
            remarks.append(f"{one.id}: there is no compiled executor here; plain Python is compared with itself only")
        sets = [*drawn_sets(one.program, drawing.rows, drawing.instruments, drawing.seed)]
        sets += [own[one.id]] if one.id in own else []
        bar.expect(len(chosen) * len(sets))
        executors = Executors(fastest if is_compiled else None)
        comparison = compare(one.program, sets, executors, drawing.seed, partial(_begin, bar, one.id))
        yield Judged(one, {rows.name: len(rows) for rows in sets}, comparison)


def _begin(bar: _Bar, component: str, rows: str) -> None:
    bar.begin(f"{component}: {rows}")


@contextmanager
def _progress() -> Iterator[_Bar]:
    """A bar on a terminal; nothing but what is to be read on a pipe."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def expect(total: int) -> None:
            bar.update(task, total=total)

        def begin(what: str) -> None:
            is_counted = bar.tasks[0].total is not None
            bar.update(task, description=what, advance=int(is_counted))

        yield _Bar(expect, begin, lambda text: click.echo(f"friday: {text}", err=True))
