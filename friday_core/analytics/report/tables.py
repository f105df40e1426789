"""Tables of a page: figures, months, drawdowns, round trips, and what was refused or held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from friday_core.analytics.monthly import YearOfReturns
from friday_core.analytics.report.figures import TimeAxis, axis_of
from friday_core.analytics.report.markup import Child, Markup, joined, tag
from friday_core.analytics.report.wording import UNDEFINED, duration, money, percent, price
from friday_core.analytics.round_trips import OpenLot
from friday_core.analytics.run_analysis import RunAnalysis

#: Rows of a table of round trips, of open lots, and of drawdowns.
MOST_TRIPS, MOST_OPEN, MOST_DRAWDOWNS = 100, 40, 10
#: Reasons of one stage and verdict.
MOST_REASONS = 3
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
    """Round trips in the order in which they were closed; of very many, the largest. No column says one thing only."""
    largest = sorted(range(len(run.trips)), key=lambda n: -abs(run.trips[n].net))[:MOST_TRIPS]
    trips = [run.trips[n] for n in largest]
    dull = set() if len({trip.strategy for trip in trips}) > 1 else {"strategy"}
    dull |= set() if any(trip.income for trip in trips) else {"income"}
    axis = axis_of(run)
    rows = [[(name, cell) for name, cell in _trip_row(run, axis, n) if name not in dull] for n in sorted(largest)]
    heads = [name for name, _ in rows[0]]
    words = heads.index("quantity")
    return table(heads, ([cell for _, cell in row] for row in rows), words=words, style="long")


def open_table(run: RunAnalysis) -> Markup:
    """Lots that are open at the end of the run, at their last mark; of very many, those that cost most."""
    axis, digits = axis_of(run), run.files.money_digits
    largest = sorted(run.open_lots, key=lambda lot: -abs(lot.cost))[:MOST_OPEN]
    rows = (
        (
            lot.instrument, lot.strategy, axis.told(lot.ts_opened), f"{lot.quantity:,}", price(lot.entry_price),
            money(lot.cost, digits), money(lot.income, digits), money(lot.charges, digits),
            *_marked(lot, run.open_value(lot), digits),
        )
        for lot in run.open_lots
        if lot in largest
    )  # fmt: skip
    heads = ("instrument", "strategy", "opened", "quantity", "entry price", "cost", "income", "charges", "value", "net")
    listed = table(heads, rows, words=3, style="lots")
    if len(run.open_lots) <= MOST_OPEN:
        return listed
    told = f"The {MOST_OPEN:,} that cost most of {len(run.open_lots):,}; all follow from fills.parquet."
    return joined(listed, tag("p", told, class_="note"))


def _marked(lot: OpenLot, value: float | None, digits: int) -> tuple[Child, Child]:
    """What a lot is worth, and its profit so far."""
    if value is None:
        return UNDEFINED, UNDEFINED
    net = value - lot.cost + lot.income - lot.charges
    return money(value, digits), tag("span", money(net, digits), class_="gain" if net > 0 else "loss")


def decision_table(run: RunAnalysis) -> Markup:
    """Decisions by code, with how many of them were refused or cut, and the words of the last one."""
    names = ("code", "asked", "sent", "detail")
    rows = list(zip(*(run.files.column("decisions", name) for name in names), strict=True))
    counts, cut = Counter(code for code, *_ in rows), Counter(code for code, asked, sent, _ in rows if asked != sent)
    words = {code: detail for code, _, _, detail in rows if detail}
    shown = ((code, words.get(code, ""), f"{n:,}", f"{cut[code]:,}") for code, n in counts.most_common())
    return table(("code", "for example", "decisions", "refused or cut"), shown, words=2)


def quarantine_table(run: RunAnalysis) -> Markup:
    """Rows by stage and verdict, with the most frequent reasons."""
    keys = ("stream", "stage", "verdict")
    groups: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for one in run.files.summary.get("quarantine", ()):
        groups.setdefault(tuple(str(one[key]) for key in keys), []).append((str(one["reason"]), one["rows"]))
    rows = [
        (*group, reason, f"{count:,}")
        for group, reasons in groups.items()
        for reason, count in [*reasons[:MOST_REASONS], *_rest(reasons[MOST_REASONS:])]
    ]
    return table((*keys, "reason", "rows"), rows, words=4)


def _rest(reasons: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return (
        [("other reasons; the rows are in quarantine.parquet", sum(count for _, count in reasons))] if reasons else []
    )


def _trip_row(run: RunAnalysis, axis: TimeAxis, n: int) -> tuple[tuple[str, Child], ...]:
    trip, digits, reached = run.trips[n], run.files.money_digits, run.excursions[n]
    net = tag("span", money(trip.net, digits), class_="gain" if trip.net > 0 else "loss")
    return (
        ("instrument", trip.instrument),
        ("strategy", trip.strategy),
        ("entry", axis.told(trip.ts_opened)),
        ("exit", axis.told(trip.ts_closed)),
        ("quantity", f"{trip.quantity:,}"),
        ("entry price", price(trip.entry_price)),
        ("exit price", price(trip.exit_price)),
        ("income", money(trip.income, digits)),
        ("charges", money(trip.charges, digits)),
        ("net profit", net),
        ("net", percent(trip.net_return)),
        ("MAE", percent(reached.adverse) if reached else UNDEFINED),
        ("MFE", percent(reached.favourable) if reached else UNDEFINED),
        ("held", duration(trip.ts_closed - trip.ts_opened)),
    )


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
