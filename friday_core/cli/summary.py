"""The end of a run as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from friday_core.orchestration.host import RunResult

_PERCENT = ("total_return", "annual_return", "annual_volatility", "max_drawdown", "average_exposure")


def print_summary(result: RunResult) -> None:
    """The figures of ``summary.json`` that people look at first, and where the rest is."""
    console = Console()
    results = result.summary["results"]
    span = f"{results['first_session']} to {results['last_session']}, {results['rows']:,} rows"
    session = result.summary["session"]
    console.print(f"[bold]{session.get('mode', '')} {session.get('profile', '')}[/]: {result.status} ({span})")
    table = Table(show_header=False, box=None, pad_edge=False)
    for label, value in _figures(results):
        table.add_row(label, value)
    console.print(table)
    console.print(_strategies(result.summary["strategies"], results["currency"]))
    for line in _remarks(result.summary):
        console.print(line, style="yellow", markup=False)
    console.print(f"results: {result.folder}", markup=False, highlight=False, soft_wrap=True)


def _figures(results: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "equity", f"{results['start_equity']:,.2f} -> {results['end_equity']:,.2f} {results['currency']}"
    for name in _PERCENT:
        value = results[name]
        yield name.replace("_", " "), "not defined" if value is None else f"{value:.2%}"
    yield "Sharpe (no risk-free rate)", "not defined" if results["sharpe"] is None else f"{results['sharpe']:.2f}"
    yield "turnover (of mean equity)", f"{results['turnover']:.2f}"
    yield "decisions", _counts(results["decisions"])
    yield "orders", _counts(results["orders"])
    assumed = f", {results['assumed_fills']:,} of them ASSUMED" if results["assumed_fills"] else ""
    yield "fills", f"{results['fills']:,}{assumed}"
    yield "digest", str(results["digest"])


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"


def _strategies(strategies: dict[str, Any], currency: str) -> Table:
    table = Table(title=f"books in {currency}", title_justify="left")
    parts = ("capital", "equity", "realised", "unrealised", "dividends", "charges")
    table.add_column("strategy")
    for part in parts:
        table.add_column(part, justify="right")
    table.add_column("holds")
    for name, book in strategies.items():
        held = ", ".join(f"{quantity} {instrument}" for instrument, quantity in book["positions"].items())
        table.add_row(name, *(f"{book[part]:,.2f}" for part in parts), held or "nothing")
    return table


def _remarks(summary: dict[str, Any]) -> Iterator[str]:
    if summary["error"]:
        yield f"error: {summary['error']}"
    for one in summary["stopped_strategies"]:
        yield f"strategy {one['strategy']} was stopped: {one['error']}"
    for row in summary["quarantine"]:
        yield f"{row['rows']:,} rows {row['verdict']} by {row['stage']}: {row['reason']}"
    for what, where in summary["files"].items():
        yield f"{what}: {where}"
