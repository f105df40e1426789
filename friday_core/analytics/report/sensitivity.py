"""The same run with other charges and another slippage, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from friday_core.analytics.report.markup import Markup, joined, tag
from friday_core.analytics.report.tables import table
from friday_core.analytics.report.wording import UNDEFINED, percent, ratio
from friday_core.analytics.run_files import RunFiles

_ROWS: tuple[tuple[str, Callable[[Any], str], str], ...] = (
    ("total return", percent, "total_return"),
    ("annual return", percent, "annual_return"),
    ("Sharpe", ratio, "sharpe"),
    ("max drawdown", percent, "max_drawdown"),
    ("turnover, of mean equity", ratio, "turnover"),
    ("equity at the end", lambda value: f"{value:,.2f}", "end_equity"),
    ("charges paid", lambda value: f"{value:,.2f}", "charges"),
    ("fills", lambda value: f"{value:,}", "fills"),
)
_TOLD = (
    "The same bars and the same versions of the model, with every charge and the slippage of the simulated exchange "
    "times 0 and times 2. Fills may differ too: what can be paid for depends on the cash."
)


def sensitivity_table(files: RunFiles) -> Markup:
    """A column for each run of ``summary["sensitivity"]``, this one in its place by scale."""
    again: Sequence[Mapping[str, Any]] = files.summary["sensitivity"]
    own = {"charges": 1, "slippage": 1, "results": {**files.results, "charges": _charges(files)}}
    columns = sorted([*again, own], key=lambda one: (one["charges"], one["slippage"]))
    rows = [(name, *(_cell(one, key, shown) for one in columns)) for name, shown, key in _ROWS]
    failed = [one for one in again if one.get("error")]
    return joined(
        table(("charges and slippage", *map(_head, columns)), rows),
        [tag("p", f"{_head(one)}: {one['error']}", class_="note loss") for one in failed],
        tag("p", _TOLD, class_="note"),
    )


def _head(one: Mapping[str, Any]) -> str:
    """One number where both are scaled alike."""
    charges, slippage = (f"{one[name]:g}x" for name in ("charges", "slippage"))
    if charges != slippage:
        return f"{charges} and {slippage}"
    return "1x, this run" if charges == "1x" else charges


def _charges(files: RunFiles) -> float | None:
    books = files.summary.get("strategies", {}).values()
    paid = [book["charges"] for book in books if "charges" in book]
    return sum(paid) if paid else None


def _cell(one: Mapping[str, Any], key: str, shown: Callable[[Any], str]) -> str:
    value = one.get("results", {}).get(key)
    return UNDEFINED if value is None else shown(value)
