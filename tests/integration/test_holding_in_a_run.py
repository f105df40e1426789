"""Products, last sessions and dated lists in whole runs of the profile ``india``, and mistakes in their settings."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import containers
from friday_core.domain.market import Bar
from friday_core.domain.signals import Target
from friday_core.errors import ConfigurationError
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.orchestration.host import Host
from friday_core.plugin.spec import ComponentSpec

MUHURAT = dt.date(2025, 10, 21)
INDIA = dt.timedelta(minutes=330)
SHORT = ("plugins.source.synthetic_nse.start=2025-10-13", "plugins.source.synthetic_nse.end=2025-11-07")
ALL_REFUSALS = 'risk.allow_refusals=["ALL"]'


def active(more: str = "") -> str:
    """Shares and futures alike, to the last day of each."""
    return f'trading.active_strategies=[{{id="keeps", use="keeps"{", " if more else ""}{more}}}]'


class Keeps(Strategy):
    """Buys whatever it does not hold, and never sells."""

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision]:
        if isinstance(event, Bar) and not book.position(name := event.instrument.id) + book.open_quantity(name):
            return [Target(name, 0.15)]
        return ()


def host(folder: Path, *overrides: str) -> Host:
    settings = [f"run.folder={folder / 'runs'}", *SHORT, *overrides]
    loaded = containers.load_settings("india", environ={}, folder=folder, overrides=settings)
    return containers.build(loaded, [ComponentSpec("strategy", "keeps", Keeps)])


class Run:
    def __init__(self, folder: Path, *overrides: str) -> None:
        self.result = host(folder, ALL_REFUSALS, *overrides).run()
        self.summary: dict[str, Any] = self.result.summary

    def table(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.result.folder / f"{name}.parquet").to_pylist()
        return rows


@pytest.fixture(scope="module")
def intraday(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("intraday"), active('product="intraday"'), "trading.square_off=15:20")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("kept"), active(), "risk.rules=[]")


def problems(folder: Path, *overrides: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        host(folder, active(), *overrides)
    return [one.message for one in caught.value.problems]


def test_nothing_is_held_over_night(intraday: Run) -> None:
    assert intraday.summary["status"] == "finished"
    assert intraday.summary["results"]["fills"] > 20
    assert intraday.table("positions") == []
    assert {one["product"] for one in intraday.table("fills")} == {"intraday"}


def test_positions_are_closed_at_a_quarter_past_three_and_in_the_hour_of_muhurat_before_its_end(intraday: Run) -> None:
    closed = [one for one in intraday.table("orders") if one["reason"].startswith("SQUARE_OFF")]
    decided = Counter((one["ts_decided"] + INDIA).replace(tzinfo=None) for one in closed)
    at = {moment.date(): moment.time() for moment in decided}
    assert at.pop(MUHURAT) == dt.time(14, 30)
    assert set(at.values()) == {dt.time(15, 15)}
    assert {one["status"] for one in closed} == {"filled"}


def test_contracts_that_are_kept_are_settled_on_their_last_day(kept: Run) -> None:
    (settled,) = [one for one in kept.table("fills") if one["kind"] == "settlement"]
    assert (settled["instrument"], settled["ts_event"].date()) == ("NIFTY25OCTFUT.NFO", dt.date(2025, 10, 28))
    (bar,) = [
        one for one in kept.table("bars")
        if one["instrument"] == settled["instrument"] and one["ts_event"] == settled["ts_event"]
    ]  # fmt: skip
    assert (settled["price"], settled["charges"]) == (bar["close"], Decimal("0.00"))
    after = [one for one in kept.table("positions") if one["session"] >= dt.date(2025, 10, 28)]
    assert "NIFTY25OCTFUT.NFO" not in {one["instrument"] for one in after}
    (order,) = [one for one in kept.table("orders") if one["tag"] == settled["tag"]]
    assert order["reason"] == "SETTLED: the last session was that of 2025-10-28, at its last close"


def test_the_books_equity_is_that_of_the_last_row(kept: Run) -> None:
    assert kept.summary["strategies"]["keeps"]["equity"] == float(kept.table("equity")[-1]["equity"])


def test_a_share_that_is_delisted_leaves_at_the_stated_price(tmp_path: Path) -> None:
    ending = 'data.endings=[{instrument="SYN02.NSE", last=2025-10-24, price="600.00"}]'
    run = Run(tmp_path, active('product="delivery", instruments=["SYN02.NSE"]'), ending, "risk.rules=[]")
    settled = [one for one in run.table("fills") if one["kind"] == "settlement"]
    assert [(one["ts_event"].date(), one["price"]) for one in settled] == [(dt.date(2025, 10, 24), Decimal("600.00"))]
    assert max(one["ts_event"].date() for one in run.table("fills")) == dt.date(2025, 10, 24)


def test_delistings_are_a_file_and_what_the_configuration_names_goes_before(tmp_path: Path) -> None:
    file = tmp_path / "delisted.csv"
    lines = (
        "symbol,last,price",
        "SYN01.NSE,2025-10-23,",
        "SYN02,2025-10-24,600.00",
        "SYN03,2025-10-21,1",
        "ELSE,2020-01-01,",
    )
    file.write_text("\n".join(lines) + "\n", "utf-8")
    shares = 'instruments=["SYN01.NSE", "SYN02.NSE", "SYN03.NSE"]'
    own = 'data.endings=[{instrument="SYN03.NSE", last=2025-10-28, price="700.00"}]'
    run = Run(tmp_path, active(f'product="delivery", {shares}'), f"data.delistings={file}", own, "risk.rules=[]")
    settled = [one for one in run.table("fills") if one["kind"] == "settlement"]
    found = {one["instrument"]: (one["ts_event"].date().day, one["price"]) for one in settled}
    closes = [one for one in run.table("bars") if one["instrument"] == "SYN01.NSE" and one["ts_event"].day == 23]
    assert found == {
        "SYN01.NSE": (23, closes[-1]["close"]),
        "SYN02.NSE": (24, Decimal("600.00")),
        "SYN03.NSE": (28, Decimal("700.00")),
    }
    assert max(one["ts_event"].day for one in run.table("fills") if one["instrument"] == "SYN01.NSE") == 23


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("SYN01,2025-10-24,1.005", "SYN01.NSE: price 1.005 is finer than 2 decimals"),
        ("SYN01,2025-10-24,cheap", "delisted.csv, line 2, column 'price': 'cheap' is no price"),
        ("SYN01,2025-10-24,-1", "delisted.csv, line 2, column 'price': '-1' is no price"),
        (",2025-10-24,", "delisted.csv, line 2, column 'symbol': nothing stands there"),
        ("SYN01,2025-10-24,\nSYN01,2025-10-25,", "delisted.csv, line 3, column 'symbol': SYN01 comes a second time"),
    ],
)
def test_delistings_that_cannot_be_are_told_with_their_line(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "delisted.csv"
    file.write_text(f"symbol,last,price\n{line}\n", "utf-8")
    (found,) = problems(tmp_path, f"data.delistings={file}")
    assert found.endswith(message)


def test_the_universe_of_the_day_is_a_list_in_a_file(tmp_path: Path) -> None:
    lists = tmp_path / "lists.csv"
    lists.write_text("index,symbol,from,to\nMINE,SYN01,2025-01-01,2025-10-20\nMINE,SYN02,2025-10-21,\n", "utf-8")
    shares = 'instruments=["SYN01.NSE", "SYN02.NSE", "SYN03.NSE"]'
    run = Run(tmp_path, active(shares), f"data.lists={lists}", "data.universe=MINE")
    bought = [one for one in run.table("orders") if one["side"] == "buy"]
    found = {(one["instrument"], one["ts_decided"].date() > dt.date(2025, 10, 20)) for one in bought}
    assert found == {("SYN01.NSE", False), ("SYN02.NSE", True)}
    assert run.summary["results"]["decisions"]["NOT_IN_UNIVERSE"] > 0


def test_intraday_positions_on_daily_bars_are_refused_with_the_mend(tmp_path: Path) -> None:
    daily = ("plugins.source.synthetic_nse.interval=1d", 'streams.market_data.validators=["bar_sanity"]')
    found = problems(tmp_path, active('product="intraday"'), *daily)
    assert found == ["intraday positions are closed inside their session, and each bar is a whole session"]


def test_a_product_that_an_instrument_does_not_have_is_refused_by_its_kind(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, active('product="delivery"'))
    assert found.endswith("FUT.NFO, of kind future, is not held as delivery")
    (found,) = problems(tmp_path, active('product="normal"'))
    assert found.endswith(".NSE, of kind equity, is not held as normal")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("data.universe=MINE",), "data.universe names the list 'MINE' of no file"),
        (("risk.shortable=SLB",), "risk.shortable names the list 'SLB' of no file"),
        (('data.endings=[{instrument="NOBODY.NSE", last=2025-10-24}]',), "no instrument NOBODY.NSE in the data"),
        (
            ('data.endings=[{instrument="SYN01.NSE", last=2025-10-24, price="1.005"}]',),
            "SYN01.NSE: price 1.005 is finer than 2 decimals",
        ),
    ],
)
def test_lists_and_endings_that_cannot_be_are_told(tmp_path: Path, overrides: tuple[str, ...], message: str) -> None:
    assert problems(tmp_path, *overrides) == [message]


def test_a_list_that_is_not_in_its_file_is_told_with_those_that_are(tmp_path: Path) -> None:
    lists = tmp_path / "lists.csv"
    lists.write_text("index,symbol,from,to\nMINE,SYN01,2025-01-01,\n", "utf-8")
    found = problems(tmp_path, f"data.lists={lists}", "data.universe=YOURS")
    assert found == ["no index 'YOURS' in the membership; there are MINE"]
