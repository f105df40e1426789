"""The end of a backtest as it is printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.run_folder import small_run
from fakes.run_result import results, run_result

from friday_core.analytics.book_figures import BookFigures
from friday_core.cli.backtest_result import (
    as_json,
    columns,
    driver,
    print_result,
    refused,
    table_lines,
    told_lines,
    window,
)
from friday_core.orchestration.host import RunResult
from friday_core.orchestration.oracle_run import Checked, Difference

DRIVER = {"kernel": 3, "called": 0, "driver": 0, "obstacles": []}
EXECUTOR = {"wanted": "compiled", "ran": ["compiled"], "reason": ""}


def a_result(folder: Path, **changes: object) -> RunResult:
    return run_result(folder=small_run(folder / "run"), executor=EXECUTOR, driver=DRIVER, **changes)


def test_the_account_and_every_strategy_are_a_row_each() -> None:
    books = [
        BookFigures("account", 0.0516, 0.0933, 1.3, 0.0353, 43, 89, 24_856_660),
        BookFigures("cross", -0.01, None, None, 0.5, 0, 1, 0),
    ]
    assert list(table_lines(books, "INR", 2)) == [
        "         return  a year  Sharpe  drawdown  trades  fills  charges, INR",
        "account   5.16%   9.33%    1.30     3.53%      43     89    248,566.60",
        "cross    -1.00%       -       -    50.00%       0      1          0.00",
    ]


def test_a_currency_without_a_minor_unit_has_no_decimals() -> None:
    lines = list(table_lines([BookFigures("account", 0.0, 0.0, 0.0, 0.0, 0, 0, 1_234)], "JPY", 0))
    assert lines[1].endswith(" 1,234")


def test_refused_orders_are_told_by_code_with_what_was_allowed() -> None:
    told = {"counts": {"CLIPPED_CASH": 1_200, "OFF_TICK": 1}, "not_allowed": {"OFF_TICK": 1}}
    assert refused(told) == "1,200 CLIPPED_CASH (allowed), 1 OFF_TICK"
    assert refused({"counts": {}, "not_allowed": {}}) == "nothing"


@pytest.mark.parametrize(
    ("executor", "told"),
    [
        (EXECUTOR, "compiled"),
        ({"ran": ["compiled", "python"], "reason": "OSError: full"}, "compiled and python; OSError: full"),
        ({"ran": [], "reason": ""}, "none"),
    ],
)
def test_what_ran_columns_is_told_with_why_it_is_not_what_was_wanted(executor: dict[str, object], told: str) -> None:
    assert columns(executor) == told


@pytest.mark.parametrize(
    ("kernel", "called", "others", "obstacles", "told"),
    [
        (3_529, 0, 0, [], "kernel, 3,529 slices"),
        (3_500, 0, 29, [], "kernel, 3,500 slices, 29 one by one"),
        (0, 3_500, 29, ["events"], "called by events, 3,500 slices with a call and nothing else, 29 one by one"),
        (0, 0, 5, [], "slice by slice in Python: there are few rows"),
        (0, 0, 5, ["it nets", "it bands"], "slice by slice in Python: it nets; it bands"),
    ],
)
def test_what_drove_the_slices_is_told_with_why_the_kernel_did_not(
    kernel: int, called: int, others: int, obstacles: list[str], told: str
) -> None:
    assert driver({"kernel": kernel, "called": called, "driver": others, "obstacles": obstacles}) == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {}),
        ({"start": "2023-12-30", "end": "2024-12-20"}, {}),
        ({"start": "2020-01-01"}, {"window": "asked for from 2020-01-01; the data are from 2024-01-01 to 2024-12-17"}),
        ({"start": "2024-01-01", "end": "2030-01-01"},
         {"window": "asked for from 2024-01-01 to 2030-01-01; the data are from 2024-01-01 to 2024-12-17"}),
    ],
    ids=["not asked", "within holidays", "too early", "too late"],
)  # fmt: skip
def test_a_window_longer_than_the_data_is_told(asked: dict[str, str], told: dict[str, str]) -> None:
    assert window(asked, results()) == told


def test_how_it_came_about_is_told_line_by_line(tmp_path: Path) -> None:
    assert list(told_lines(a_result(tmp_path), 100)) == [
        "fills:   decided at a close, filled at the next open; 1 tick slippage; any volume",
        "refused: nothing",
        "columns: compiled",
        "driver:  kernel, 3 slices",
    ]


def test_no_line_is_wider_than_the_terminal(tmp_path: Path) -> None:
    assert max(map(len, told_lines(a_result(tmp_path), 40))) <= 40


def test_a_page_and_a_check_are_told_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_result(a_result(tmp_path), Checked({"decisions": 3, "fills": 2}, 3), Path("report.html"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "backtest, profile demo: finished (2024-01-01 to 2024-12-17, 1,235 rows)"
    assert "check:   3 decisions, 2 fills, equity of 3 slices: equal" in lines
    assert lines[-1] == "report:  report.html"


def test_json_has_the_same_for_a_program(tmp_path: Path) -> None:
    checked = Checked({"fills": 2}, difference=Difference("fills", 0, "price", 1, 2))
    told = as_json(a_result(tmp_path), checked)
    assert told["account"]["charges"] == told["strategies"]["one"]["charges"] == 2.0
    assert told["strategies"]["one"]["total_return"] == pytest.approx(0.013)
    assert (told["status"], told["driver"], told["executor"]) == ("finished", DRIVER, EXECUTOR)
    assert told["check"]["equal"] is False
    assert told["check"]["told"].startswith("not equal: fills, row 0, price: 1, and 2 in plain Python")
