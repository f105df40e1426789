"""A run from rows that are written down, its page, and every figure of it against a calculation by hand.

``UP`` is bought at the open of the second day and sold at that of the fourth, ten shares, one tick of 0.01
worse than the open, for 1% of the value. Nobody wants ``STAY``.

    bought  102.00 + 0.01 = 102.01, 1,020.10 for ten, charges 10.20
    sold    120.00 - 0.01 = 119.99, 1,199.90 for ten, charges 12.00
    net     1,199.90 - 1,020.10 - 22.20 = 157.60, which is 15.45% of the cost and 1.58% of 10,000
    held    half in UP from 100 to 121, half in STAY: 10.50%
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from fakes.third_party_host import install

from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles
from friday_core.cli import compare, report, run
from friday_core.orchestration import building
from friday_core.plugin.discovery import installed_plugins

Element = ElementTree.Element
HEAD = "date,open,high,low,close,volume\n"
BARS = {
    "UP": ("100,101,99,100", "102,112,101,110", "111,113,109,112", "120,122,119,121"),
    "STAY": ("50,50,50,50",) * 4,
}
TEN_SHARES = """
from friday_core.api import ComponentSpec, Order, Side, Strategy, hookimpl

class TenShares(Strategy):
    def __init__(self):
        self.seen = 0

    def on_event(self, event, book):
        if not hasattr(event, "raw") or event.instrument.id.symbol != "UP":
            return
        self.seen += 1
        if self.seen in (1, 3):
            yield Order(event.instrument.id, Side.BUY if self.seen == 1 else Side.SELL, 10)

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "ten_shares", TenShares)]
"""
SETTINGS = """
[streams.market_data]
source = "csv"
[plugins.source.csv]
path = "bars"
tick_size = 1
columns = { timestamp = "date" }
timezone = "Asia/Kolkata"
[account]
currency = "INR"
capital = 10_000
[plugins.charges.flat_bps]
bps = 100.0
[trading]
active_strategies = [{ id = "ten", use = "ten_shares" }]
"""
without_prices = importlib.util.find_spec("bokeh_sampledata") is None


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the bars and the settings, where the strategy is installed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bars").mkdir()
    for symbol, lines in BARS.items():
        rows = "".join(f"2024-01-0{n},{line},1000\n" for n, line in enumerate(lines, 1))
        (tmp_path / f"bars/{symbol}.csv").write_text(HEAD + rows)
    (tmp_path / "friday.toml").write_text(SETTINGS)
    plugins = [*installed_plugins(), install(monkeypatch, TEN_SHARES)]
    monkeypatch.setattr(building, "installed_plugins", lambda: plugins)
    return tmp_path


def friday_run(*arguments: str) -> Result:
    done = CliRunner().invoke(run.command, arguments)
    assert done.exit_code == 0, done.output
    return done


def folder_of(user: Path) -> Path:
    (folder,) = (user / "runs").iterdir()
    return folder


def page_of(folder: Path) -> Element:
    return ElementTree.fromstring((folder / "report.html").read_text("utf-8").partition("\n")[2])


def words(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def rows(page: Element, title: str) -> list[list[str]]:
    part = next(one for one in page.iter("section") if one.findtext("h2") == title)
    return [[words(cell) for cell in row] for row in part.iter("tr")]


def named(table: list[list[str]]) -> dict[str, list[str]]:
    return {name: rest for name, *rest in table}


def summary_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return found


def test_the_page_has_the_figures_that_a_pencil_gives(user: Path) -> None:
    friday_run("-q")
    page = page_of(folder_of(user))
    figures = named(rows(page, "Key figures"))
    assert figures["total return"] == ["1.58%", "10.50%"]
    assert figures["max drawdown"][1] == "0.00%"
    assert figures["average profit"] == ["157.60"]
    assert (figures["charges paid"], figures["fills"]) == (["22.20"], ["2"])
    _, trip = rows(page, "Round trips")
    assert trip == [
        "UP.NSE", "2024-01-02", "2024-01-04", "10", "102.01", "119.99",
        "22.20", "157.60", "15.45%", "−0.99%", "17.63%", "2 d",
    ]  # fmt: skip


def test_every_bar_that_strategies_saw_is_in_the_table(user: Path) -> None:
    friday_run("-q", "--no-report")
    found = pq.read_table(folder_of(user) / "bars.parquet").to_pylist()
    assert [(one["session"].day, one["instrument"], one["close"]) for one in found] == [
        (day, f"{symbol}.NSE", Decimal(BARS[symbol][day - 1].split(",")[3]))
        for day in range(1, 5)
        for symbol in ("STAY", "UP")
    ]
    assert found[3] == {
        "ts_event": dt.datetime(2024, 1, 2, 10, tzinfo=dt.UTC),
        "session": dt.date(2024, 1, 2),
        "instrument": "UP.NSE",
        **{
            name: Decimal(price)
            for name, price in zip(("open", "high", "low", "close"), (102, 112, 101, 110), strict=True)
        },
        "volume": 1000.0,
        "factor": 1.0,
    }


def test_a_long_run_may_leave_the_bars_out(user: Path) -> None:
    friday_run("-q", "--set", "run.bars_table=false")
    assert not (folder_of(user) / "bars.parquet").exists()
    assert "The run kept no prices (table bars)" in words(page_of(folder_of(user)))


def test_the_same_run_at_other_charges_and_slippage_stands_beside_it(user: Path) -> None:
    """At 0x: 1,200.00 - 1,020.00 = 180.00. At 2x: 1,199.80 - 1,020.20 - 20.40 - 24.00 = 135.20."""
    output = friday_run("--sensitivity").output
    folder = folder_of(user)
    table = named(rows(page_of(folder), "Sensitivity to charges and slippage"))
    assert table["charges and slippage"] == ["0x", "1x, this run", "2x"]
    assert table["equity at the end"] == ["10,180.00", "10,157.60", "10,135.20"]
    assert table["charges paid"] == ["0.00", "22.20", "44.40"]
    assert table["total return"] == ["1.80%", "1.58%", "1.35%"]
    assert "at 0x charges, slippage     1.80%" in output
    assert [one["charges"] for one in summary_of(folder)["sensitivity"]] == [0, 2]


def test_running_again_changes_nothing_of_the_run_itself(user: Path) -> None:
    friday_run("-q")
    once = summary_of(folder_of(user))
    friday_run("-q", "--sensitivity")
    twice = summary_of(max((user / "runs").iterdir()))
    assert twice.pop("sensitivity")
    assert twice["results"] == once["results"]
    assert len(list((user / "runs").iterdir())) == 2


def test_an_instrument_that_nobody_wanted_is_named_with_the_reason(user: Path) -> None:
    output = friday_run().output
    assert rows(page_of(folder_of(user)), "Left out") == [
        ["instrument", "reason", "bars", "fills"],
        ["STAY.NSE", "no strategy decided on it", "4", "0"],
    ]
    assert "1 instrument was never traded; summary.json says why under left_out" in output


def test_dates_and_instruments_of_the_command_line_choose_the_rows(user: Path) -> None:
    friday_run("-q", "--from", "2024-01-02", "--to", "2024-01-03", "--instruments", "UP.NSE")
    found = pq.read_table(folder_of(user) / "bars.parquet").to_pylist()
    assert [(one["session"].day, one["instrument"]) for one in found] == [(2, "UP.NSE"), (3, "UP.NSE")]


def test_a_run_has_a_page_and_is_equal_to_itself(user: Path) -> None:
    friday_run("-q")
    folder = folder_of(user)
    first = (folder / "report.html").read_bytes()
    assert CliRunner().invoke(report.command, [str(folder)]).exit_code == 0
    assert (folder / "report.html").read_bytes() == first
    done = CliRunner().invoke(compare.command, [str(folder), str(folder)])
    assert done.output.endswith("decisions: all equal\nfills: all equal\n")


def test_the_report_agrees_with_the_summary_to_the_last_minor_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backtest on synthetic bars, with splits and dividends."""
    monkeypatch.chdir(tmp_path)
    friday_run("-q", "--no-report")
    found, summary = RunAnalysis(RunFiles.read(folder_of(tmp_path))), summary_of(folder_of(tmp_path))
    figures = found.figures(found.whole)
    assert figures is not None
    account = {name: getattr(figures.account, name) for name in figures.account.__struct_fields__}
    assert account == {name: summary["results"][name] for name in account}
    books = summary["strategies"].values()
    assert figures.charges == round(sum(book["charges"] for book in books) * 100)
    assert found.capital + sum(found.contributions.values()) == round(sum(book["equity"] for book in books) * 100)
    gains = sum(book[name] for book in books for name in ("realised", "dividends"))
    income = sum(one.income for one in found.trips) + sum(one.income for one in found.open_lots)
    assert sum(trip.gross for trip in found.trips) + income == round(gains * 100)


@pytest.mark.skipif(without_prices, reason="needs the extra demo")
def test_the_demo_says_from_when_it_is_out_of_sample_what_its_skill_is_and_who_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output = friday_run("--profile", "demo").output
    folder = folder_of(tmp_path)
    summary, page = summary_of(folder), page_of(folder)
    first = pq.read_table(folder / "predictions.parquet")["ts_event"][0].as_py()
    assert summary["out_of_sample_from"] == first.date().isoformat()
    verdict = summary["model"]["skill"]["verdict"]
    assert " ".join(output.split()).count(f"model ridge: {verdict}") == 1
    assert verdict in words(page)
    assert rows(page, "Key figures")[0][3:5] == ["in sample", "out of sample"]
    (left,) = summary["left_out"]
    assert (left["instrument"], left["predictions"], left["fills"]) == ("FB.US", 0, 0)
    assert left["reason"].startswith(f"none of its {left['bars']} bars has every feature")
    assert f"FB.US was never predicted or traded: {left['reason']}" in words(page)
    assert f"FB.US was never predicted or traded: {left['reason']}" in " ".join(output.split())
