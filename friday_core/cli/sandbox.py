"""``friday sandbox``: counterparties to try a session on, as processes of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_ORDERS = (
    "number", "tag", "owner", "instrument", "side", "quantity", "type", "status", "filled", "notional", "reason"
)  # fmt: skip
_TRADES = ("number", "order", "tag", "instrument", "side", "quantity", "price", "ts_event")
_POSITIONS = ("instrument", "product", "quantity")


@click.group("sandbox")
def command() -> None:
    """Brokers to try a session on: processes that can be killed, and told to misbehave."""


@command.command()
@click.option(
    "--folder", type=_FOLDER, default=Path("paper_broker"), show_default=True, help="Where its book is, and stays."
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="On the loopback; default: any that is free.")
@click.option("--prices", type=_FILE, metavar="FILE", help="Bars to trade at, CSV or Parquet; default: a walk.")
@click.option("--scenario", type=_FILE, metavar="FILE", help="How it trades and misbehaves, in TOML.")
@click.option("--seed", type=int, help="What the walk is made from; default: that of the scenario, or 1.")
def paper(folder: Path, port: int, prices: Path | None, scenario: Path | None, seed: int | None) -> None:
    """Serve a paper broker until SIGTERM or Ctrl-C; it prints its address once it can be connected to."""
    from friday_core.sandbox.paper.process import Launch, serve  # noqa: PLC0415 - `--help` must stay light

    bars, rules = (None if one is None else str(one) for one in (prices, scenario))
    serve(Launch(str(folder), port, bars, rules, seed))


@command.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every field of every row.")
def book(folder: Path, as_json: bool) -> None:
    """Print the orders, trades and positions in the book of FOLDER, also while its server runs."""
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
