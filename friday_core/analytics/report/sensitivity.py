"""The same run with other charges and another slippage, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from friday_core.analytics.report.markup import Markup
from friday_core.analytics.report.tables import table
from friday_core.analytics.report.wording import percent, ratio
from friday_core.analytics.run_files import RunFiles

_COLUMNS = (
    ("total return", percent, "total_return"),
    ("annual return", percent, "annual_return"),
    ("Sharpe", ratio, "sharpe"),
    ("max drawdown", percent, "max_drawdown"),
    ("turnover", ratio, "turnover"),
)


def sensitivity_table(files: RunFiles) -> Markup:
    """A row for each entry of ``summary["sensitivity"]``: what was changed, to the summary of that run.

    ``{"charges 2x, slippage 1x": summary, ...}`` with a whole summary, or its ``results`` alone.
    """
    entries: Mapping[str, Mapping[str, Any]] = files.summary["sensitivity"]
    rows = [
        (name, *(shown(found.get("results", found).get(key)) for _, shown, key in _COLUMNS))
        for name, found in entries.items()
    ]
    return table(("with", *(head for head, _, _ in _COLUMNS)), rows)
