"""The page of a run: what it says, that it stands alone, and that nothing breaks it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from fakes.run_folder import (
    SETTINGS,
    SMALL_PRICES,
    Price,
    a_model,
    a_version,
    decision,
    equity,
    fill,
    held,
    small_log,
    small_run,
    write_run,
)
from fakes.session_log import log_of, rows_of

from friday_core.analytics.report import figures, tables
from friday_core.analytics.report import page as page_module
from friday_core.analytics.report.page import run_page
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles
from friday_core.domain.instruments import InstrumentId

Element = ElementTree.Element


def text_of(folder: Path) -> str:
    return run_page(RunAnalysis(RunFiles.read(folder)))


def parsed(page: str) -> Element:
    doctype, _, rest = page.partition("\n")
    assert doctype == "<!DOCTYPE html>"
    return ElementTree.fromstring(rest)


def words(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def part(page: Element, title: str) -> Element:
    """The section under a heading."""
    return next(one for one in page.iter("section") if one.findtext("h2") == title)


def titles(page: Element) -> list[str]:
    return [found.text or "" for found in page.iter("h2")]


def rows(element: Element) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in element.iter("tr")]


def warned(page: Element) -> list[str]:
    found = [one for one in page.iter("section") if one.get("class") == "warnings"]
    return [words(line) for one in found for line in one.iter("li")]


@pytest.fixture
def page(tmp_path: Path) -> Element:
    return parsed(text_of(small_run(tmp_path / "run")))


def test_the_head_says_what_ran(page: Element) -> None:
    head = page.find(".//header")
    assert head is not None
    assert words(head) == (
        "Friday run report small, backtest period 2024-01-01 to 2024-01-03, 3 sessions instruments 1: INFY.NSE "
        "capital 1,000.00 INR strategies one charges flat_bps (bps 3.0) broker paper (slippage_ticks 1) "
        "orders decided at a close, filled at the next open; 1 tick slippage; any volume run run"
    )


def test_the_tiles_have_the_key_figures(page: Element) -> None:
    (tiles,) = (one for one in page.iter("section") if one.get("class") == "tiles")
    shown = {words(name): [words(one) for one in rest] for name, *rest in tiles}
    assert shown["equity, INR"] == ["1,013.00", "capital 1,000.00"]
    assert shown["total return"] == ["1.30%", "benchmark −1.00%"]
    assert shown["max drawdown"] == ["1.07%", "benchmark 10.00%"]
    assert shown["charges, INR"] == ["2.00", "2 fills"]


def test_the_tiles_are_out_of_sample_if_that_is_known(tmp_path: Path) -> None:
    page = parsed(text_of(small_run(tmp_path / "run", out_of_sample_from="2024-01-03")))
    (tiles,) = (one for one in page.iter("section") if one.get("class") == "tiles")
    shown = {words(name): [words(one) for one in rest] for name, *rest in tiles}
    assert shown["total return, out of sample"] == ["−1.07%", "benchmark −10.00%", "whole run 1.30%"]


def test_figures_stand_beside_the_benchmark(page: Element) -> None:
    found = {name: rest for name, *rest in rows(part(page, "Key figures"))}
    assert found["figure"] == ["run", "benchmark"]
    assert found["total return"] == ["1.30%", "−1.00%"]
    assert found["beta"] == ["0.17", "–"]
    assert (found["hit rate"], found["profit factor"]) == (["100.00%"], ["–"])
    assert found["charges paid"] == ["2.00"]


def test_round_trips_are_listed_with_their_excursions(page: Element) -> None:
    _, row = rows(part(page, "Round trips"))
    assert row == [
        "INFY.NSE", "2024-01-02", "2024-01-03", "5", "105.00", "108.00",
        "2.00", "13.00", "2.48%", "−2.86%", "6.67%", "1 d",
    ]  # fmt: skip


def test_drawdowns_have_their_dates(page: Element) -> None:
    _, row = rows(part(page, "Worst drawdowns"))
    assert row[:4] == ["2024-01-02", "2024-01-03", "– not yet", "−1.07%"]


def test_months_are_shown_by_year(page: Element) -> None:
    _, row = rows(part(page, "Returns by month"))
    assert row == ["2024", "1.3%", *[""] * 11, "1.3%"]


def test_decisions_are_counted_by_code(page: Element) -> None:
    assert rows(part(page, "Decisions"))[1:] == [["SENT", "", "2", "0"], ["MAX_POSITIONS", "1 is held", "1", "1"]]


def test_every_fill_is_marked_in_its_price(page: Element) -> None:
    assert [words(one) for one in part(page, "Prices and fills").iter("title")] == [
        "2024-01-02: bought 5 at 105.00, charges 1.00 INR (one)",
        "2024-01-03: sold 5 at 108.00, charges 1.00 INR (one)",
    ]


def test_conventions_are_named(page: Element) -> None:
    told = words(part(page, "Conventions"))
    for word in ("252 sessions", "risk-free rate zero", "ddof 1", "first in, first out", "money exact"):
        assert word in told


def test_refusals_are_warned_of_before_any_figure_but_the_tiles(page: Element) -> None:
    assert titles(page)[0] == "Read first"
    assert warned(page) == [
        "No out-of-sample boundary is named: read all figures as in sample.",
        "Refused or cut: 1 decision (1 MAX_POSITIONS).",
    ]


def test_everything_that_went_wrong_is_warned_of(tmp_path: Path) -> None:
    trouble: dict[str, Any] = {
        "status": "stopped",
        "error": "stream stopped",
        "stop_errors": ["a component hangs"],
        "stopped_strategies": [{"strategy": "one", "error": "ZeroDivisionError", "ts_event": 0}],
        "validator_faults": [{"stream": "bars", "validator": "v", "error": "KeyError", "seq": 1_234, "ts_event": 0}],
        "quarantine": [{"stream": "bars", "stage": "v", "verdict": "QUARANTINE", "reason": "r", "rows": 7}],
    }
    told = warned(parsed(text_of(small_run(tmp_path / "run", **trouble))))
    assert told[:5] == [
        "The run did not finish; its status is stopped.",
        "Error: stream stopped",
        "While stopping: a component hangs",
        "Strategy one was stopped: ZeroDivisionError",
        "Validator v of stream bars failed on row 1,234, and no position was opened since: KeyError",
    ]
    assert told[-1] == "Rows that validators remarked on: 7 of 3 (7 held back by v)."


def test_quarantined_rows_are_listed_by_stage_and_reason(tmp_path: Path) -> None:
    held_back = [
        {"stream": "market_data", "stage": "bar_sanity", "verdict": "QUARANTINE", "reason": "high < low", "rows": 2}
    ]
    found = part(parsed(text_of(small_run(tmp_path / "run", quarantine=held_back))), "What validators remarked on")
    assert rows(found)[1] == ["market_data", "bar_sanity", "QUARANTINE", "high < low", "2"]


def test_of_many_reasons_the_first_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    held_back = [
        {"stream": "s", "stage": "v", "verdict": "QUARANTINE", "reason": f"r{n}", "rows": 10 - n} for n in range(6)
    ]
    _, *found = rows(
        part(parsed(text_of(small_run(tmp_path / "run", quarantine=held_back))), "What validators remarked on")
    )
    assert [row[3:] for row in found] == [
        ["r0", "10"], ["r1", "9"], ["r2", "8"], ["other reasons; the rows are in quarantine.parquet", "18"]
    ]  # fmt: skip


def test_samples_have_columns_and_a_band(tmp_path: Path) -> None:
    page = parsed(text_of(small_run(tmp_path / "run", out_of_sample_from="2024-01-03")))
    heads, total_return, *_ = rows(part(page, "Key figures"))
    assert heads == ["figure", "run", "benchmark", "in sample", "out of sample", "benchmark, out of sample"]
    assert total_return == ["total return", "1.30%", "−1.00%", "2.40%", "−1.07%", "−10.00%"]
    bands = [one for one in page.iter("rect") if one.get("class") == "in-sample"]
    assert len(bands) == 3
    assert warned(page)[0] == (
        "Out of sample from 2024-01-03 on: 2 sessions before it are shaded, and the key figures have a column for each "
        "part."
    )


def test_a_run_that_is_out_of_sample_from_its_first_slice_on_has_one_part(tmp_path: Path) -> None:
    page = parsed(text_of(small_run(tmp_path / "run", out_of_sample_from="2024-01-01")))
    assert rows(part(page, "Key figures"))[0] == ["figure", "run", "benchmark"]
    assert warned(page) == ["Refused or cut: 1 decision (1 MAX_POSITIONS)."]


def test_the_sensitivity_is_shown_with_this_run_in_its_place(tmp_path: Path) -> None:
    free = {
        "charges": 0,
        "slippage": 0,
        "status": "finished",
        "error": "",
        "results": {"total_return": 0.02, "fills": 2},
    }
    dear = {"charges": 2, "slippage": 2, "status": "failed", "error": "no cash"}
    found = part(
        parsed(text_of(small_run(tmp_path / "run", sensitivity=[free, dear]))), "Sensitivity to charges and slippage"
    )
    heads, total_return, *others = rows(found)
    assert heads == ["charges and slippage", "0x", "1x, this run", "2x"]
    assert total_return == ["total return", "2.00%", "1.30%", "–"]
    assert ["fills", "2", "–", "–"] in others
    assert "2x: no cash" in words(found)


def test_without_a_sensitivity_there_is_no_such_part(page: Element) -> None:
    assert "Sensitivity to charges and slippage" not in titles(page)


def test_the_page_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = text_of(small_run(tmp_path / "run"))
    assert re.findall(r"https?:|//[a-z]|@import|url\(|<script|<link|<img|<iframe|src=|href=", text) == []


EVIL = "</title><script>alert('x')</script>&\"<img src=x>"


def test_nothing_that_a_run_holds_becomes_markup(tmp_path: Path) -> None:
    evil = InstrumentId(EVIL, "NSE")
    log = small_log()
    log.fills = rows_of("fills", [fill(1, 5, 10_500, instrument=evil), fill(2, -5, 10_800, instrument=evil)])
    log.positions = rows_of("positions", [held(1, 5, 11_000, instrument=evil)])
    log.decisions = rows_of("decisions", [decision(0, 5, 0, EVIL, EVIL)])
    prices = [price._replace(instrument=str(evil)) for price in SMALL_PRICES]
    summary: dict[str, Any] = {
        "error": EVIL,
        "session": {"profile": EVIL, "mode": EVIL, "settings_hash": EVIL, "plugins": [EVIL]},
        "strategies": {EVIL: {"capital": 1_000.0}},
        "quarantine": [{"stream": EVIL, "stage": EVIL, "verdict": EVIL, "reason": EVIL, "rows": 1}],
        "stopped_strategies": [{"strategy": EVIL, "error": EVIL, "ts_event": 0}],
        "sensitivity": [{"charges": 0, "slippage": 0, "status": EVIL, "error": EVIL}],
        "left_out": [{"instrument": EVIL, "bars": 0, "predictions": 0, "fills": 0, "reason": EVIL}],
        "model": a_model(plugin=EVIL, features=[EVIL], versions=[a_version(failure=EVIL)], verdict=EVIL),
        "conventions": {EVIL: EVIL},
    }
    settings = {**SETTINGS, "account": {"charges": EVIL}, "secret": {EVIL: EVIL}}
    text = text_of(write_run(tmp_path / "run", log, prices, instruments=[evil], settings=settings, **summary))
    page = parsed(text)
    assert "<script" not in text
    assert "<img" not in text
    assert {one.tag for one in page.iter()} & {"script", "img"} == set()
    assert words(part(page, "Round trips")).count(f"{EVIL}.NSE") >= 1


def test_what_is_open_stands_at_its_last_mark(tmp_path: Path) -> None:
    log = small_log()
    log.fills = rows_of("fills", log.fills[:1])
    log.positions = rows_of("positions", [held(1, 5, 11_000), held(2, 5, 9_900)])
    _, row = rows(part(parsed(text_of(write_run(tmp_path / "run", log, SMALL_PRICES))), "Open at the end"))
    assert row == ["INFY.NSE", "one", "2024-01-02", "5", "105.00", "525.00", "0.00", "1.00", "495.00", "−31.00"]


LONG = "0123456789 " * 3
EMPTY = {
    "no slice": log_of(),
    "one slice": log_of(equity=[equity(0, 100_000)]),
    "no fills": log_of(equity=[equity(day, 100_000) for day in range(3)]),
    "all refused": log_of(
        equity=[equity(day, 100_000) for day in range(3)],
        decisions=[decision(n, 5, 0, "DRAWDOWN", LONG) for n in range(3)],
    ),
    "a fill and no close after it": log_of(equity=[equity(0, 47_400, 52_500)], fills=[fill(0, 5, 10_500)]),
    "nothing left": log_of(equity=[equity(0, 100_000), equity(1, 0), equity(2, -5)]),
}


@pytest.mark.parametrize("case", EMPTY)
@pytest.mark.parametrize("prices", [SMALL_PRICES, ()], ids=["with bars", "without bars"])
def test_a_run_in_which_little_happened_has_a_page(tmp_path: Path, case: str, prices: tuple[Price, ...]) -> None:
    page = parsed(text_of(write_run(tmp_path / "run", EMPTY[case], prices)))
    assert titles(page)[-3:] == ["Conventions", "Made by", "Settings"]
    assert re.findall(r"\b(?:nan|inf|None)\b", words(page)) == []


def test_a_run_that_failed_early_has_a_page_that_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "summary.json").write_text('{"status": "failed", "error": "no data"}', encoding="utf-8")
    page = parsed(text_of(folder))
    assert warned(page) == ["The run did not finish; its status is failed.", "Error: no data"]
    assert titles(page) == ["Read first", "Conventions", "Made by"]


def test_very_many_round_trips_are_cut_to_the_largest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_TRIPS", 2)
    log = small_log()
    log.fills = rows_of(
        "fills", [fill(1, 6, 10_000, 0), fill(1, -1, 10_010, 0), fill(2, -2, 9_000, 0), fill(2, -3, 12_000, 0)]
    )
    found = part(parsed(text_of(write_run(tmp_path / "run", log, SMALL_PRICES))), "Round trips")
    assert [row[3] for row in rows(found)[1:]] == ["2", "3"]
    assert "The 2 with the largest profits and losses of 3" in words(found)


def test_instruments_without_prices_are_said_to_be_left_out(tmp_path: Path) -> None:
    prices = [price._replace(instrument="TCS.NSE") for price in SMALL_PRICES]
    found = part(parsed(text_of(write_run(tmp_path / "run", small_log(), prices))), "Prices and fills")
    assert "Not drawn, with fewer fills or without prices: 1 instrument." in words(found)
    assert list(found.iter("svg")) == []


def test_a_session_with_more_than_one_slice_names_minutes(tmp_path: Path) -> None:
    log = small_log()
    log.equity = rows_of("equity", [msgspec.structs.replace(one, session=19_723) for one in log.equity])
    _, row = rows(part(parsed(text_of(write_run(tmp_path / "run", log, SMALL_PRICES))), "Round trips"))
    assert row[1:3] == ["2024-01-02 15:30", "2024-01-03 15:30"]


def test_what_each_brought_is_shown_with_its_amount(page: Element) -> None:
    assert [words(one) for one in part(page, "What each brought").iter("title")] == ["INFY.NSE: 13.00"]


def test_two_strategies_are_told_apart(tmp_path: Path) -> None:
    log = small_log()
    log.fills = rows_of("fills", [*log.fills, *(msgspec.structs.replace(one, strategy="two") for one in log.fills)])
    page = parsed(text_of(write_run(tmp_path / "run", log, SMALL_PRICES)))
    told = ["INFY.NSE: 26.00", "one: 13.00", "two: 13.00"]
    assert [words(one) for one in part(page, "What each brought").iter("title")] == told
    assert rows(part(page, "Round trips"))[0][:2] == ["instrument", "strategy"]


def test_of_very_many_fills_the_largest_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (figures, page_module):
        monkeypatch.setattr(module, "MOST_MARKED", 1)
    found = part(parsed(text_of(small_run(tmp_path / "run"))), "Prices and fills")
    assert [words(one) for one in found.iter("title")] == ["2024-01-03: sold 5 at 108.00, charges 1.00 INR (one)"]
    assert "Of each instrument, the 1 largest fills are marked." in words(found)
