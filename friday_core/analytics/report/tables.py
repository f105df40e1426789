"""Tables of a page: figures, months, drawdowns, round trips, and what was refused or held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from friday_core.analytics.monthly import YearOfReturns
from friday_core.analytics.report.figures import TimeAxis, axis_of
from friday_core.analytics.report.markup import Child, Markup, tag
from friday_core.analytics.report.wording import UNDEFINED, duration, money, percent, price
from friday_core.analytics.run_analysis import RunAnalysis

#: Rows of a table of round trips, and of one of drawdowns.
MOST_TRIPS, MOST_DRAWDOWNS = 400, 10
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: A month's return that has the full colour.
_FULL = 0.10


def table(heads: Sequence[str], rows: Iterable[Sequence[Child]], *, words: int = 1, style: str = "") -> Markup:
    """A table whose first ``words`` columns are words and whose others are numbers."""
    head = tag("tr", [tag("th", name, scope="col", class_=_side(n, words)) for n, name in enumerate(heads)])
    body = [tag("tr", [tag("td", cell, class_=_side(n, words)) for n, cell in enumerate(row)]) for row in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", body)), class_=f"scroll {style}".strip())


def month_table(years: Sequence[YearOfReturns]) -> Markup:
    """A row for each year, coloured by the size of the return."""
    head = tag("tr", [tag("th", name, scope="col") for name in ("", *_MONTHS, "year")])
    rows = [
        tag(
            "tr",
            tag("th", str(one.year), scope="row"),
            [_heat(value) for value in one.months],
            _heat(one.total, "total"),
        )
        for one in years
    ]
    return tag("div", tag("table", tag("thead", head), tag("tbody", rows), class_="months"), class_="scroll")


def drawdown_table(run: RunAnalysis) -> Markup:
    """The deepest falls with their dates; a fall that has not ended says so."""
    axis = axis_of(run)
    rows = [
        (
            _at(axis, one.peak), _at(axis, one.trough),
            UNDEFINED + " not yet" if one.recovery is None else _at(axis, one.recovery),
            percent(-one.depth), duration(_ts(axis, one.trough) - _ts(axis, one.peak)),
            UNDEFINED if one.recovery is None else duration(_ts(axis, one.recovery) - _ts(axis, one.trough)),
        )
        for one in run.drawdowns[:MOST_DRAWDOWNS]
    ]  # fmt: skip
    return table(("peak", "trough", "recovery", "depth", "to the trough", "to recovery"), rows, words=3)


def trip_table(run: RunAnalysis) -> Markup:
    """Round trips in the order in which they were closed; of very many, the largest."""
    largest = sorted(range(len(run.trips)), key=lambda n: -abs(run.trips[n].net))[:MOST_TRIPS]
    heads = (
        "instrument", "strategy", "entry", "exit", "quantity", "entry price", "exit price",
        "income", "charges", "net profit", "net", "MAE", "MFE", "held",
    )  # fmt: skip
    axis = axis_of(run)
    return table(heads, (_trip_row(run, axis, n) for n in sorted(largest)), words=4, style="long")


def open_table(run: RunAnalysis) -> Markup:
    """Lots that are open at the end of the run."""
    axis, digits = axis_of(run), run.files.money_digits
    rows = (
        (
            lot.instrument, lot.strategy, axis.told(lot.ts_opened), f"{lot.quantity:,}",
            price(lot.entry_price), money(lot.cost, digits), money(lot.income, digits), money(lot.charges, digits),
        )
        for lot in run.open_lots
    )  # fmt: skip
    heads = ("instrument", "strategy", "opened", "quantity", "entry price", "cost", "income", "charges")
    return table(heads, rows, words=3)


def decision_table(run: RunAnalysis) -> Markup:
    """Decisions by code, with how many of them were refused or cut, and the words of the last one."""
    names = ("code", "asked", "sent", "detail")
    rows = list(zip(*(run.files.column("decisions", name) for name in names), strict=True))
    counts, cut = Counter(code for code, *_ in rows), Counter(code for code, asked, sent, _ in rows if asked != sent)
    words = {code: detail for code, _, _, detail in rows if detail}
    shown = ((code, words.get(code, ""), f"{n:,}", f"{cut[code]:,}") for code, n in counts.most_common())
    return table(("code", "for example", "decisions", "refused or cut"), shown, words=2)


def quarantine_table(run: RunAnalysis) -> Markup:
    """Rows by stage, verdict and reason."""
    keys = ("stream", "stage", "verdict", "reason")
    rows = ([*(str(one[key]) for key in keys), f"{one['rows']:,}"] for one in run.files.summary.get("quarantine", ()))
    return table((*keys, "rows"), rows, words=4)


def _trip_row(run: RunAnalysis, axis: TimeAxis, n: int) -> tuple[Child, ...]:
    trip, digits, reached = run.trips[n], run.files.money_digits, run.excursions[n]
    return (
        trip.instrument, trip.strategy, axis.told(trip.ts_opened), axis.told(trip.ts_closed), f"{trip.quantity:,}",
        price(trip.entry_price), price(trip.exit_price), money(trip.income, digits), money(trip.charges, digits),
        tag("span", money(trip.net, digits), class_="gain" if trip.net > 0 else "loss"), percent(trip.net_return),
        percent(reached.adverse) if reached else UNDEFINED, percent(reached.favourable) if reached else UNDEFINED,
        duration(trip.ts_closed - trip.ts_opened),
    )  # fmt: skip


def _heat(value: float | None, style: str = "") -> Markup:
    if value is None:
        return tag("td", "", class_=style or None)
    strength = min(abs(value) / _FULL, 1.0)
    sign = "up" if value >= 0 else "down"
    return tag("td", percent(value, 1), class_=f"{sign} {style}".strip(), style=f"--heat:{strength * 60:.0f}%")


def _side(n: int, words: int) -> str | None:
    return None if n < words else "number"


def _ts(axis: TimeAxis, position: int) -> int:
    """Of a position in a series that begins with the capital."""
    return int(axis.ts_event[max(position - 1, 0)])


def _at(axis: TimeAxis, position: int) -> str:
    return axis.told(_ts(axis, position))
