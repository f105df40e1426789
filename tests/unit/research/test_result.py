"""A result as it is worked with: tables, figures, plots, from a folder written by hand."""

from __future__ import annotations

import datetime as dt
import html
import sys
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fakes.run_folder import small_run, write_run
from fakes.session_log import log_of

from friday_core.errors import RunFolderError
from friday_core.research import Result


@pytest.fixture
def result(tmp_path: Path) -> Result:
    return Result.load(small_run(tmp_path / "run"))


def test_money_comes_as_floats_unless_it_is_to_be_exact(result: Result) -> None:
    assert result.equity.to_pandas()["equity"].tolist() == [1000.0, 1024.0, 1013.0]
    assert result.equity.to_pandas(exact=True)["equity"].tolist() == [Decimal(one) for one in ("1000", "1024", "1013")]


def test_arrow_has_the_table_as_it_was_written(result: Result) -> None:
    assert str(result.fills.to_arrow().schema.field("price").type) == "decimal128(38, 2)"
    assert result.fills.to_arrow()["price"].to_pylist() == [Decimal("105.00"), Decimal("108.00")]


def test_polars_has_the_same_table(result: Result) -> None:
    frame, exact = result.fills.to_polars(), result.fills.to_polars(exact=True)
    assert frame["price"].to_list() == [105.0, 108.0]
    assert exact["price"].to_list() == [Decimal("105.00"), Decimal("108.00")]
    assert frame.columns == result.fills.to_pandas().columns.tolist()


def test_without_polars_the_error_says_what_to_install(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match=r"needs polars: pip install 'friday-trading\[polars\]'"):
        result.fills.to_polars()


def test_a_round_trip_is_a_row_with_its_net_profit(result: Result) -> None:
    (trip,) = result.round_trips.to_pandas(exact=True).to_dict("records")
    assert (trip["quantity"], trip["entry_price"], trip["exit_price"]) == (5, 105.0, 108.0)
    assert (trip["gross"], trip["charges"], trip["net"]) == (Decimal("15.00"), Decimal("2.00"), Decimal("13.00"))
    assert trip["net_return"] == pytest.approx(13 / 525)


def test_a_run_without_trades_has_an_empty_table_of_round_trips(tmp_path: Path) -> None:
    idle = Result.load(write_run(tmp_path / "run", log_of()))
    assert (len(idle.round_trips), idle.round_trips.to_pandas().columns[-1]) == (0, "net_return")


def test_stats_are_the_figures_of_the_report_in_the_currency(result: Result) -> None:
    stats = result.stats
    assert (stats["end_equity"], stats["charges"], stats["expectancy"]) == (1013.0, 2.0, 13.0)
    assert stats["total_return"] == pytest.approx(0.013)
    assert stats["max_drawdown"] == pytest.approx(11 / 1024)
    assert (stats["trips"], stats["fills"], stats["open_lots"], stats["average_holding_days"]) == (1, 2, 0, 1.0)
    assert stats["profit_factor"] is None


def test_every_strategy_has_the_figures_of_its_book(result: Result) -> None:
    one = result.strategies["one"]
    assert (one["trades"], one["fills"], one["charges"]) == (1, 2, 2.0)
    assert one["total_return"] == result.stats["total_return"]


def test_the_fill_convention_is_told_in_words(result: Result) -> None:
    assert result.fill_convention == "decided at a close, filled at the next open; 1 tick slippage; any volume"


def test_refusals_are_told_by_code(tmp_path: Path) -> None:
    told = {"counts": {"MAX_POSITIONS": 1}, "not_allowed": {"MAX_POSITIONS": 1}}
    assert Result.load(small_run(tmp_path / "run", refusals=told)).refused == {"MAX_POSITIONS": 1}


def test_a_table_that_is_not_there_is_named_with_those_that_are(result: Result) -> None:
    with pytest.raises(RunFolderError, match=r"no table 'predictions'; there are bars, .*fills"):
        result.table("predictions")


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is no run folder"):
        Result.load(tmp_path)


def test_the_times_are_utc(result: Result) -> None:
    assert result.fills.to_pandas()["ts_event"][0].to_pydatetime() == dt.datetime(2024, 1, 2, 10, tzinfo=dt.UTC)


class TestInANotebook:
    def page(self, shown: str) -> ElementTree.Element:
        """The page in the frame."""
        frame = ElementTree.fromstring(shown)
        assert frame.tag == "iframe"
        return ElementTree.fromstring(frame.attrib["srcdoc"].removeprefix("<!DOCTYPE html>"))

    def test_a_result_shows_its_figures_and_the_plot_of_equity_and_drawdown(self, result: Result) -> None:
        page = self.page(result._repr_html_())
        assert [one.attrib["aria-label"] for one in page.iter("svg")] == ["equity and drawdown over time"]
        assert len(page.findall(".//svg//path")) >= 2
        assert "1,013.00" in "".join(page.itertext())

    def test_a_plot_shows_equity_and_drawdown(self, result: Result) -> None:
        page = self.page(result.plot()._repr_html_())
        assert "drawdown" in "".join(page.itertext())
        assert len(list(page.iter("svg"))) == 1

    def test_what_is_shown_keeps_its_style_to_itself(self, result: Result) -> None:
        assert "<style" not in result._repr_html_()
        assert "<style" in html.unescape(result._repr_html_())

    def test_a_run_that_saw_nothing_says_so(self, tmp_path: Path) -> None:
        shown = Result.load(write_run(tmp_path / "run", log_of()))._repr_html_()
        assert "no slice was seen" in html.unescape(shown)

    def test_a_table_shows_its_rows(self, result: Result) -> None:
        assert "<table" in result.fills._repr_html_()
        assert "108.0" in result.fills._repr_html_()

    def test_a_plot_can_be_saved(self, result: Result, tmp_path: Path) -> None:
        path = result.plot().save(tmp_path / "equity.html")
        assert "<svg" in path.read_text("utf-8")

    def test_the_report_is_one_file(self, result: Result, tmp_path: Path) -> None:
        assert "Key figures" in result.report(tmp_path / "report.html").read_text("utf-8")


def test_a_result_and_a_table_say_what_they_are(result: Result) -> None:
    assert repr(result).startswith("<Result: finished, 2 fills, digest ")
    assert repr(result.fills).startswith("<fills: 2 rows of ts_event, tag, ")
