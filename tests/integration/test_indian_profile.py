"""The profile ``india``: a run at made-up prices in which every fact of its day is respected."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fakes.profile_session import ProfileSession

from friday_core.cli import run as cli_run
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.sessions import to_days
from friday_core.errors import ConfigurationError
from friday_core.market.instruments.contract_names import contract_name
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.instruments.expiry_rules import monthly_expiry
from friday_core.market.margins.holdings import HoldingsMargin, Volatilities
from friday_core.market.margins.shipped import margin_tables
from friday_plugins.calendars.indian import IndianCalendar, IndianSettings

FACTS = instrument_facts()
SCHEDULE = IndianCalendar(IndianSettings()).schedule()
MUHURAT, BUDGET, STT_RISES = dt.date(2025, 10, 21), dt.date(2026, 2, 1), dt.date(2026, 4, 1)


@dataclass(frozen=True)
class Run:
    folder: Path
    summary: dict[str, Any]

    def table(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.folder / f"{name}.parquet").to_pylist()
        return rows

    @property
    def futures(self) -> list[dict[str, Any]]:
        """Fills of futures."""
        return [one for one in self.table("fills") if one["instrument"].endswith(".NFO")]


def run(folder: Path, *overrides: str) -> Run:
    result = ProfileSession("india", folder, *overrides).run()
    return Run(result.folder, result.summary)


@pytest.fixture(scope="module")
def india(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("india"))


def expiry(instrument: str) -> dt.date:
    name = contract_name(instrument.partition(".")[0])
    assert name is not None
    return monthly_expiry(FACTS, name.underlying, name.year, name.month, SCHEDULE)


def test_it_finishes_without_a_refusal_or_a_row_held_back(india: Run) -> None:
    assert india.summary["status"] == "finished"
    assert (india.summary["refusals"]["counts"], india.summary["quarantine"], india.summary["warnings"]) == ({}, [], [])


def test_in_an_empty_folder_it_runs_at_once_and_tells_charges_and_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(cli_run.command, ["--profile", "india"])
    assert told.exit_code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    charges = json.loads((folder / "summary.json").read_text("utf-8"))["strategies"]["cross"]["charges"]
    assert f"charges         -{charges:,.2f}" in told.output
    assert "NIFTY25DECFUT.NFO" in (folder / "report.html").read_text("utf-8")


def test_it_trades_shares_and_the_future_and_pays_to_the_paisa(india: Run) -> None:
    fills = india.table("fills")
    traded = {one["instrument"] for one in fills}
    assert {"SYN01.NSE", "SYN02.NSE", "SYN03.NSE", "SYN04.NSE", "NIFTY25DECFUT.NFO", "NIFTY26JANFUT.NFO"} <= traded
    charges = sum(one["charges"] for one in fills)
    assert india.summary["strategies"]["cross"]["charges"] == float(charges)
    assert charges == charges.quantize(Decimal("0.01")) > 0


def test_futures_trade_in_the_lots_of_their_day_and_below_the_freeze_quantity(india: Run) -> None:
    lots = set()
    for fill in india.futures:
        day = fill["ts_event"].date()
        lot = FACTS.lot_size("NIFTY", expiry(fill["instrument"]), day)
        lots.add(lot)
        assert fill["quantity"] % lot == 0
        assert fill["quantity"] <= (FACTS.known_freeze_quantity("NIFTY", day) or 1800)
    assert lots == {75, 65}


def test_no_future_is_held_on_the_day_on_which_it_expires(india: Run) -> None:
    held = [
        (one["session"], expiry(one["instrument"])) for one in india.table("positions") if "FUT" in one["instrument"]
    ]
    assert len(held) > 50
    assert [day for day, end in held if day >= end] == []


def test_the_future_of_march_is_sold_before_the_monday_on_which_a_holiday_lets_it_expire(india: Run) -> None:
    assert expiry("NIFTY26MARFUT.NFO") == dt.date(2026, 3, 30)
    last = [one for one in india.futures if one["instrument"] == "NIFTY26MARFUT.NFO"][-1]
    assert (last["side"], last["ts_event"].date()) == ("sell", dt.date(2026, 3, 27))


def test_prices_of_fills_are_on_the_tick_of_their_day(india: Run) -> None:
    shares = {"SYN01": "0.01", "SYN02": "0.05", "SYN03": "0.10", "SYN04": "0.50"}
    for fill in india.table("fills"):
        tick = Decimal(shares.get(fill["instrument"].partition(".")[0], "0.10"))
        assert fill["price"] % tick == 0


def test_bars_are_those_of_the_sessions_with_the_hour_of_muhurat_and_the_sunday_of_the_budget(india: Run) -> None:
    bars = [one["ts_event"].date() for one in india.table("bars") if one["instrument"] == "SYN01.NSE"]
    expected = SCHEDULE.between(to_days(dt.date(2025, 10, 1)), to_days(dt.date(2026, 4, 30))).dates
    assert sorted({to_days(day) for day in bars}) == expected.tolist()
    assert (bars.count(MUHURAT), bars.count(BUDGET), BUDGET.weekday()) == (4, 25, 6)


def test_a_sale_of_a_future_costs_what_the_rates_of_its_day_say(india: Run) -> None:
    shares = {}
    for fill in india.futures:
        if fill["side"] == "sell":
            part = float(fill["charges"] / (fill["price"] * fill["quantity"]))
            shares.setdefault(fill["ts_event"].date() >= STT_RISES, []).append(part)
    assert max(shares[False]) < 0.00026
    assert min(shares[True]) > 0.00052


def test_at_no_close_is_more_tied_up_than_the_rule_allows(india: Run) -> None:
    margin = HoldingsMargin(margin_tables(), FACTS, SCHEDULE, Volatilities(0.25, 0.5, {}))
    equity = {one["session"]: one["equity"] for one in india.table("equity")}
    held: dict[dt.date, dict[Instrument, int]] = {}
    prices: dict[dt.date, dict[InstrumentId, int]] = {}
    for one in india.table("positions"):
        name = InstrumentId.parse(one["instrument"])
        instrument = Instrument(name, "INR", kind="future" if name.exchange == "NFO" else "equity")
        held.setdefault(one["session"], {})[instrument] = one["quantity"]
        prices.setdefault(one["session"], {})[name] = int(one["price"].scaleb(2))
    shares = [margin.estimate(to_days(day), held[day], prices[day]).total / float(equity[day] * 100) for day in held]
    assert 0.3 < max(shares) < 0.9


def test_a_book_that_must_keep_almost_everything_free_is_refused_by_the_margin_rule(tmp_path: Path) -> None:
    tight = run(tmp_path, "plugins.risk_rule.margin.keep_free=0.9", "plugins.source.synthetic_nse.end=2025-12-31")
    assert set(tight.summary["refusals"]["not_allowed"]) == {"MARGIN_ESTIMATE"}
    refused = next(one for one in tight.table("decisions") if one["code"] == "MARGIN_ESTIMATE")
    assert "an estimate, meant to lie above; the broker's own margin decides" in refused["detail"]


def test_an_order_above_the_freeze_quantity_is_cut_to_whole_lots(tmp_path: Path) -> None:
    large = run(tmp_path, "account.capital=2_000_000_000", "plugins.source.synthetic_nse.end=2025-12-31")
    assert set(large.summary["refusals"]["not_allowed"]) == {"FREEZE_QUANTITY"}
    assert {one["quantity"] for one in large.futures if one["side"] == "buy"} == {1800, 1755}


def test_a_month_without_a_freeze_quantity_needs_an_assumption(tmp_path: Path) -> None:
    banks = ("plugins.source.synthetic_nse.underlying=BANKNIFTY", "plugins.source.synthetic_nse.level=56_000")
    without = run(tmp_path, *banks, "plugins.source.synthetic_nse.end=2025-11-28")
    codes = {
        one["ts_event"].month: one["code"]
        for one in without.table("decisions")
        if one["instrument"].endswith(".NFO") and one["asked"] > 0
    }
    assert codes == {10: "FREEZE_UNKNOWN", 11: "SENT"}


def test_dates_beyond_the_facts_are_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="2027-01-29 is beyond"):
        run(tmp_path, "plugins.source.synthetic_nse.end=2027-01-29")
