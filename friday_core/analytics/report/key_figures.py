"""The key figures of a run in words: the same names and roundings on every page and in every terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from friday_core.analytics.report.wording import UNDEFINED, counted, duration, money, percent, ratio
from friday_core.analytics.run_analysis import BenchmarkFigures, Figures, RunAnalysis

#: Name of a figure, how it is written, and its path in ``Figures``. A benchmark has those at the end of the path.
_ROWS: tuple[tuple[str, Callable[[Any], str], str], ...] = (
    ("total return", percent, "account.total_return"),
    ("annual return", percent, "account.annual_return"),
    ("annual volatility", percent, "account.annual_volatility"),
    ("Sharpe", ratio, "account.sharpe"),
    ("Sortino", ratio, "sortino"),
    ("max drawdown", percent, "account.max_drawdown"),
    ("Calmar", ratio, "calmar"),
    ("alpha, a year", percent, "against.alpha"),
    ("beta", ratio, "against.beta"),
    ("correlation", ratio, "against.correlation"),
    ("tracking error", percent, "against.tracking_error"),
    ("information ratio", ratio, "against.information_ratio"),
    ("average exposure", percent, "account.average_exposure"),
    ("time with a position", percent, "exposure_time"),
    ("turnover, of mean equity", ratio, "account.turnover"),
    ("sessions", lambda value: f"{value:,}", "account.sessions"),
)

#: Rows that stand above everything too.
_HEADLINES = frozenset({"total return", "annual return", "annual volatility", "Sharpe", "max drawdown"})


def figure_rows(run: RunAnalysis) -> tuple[list[str], list[tuple[str, ...]]]:
    """Heads and rows: each figure of the whole run, of its samples if there are two, and of the benchmark."""
    samples = run.samples
    columns: dict[str, Figures | BenchmarkFigures | None] = {"run": run.figures(run.whole)}
    if run.has_bars:
        columns["benchmark"] = run.benchmark_figures(run.whole)
    if samples is not None:
        inside, outside = samples
        columns |= {"in sample": run.figures(inside), "out of sample": run.figures(outside)}
        if run.has_bars:
            columns["benchmark, out of sample"] = run.benchmark_figures(outside)
    rows = [(name, *(_cell(one, path, shown) for one in columns.values())) for name, shown, path in _ROWS]
    return ["figure", *columns], rows


def trip_rows(run: RunAnalysis) -> list[tuple[str, str]]:
    """What the closed round trips say together."""
    found, digits = run.trip_figures, run.files.money_digits
    return [
        ("round trips", f"{found.trips:,}"),
        ("open lots", f"{len(run.open_lots):,}"),
        ("hit rate", percent(found.hit_rate)),
        ("profit factor", ratio(found.profit_factor)),
        ("average profit", money(found.average_profit, digits)),
        ("average loss", money(found.average_loss, digits)),
        ("expectancy, a trip", money(found.expectancy, digits)),
        ("average holding", duration(found.average_holding)),
        ("fills", f"{len(run.fills):,}"),
        ("charges paid", money(sum(fill.charges for fill in run.fills), digits)),
        ("dividends and cash for fractions", money(_income(run), digits)),
    ]


def headline_figures(run: RunAnalysis) -> list[tuple[str, str, list[str]]]:
    """The few that stand above everything: name, value, what to hold it against; out of sample, if that is known."""
    whole, digits = run.figures(run.whole), run.files.money_digits
    if whole is None:
        return []
    part, suffix = (run.samples[1], ", out of sample") if run.samples else (run.whole, "")
    found = {"": run.figures(part), "benchmark ": run.benchmark_figures(part)} | (
        {"whole run ": whole} if suffix else {}
    )
    account = []
    for name, shown, path in _ROWS:
        if name in _HEADLINES:
            value, *beside = (what + _cell(one, path, shown) for what, one in found.items() if one is not None)
            account.append((name + suffix, value, beside))
    equity = int(run.curve.equity[-1]) if len(run.curve) else run.capital
    exposed = f"with a position {percent(whole.exposure_time, 0)} of the time"
    return [
        (f"equity, {run.currency}", money(equity, digits), [f"capital {money(run.capital, digits)}"]),
        *account,
        ("average exposure", percent(whole.account.average_exposure), [exposed]),
        (f"charges, {run.currency}", money(whole.charges, digits), [counted(len(run.fills), "fill")]),
    ]


def compared_rows(runs: Sequence[RunAnalysis]) -> list[tuple[str, ...]]:
    """A row for each figure and a column for each run."""
    figures = [run.figures(run.whole) for run in runs]
    rows = [(name, *(_cell(one, path, shown) for one in figures)) for name, shown, path in _ROWS]
    trips = [[value for _, value in trip_rows(run)] for run in runs]
    names = [name for name, _ in trip_rows(runs[0])]
    ended = ("status", *(str(run.files.summary.get("status", "unknown")) for run in runs))
    return [ended, *rows, *((name, *values) for name, *values in zip(names, *trips, strict=True))]


def _income(run: RunAnalysis) -> int:
    return sum(trip.income for trip in run.trips) + sum(lot.income for lot in run.open_lots)


def _cell(found: Figures | BenchmarkFigures | None, path: str, shown: Callable[[Any], str]) -> str:
    value: Any = found
    for name in path.split(".") if isinstance(found, Figures) else path.split(".")[-1:]:
        value = getattr(value, name, None)
    return UNDEFINED if value is None else shown(value)
