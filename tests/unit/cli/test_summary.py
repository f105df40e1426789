"""What ``friday run`` prints at the end, above all in a narrow terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.run_result import book, results, run_result

from friday_core.cli.summary import (
    book_lines,
    evidence_lines,
    figure_lines,
    headline,
    left_out_lines,
    print_summary,
    remarks,
)
from friday_core.session.runner import RunStatus

MILLIONS = {
    "capital": 250_000_000.0,
    "realised": -3_857_123.8,
    "unrealised": 124_277_000.35,
    "dividends": 4_683_000.6,
    "charges": 715_260.26,
    "equity": 374_387_616.89,
}


def test_the_headline_names_mode_profile_end_and_span() -> None:
    assert headline(run_result()) == "backtest, profile demo: finished (2024-01-01 to 2024-12-17, 1,235 rows)"


def test_a_run_that_ended_before_its_first_session_says_so() -> None:
    nothing = results(first_session=None, last_session=None, rows=0)
    result = run_result(RunStatus.FAILED, results=nothing, session={})
    assert headline(result) == "session: failed (no session, 0 rows)"


def test_a_figure_stands_behind_its_label() -> None:
    lines = list(figure_lines(results(), 80))
    assert lines[0] == "equity                      1,000.00 -> 1,031.50 INR"
    assert lines[1] == "total return                3.15%"
    assert lines[6] == "Sharpe (no risk-free rate)  1.95"
    assert lines[8] == "decisions                   2 CLIPPED_CASH, 23 SENT"


def test_a_figure_that_is_not_defined_says_so() -> None:
    assert "Sharpe (no risk-free rate)  not defined" in figure_lines(results(sharpe=None), 80)


def test_assumed_fills_are_told_apart() -> None:
    lines = list(figure_lines(results(assumed_fills=25), 80))
    assert lines[-1] == "fills                       25, 25 of them ASSUMED"


def test_many_reasons_are_continued_under_the_first() -> None:
    decisions = {f"REASON_{n:02d}": 1000 for n in range(8)}
    lines = [line for line in figure_lines(results(decisions=decisions), 80) if "REASON" in line]
    assert len(lines) == 3
    assert {line[:28] for line in lines[1:]} == {" " * 28}
    assert max(map(len, lines)) <= 80


def test_a_book_reads_as_a_sum_from_top_to_bottom() -> None:
    assert list(book_lines({"cross": book()}, "INR", 80)) == [
        "books, INR       cross",
        "capital       1,000.00",
        "realised         50.00",
        "unrealised      -20.00",
        "dividends         5.00",
        "charges          -3.50",
        "equity        1,031.50",
        "",
        "cross holds 1,200 INFY.NSE",
    ]


def test_no_charges_are_not_negative() -> None:
    assert "charges           0.00" in book_lines({"cross": book(charges=0.0)}, "INR", 80)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_all_money_of_many_books_is_readable_at_any_width(width: int) -> None:
    books = {f"strategy-{n}": book(**MILLIONS) for n in range(7)}
    lines = list(book_lines(books, "INR", width))
    assert max(map(len, lines)) <= width
    assert " ".join(lines).count("250,000,000.00") == 7
    assert " ".join(lines).count("374,387,616.89") == 7
    assert [name for name in books if name not in " ".join(lines)] == []


def test_a_book_wider_than_the_terminal_is_shown_whole() -> None:
    name = "a-name-of-thirty-two-characters-"
    assert next(book_lines({name: book()}, "INR", 30)) == f"books, INR    {name}"


def test_a_long_list_of_positions_is_counted() -> None:
    held = {f"SYN{n:02d}.NSE": n for n in range(1, 25)}
    *_, last = book_lines({"cross": book(positions=held)}, "INR", 200)
    assert last.endswith("9 SYN09.NSE, 10 SYN10.NSE and 14 more")


def test_an_empty_book_holds_nothing() -> None:
    assert list(book_lines({"cross": book(positions={})}, "INR", 80))[-1] == "cross holds nothing"


@pytest.mark.parametrize(("count", "records"), [(1, "1 record"), (1200, "1,200 records")])
def test_a_slow_stage_is_a_remark(count: int, records: str) -> None:
    result = run_result(slow={"validator.lazy": count})
    assert list(remarks(result.summary)) == [f"validator.lazy was slow: {records} took longer than [run] slow_record"]


def test_a_session_that_fell_behind_its_clock_is_a_remark_and_one_that_kept_up_is_none() -> None:
    clock = {"speed": 3600.0, "skip_gaps": True, "largest_lag": 0.4, "late_records": 0}
    assert list(remarks(run_result(clock=clock).summary)) == []
    late = {**clock, "largest_lag": 12.34, "late_records": 1500}
    assert list(remarks(run_result(clock={"live": True, "largest_lag": 0.1}).summary)) == []
    assert list(remarks(run_result(clock=late).summary)) == [
        "the session was up to 12.3 s behind its clock, more than a second 1,500 times; nothing was left out; "
        "lower [clock] speed to keep up"
    ]


def test_remarks_tell_what_went_wrong_and_what_was_held_back() -> None:
    result = run_result(
        error="bar_sanity stopped it",
        stopped_strategies=[{"strategy": "cross", "error": "ValueError: no", "ts_event": 0}],
        stop_errors=["component 'x': hangs"],
        quarantine=[{"stream": "s", "stage": "bar_sanity", "verdict": "QUARANTINE", "reason": "HIGH", "rows": 1200}],
        files={"orders to place": "runs/one/basket_orders.csv"},
    )
    assert list(remarks(result.summary)) == [
        "error: bar_sanity stopped it",
        "strategy cross was stopped: ValueError: no",
        "while stopping: component 'x': hangs",
        "1,200 rows QUARANTINE by bar_sanity: HIGH",
        "orders to place: runs/one/basket_orders.csv",
    ]


@pytest.mark.parametrize("code", ["SHORT_DELIVERY", "LONG_ONLY"])
def test_who_was_refused_a_short_sale_is_told_what_allows_it(code: str) -> None:
    result = run_result()
    result.summary["refusals"]["not_allowed"] = {code: 16}
    allow = '[risk] allow_short = true and take "long_only" out of its rules'
    expected = (
        f"orders were refused: 16 {code}; to sell short, write {allow}; "
        f'if that is meant, write [risk] allow_refusals = ["{code}"]'
    )
    assert list(remarks(result.summary)) == [expected]


def test_who_was_refused_otherwise_is_not_told_of_short_sales() -> None:
    result = run_result()
    result.summary["refusals"]["not_allowed"] = {"CLIPPED_CASH": 1}
    assert list(remarks(result.summary)) == [
        'orders were refused: 1 CLIPPED_CASH; if that is meant, write [risk] allow_refusals = ["CLIPPED_CASH"]'
    ]


def test_of_many_reasons_the_first_are_told_and_the_rows_of_the_others_counted() -> None:
    held = [{"stream": "s", "stage": "v", "verdict": "QUARANTINE", "reason": f"r{n}", "rows": 4 - n} for n in range(4)]
    assert list(remarks(run_result(quarantine=held).summary)) == [
        "4 rows QUARANTINE by v: r0",
        "3 rows QUARANTINE by v: r1",
        "3 rows QUARANTINE by v: other reasons; quarantine.parquet has them",
    ]


def test_who_was_never_predicted_is_named_and_who_was_only_not_traded_is_counted() -> None:
    silent = {"instrument": "FB.US", "bars": 196, "predictions": 0, "fills": 0, "reason": "too few bars"}
    traded = {**silent, "instrument": "GM.US", "fills": 3}
    idle = {**silent, "instrument": "T.US", "predictions": 700, "reason": "no strategy decided on it"}
    assert list(left_out_lines([silent, traded, idle])) == [
        "FB.US was never predicted or traded: too few bars",
        "GM.US was never predicted: too few bars",
        "1 instrument was never traded either; summary.json says why under left_out",
    ]


def test_without_a_model_those_that_nothing_was_seen_of_are_named() -> None:
    unseen = {"instrument": "A.NSE", "bars": 0, "predictions": None, "fills": 0, "reason": "the run saw no bar of it"}
    idle = {**unseen, "instrument": "B.NSE", "bars": 9}
    assert list(left_out_lines([unseen, idle, idle])) == [
        "A.NSE was never traded: the run saw no bar of it",
        "2 instruments were never traded either; summary.json says why under left_out",
    ]


def test_the_models_skill_is_one_line_in_words() -> None:
    model = {"plugin": "ridge", "skill": {"verdict": "None that can be told from luck: rank IC +0.0100."}}
    assert list(evidence_lines({"model": model}, 200)) == [
        "model ridge: None that can be told from luck: rank IC +0.0100."
    ]


def test_the_sensitivity_is_a_line_for_each_run() -> None:
    free = {"charges": 0, "slippage": 0, "status": "finished", "error": "", "results": results()}
    flat = {**free, "charges": 1, "results": results(sharpe=None)}
    dear = {"charges": 2, "slippage": 2, "status": "failed", "error": "no cash"}
    assert list(evidence_lines({"sensitivity": [free, flat, dear]}, 80)) == [
        "at 0x charges, slippage     3.15%, Sharpe 1.95",
        "at 1x charges, slippage     3.15%",
        "at 2x charges, slippage     failed: no cash",
    ]


def test_a_run_without_a_model_and_run_once_has_no_such_lines() -> None:
    assert list(evidence_lines(run_result().summary, 80)) == []


def test_the_report_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(run_result(), Path("runs/one/report.html"))
    assert capsys.readouterr().out.splitlines()[-1] == "report:  runs/one/report.html"


def test_digest_and_folder_are_never_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    folder = Path("a-folder-with-a-name-that-is-wider-than-the-terminal/demo-20261122T192113Z")
    print_summary(run_result(folder=folder))
    assert capsys.readouterr().out.splitlines()[-2:] == [f"digest:  {results()['digest']}", f"results: {folder}"]


def test_the_whole_summary_fits_80_columns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_summary(run_result(strategies={f"s{n}": book(**MILLIONS) for n in range(9)}))
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 80
