"""``friday facts``: how far dated facts are known, and whether a file of one's own can be used."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.findings import Finding, ok, warn

if TYPE_CHECKING:
    from friday_core.market.fact_checks import Checked
    from friday_core.market.facts import FactsTable

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("facts")
def command() -> None:
    """Show how far facts of markets are known; check a file of your own."""


@command.command()
@click.option("--at", type=_DAY, metavar="DATE", help="As of this day; default: today.")
@click.option("--strict", is_flag=True, help="Exit code 1 if facts run out within 30 days, or have.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every table.")
def status(at: dt.datetime | None, strict: bool, as_json: bool) -> None:
    """List every table of facts: what it covers, how far it is known, who said so, and where it stands."""
    from friday_core.market.facts_tables import facts_tables  # noqa: PLC0415 - `--help` must stay light

    day = _day(at)
    rows = [_row(table, day) for table in facts_tables()]
    late = [row for row in rows if row["runs_out"]]
    if as_json:
        click.echo(json.dumps({"day": str(day), "ok": not late, "tables": rows}, indent=2))
    else:
        _print(rows, day)
    sys.exit(ExitCode.FAILED if strict and late else ExitCode.FINISHED)


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--kind", default="", metavar="KIND", help="What it is about; default: what its content shows.")
@click.option("--day", type=_DAY, metavar="DATE", help="The day of a list of instruments; default: today.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every fault.")
def check(file: Path, kind: str, day: dt.datetime | None, as_json: bool) -> None:
    """Check a file of your own, line by line; exit code 1 if it cannot be used.

    FILE holds charges, margins, sessions, instruments, a list of instruments or corporate actions.
    """
    from friday_core.market.fact_checks import check_facts  # noqa: PLC0415 - `--help` must stay light

    checked = check_facts(file, kind, _day(day))
    if as_json:
        faults = [{"line": fault.line, "message": fault.message} for fault in checked.faults]
        found = {"file": str(file), "kind": checked.kind.name, "ok": not faults, "faults": faults}
        click.echo(json.dumps(found, indent=2))
    else:
        _tell(checked)
    sys.exit(ExitCode.FAILED if checked.faults else ExitCode.FINISHED)


def check_facts_known(day: dt.date) -> Iterator[Finding]:
    """For ``friday doctor``: which facts run out soon, or have."""
    from friday_core.market.facts import running_out  # noqa: PLC0415 - as the other checks
    from friday_core.market.facts_tables import facts_tables  # noqa: PLC0415

    tables = facts_tables()
    late = [told.partition("\n")[0].removeprefix("facts about ") for told in running_out(tables, day)]
    if late:
        mend = "`friday facts status` shows all; install a later release, or say what is new in a file of your own"
        yield warn("facts", "; ".join(late), mend)
    else:
        yield ok("facts", f"{len(tables)} tables, known to {min(table.known_until for table in tables)} at least")


def _day(given: dt.datetime | None) -> dt.date:
    return given.date() if given is not None else dt.datetime.now(dt.UTC).date()


def _row(table: FactsTable, day: dt.date) -> dict[str, Any]:
    from friday_core.market.facts import NOTICE  # noqa: PLC0415

    return {
        "name": table.name,
        "covers": table.covers,
        "known_from": str(table.known_from),
        "known_until": str(table.known_until),
        "days_left": table.days_left(day),
        "runs_out": table.days_left(day) < NOTICE,
        "gaps": list(table.gaps),
        "source": table.source,
        "file": str(table.path),
    }


def _print(rows: Sequence[dict[str, Any]], day: dt.date) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - `friday --help` must not load rich
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("facts", "from", "until", "days left", "covers, last source, file", box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for row in rows:
        missing = [f"not here: {', '.join(row['gaps'])}"] if row["gaps"] else []
        about = "\n".join([row["covers"], *missing, row["source"], "/".join(Path(row["file"]).parts[-2:])])
        cells = [row["name"], row["known_from"], row["known_until"], _left(row), about]
        table.add_row(*(Text(cell, overflow="fold") for cell in cells), style="yellow" if row["runs_out"] else "")
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
    late = sum(row["runs_out"] for row in rows)
    click.echo(f"{len(rows)} tables on {day}, {late or 'none'} of them with less than 30 days left")


def _left(row: dict[str, Any]) -> str:
    """Marked if it is time to do something."""
    days = row["days_left"]
    return f"! ended {-days} days ago" if days < 0 else f"! {days}" if row["runs_out"] else str(days)


def _tell(checked: Checked) -> None:
    if not checked.faults:
        click.echo(f"ok: {checked.path} is a file of {checked.kind.name}")
        return
    count = len(checked.faults)
    click.echo(f"{checked.path}, taken for {checked.kind.name}: {count} fault{'' if count == 1 else 's'}")
    for fault in checked.faults:
        click.echo(f"  line {fault.line}: {fault.message}")
    click.echo(f"    mend: correct these lines; the form is that of {checked.kind.form}")
