"""The figures of round trips, and of what each instrument and strategy brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from friday_core.analytics.report.figures import HALF, TimeAxis, axis_of, panel_over, share
from friday_core.analytics.report.markup import Markup, tag
from friday_core.analytics.report.plot import Mark, Panel, figure
from friday_core.analytics.report.scales import Scale, marks_of, nice_range
from friday_core.analytics.report.wording import duration, money, percent, ratio, short
from friday_core.analytics.round_trips import RoundTrip
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.domain.chunk import Float64

#: Rows of a bar chart; what is smaller is summed in one more.
_MOST_BARS = 14
_ROW = 22.0
#: Pixels for names on the left and amounts on the right of the bars.
_NAMES, _AMOUNTS = 130.0, 92.0
#: Points of a scatter; of more trips, those with the largest profits and losses are drawn.
MOST_POINTS = 1_000
_UNITS = ((86_400e6, "days"), (3_600e6, "hours"), (60e6, "minutes"))


def contribution_figure(
    brought: Mapping[str, int], digits: int, currency: str, what: str, width: float = HALF
) -> Markup:
    """A bar for each, the largest profit first, with its amount."""
    rows = _largest(brought)
    amounts = [amount / 10**digits for _, amount in rows]
    low, high, step = nice_range(min(0.0, *amounts), max(0.0, *amounts), 3)
    bottom = 30.0 + _ROW * len(rows)
    panel = Panel(Scale(low, high, _NAMES, width - _AMOUNTS), Scale(0.0, 1.0, bottom, 24.0))
    marks: list[Mark] = [(value, short(value, step)) for value in marks_of(low, high, step)]
    bars = [_bar(panel, n, name, amount / 10**digits, money(amount, digits)) for n, (name, amount) in enumerate(rows)]
    label = f"contribution of each {what}"
    return figure(width, bottom + 26.0, label, panel.frame(marks, [], currency), panel.zero_line(), bars)


def holding_figure(run: RunAnalysis, trips: Sequence[RoundTrip]) -> Markup:
    """Net return of each trip against how long it was held."""
    held = np.array([trip.ts_closed - trip.ts_opened for trip in trips], np.float64)
    unit, name = next((one for one in _UNITS if held.max(initial=0.0) >= 2 * one[0]), _UNITS[-1])
    return _scatter(run, trips, held / unit, f"net return against {name} held", name)


def excursion_figure(run: RunAnalysis, trips: Sequence[RoundTrip], adverse: Sequence[float]) -> Markup:
    """Net return of each trip against its maximum adverse excursion."""
    return _scatter(run, trips, np.array(adverse, np.float64) * 100.0, "net return against MAE", "MAE, %")


def _scatter(run: RunAnalysis, trips: Sequence[RoundTrip], across: Float64, label: str, unit: str) -> Markup:
    returns = np.array([trip.net_return for trip in trips])
    low, high, step = nice_range(float(across.min(initial=0.0)), float(across.max(initial=0.0)), 5)
    panel = panel_over([returns, np.zeros(1)], Scale(low, high, 64.0, HALF - 12.0), 26.0, 220.0)
    axis = axis_of(run)
    dots = [
        panel.point(x, y, "gain" if trip.net > 0 else "loss", _told(trip, run, axis))
        for x, y, trip in zip(across.tolist(), returns.tolist(), trips, strict=True)
    ]
    marks: list[Mark] = [(value, ratio(value, 0 if step >= 1 else 2)) for value in marks_of(low, high, step)]
    title = panel.text(HALF - 12.0, 256.0, unit, "tick", "end")
    return figure(HALF, 260.0, label, panel.frame(marks, share(panel), "net return"), dots, title)


def _largest(brought: Mapping[str, int]) -> list[tuple[str, int]]:
    """The largest amounts of either sign; the rest in one row."""
    by_size = sorted(brought.items(), key=lambda one: (-abs(one[1]), one[0]))
    shown, rest = by_size[:_MOST_BARS], by_size[_MOST_BARS:]
    rows = sorted(shown, key=lambda one: (-one[1], one[0]))
    return [*rows, (f"{len(rest):,} others", sum(amount for _, amount in rest))] if rest else rows


def _bar(panel: Panel, n: int, name: str, amount: float, told: str) -> Markup:
    top = 28.0 + _ROW * n
    left, right = sorted((panel.x(0.0), panel.x(amount)))
    return tag(
        "g",
        tag("title", f"{name}: {told}"),
        panel.text(_NAMES - 8, top + 13, _shortened(name), "tick", "end"),
        tag("rect", x=left, y=top + 2, width=max(right - left, 0.5), height=_ROW - 7, class_=_style(amount)),
        panel.text(panel.x.end + _AMOUNTS - 4, top + 13, told, "tick", "end"),
    )


def _shortened(name: str, most: int = 15) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _style(amount: float) -> str:
    return "gain" if amount >= 0 else "loss"


def _told(trip: RoundTrip, run: RunAnalysis, axis: TimeAxis) -> str:
    span = " to ".join(map(axis.told, (trip.ts_opened, trip.ts_closed)))
    profit = f"{money(trip.net, run.files.money_digits)} {run.currency}"
    held = duration(trip.ts_closed - trip.ts_opened)
    return f"{trip.instrument}, {trip.quantity:,}: {span} ({held}), {profit}, {percent(trip.net_return)}"
