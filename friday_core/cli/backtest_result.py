"""The end of a backtest as a person reads it, and as a program does."""

from __future__ import annotations

import datetime as dt
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.summary import evidence_lines, headline, left_out_lines, remarks

if TYPE_CHECKING:
    from friday_core.analytics.book_figures import BookFigures
    from friday_core.orchestration.host import RunResult
    from friday_core.orchestration.oracle_run import Checked

_HEADS = ("", "return", "a year", "Sharpe", "drawdown", "trades", "fills")
#: Columns that a label takes.
_LABEL = 9
_UNDEFINED = "-"
#: No exchange is closed for longer.
_HOLIDAYS = dt.timedelta(days=10)


def print_result(result: RunResult, checked: Checked | None, page: Path | None) -> None:
    """A table with a row for the account and for each strategy; below it how it came about."""
    summary, width = result.summary, shutil.get_terminal_size().columns
    click.secho(headline(result), bold=True)
    for line in (*table_lines(_books(result), summary["results"]["currency"], _digits(summary)), ""):
        click.echo(line)
    for line in told_lines(result, width):
        click.echo(line)
    for line in (*evidence_lines(summary, width), ""):
        click.echo(line)
    if checked is not None:
        click.secho(f"check:   {checked}", fg="green" if checked.difference is None else "red")
    for line in (*left_out_lines(summary.get("left_out", ())), *remarks(summary)):
        click.secho(line, fg="yellow")
    click.echo(f"digest:  {summary['results']['digest']}\nresults: {result.folder}")
    if page is not None:
        click.echo(f"report:  {page}")


def table_lines(books: Sequence[BookFigures], currency: str, digits: int) -> Iterator[str]:
    """The figures side by side, as wide as they need to be; ``digits`` of the currency's minor unit."""
    rows = [(*_HEADS, f"charges, {currency}"), *(_row(book, digits) for book in books)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *values in rows:
        shown = (f"{value:>{width}}" for value, width in zip(values, widths[1:], strict=True))
        yield "  ".join((f"{name:<{widths[0]}}", *shown))


def told_lines(result: RunResult, width: int) -> Iterator[str]:
    """How orders filled, what refused them, and what ran columns and slices."""
    settings = _settings(result.folder)
    told = {
        **window(settings.get("data", {}), result.summary["results"]),
        "fills": convention(settings),
        "refused": refused(result.summary["refusals"]),
        "columns": columns(result.summary["executor"]),
        "driver": driver(result.summary["driver"]),
    }
    for label, text in told.items():
        yield from textwrap.wrap(f"{label + ':':<{_LABEL}}{text}", max(width, 20), subsequent_indent=" " * _LABEL)


def convention(settings: Mapping[str, Any]) -> str:
    """The fill convention of a run, from its own settings."""
    from friday_core.analytics.fill_convention import fill_convention  # noqa: PLC0415 - `--help` must stay light

    return fill_convention(settings)


def window(data: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, str]:
    """That the data are shorter than what was asked for, by more than holidays; empty if they are not."""
    first, last = (_day(results[name]) for name in ("first_session", "last_session"))
    start, end = (_day(data.get(name)) for name in ("start", "end"))
    if first is None or last is None:
        return {}
    is_late = start is not None and first - start > _HOLIDAYS
    is_early = end is not None and end - last > _HOLIDAYS
    if not (is_late or is_early):
        return {}
    asked = " ".join((*([f"from {start}"] if start else []), *([f"to {end}"] if end else [])))
    return {"window": f"asked for {asked}; the data are from {first} to {last}"}


def _day(value: Any) -> dt.date | None:
    """A date as TOML has it, or as JSON has it."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _settings(folder: Path) -> dict[str, Any]:
    from friday_core.analytics.run_files import read_settings  # noqa: PLC0415 - `--help` must stay light

    return read_settings(folder)


def refused(refusals: Mapping[str, Mapping[str, int]]) -> str:
    """Every code with its count, and whether it was allowed."""
    wrong = refusals["not_allowed"]
    counts = [f"{count:,} {code}{'' if code in wrong else ' (allowed)'}" for code, count in refusals["counts"].items()]
    return ", ".join(counts) or "nothing"


def columns(executor: Mapping[str, Any]) -> str:
    """What ran columns, and why it is not what was wanted."""
    ran = " and ".join(executor["ran"]) or "none"
    return f"{ran}; {executor['reason']}" if executor["reason"] else ran


def driver(told: Mapping[str, Any]) -> str:
    """How many slices the kernel drove, or were passed over but for a call, and why not the others."""
    kernel, called, others = told["kernel"], told["called"], told["driver"]
    rest = f", {others:,} one by one" if others else ""
    if kernel:
        return f"kernel, {kernel:,} slices{rest}"
    if called:
        return f"called by events, {called:,} slices with a call and nothing else{rest}"
    return f"slice by slice in Python: {'; '.join(told['obstacles']) or 'there are few rows'}"


def as_json(result: RunResult, checked: Checked | None) -> dict[str, Any]:
    """The same, for a program; money in the currency, shares as fractions, null where a figure is not defined."""
    summary = result.summary
    digits = _digits(summary)
    books = _books(result)
    found = {
        "status": str(result.status),
        "error": summary["error"],
        "folder": str(result.folder),
        "digest": summary["results"]["digest"],
        "currency": summary["results"]["currency"],
        "first_session": summary["results"]["first_session"],
        "last_session": summary["results"]["last_session"],
        "fill_convention": convention(_settings(result.folder)),
        "account": _plain(books[0], digits) if books else None,
        "strategies": {one.name: _plain(one, digits) for one in books[1:]},
        "refusals": summary["refusals"],
        "executor": summary["executor"],
        "driver": summary["driver"],
    }
    if checked is not None:
        differs = checked.difference
        found["check"] = {"equal": differs is None, "rows": dict(checked.rows), "told": str(checked)}
    if "sensitivity" in summary:
        found["sensitivity"] = summary["sensitivity"]
    return found


def _books(result: RunResult) -> list[BookFigures]:
    from friday_core.analytics.book_figures import book_figures  # noqa: PLC0415 - `--help` must stay light
    from friday_core.analytics.run_analysis import RunAnalysis  # noqa: PLC0415
    from friday_core.analytics.run_files import RunFiles  # noqa: PLC0415

    return book_figures(RunAnalysis(RunFiles.read(result.folder)))


def _digits(summary: Mapping[str, Any]) -> int:
    from friday_core.domain.money import MINOR_DIGITS  # noqa: PLC0415 - `--help` must stay light

    return MINOR_DIGITS[summary["results"]["currency"]]


def _row(book: BookFigures, digits: int) -> tuple[str, ...]:
    sharpe = _UNDEFINED if book.sharpe is None else f"{book.sharpe:.2f}"
    shown = (_percent(book.total_return), _percent(book.annual_return), sharpe, _percent(book.max_drawdown))
    return book.name, *shown, f"{book.trades:,}", f"{book.fills:,}", f"{book.charges / 10**digits:,.{digits}f}"


def _percent(value: float | None) -> str:
    return _UNDEFINED if value is None else f"{value:.2%}"


def _plain(book: BookFigures, digits: int) -> dict[str, Any]:
    names = ("total_return", "annual_return", "sharpe", "max_drawdown", "trades", "fills")
    return {**{name: getattr(book, name) for name in names}, "charges": book.charges / 10**digits}
