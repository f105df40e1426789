"""The page of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.resources import files as package_files
from typing import Any

from friday_core.analytics.fill_convention import fill_convention
from friday_core.analytics.report import tables
from friday_core.analytics.report.figures import MOST_MARKED, WIDE, equity_figure, exposure_figure, legend, price_figure
from friday_core.analytics.report.key_figures import figure_rows, headline_figures, trip_rows
from friday_core.analytics.report.markup import Child, Markup, joined, tag
from friday_core.analytics.report.model_section import left_out_table, model_part
from friday_core.analytics.report.sensitivity import sensitivity_table
from friday_core.analytics.report.trip_plots import MOST_POINTS, contribution_figure, excursion_figure, holding_figure
from friday_core.analytics.report.warnings import warnings_of
from friday_core.analytics.report.wording import counted, money
from friday_core.analytics.run_analysis import RunAnalysis

#: Instruments whose prices are drawn: those with the most fills.
MOST_PRICES = 12

CONVENTIONS = {
    "year": "252 sessions; a session's return is taken from its last equity",
    "risk-free rate": "zero",
    "deviation": "of a sample (ddof 1); Sortino divides the downside by all sessions, target zero",
    "benchmark": "the run's instruments in equal weights, bought at the first close and held; dividends are "
    "reinvested, nothing is charged",
    "alpha and beta": "least squares on the benchmark's session returns; alpha times 252, not compounded",
    "round trips": "first in, first out; net is after charges of both fills, with dividends",
    "MAE, MFE": "largest move against and for the position, from the entry price, over the bars it was held",
}


def run_page(run: RunAnalysis) -> str:
    """A whole document. Every part that has nothing to show says so or is left out."""
    session = run.files.summary.get("session") or {}
    title = ", ".join(dict.fromkeys([session.get("profile", run.files.name), session.get("mode", "run")]))
    body = joined(_head(run, title), _tiles(run), _warnings(run), *_sections(run), _provenance(run))
    return document(title, body)


def document(title: str, body: Markup) -> str:
    """HTML that is well-formed XML too, with its style sheet inside."""
    style = Markup(package_files(__package__).joinpath("style.css").read_text(encoding="utf-8"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", style),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', tag('main', body)), lang='en')}\n"


def section(title: str, *children: Child) -> Markup:
    """One part of a page under its heading."""
    return tag("section", tag("h2", title), *children)


def captioned(drawing: Markup, caption: Child, *above: Child) -> Markup:
    """A figure with its legend above and its caption below."""
    return tag("figure", *above, drawing, tag("figcaption", caption))


def _head(run: RunAnalysis, title: str) -> Markup:
    results, settings = run.files.results, run.files.settings
    first, last = results.get("first_session"), results.get("last_session")
    account, broker = settings.get("account", {}), settings.get("broker", {})
    facts = {
        "period": f"{first} to {last}, {results['sessions']:,} sessions" if first else "no session",
        "instruments": _instruments(run),
        "capital": f"{money(run.capital, run.files.money_digits)} {run.currency}" if run.capital else "unknown",
        "strategies": ", ".join(run.files.summary.get("strategies", {})) or "none",
        **_model(run.files.summary.get("model")),
        "charges": _plugin(settings, "charges", account.get("charges")),
        "broker": _plugin(settings, "broker", broker.get("use")),
        "orders": fill_convention(settings),
        "run": run.files.name,
    }
    listed = [joined(tag("dt", name), tag("dd", value)) for name, value in facts.items()]
    return tag("header", tag("p", "Friday run report", class_="kicker"), tag("h1", title), tag("dl", listed))


def _instruments(run: RunAnalysis) -> str:
    names = sorted(run.prices or {fill.instrument for fill in run.fills})
    more = f" and {len(names) - 8:,} more" if len(names) > 8 else ""
    return f"{len(names):,}: {', '.join(names[:8])}{more}" if names else "none traded"


def _model(model: Mapping[str, Any] | None) -> dict[str, str]:
    if model is None:
        return {}
    return {"model": f"{model['plugin']}, {model['horizon']:,} bars ahead, {counted(len(model['versions']), 'fit')}"}


def _plugin(settings: Mapping[str, Any], kind: str, name: str | None) -> str:
    if not name:
        return "none named"
    values = settings.get("plugins", {}).get(kind, {}).get(name, {})
    told = ", ".join(f"{key} {value}" for key, value in values.items())
    return f"{name} ({told})" if told else name


def _warnings(run: RunAnalysis) -> Markup | None:
    found = warnings_of(run)
    if not found:
        return None
    return tag("section", tag("h2", "Read first"), tag("ul", [tag("li", one) for one in found]), class_="warnings")


def _tiles(run: RunAnalysis) -> Markup | None:
    tiles = [
        tag("div", tag("span", name), tag("b", value), [tag("i", one) for one in beside])
        for name, value, beside in headline_figures(run)
    ]
    return tag("section", tiles, class_="tiles") if tiles else None


def _sections(run: RunAnalysis) -> Iterator[Markup]:
    summary = run.files.summary
    if len(run.curve):
        yield from _account(run)
    if "model" in summary:
        yield section("Model", model_part(run))
    if "sensitivity" in summary:
        yield section("Sensitivity to charges and slippage", sensitivity_table(run.files))
    if len(run.curve):
        yield from _over_time(run)
    if run.drawdowns:
        yield section("Worst drawdowns", tables.drawdown_table(run))
    yield from _trading(run)
    if summary.get("left_out"):
        yield section("Left out", left_out_table(summary["left_out"]))
    if run.files.column("decisions", "code"):
        yield section("Decisions", tables.decision_table(run))
    if summary.get("quarantine"):
        yield section("What validators remarked on", tables.quarantine_table(run))


def _account(run: RunAnalysis) -> Iterator[Markup]:
    entries = [("equity", "equity")] + (
        [("benchmark", "benchmark: equal weights, bought and held")] if run.has_bars else []
    )
    caption = "Equity after each slice, and how far it is below its highest value so far."
    yield section("Equity and drawdown", captioned(equity_figure(run), caption, legend(*entries)))
    yield section("Key figures", *_key_figures(run))


def _key_figures(run: RunAnalysis) -> Iterator[Markup]:
    """Beside one another if there is room: two samples have a column each."""
    heads, rows = figure_rows(run)
    figures, trips, head = tables.table(heads, rows), trip_rows(run), ["round trips", run.currency]
    if run.samples is None:
        yield tag("div", figures, tables.table(head, trips), class_="pair wide-left")
        return
    half = (len(trips) + 1) // 2
    yield figures
    yield tag("div", [tables.table(head, part) for part in (trips[:half], trips[half:])], class_="pair apart")


def _over_time(run: RunAnalysis) -> Iterator[Markup]:
    yield section("Returns by month", tables.month_table(run.months))
    caption = "Gross is the sum of all positions without their signs, net with them, both over equity."
    entries = [("gross", "gross"), ("net", "net")]
    yield section("Exposure", captioned(exposure_figure(run), caption, legend(*entries)))


def _trading(run: RunAnalysis) -> Iterator[Markup]:
    if run.contributions:
        yield section("What each brought", _contributions(run))
    if run.fills:
        yield section("Prices and fills", _prices(run))
    if run.trips:
        yield section("Round trips", _scatters(run), _cut(run), tables.trip_table(run))
    if run.open_lots:
        yield section("Open at the end", tables.open_table(run))


def _contributions(run: RunAnalysis) -> Markup:
    by_instrument, by_strategy = Counter[str](), Counter[str]()
    for (strategy, instrument), amount in run.contributions.items():
        by_instrument[instrument] += amount
        by_strategy[strategy] += amount
    digits, currency = run.files.money_digits, run.currency
    told = "After charges, with dividends and with open positions at their last mark: together the change of equity."
    if len(by_strategy) == 1:
        return captioned(contribution_figure(by_instrument, digits, currency, "instrument", WIDE), told)
    drawn = [
        captioned(contribution_figure(by_instrument, digits, currency, "instrument"), "By instrument."),
        captioned(contribution_figure(by_strategy, digits, currency, "strategy"), "By strategy."),
    ]
    return joined(tag("div", drawn, class_="pair"), tag("p", told, class_="note"))


def _prices(run: RunAnalysis) -> Markup:
    by_name: dict[str, list[Any]] = {}
    for fill in run.fills:
        by_name.setdefault(fill.instrument, []).append(fill)
    drawn = [name for name in sorted(by_name, key=lambda one: (-len(by_name[one]), one)) if name in run.prices]
    left_out = len(by_name) - len(drawn[:MOST_PRICES])
    plots = [tag("figure", price_figure(run, name, run.prices[name], by_name[name])) for name in drawn[:MOST_PRICES]]
    more = f" Not drawn, with fewer fills or without prices: {counted(left_out, 'instrument')}." if left_out else ""
    if any(len(by_name[name]) > MOST_MARKED for name in drawn[:MOST_PRICES]):
        more = f" Of each instrument, the {MOST_MARKED:,} largest fills are marked.{more}"
    told = f"Closes on the level of the last one, adjusted for splits and dividends; point at a fill to read it.{more}"
    keys = legend(("buy", "bought"), ("sell", "sold"))
    return joined(keys, tag("div", plots, class_="pair"), tag("p", told, class_="note"))


def _scatters(run: RunAnalysis) -> Markup:
    largest = sorted(range(len(run.trips)), key=lambda n: -abs(run.trips[n].net))[:MOST_POINTS]
    trips = [run.trips[n] for n in sorted(largest)]
    reached = [(run.trips[n], one.adverse) for n in sorted(largest) if (one := run.excursions[n])]
    drawn = [captioned(holding_figure(run, trips), "Net return against how long it was held.")]
    if reached:
        against = excursion_figure(run, [trip for trip, _ in reached], [adverse for _, adverse in reached])
        drawn.append(captioned(against, "Net return against the largest move against the position (MAE)."))
    return joined(legend(("gain", "with a profit"), ("loss", "without")), tag("div", drawn, class_="pair"))


def _cut(run: RunAnalysis) -> Markup | None:
    if len(run.trips) <= tables.MOST_TRIPS:
        return None
    shown, count = f"{tables.MOST_TRIPS:,}", f"{len(run.trips):,}"
    told = f"The {shown} with the largest profits and losses of {count}; all follow from fills.parquet."
    return tag("p", told, class_="note")


def _provenance(run: RunAnalysis) -> Markup:
    conventions = {**CONVENTIONS, **run.files.summary.get("conventions", {})}
    listed = [joined(tag("dt", name.replace("_", " ")), tag("dd", told)) for name, told in conventions.items()]
    session = run.files.summary.get("session") or {}
    prints = {"settings": session.get("settings_hash", "unknown"), "digest": run.files.results.get("digest", "unknown")}
    made = [tag("li", one) for one in session.get("plugins", ())]
    hashes = [joined(tag("dt", name), tag("dd", tag("code", value))) for name, value in prints.items()]
    return joined(
        section("Conventions", tag("dl", listed, class_="wide")),
        section("Made by", tag("dl", hashes, class_="wide"), tag("ul", made, class_="plain")),
        section("Settings", tag("pre", run.files.settings_text, class_="columns")) if run.files.settings_text else None,
        tag("footer", "Past results, simulated or real, say little about future ones."),
    )
