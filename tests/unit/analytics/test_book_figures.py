"""Figures of each book, beside those of the account."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.run_folder import equity, small_run, write_run
from fakes.session_log import log_of

from friday_core.analytics.book_figures import book_figures
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles


def analysed(folder: Path) -> RunAnalysis:
    return RunAnalysis(RunFiles.read(folder))


def test_a_single_book_is_the_account(tmp_path: Path) -> None:
    account, one = book_figures(analysed(small_run(tmp_path / "run")))
    assert (account.name, one.name) == ("account", "one")
    assert one.total_return == account.total_return == pytest.approx(0.013)
    assert (one.annual_return, one.sharpe, one.max_drawdown) == (
        account.annual_return,
        account.sharpe,
        account.max_drawdown,
    )
    assert (one.trades, one.fills, one.charges) == (account.trades, account.fills, account.charges) == (1, 2, 200)


def test_each_of_two_books_has_its_own_capital_and_its_own_falls(tmp_path: Path) -> None:
    log = log_of(
        equity=[
            equity(0, 50_000),
            equity(0, 50_000, strategy="two"),
            equity(1, 60_000),
            equity(1, 40_000, strategy="two"),
        ]
    )
    books = {name: {"capital": 500.0} for name in ("one", "two")}
    account, one, two = book_figures(analysed(write_run(tmp_path / "run", log, strategies=books)))
    assert (account.total_return, account.max_drawdown) == (0.0, 0.0)
    assert (one.total_return, one.max_drawdown) == (pytest.approx(0.2), 0.0)
    assert (two.total_return, two.max_drawdown) == (pytest.approx(-0.2), pytest.approx(0.2))


def test_a_run_without_equity_has_no_figures(tmp_path: Path) -> None:
    assert book_figures(analysed(write_run(tmp_path / "run", log_of()))) == []
