"""The page that shows several runs beside one another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from friday_core.analytics.comparison import ABSENT, Difference, differing_settings, first_difference
from friday_core.analytics.report.figures import WIDE, TimeAxis, legend, panel_over, share, time_axis
from friday_core.analytics.report.key_figures import compared_rows
from friday_core.analytics.report.markup import Markup, joined, tag
from friday_core.analytics.report.page import captioned, document, section
from friday_core.analytics.report.plot import figure
from friday_core.analytics.report.tables import table
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.domain.chunk import Float64

#: Colours of the style sheet; more runs begin anew.
_COLOURS = 6


def comparison_page(runs: Sequence[RunAnalysis]) -> str:
    """A whole document about two runs or more; the others are held against the first."""
    names = [run.files.name for run in runs]
    settings = differing_settings([run.files for run in runs])
    title = f"{len(runs)} runs compared"
    body = [
        tag("header", tag("p", "Friday comparison", class_="kicker"), tag("h1", title)),
        _returns_figure(runs),
        section("Key figures", table(["figure", *names], compared_rows(runs))),
        section("Settings that differ", _settings(names, settings)),
        section("First differences", _differences(runs)),
    ]
    return document(title, joined(body))


def difference_lines(run: RunAnalysis, other: RunAnalysis) -> list[str]:
    """In words, for each of the tables: the first row that differs, or that none does."""
    found = {name: first_difference(run.files, other.files, name) for name in ("decisions", "fills")}
    return [line for name, one in found.items() for line in _told(name, one)]


def _told(name: str, found: Difference | None) -> list[str]:
    if found is None:
        return [f"{name}: all equal"]
    return [f"{name}: row {found.row + 1:,} differs", f"  first: {_row(found.first)}", f"  other: {_row(found.other)}"]


def _row(row: dict[str, Any] | None) -> str:
    if row is None:
        return "no such row"
    return ", ".join(f"{key} {_value(value)}" for key, value in row.items())


def _value(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}Z" if isinstance(value, dt.datetime) else str(value)


def _settings(names: Sequence[str], settings: Sequence[tuple[str, list[str]]]) -> Markup:
    if not settings:
        return tag("p", "None: the runs had the same settings.", class_="note")
    rows = [(name, *(tag("em", one) if one == ABSENT else one for one in values)) for name, values in settings]
    return table(["setting", *names], rows, words=len(names) + 1)


def _differences(runs: Sequence[RunAnalysis]) -> Markup:
    first, *others = runs
    parts = [
        joined(
            tag("p", f"{first.files.name} and {other.files.name}"),
            tag("pre", "\n".join(difference_lines(first, other))),
        )
        for other in others
    ]
    return joined(parts)


def _returns_figure(runs: Sequence[RunAnalysis]) -> Markup | None:
    """Total return so far of each run that has one, on the moments of all of them."""
    shown = [(n, run) for n, run in enumerate(runs) if len(run.curve) and run.capital > 0]
    if not shown:
        return None
    ts, where = np.unique(np.concatenate([run.curve.ts_event for _, run in shown]), return_index=True)
    session = np.concatenate([run.curve.session for _, run in shown])[where]
    axis = time_axis(ts, session, shown[0][1].files.timezone)
    lines = [(f"run-{n % _COLOURS}", _growth(run, axis)) for n, run in shown]
    panel = panel_over([line for _, line in lines], axis.scale(WIDE), 26.0, 320.0)
    drawing = figure(
        WIDE, 350.0, "total return of each run over time",
        panel.frame(axis.marks(9), share(panel), "total return"),
        [panel.line(range(len(line)), line, style) for style, line in lines],
    )  # fmt: skip
    keys = legend(*((f"run-{n % _COLOURS}", run.files.name) for n, run in shown))
    return section("Returns", captioned(drawing, "Equity after each slice over the capital, less one.", keys))


def _growth(run: RunAnalysis, axis: TimeAxis) -> Float64:
    """Missing where this run had no slice yet, or no more."""
    rows = np.searchsorted(run.curve.ts_event, axis.ts_event, side="right") - 1
    known = (rows >= 0) & (axis.ts_event <= run.curve.ts_event[-1])
    grown: Float64 = np.where(known, run.curve.equity[np.maximum(rows, 0)] / run.capital - 1.0, np.nan)
    return grown
