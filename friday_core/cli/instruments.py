"""``friday instruments``: what was listed on a day, and lists put into the folder that knows."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from friday_core.market.instruments.listing import Listing

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000
_HEADS = ("token", "exchange", "symbol", "name", "expiry", "strike", "type", "lot", "tick", "freeze")
_NUMBERS = frozenset({"token", "strike", "lot", "tick", "freeze"})
_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("instruments"),
    show_default=True,
    help="Where the lists are.",
)
_DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.group("instruments")
def command() -> None:
    """Find instruments as of a day, and import the lists of brokers."""


@command.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--date", "day", type=_DATE, help="As of this day; otherwise the last list.")
@click.option("--exchange", metavar="NFO", help="Only of this exchange.")
@click.option("--expiry", metavar="2026-08-27", help="Only contracts of this expiry, or month (2026-08).")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Rows to show.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@_FOLDER
def search(
    text: Sequence[str],
    *,
    day: dt.datetime | None,
    exchange: str | None,
    expiry: str | None,
    limit: int,
    as_json: bool,
    folder: Path,
) -> None:
    """Show the instruments that have every word of TEXT in symbol, name or type, the likeliest first.

    A freeze quantity is shown for index contracts, for months of which it is known.
    """
    from friday_core.market.instruments.search import require_found, search  # noqa: PLC0415 - `--help` must stay light
    from friday_core.market.instruments.store import InstrumentMaster  # noqa: PLC0415

    master = InstrumentMaster(folder)
    snapshot = master.latest() if day is None else master.asof(day.date())
    words, expiries = " ".join(text), None if expiry is None else _span(expiry)
    found, count = search(snapshot, words, exchange=exchange, expiries=expiries, limit=limit)
    require_found(snapshot, words, count)
    rows = list(_rows(found, snapshot.asked))
    if as_json:
        click.echo(json.dumps([dict(zip(_HEADS, row, strict=True)) for row in rows], indent=2))
        return
    _print_table(rows)
    more = f"{len(found)} of {count:,}" if count > len(found) else f"{count}"
    click.echo(f"{more} {snapshot}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--date", "day", type=_DATE, required=True, help="The day that the list is of.")
@click.option(
    "--dates",
    "form",
    type=click.Choice(["ymd", "dmy", "mdy", "named"]),
    help="How FILE writes dates, if it does not show by itself.",
)
@click.option("--replace", is_flag=True, help="Put it in the place of another list of the day.")
@_FOLDER
def import_(file: Path, *, day: dt.datetime, form: str | None, replace: bool, folder: Path) -> None:
    """Put the list of a day into the folder: Kite's instruments CSV, also as a spreadsheet saved it.

    Tells what is odd in it, and what changed against the list before.
    """
    from friday_core.cli.instrument_summary import summary_lines  # noqa: PLC0415 - `--help` must stay light
    from friday_core.market.instruments.changes import changes  # noqa: PLC0415
    from friday_core.market.instruments.kite_list import read_kite  # noqa: PLC0415
    from friday_core.market.instruments.snapshot import Snapshot  # noqa: PLC0415
    from friday_core.market.instruments.store import InstrumentMaster  # noqa: PLC0415

    master = InstrumentMaster(folder)
    with _progress(("reading", "judging", "writing", "comparing")) as advance:
        listed = read_kite(file, day.date(), form=form, advance=advance)
        advance("writing")
        known = master.has(listed)
        path = master.add(listed, replace=replace)
        advance("comparing")
        before = master.before(listed.day)
        changed = None if before is None else changes(before, Snapshot(listed.day, listed.table))
    click.secho(f"{path}: {len(listed.table):,} instruments of {listed.day}{', as before' if known else ''}", bold=True)
    for line in summary_lines(listed, before, changed):
        click.echo(line)


def _span(text: str) -> tuple[dt.date, dt.date]:
    """A day, or the first and the last day of a month."""
    for form, months in (("%Y-%m-%d", 0), ("%Y-%m", 1)):
        try:
            first = dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
        after = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return first, after - dt.timedelta(days=1) if months else first
    raise click.BadParameter(
        f"{text!r} is neither a day such as 2026-08-27 nor a month such as 2026-08", param_hint="--expiry"
    )


def _rows(found: Sequence[Listing], day: dt.date) -> Iterator[tuple[Any, ...]]:
    from friday_core.market.instruments.dated_facts import instrument_facts  # noqa: PLC0415

    facts = instrument_facts()
    for one in found:
        freeze = facts.known_freeze_quantity(one.name, day) if one.expiry else None
        yield (
            one.token,
            one.exchange,
            one.symbol,
            one.name,
            "" if one.expiry is None else str(one.expiry),
            "" if one.strike is None else f"{one.strike:f}",
            one.kind,
            one.lot_size,
            f"{one.tick_size:f}",
            "" if freeze is None else freeze,
        )


def _print_table(rows: Sequence[Sequence[Any]]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head in _HEADS:
        table.add_column(Text(head), justify="right" if head in _NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


@contextmanager
def _progress(steps: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal; yields what is to be called with the name of each step before it."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(steps))
        yield lambda step: bar.update(task, description=step, completed=steps.index(step), refresh=True)
