"""``friday_core.research.backtest``: what goes in, what comes out, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from fakes.few_bars import Planned, week

from friday_core.api import ColumnStrategy, CorporateAction, InstrumentId, where
from friday_core.cli.main import cli
from friday_core.errors import BacktestError, ConfigurationError, DataSourceError
from friday_core.research import Bars, Result, backtest

ONCE = Planned({1: 0.5, 3: 0.0})
INFY = InstrumentId("INFY", "NSE")


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Cross(ColumnStrategy):
    def outputs(self, m: Any) -> dict[str, Any]:
        return {"signal": where(m.close.rolling(5).mean() > m.close.rolling(20).mean(), 1.0, 0.0)}


def walk(days: int = 250, *names: str) -> pd.DataFrame:
    """Two shares' random walks, the same ones every time."""
    drawn = np.random.default_rng(7)
    dates = pd.bdate_range("2024-01-01", periods=days)
    frames = []
    for name in names or ("INFY.NSE", "TCS.NSE"):
        close = np.round(500 * np.cumprod(1 + drawn.normal(0, 0.02, days)), 2)
        prices = {"open": close, "high": close + 2, "low": close - 2, "close": close}
        frames.append(pd.DataFrame({"ts": dates, "instrument": name, **prices, "volume": 10_000.0}))
    return pd.concat(frames)


class TestWithoutAConfiguration:
    def test_a_table_and_a_strategy_are_enough(self) -> None:
        result = backtest(week(), ONCE, capital=100_000)
        assert (result.status, len(result.fills), result.currency) == ("finished", 2, "INR")
        assert result.decisions.to_pandas()["sent"].tolist() == [49, -49]

    def test_no_file_is_left_and_none_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "friday.toml").write_text('profile = "nowhere"\n')
        monkeypatch.setenv("FRIDAY_RISK__MAX_DRAWDOWN", "nonsense")
        result = backtest(week(), ONCE)
        assert [one.name for one in tmp_path.iterdir()] == ["friday.toml"]
        assert result.folder is None

    def test_a_folder_keeps_what_a_run_writes(self, tmp_path: Path) -> None:
        result = backtest(week(), ONCE, folder=tmp_path / "kept")
        assert result.folder is not None
        again = Result.load(result.folder)
        assert (again.digest, again.stats) == (result.digest, result.stats)

    @pytest.mark.parametrize("frame", [week(), walk(60), walk(60).assign(close=lambda one: one["close"] * -1)])
    def test_what_stays_in_memory_is_what_a_folder_would_have(self, tmp_path: Path, frame: pd.DataFrame) -> None:
        books = {"one": Planned({1: 0.5, 3: 0.0}), "two": Planned({1: -0.5, 2: 0.5}), "three": Cross}
        told: dict[str, Any] = {"allow_refusals": ["ALL"], "set": {"trading.netting": True}}
        kept = backtest(frame, books, folder=tmp_path, **told)
        result = backtest(frame, books, **told)
        assert list(result.arrow_tables) == list(kept.arrow_tables)
        for name, table in kept.arrow_tables.items():
            assert result.table(name).to_arrow().equals(table), name
        assert json.dumps(result.summary["results"]) == json.dumps(kept.summary["results"])
        assert (result.stats, result.strategies, result.digest) == (kept.stats, kept.strategies, kept.digest)

    def test_the_same_again_is_the_same(self) -> None:
        assert backtest(walk(), Cross).digest == backtest(walk(), Cross).digest

    def test_a_strategy_s_object_is_as_it_was_after_a_run(self) -> None:
        plan = Planned({1: 0.5})
        backtest(week(), plan)
        assert plan.bars == {}

    def test_several_strategies_have_books_of_their_own(self) -> None:
        result = backtest(walk(), {"fast": Cross, "plan": Planned({30: 0.2})}, capital=1_000_000)
        assert list(result.strategies) == ["fast", "plan"]
        assert {book["capital"] for book in result.summary["strategies"].values()} == {500_000.0}

    def test_installed_plugins_are_named(self) -> None:
        result = backtest(
            walk(),
            {"moving_average_cross": {"fast": 5, "slow": 20}},
            charges={"flat_bps": {"bps": 0}},
            sizer={"fixed_fraction": {"fraction": 0.3}},
        )
        assert result.stats["charges"] == 0.0
        assert result.settings["plugins"]["sizer"]["fixed_fraction"]["fraction"] == 0.3

    def test_matching_says_where_orders_fill(self) -> None:
        result = backtest(week(), ONCE, matching={"fill": "this_close", "slippage_ticks": 0})
        assert result.fills.to_pandas()["price"].tolist() == [1004.0, 1030.0]
        assert result.fill_convention.startswith("decided at a close and filled at that very close, which looks ahead")
        assert result.summary["conventions"]["fill"] == result.fill_convention

    def test_any_key_can_be_set(self) -> None:
        result = backtest(week(), ONCE, set={"account.charges_scale": 0.0, "risk.max_position_weight": 0.6})
        assert result.stats["charges"] == 0.0

    def test_plain_python_agrees(self) -> None:
        result = backtest(walk(), Cross, check=True)
        assert result.checked is not None
        assert (result.checked.difference, result.checked.digest) == (None, result.digest)
        assert result.checked.rows["decisions"] == len(result.decisions) > 10

    def test_plain_python_agrees_with_the_kernel(self) -> None:
        result = backtest(walk(), Cross, check=True)
        told = result.summary["driver"]
        assert (told["obstacles"], told["kernel"] + told["driver"]) == ([], 250)
        assert told["kernel"] > 200

    def test_a_kernel_that_reckons_otherwise_is_found_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("friday_core.simulation.compiled.rates.known_shares", lambda _charges: ((500, 1_000_000),))
        with pytest.raises(
            BacktestError, match=r"plain Python makes .*not equal: fills, row 0 .*, charges: "
        ) as caught:
            backtest(walk(), Cross, check=True)
        assert isinstance(caught.value.result, Result)

    def test_progress_is_told_in_rows(self) -> None:
        told: list[int] = []
        backtest(week(), ONCE, progress=lambda rows, _ts: told.append(rows))
        assert told[-1] == 5


class TestWithAConfiguration:
    def test_a_profile_is_run_as_the_command_runs_it(self) -> None:
        run = CliRunner().invoke(cli, ["backtest", "--json", "--no-report", "--profile", "backtest"])
        told = json.loads(run.stdout)
        assert backtest(profile="backtest").digest == told["digest"]

    def test_arguments_stand_above_the_profile(self) -> None:
        result = backtest(profile="backtest", capital=123_456, start=dt.date(2024, 6, 3), set={"run.bars_table": False})
        assert (result.stats["start_equity"], result.summary["results"]["first_session"]) == (123_456.0, "2024-06-03")

    def test_a_strategy_of_one_s_own_takes_the_place_of_the_profile_s(self) -> None:
        assert list(backtest(profile="backtest", strategy=Cross).strategies) == ["cross"]

    def test_a_configuration_that_was_loaded_writes_where_it_says(self, tmp_path: Path) -> None:
        import containers

        loaded = containers.load_settings("backtest", environ={}, folder=tmp_path, overrides=['run.folder="mine"'])
        result = backtest(loaded=loaded)
        assert result.folder is not None
        assert result.folder.parent == Path("mine")

    def test_a_loaded_configuration_takes_no_other_argument(self) -> None:
        with pytest.raises(ConfigurationError, match="a loaded configuration is run as it is"):
            backtest(loaded=object(), capital=5)  # type: ignore[arg-type]

    def test_a_mistake_is_told_with_its_section_and_mend(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"(?s)\[account\].*no installed plugin offers the charges 'indain'"
        ):
            backtest(week(), ONCE, charges="indain")


class TestWhatEndsBadly:
    def test_refused_orders_are_an_error_that_has_the_result(self) -> None:
        mend = r"in Python: backtest\(\.\.\., allow_refusals=\[\"CLIPPED_CASH\"\]\)"
        with pytest.raises(BacktestError, match=f"(?s)orders were refused: 1 CLIPPED_CASH.*{mend}") as caught:
            backtest(week(), Planned({1: 1.0}), capital=100_000)
        assert isinstance(caught.value.result, Result)
        assert caught.value.result.refused == {"CLIPPED_CASH": 1}

    def test_refused_orders_that_are_allowed_are_told(self) -> None:
        result = backtest(week(), Planned({1: 1.0}), capital=100_000, allow_refusals=["CLIPPED_CASH"])
        assert result.refused == {"CLIPPED_CASH": 1}

    def test_a_strategy_that_raises_is_an_error_that_has_the_result(self) -> None:
        with pytest.raises(
            BacktestError, match=r"strategy planned was stopped: ValueError: .*'all' is not a number"
        ) as caught:
            backtest(week(), Planned({1: "all"}))  # type: ignore[dict-item]
        assert isinstance(caught.value.result, Result)
        assert len(caught.value.result.fills) == 0


class TestBadInput:
    def test_a_window_longer_than_the_data_has_what_there_is(self) -> None:
        result = backtest(week(), ONCE, start=dt.date(2000, 1, 1), end=dt.date(2030, 12, 31))
        seen = result.summary["results"]
        assert (seen["first_session"], seen["last_session"], seen["rows"]) == ("2026-05-04", "2026-05-08", 5)

    def test_a_window_beside_the_data_is_an_error(self) -> None:
        with pytest.raises(DataSourceError, match=r"delivered no row for \[data\] instruments, start and end"):
            backtest(week(), ONCE, start=dt.date(2030, 1, 1))

    def test_no_row_is_an_error(self) -> None:
        with pytest.raises(DataSourceError, match="there are no rows\n    mend: hand over at least one bar"):
            backtest(week().iloc[:0], ONCE)

    def test_an_instrument_that_is_not_there_is_an_error_that_names_those_that_are(self) -> None:
        with pytest.raises(ConfigurationError, match=r"does not offer TCS.NSE; .*It offers INFY.NSE"):
            backtest(week(), ONCE, set={"data.instruments": ["TCS.NSE"]})

    def test_one_row_decides_and_fills_nothing(self) -> None:
        result = backtest(week().iloc[:1], ONCE)
        assert (len(result.decisions), len(result.fills), result.stats["total_return"]) == (1, 0, 0.0)
        assert result.orders.to_pandas()["status"].tolist() == ["cancelled"]

    def test_an_instrument_without_volume_trades_where_volume_counts_for_nothing(self) -> None:
        assert len(backtest(week().assign(volume=0.0), ONCE).fills) == 2

    def test_an_instrument_that_never_trades_fills_nothing_where_it_counts(self) -> None:
        result = backtest(week().assign(volume=0.0), ONCE, matching={"participation": 0.1})
        assert len(result.fills) == 0
        assert set(result.orders.to_pandas()["status"]) <= {"expired", "cancelled"}

    def test_an_instrument_that_is_left_alone_is_told_under_left_out(self) -> None:
        result = backtest(walk(40, "INFY.NSE", "TCS.NSE"), Planned({}))
        assert [one["instrument"] for one in result.summary["left_out"]] == ["INFY.NSE", "TCS.NSE"]

    @pytest.mark.parametrize("capital", [0, -5])
    def test_no_cash_is_an_error_in_the_account(self, capital: int) -> None:
        with pytest.raises(ConfigurationError, match=r"(?s)\[account\] invalid value: .*capital.*greater than 0"):
            backtest(week(), ONCE, capital=capital)

    def test_cash_for_less_than_a_share_buys_nothing(self) -> None:
        with pytest.raises(BacktestError, match="1 ZERO_SIZE") as caught:
            backtest(week(), Planned({1: 0.5}), capital=1_000)
        assert isinstance(caught.value.result, Result)
        assert len(caught.value.result.fills) == 0

    def test_a_price_of_zero_is_held_back_and_the_next_bar_fills(self) -> None:
        table = week()
        table.loc[1, ["open", "high", "low", "close"]] = 0.0
        result = backtest(table, ONCE)
        assert len(result.quarantine) == 1
        assert result.fills.to_pandas()["price"][0] == pytest.approx(1018.05)

    def test_a_split_on_the_day_of_a_fill_comes_before_it(self) -> None:
        """49 are asked for at 1,004; after one share became two, 98 are bought at half the price."""
        table = week()
        prices = ["open", "high", "low", "close"]
        table.loc[1:, prices] = table.loc[1:, prices] / 2
        split = CorporateAction(INFY, (dt.date(2026, 5, 5) - dt.date(1970, 1, 1)).days, 2, 1, factor=2.0)
        result = backtest(Bars(table, actions=[split]), Planned({1: 0.5}), capital=100_000)
        fill = result.fills.to_pandas().iloc[0]
        assert (fill["quantity"], fill["price"]) == (98, 503.05)

    def test_a_dividend_on_the_day_of_a_fill_is_not_paid_to_who_buys_on_it(self) -> None:
        day = (dt.date(2026, 5, 5) - dt.date(1970, 1, 1)).days
        dividend = CorporateAction(INFY, day, dividend=1_000, factor=1004 / 994)
        result = backtest(Bars(week(), actions=[dividend]), Planned({1: 0.5}))
        assert len(result.table("corporate_actions")) == 0
        assert result.summary["strategies"]["planned"]["dividends"] == 0.0

    def test_a_dividend_on_the_day_of_a_sale_is_paid_to_who_sells_on_it(self) -> None:
        day = (dt.date(2026, 5, 7) - dt.date(1970, 1, 1)).days
        dividend = CorporateAction(INFY, day, dividend=1_000, factor=1030 / 1020)
        result = backtest(Bars(week(), actions=[dividend]), ONCE, capital=100_000)
        assert result.summary["strategies"]["planned"]["dividends"] == 490.0

    def test_a_strategy_is_needed(self) -> None:
        with pytest.raises(ConfigurationError, match=r"there is no strategy\n    mend: .*backtest\(bars, strategy\)"):
            backtest(week())
