"""``friday actions``: lists of corporate actions read, checked against prices, and found in them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from friday_core.market.corporate_actions.adjustment import Columns
    from friday_core.market.corporate_actions.announcement import Announcement
    from friday_core.market.corporate_actions.causes import Cause
    from friday_core.market.corporate_actions.comparison import Comparison, Stretch
    from friday_core.market.corporate_actions.finding import FoundGap

_FILE = click.Path(path_type=Path)
#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000
_NUMBERS = frozenset({"probability", "close before", "open", "close", "days", "off", "factor", "rupees a share"})


def _named(_context: click.Context, _parameter: click.Parameter, given: Sequence[str]) -> Mapping[str, str]:
    pairs = [one.partition("=") for one in given]
    for ours, equals, theirs in pairs:
        if not (ours and equals and theirs):
            raise click.BadParameter(f"{ours!r}: write for example symbol=TICKER")
    return {ours: theirs for ours, _, theirs in pairs}


_column = click.option(
    "--column", "columns", multiple=True, metavar="OURS=THEIRS", callback=_named,
    help="The file's name of symbol, date, open, high, low, close or volume, if it is not the usual one.",
)  # fmt: skip


@click.group("actions")
def command() -> None:
    """Read lists of corporate actions, compare adjusted prices, find splits that nobody announced."""


@command.command("parse")
@click.argument("file", type=_FILE)
@click.option("--prices", type=_FILE, metavar="FILE", help="Raw daily prices that the list is checked against.")
@click.option("--write", "target", type=_FILE, metavar="FILE", help="Write what was understood as a file of actions.")
@_column
def parse(file: Path, prices: Path | None, target: Path | None, columns: Mapping[str, str]) -> None:
    """Read a list of NSE (PURPOSE, or factors) or a file of your own; tell what is not understood.

    With --prices, tell the splits and bonuses that the prices contradict too.
    """
    from friday_core.market.corporate_actions.action_file import written  # noqa: PLC0415 - `--help` must stay light
    from friday_core.market.corporate_actions.nse_lists import read_list  # noqa: PLC0415

    read = read_list(file)
    for left in read.not_understood:
        click.echo(f"line {left.line}, {left.symbol}: not understood: {left.text!r}: {left.why}")
    for kind, count in sorted(Counter(one.terms.kind.value for one in read.announcements).items()):
        click.echo(f"{kind}: {count}")
    click.echo(f"understood: {read.lines - len(read.not_understood)} of {read.lines} lines, {read.understood:.1%}")
    if prices is not None:
        _contradict(read.announcements, _prices(prices, columns))
    if target is not None:
        lines = "".join(f"{line}\n" for line in written(read.announcements))
        target.write_text(lines, encoding="utf-8")
        click.echo(f"written: {target}")


@command.command("find")
@click.argument("file", type=_FILE)
@click.option("--least", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Least probability.")
@_column
def find(file: Path, least: float, columns: Mapping[str, str]) -> None:
    """Find splits and bonuses in raw daily prices by their gaps alone.

    Each is told from the rows up to it; "stays" looks at the five that follow.
    """
    from friday_core.market.corporate_actions.finding import find_gaps  # noqa: PLC0415 - `--help` must stay light

    table = _prices(file, columns)
    found = [(symbol, one) for symbol, rows in table.items() for one in find_gaps(rows, least=least)]
    if found:
        heads = ("symbol", "ex_date", "ratio", "probability", "close before", "open", "close", "stays")
        _print_table(heads, [_gap_cells(symbol, one) for symbol, one in found])
    rows = sum(len(one["session"]) for one in table.values())
    click.echo(f"found: {len(found)} in {rows:,} rows of {len(table)} symbols")


@command.command("compare")
@click.argument("raw", type=_FILE)
@click.argument("adjusted", type=_FILE)
@click.option("--actions", "lists", type=_FILE, multiple=True, metavar="FILE", help="What is known to have happened.")
@_column
def compare(raw: Path, adjusted: Path, lists: Sequence[Path], columns: Mapping[str, str]) -> None:
    """Hold a vendor's ADJUSTED daily closes against RAW ones and the actions that are known.

    Stretches of days that differ by more than a tick are listed, with what the vendor likely did;
    single days are only counted.
    """
    from friday_core.market.corporate_actions import comparison  # noqa: PLC0415 - `--help` must stay light
    from friday_core.market.corporate_actions.nse_lists import read_list  # noqa: PLC0415

    known = [one for file in lists for one in read_list(file).announcements]
    ours, theirs = _prices(raw, columns), _prices(adjusted, columns)
    results = [
        comparison.compare(symbol, ours[symbol], theirs[symbol], [one for one in known if one.symbol == symbol])
        for symbol in theirs
        if symbol in ours
    ]
    stretches = [one for result in results for one in result.stretches if one.rows > 1]
    if stretches:
        heads = ("symbol", "first", "last", "days", "off", "likely cause", "factor", "rupees a share")
        _print_table(heads, [_stretch_cells(one) for one in stretches])
    _print_causes(results)
    if missing := sorted(set(theirs) - set(ours)):
        click.echo(f"not in {raw}: {', '.join(missing)}")


def _prices(file: Path, columns: Mapping[str, str]) -> dict[str, Columns]:
    from friday_core.market.corporate_actions.price_table import read_prices  # noqa: PLC0415

    return read_prices(file, columns)


def _contradict(announcements: Sequence[Announcement], table: Mapping[str, Columns]) -> None:
    from friday_core.market.corporate_actions.price_check import contradictions  # noqa: PLC0415

    checked = sorted({one.symbol for one in announcements} & set(table))
    found = 0
    for symbol in checked:
        for one in contradictions(table[symbol], [each for each in announcements if each.symbol == symbol]):
            found += 1
            click.echo(f"{symbol} {one.announcements[0].ex_date}: contradicted by the prices: {one.why}")
    click.echo(f"contradicted: {found}, of the actions of {len(checked)} symbols that have prices")


def _print_causes(results: Sequence[Comparison]) -> None:
    """Days by cause: of both series, then those that only the vendor has."""
    counts: Counter[Cause] = sum((result.by_cause for result in results), Counter())
    for cause, days in counts.most_common():
        click.echo(f"{cause}: {days:,} days")
    rows, within = sum(result.rows for result in results), sum(result.within for result in results)
    click.echo(f"within a tick: {within:,} of {rows:,} days that both have")


def _gap_cells(symbol: str, one: FoundGap) -> tuple[str, ...]:
    from friday_core.domain.sessions import to_date  # noqa: PLC0415

    prices = (f"{price / 100:.2f}" for price in (one.last_close, one.open, one.close))
    stays = {True: "yes", False: "no", None: "?"}[one.stays]
    return (symbol, to_date(one.session).isoformat(), str(one.likely), f"{one.likely.probability:.2f}", *prices, stays)


def _stretch_cells(one: Stretch) -> tuple[str, ...]:
    factor = paise = ""
    if one.step is not None:
        factor = "taken off" if one.step.subtracted else f"{one.step.factor:.5f}"
        paise = f"{one.step.paise / 100:.2f}"
    days = (one.first.isoformat(), one.last.isoformat(), f"{one.rows:,}", f"{one.beyond:,}")
    return (one.symbol, *days, one.cause, factor, paise)


def _print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(Text(head), justify="right" if head in _NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
