"""The end of a run as a person reads it, in a terminal of 80 columns too."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from friday_core.orchestration.host import RunResult

_PERCENT = ("total_return", "annual_return", "annual_volatility", "max_drawdown", "average_exposure")
#: From top to bottom as it adds up: the capital and what was gained is the equity.
_BOOK = (("capital", 1), ("realised", 1), ("unrealised", 1), ("dividends", 1), ("charges", -1), ("equity", 1))
#: Columns that labels take: of the figures, and of a book's parts.
_LABEL, _PART = 26, 12
#: Positions that are named; ``positions.parquet`` has them all.
_NAMED = 10
#: Reasons of one stage and verdict that are told.
_REASONS = 2
#: Codes of refusals of short sales, and what allows them.
_SHORT_SALES = frozenset({"SHORT_DELIVERY", "LONG_ONLY"})
_HOW_TO_SELL_SHORT = 'to sell short, write [risk] allow_short = true and take "long_only" out of its rules'
#: A space where a line is not broken, until it is printed.
_TIED = "\N{NO-BREAK SPACE}"


def print_summary(result: RunResult, page: Path | None = None) -> None:
    """The figures of ``summary.json`` that people look at first, and where the rest is; ``page`` is the report."""
    width = shutil.get_terminal_size().columns
    summary = result.summary
    click.secho(headline(result), bold=True)
    for line in (*figure_lines(summary["results"], width), *evidence_lines(summary, width), ""):
        click.echo(line)
    for line in book_lines(summary["strategies"], summary["results"]["currency"], width):
        click.echo(line)
    for line in (*left_out_lines(summary.get("left_out", ())), *remarks(summary)):
        click.secho(line, fg="yellow")
    click.echo(f"\ndigest:  {summary['results']['digest']}\nresults: {result.folder}")
    if "journal" in summary:
        click.echo(f"journal: {_journal_line(summary['journal'], result.status)}")
    if page is not None:
        click.echo(f"report:  {page}")


def headline(result: RunResult) -> str:
    """Mode, profile, how it ended, and what was seen."""
    session, results = result.summary["session"], result.summary["results"]
    what = f"{session['mode']}, profile {session['profile']}" if session else "session"
    first, last = results["first_session"], results["last_session"]
    span = f"{first} to {last}" if first else "no session"
    return f"{what}: {result.status} ({span}, {results['rows']:,} rows)"


def figure_lines(results: Mapping[str, Any], width: int) -> Iterator[str]:
    """One figure a line, its label first."""
    for label, value in _figures(results):
        yield from _wrapped(f"{label:<{_LABEL}}  {value}", width, _LABEL + 2)


def evidence_lines(summary: Mapping[str, Any], width: int) -> Iterator[str]:
    """What the model's predictions were worth, and what charges and slippage make of the result."""
    if "model" in summary:
        model = summary["model"]
        yield from _wrapped(f"model {model['plugin']}: {model['skill']['verdict']}", width, 4)
    for one in summary.get("sensitivity", ()):
        label = f"at {one['charges']}x charges, slippage"
        yield from _wrapped(f"{label:<{_LABEL}}  {_sensitive(one)}", width, _LABEL + 2)


def book_lines(strategies: Mapping[str, Any], currency: str, width: int) -> Iterator[str]:
    """A column for each book, as many side by side as fit; then what each holds."""
    columns = [_book_column(name, book) for name, book in strategies.items()]
    while columns:
        shown = _fitting(columns, width)
        for n, label in enumerate((f"books, {currency}", *(label for label, _ in _BOOK))):
            yield "".join((f"{label:<{_PART}}", *(f"  {column[n]:>{_width(column)}}" for column in shown)))
        yield ""
        columns = columns[len(shown) :]
    for name, book in strategies.items():
        yield from _wrapped(f"{name} holds {_holding(book['positions'])}", width, 4)


def left_out_lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of whom the model never spoke or nothing was seen, with the reason; of the others only the number."""
    silent = [one for one in found if one["predictions"] == 0 or one["bars"] == 0]
    for one in silent[:_NAMED]:
        never = [what for what, count in (("predicted", "predictions"), ("traded", "fills")) if one[count] == 0]
        yield f"{one['instrument']} was never {' or '.join(never)}: {one['reason']}"
    if rest := len(found) - len(silent[:_NAMED]):
        more = "1 instrument was" if rest == 1 else f"{rest:,} instruments were"
        yield f"{more} never traded{' either' if silent else ''}; summary.json says why under left_out"


def remarks(summary: Mapping[str, Any]) -> Iterator[str]:
    """What went wrong or took long, what was held back, and files that a broker wrote."""
    if summary["error"]:
        yield f"error: {summary['error']}"
    for one in summary["stopped_strategies"]:
        yield f"strategy {one['strategy']} was stopped: {one['error']}"
    for one in summary["validator_faults"]:
        yield f"validator {one['validator']} failed on row {one['seq']:,}, no position was opened since: {one['error']}"
    if wrong := summary["refusals"]["not_allowed"]:
        counted = ", ".join(f"{count:,} {code}" for code, count in wrong.items())
        names = ", ".join(f'"{code}"' for code in wrong)
        shorts = f"; {_HOW_TO_SELL_SHORT}" if _SHORT_SALES & wrong.keys() else ""
        yield f"orders were refused: {counted}{shorts}; if that is meant, write [risk] allow_refusals = [{names}]"
    clock = summary.get("clock", {})
    if clock.get("late_records"):  # a live session has none: rows come as they come
        yield (
            f"the session was up to {clock['largest_lag']:.1f} s behind its clock, more than a second "
            f"{clock['late_records']:,} times; nothing was left out; lower [clock] speed to keep up"
        )
    for stage, count in summary.get("slow", {}).items():
        records = "1 record" if count == 1 else f"{count:,} records"
        yield f"{stage} was slow: {records} took longer than [run] slow_record"
    yield from stop_remarks(summary)
    yield from summary.get("warnings", ())
    yield from _held_back(summary["quarantine"])
    for what, where in summary["files"].items():
        yield f"{what}: {where}"


def stop_remarks(summary: Mapping[str, Any]) -> Iterator[str]:
    """What went wrong as components were stopped, unless the run failed for it: then its error says so."""
    for error in summary.get("stop_errors", ()):
        if error not in summary["error"]:
            yield f"while stopping: {error}"


def _figures(results: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
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


def _sensitive(one: Mapping[str, Any]) -> str:
    if "results" not in one:
        return f"{one['status']}: {one['error']}"
    results = one["results"]
    sharpe = "" if results["sharpe"] is None else f", Sharpe {results['sharpe']:.2f}"
    return f"{results['total_return']:.2%}{sharpe}"


def _held_back(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The most frequent reasons of each stage and verdict, and how many rows the others are."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in found:
        groups.setdefault((row["verdict"], row["stage"]), []).append(row)
    for (verdict, stage), rows in groups.items():
        told = [(row["rows"], row["reason"]) for row in rows[:_REASONS]]
        if len(rows) > _REASONS:
            told.append((sum(row["rows"] for row in rows[_REASONS:]), "other reasons; quarantine.parquet has them"))
        for count, reason in told:
            yield f"{count:,} row{'' if count == 1 else 's'} {verdict} by {stage}: {reason}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,}{_TIED}{name}" for name, count in counts.items()) or "none"


def _book_column(name: str, book: Mapping[str, Any]) -> list[str]:
    return [name, *(f"{sign * book[part] + 0.0:,.2f}" for part, sign in _BOOK)]


def _width(column: Sequence[str]) -> int:
    return max(map(len, column))


def _fitting(columns: Sequence[list[str]], width: int) -> list[list[str]]:
    """The first columns that fit beside the labels; one at least."""
    ends = accumulate(_width(column) + 2 for column in columns)
    return [column for column, end in zip(columns, ends, strict=True) if end <= width - _PART] or list(columns[:1])


def _holding(positions: Mapping[str, int]) -> str:
    named = [f"{quantity:,}{_TIED}{instrument}" for instrument, quantity in positions.items()][:_NAMED]
    more = len(positions) - len(named)
    return (", ".join(named) or "nothing") + (f" and {more:,} more" if more else "")


def _wrapped(line: str, width: int, indent: int) -> list[str]:
    """The line, continued on others where it is too long; a single word is never cut."""
    lines = textwrap.wrap(line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    return [one.replace(_TIED, " ") for one in lines]


def _journal_line(journal: dict[str, Any], status: str) -> str:
    """Where it is, what of it another process wrote, and what becomes of a session that has not ended."""
    told = journal["folder"]
    if journal["taken_up"]:
        told += f", of which {journal['taken_up']:,} of {journal['records']:,} records were there before"
    return f"{told}; the next start goes on there, `friday run --new` does not" if status == "interrupted" else told
