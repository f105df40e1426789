"""The figures of the account over time: equity and drawdown, exposure, prices with fills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.analytics.drawdowns import underwater
from friday_core.analytics.price_history import PriceHistory
from friday_core.analytics.report.markup import Markup, joined, tag
from friday_core.analytics.report.plot import Mark, Panel, figure
from friday_core.analytics.report.scales import Scale, nice_range, time_marks
from friday_core.analytics.report.wording import counted, moment, money, percent, price, short
from friday_core.analytics.round_trips import Traded
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.domain.chunk import Float64, Int64

#: Of a figure as wide as the page, and of one of two in a row.
WIDE, HALF = 1_000.0, 490.0
_LEFT, _RIGHT = 64.0, 12.0
#: Fills of one instrument that are marked; more hide the price.
MOST_MARKED = 200


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """One position for each slice of a run: nights and holidays take no room.

    ``daily`` says that no session has two slices, so that a date names one.
    """

    ts_event: Int64
    session: Int64
    zone: ZoneInfo
    daily: bool

    def scale(self, width: float) -> Scale:
        return Scale(0.0, max(len(self.ts_event) - 1.0, 0.0), _LEFT, width - _RIGHT)

    def marks(self, most: int) -> list[Mark]:
        return [(float(at), name) for at, name in time_marks(self.ts_event, self.session, self.zone, most)]

    def at(self, ts: Int64) -> Int64:
        """Positions of moments: of the slice that closes then, or the next one."""
        return np.minimum(np.searchsorted(self.ts_event, ts), max(len(self.ts_event) - 1, 0))

    def told(self, ts: int) -> str:
        """A moment in words."""
        return moment(ts, self.zone, self.daily)


def axis_of(run: RunAnalysis) -> TimeAxis:
    return time_axis(run.curve.ts_event, run.curve.session, run.files.timezone)


def time_axis(ts_event: Int64, session: Int64, timezone: str) -> TimeAxis:
    """Both ascending, in the zone of the exchange."""
    return TimeAxis(ts_event, session, ZoneInfo(timezone), daily=bool(np.all(np.diff(session) != 0)))


def panel_over(values: Sequence[Float64], x: Scale, top: float, bottom: float, *, marks: int = 5) -> Panel:
    """A panel whose y axis holds all the values."""
    known = np.concatenate([one[np.isfinite(one)] for one in values]) if values else np.zeros(0)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low, high, step = nice_range(low, high, marks)
    return Panel(x, Scale(low, high, bottom, top), step)


def named(panel: Panel, name: Callable[[float], str] | None = None) -> list[Mark]:
    """The marks of a panel's y axis, shortened unless ``name`` says otherwise."""
    return [(value, name(value) if name else short(value, panel.step)) for value in panel.y_values()]


def share(panel: Panel) -> list[Mark]:
    """The marks of a y axis of fractions, as per cent."""
    return named(panel, lambda value: percent(value, 0 if panel.step >= 0.01 else 1))


def legend(*entries: tuple[str, str]) -> Markup:
    """(style, name) of what a figure shows."""
    shown = (tag("li", tag("span", class_=f"key {style}"), name) for style, name in entries)
    return tag("ul", shown, class_="legend")


def equity_figure(run: RunAnalysis) -> Markup:
    """Equity and benchmark, and below them how far each is under its peak."""
    axis, digits = axis_of(run), 10.0**run.files.money_digits
    x, equity = axis.scale(WIDE), run.curve.equity / digits
    benchmark = None if run.benchmark is None else run.benchmark / digits
    lines = [("equity", equity)] if benchmark is None else [("benchmark", benchmark), ("equity", equity)]
    falls = [(style, underwater(np.concatenate([[run.capital / digits], line]))[1:]) for style, line in lines]
    upper = panel_over([line for _, line in lines], x, 26.0, 300.0)
    lower = panel_over([fall for _, fall in falls], x, 356.0, 470.0, marks=3)
    return figure(
        WIDE, 500.0, "equity and drawdown over time",
        samples(run, upper), samples(run, lower, words=False),
        upper.frame([], named(upper), run.currency),
        [upper.line(range(len(line)), line, style) for style, line in lines],
        lower.frame(axis.marks(9), share(lower), "drawdown"),
        lower.area(range(len(equity)), falls[-1][1], "equity"),
        [lower.line(range(len(fall)), fall, f"{style} thin") for style, fall in falls],
    )  # fmt: skip


def samples(run: RunAnalysis, panel: Panel, *, words: bool = True) -> Markup:
    """A band over what was known when the strategy was made, if the summary names the boundary."""
    if run.samples is None or run.boundary is None:
        return joined()
    edge = run.boundary - 0.5
    left, right = panel.x(edge) - 6, panel.x(edge) + 6
    return joined(
        panel.band(0.0, edge, "in-sample"),
        tag("line", x1=panel.x(edge), x2=panel.x(edge), y1=panel.y.start, y2=panel.y.end, class_="boundary"),
        panel.text(left, panel.y.end + 12, "in sample", "tick", "end") if words else None,
        panel.text(right, panel.y.end + 12, "out of sample", "tick", "start") if words else None,
    )


def exposure_figure(run: RunAnalysis) -> Markup:
    """Gross and net value of the positions over equity."""
    axis, curve = axis_of(run), run.curve
    equity = np.where(curve.equity > 0, curve.equity, np.nan)
    gross, net = curve.gross / equity, curve.value / equity
    panel = panel_over([gross, net, np.zeros(1)], axis.scale(WIDE), 26.0, 190.0, marks=4)
    return figure(
        WIDE, 220.0, "gross and net exposure over time",
        samples(run, panel, words=False),
        panel.frame(axis.marks(9), share(panel), "of equity"),
        panel.area(range(len(curve)), gross, "gross"),
        panel.line(range(len(curve)), net, "net"),
    )  # fmt: skip


def price_figure(run: RunAnalysis, name: str, history: PriceHistory, fills: Sequence[Traded]) -> Markup:
    """Closes on the level of the last one, with a triangle at the price of each fill, of the largest if very many."""
    axis = axis_of(run)
    marked = sorted(sorted(fills, key=lambda one: -one.value)[:MOST_MARKED], key=lambda one: one.ts_event)
    ts = np.array([fill.ts_event for fill in marked], np.int64)
    traded = np.array([fill.price for fill in marked]) * (history.scale(ts) if marked else 1.0)
    panel = panel_over([history.adjusted, traded], axis.scale(HALF), 26.0, 180.0, marks=4)
    arrows = [
        panel.arrow(at, value, fill.quantity > 0, "buy" if fill.quantity > 0 else "sell", _told(fill, run, axis))
        for fill, at, value in zip(marked, axis.at(ts).tolist(), traded.tolist(), strict=True)
    ]
    return figure(
        HALF, 206.0, f"price of {name} with fills",
        panel.frame(axis.marks(4), named(panel), f"{name}, {counted(len(fills), 'fill')}"),
        panel.line(axis.at(history.ts_event), history.adjusted, "price"),
        arrows,
    )  # fmt: skip


def _told(fill: Traded, run: RunAnalysis, axis: TimeAxis) -> str:
    side = "bought" if fill.quantity > 0 else "sold"
    when = axis.told(fill.ts_event)
    charged = f"{money(fill.charges, run.files.money_digits)} {run.currency}"
    return f"{when}: {side} {abs(fill.quantity):,} at {price(fill.price)}, charges {charged} ({fill.strategy})"
