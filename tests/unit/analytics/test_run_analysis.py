"""A run folder read back: three days of one share, every number by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from fakes.run_folder import INFY, SETTINGS, SMALL_PRICES, Price, equity, fill, held, small_log, small_run, write_run
from fakes.session_log import log_of

from friday_core.analytics.drawdowns import Drawdown
from friday_core.analytics.price_history import Excursion
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.outcomes import ActionApplied


def analysed(folder: Path) -> RunAnalysis:
    return RunAnalysis(RunFiles.read(folder))


@pytest.fixture
def small(tmp_path: Path) -> RunAnalysis:
    return analysed(small_run(tmp_path / "run"))


def test_the_round_trip_is_exact(small: RunAnalysis) -> None:
    (trip,) = small.trips
    assert (trip.cost, trip.proceeds, trip.charges, trip.net) == (52_500, 54_000, 200, 1_300)
    assert small.open_lots == []
    assert small.contributions == {("one", "INFY.NSE"): 1_300}


def test_the_account_has_the_figures_of_the_summary_and_more(small: RunAnalysis) -> None:
    found = small.figures(small.whole)
    assert found is not None
    assert found.account.total_return == pytest.approx(0.013)
    assert found.account.sharpe == small.files.results["sharpe"]
    assert found.account.turnover == small.files.results["turnover"]
    assert found.charges == 200
    # A position after one slice of three.
    assert found.exposure_time == pytest.approx(1 / 3)


def test_the_benchmark_buys_at_the_first_close(small: RunAnalysis) -> None:
    assert small.benchmark is not None
    assert small.benchmark.tolist() == pytest.approx([100_000, 110_000, 99_000])
    found = small.benchmark_figures(small.whole)
    assert found is not None
    assert (found.total_return, found.max_drawdown) == pytest.approx((-0.01, 0.1))


def test_alpha_and_beta_are_of_the_sessions_returns(small: RunAnalysis) -> None:
    # r = 0, 2.4%, -1.0742%; b = 0, 10%, -10%. Means 0.44193% and 0; cov = 0.0017371, var = 0.01.
    found = small.figures(small.whole)
    assert found is not None
    assert found.against is not None
    assert found.against.beta == pytest.approx((0.1 * 0.024 + 0.1 * (1 - 1_013 / 1_024)) / 2 / 0.01)
    assert found.against.alpha == pytest.approx(252 * (0.024 + 1_013 / 1_024 - 1) / 3)


def test_the_drawdown_counts_slices_after_the_capital(small: RunAnalysis) -> None:
    assert small.drawdowns == [Drawdown(2, 3, None, pytest.approx(1 - 1_013 / 1_024))]


def test_the_month_is_that_of_the_sessions(small: RunAnalysis) -> None:
    (year,) = small.months
    assert (year.year, year.months[0], year.total) == (2024, pytest.approx(0.013), pytest.approx(0.013))
    assert small.dates == [dt.date(2024, 1, day) for day in (1, 2, 3)]


def test_excursions_are_of_the_bars_that_were_held(small: RunAnalysis) -> None:
    assert small.excursions == [Excursion(pytest.approx(102 / 105 - 1), pytest.approx(112 / 105 - 1))]


def test_without_bars_excursions_are_of_closes_and_there_is_no_benchmark(tmp_path: Path) -> None:
    found = analysed(write_run(tmp_path / "run", small_log()))
    assert (found.has_bars, found.benchmark, found.benchmark_figures(found.whole)) == (False, None, None)
    assert found.excursions == [Excursion(0.0, pytest.approx(110 / 105 - 1))]


def test_a_split_without_bars_is_no_excursion(tmp_path: Path) -> None:
    split = ActionApplied(0, 19_724, "one", INFY, 2, 1, 0, 5, 10, 0)
    log = log_of(
        equity=[equity(0, 50_000, 50_000), equity(1, 50_000, 50_000), equity(2, 100_000)],
        fills=[fill(0, 5, 10_000, 0), fill(2, -10, 5_000, 0)],
        positions=[held(0, 5, 10_000), held(1, 10, 5_000)],
        actions=[split],
    )
    found = analysed(write_run(tmp_path / "run", log))
    assert [trip.net for trip in found.trips] == [0]
    assert found.excursions == [Excursion(0.0, 0.0)]


def test_an_instrument_without_prices_has_no_excursion(tmp_path: Path) -> None:
    prices = [Price(day, 1, 1, 1, "TCS.NSE") for day in range(3)]
    found = analysed(write_run(tmp_path / "run", small_log(), prices))
    assert found.excursions == [None]


def test_figures_of_the_samples_begin_with_the_equity_before_them(tmp_path: Path) -> None:
    found = analysed(small_run(tmp_path / "run", out_of_sample_from="2024-01-03"))
    assert found.samples is not None
    inside, outside = (found.figures(part) for part in found.samples)
    assert inside is not None
    assert outside is not None
    assert inside.account.total_return == pytest.approx(0.024)
    assert outside.account.total_return == pytest.approx(1_013 / 1_024 - 1)
    assert (inside.charges, outside.charges) == (100, 100)
    after = found.benchmark_figures(found.samples[1])
    assert after is not None
    assert after.total_return == pytest.approx(-0.1)


@pytest.mark.parametrize("boundary", ["2024-01-01", "2025-01-01", None])
def test_a_boundary_outside_of_the_run_makes_no_samples(tmp_path: Path, boundary: str | None) -> None:
    assert analysed(small_run(tmp_path / "run", out_of_sample_from=boundary)).samples is None


def test_strategies_are_summed_into_one_curve(tmp_path: Path) -> None:
    log = log_of(equity=[equity(0, 40_000), equity(0, 60_000, strategy="two")])
    books = {"one": {"capital": 400.0}, "two": {"capital": 600.0}}
    found = analysed(write_run(tmp_path / "run", log, strategies=books))
    assert (found.capital, found.curve.equity.tolist()) == (100_000, [100_000])


def test_trips_and_open_lots_explain_the_equity(tmp_path: Path) -> None:
    log = log_of(
        equity=[equity(0, 100_000), equity(1, 47_400, 55_000)],
        fills=[fill(1, 5, 10_500)],
        positions=[held(1, 5, 11_000)],
    )
    found = analysed(write_run(tmp_path / "run", log, SMALL_PRICES))
    assert sum(found.contributions.values()) == int(found.curve.equity[-1]) - found.capital


def test_a_run_that_failed_early_has_nothing_to_compute(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "summary.json").write_text('{"status": "failed", "error": "no data"}', encoding="utf-8")
    found = analysed(folder)
    assert (found.figures(found.whole), found.drawdowns, found.months, found.contributions) == (None, [], [], {})
    assert (found.trips, found.prices, found.benchmark, found.samples) == ([], {}, None, None)


def test_prices_are_read_for_each_instrument(tmp_path: Path) -> None:
    tcs = InstrumentId("TCS", "NSE")
    prices = [price for day in range(3) for price in (Price(day, 3, 1, 2), Price(day, 6, 4, 5, str(tcs), 1.5))]
    found = analysed(write_run(tmp_path / "run", small_log(), prices, instruments=[INFY, tcs], settings=SETTINGS))
    assert found.prices["TCS.NSE"].close.tolist() == [0.05] * 3
    assert found.prices["TCS.NSE"].factor.tolist() == [1.5] * 3


def test_prices_of_several_instruments_stay_apart_and_in_order(tmp_path: Path) -> None:
    prices = [Price(2, 3, 3, 3), Price(0, 9, 9, 9, "TCS.NSE"), Price(0, 1, 1, 1), Price(1, 2, 2, 2), Price(1, 4, 4, 4)]
    found = analysed(write_run(tmp_path / "run", small_log(), prices)).prices
    # Of two rows of one moment the later one counts.
    assert {name: (history.close * 100).tolist() for name, history in found.items()} == {
        "INFY.NSE": pytest.approx([1, 4, 3]),
        "TCS.NSE": pytest.approx([9]),
    }
