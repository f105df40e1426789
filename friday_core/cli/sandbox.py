"""``friday sandbox``: counterparties to try a session on, as processes of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from friday_core.cli.exit_codes import ExitCode

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_ORDERS = (
    "number", "tag", "owner", "instrument", "side", "quantity", "type", "status", "filled", "notional", "reason"
)  # fmt: skip
_TRADES = ("number", "order", "tag", "instrument", "side", "quantity", "price", "ts_event")
_POSITIONS = ("instrument", "product", "quantity")


@click.group("sandbox")
def command() -> None:
    """Brokers to try a program on: processes that can be killed, and told to misbehave.

    \b
    friday sandbox kite              speaks Zerodha's protocol, for the official client
    friday sandbox paper             speaks Friday's own, for sessions of Friday
    """


@command.command()
@click.option(
    "--folder", type=_FOLDER, default=Path("paper_broker"), show_default=True, help="Where its book is, and stays."
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="On the loopback; default: any that is free.")
@click.option("--prices", type=_FILE, metavar="FILE", help="Bars to trade at, CSV or Parquet; default: a walk.")
@click.option("--scenario", type=_FILE, metavar="FILE", help="How it trades and misbehaves, in TOML.")
@click.option("--seed", type=int, help="What the walk is made from; default: that of the scenario, or 1.")
def paper(folder: Path, port: int, prices: Path | None, scenario: Path | None, seed: int | None) -> None:
    """Serve a paper broker.

    Until SIGTERM or Ctrl-C; it prints its address once it can be connected to.
    """
    from friday_core.sandbox.paper.process import Launch, serve  # noqa: PLC0415 - `--help` must stay light

    bars, rules = (None if one is None else str(one) for one in (prices, scenario))
    serve(Launch(str(folder), port, bars, rules, seed))


@command.command()
@click.option("--folder", type=_FOLDER, default=Path("kite_sandbox"), show_default=True, help="Where its book is.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="On the loopback; default: any that is free.")
@click.option("--scenario", metavar="FILE|NAME", help="How it behaves: a TOML file, or the name of a shipped one.")
@click.option("--prices", type=_FILE, metavar="FILE", help="Minute bars, CSV or Parquet; default: synthetic.")
@click.option("--start", metavar="TIME", help='When the market\'s time begins: now, or as "yyyy-mm-dd HH:MM:SS" IST.')
@click.option("--speed", type=click.FloatRange(min=0), help="Seconds of the market for each of ours; 0: by call.")
@click.option("--seed", type=int, help="What synthetic prices are made from.")
@click.option("--list", "lists", is_flag=True, help="Print the shipped scenarios, and serve nothing.")
def kite(lists: bool, folder: Path, port: int, prices: Path | None, **given: Any) -> None:
    """Serve Kite Connect v3 to its official client.

    On the loopback, until SIGTERM or Ctrl-C. Prints its address once it can be connected to; in a browser that address
    is a page that shows everything. KiteConnect("sandbox", root="http://127.0.0.1:PORT") trades there; the secret of
    this API key is sandbox-secret.
    """
    from friday_core.sandbox.kite.faults.scenario import shipped  # noqa: PLC0415 - `--help` must stay light

    if lists:
        for name, description in shipped().items():
            click.echo(f"{name:20} {description}")
        return
    try:
        from friday_core.sandbox.kite.server.process import Launch, serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}\n    mend: pip install 'friday-trading[sandbox]'") from error

    serve(Launch(str(folder), port, prices=None if prices is None else str(prices), **given))


@command.command()
@click.argument("audit", type=click.Path(path_type=Path, exists=True))
@click.option("--not-flat", is_flag=True, help="Positions and open orders at the end are no fault.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(audit: Path, not_flat: bool, as_json: bool) -> None:
    """Judge whoever traded at a Kite sandbox.

    AUDIT is its audit.jsonl, or the folder of it. Exit code 1 if a mistake was made.
    """
    from friday_core.sandbox.kite.audit.log import read  # noqa: PLC0415 - `--help` must stay light
    from friday_core.sandbox.kite.audit.verdict import judge  # noqa: PLC0415

    path = audit / "audit.jsonl" if audit.is_dir() else audit
    try:
        verdict = judge(read(path), flat=not not_flat)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(verdict.json().decode() if as_json else verdict.text())
    sys.exit(ExitCode.FINISHED if verdict.passed else ExitCode.FAILED)


@command.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every field of every row.")
def book(folder: Path, as_json: bool) -> None:
    """Print the book of a paper broker.

    Orders, trades and positions in FOLDER, also while its server runs.
    """
    import msgspec  # noqa: PLC0415 - `--help` must stay light

    from friday_core.sandbox.paper.book import positions_of, tables_of  # noqa: PLC0415

    tables = tables_of(folder)
    shown = {**tables, "positions": positions_of(tables["trades"])}
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(shown), indent=2))
        return
    for name, columns in (("orders", _ORDERS), ("trades", _TRADES), ("positions", _POSITIONS)):
        _print(name, columns, [[str(getattr(row, column)) for column in columns] for row in shown[name]])


def _print(name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for line in _lines(columns, rows):
        click.echo(line)
    click.echo(f"{len(rows)} {name}\n")


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table, each column as wide as its widest cell."""
    if rows:
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        for row in (columns, *rows):
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
