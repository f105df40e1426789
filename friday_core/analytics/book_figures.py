"""What each strategy's book came to: the figures of the account, strategy by strategy."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from friday_core.analytics.account_tally import AccountTally
from friday_core.analytics.performance import performance_of
from friday_core.analytics.run_analysis import RunAnalysis

#: The row of all books together.
ACCOUNT = "account"


class BookFigures(msgspec.Struct, frozen=True):
    """One book, or all of them under ``ACCOUNT``. Shares as fractions, ``charges`` in minor units.

    As in ``Performance``; ``None`` where a figure is not defined. ``trades`` are closed round trips.
    """

    name: str
    total_return: float
    annual_return: float | None
    sharpe: float | None
    max_drawdown: float
    trades: int
    fills: int
    charges: int


def book_figures(run: RunAnalysis) -> list[BookFigures]:
    """The account first, then each strategy in the configuration's order; none for a run that has no equity."""
    if not len(run.curve) or run.capital <= 0:
        return []
    strategies = list(run.files.summary.get("strategies", {}))
    figures = run.figures(run.whole)
    assert figures is not None
    told = figures.account
    shown = (told.total_return, told.annual_return, told.sharpe, told.max_drawdown)
    whole = BookFigures(ACCOUNT, *shown, len(run.trips), len(run.fills), figures.charges)
    return [whole, *_books(run, strategies)]


def _books(run: RunAnalysis, strategies: list[str]) -> Iterator[BookFigures]:
    files = run.files
    owner = np.array(files.column("equity", "strategy"), object)
    columns = [np.array(files.column("equity", name), np.int64) for name in ("ts_event", "session")]
    columns += [np.array(files.money("equity", name), np.int64) for name in ("equity", "gross")]
    for name in strategies:
        capital = round(files.summary["strategies"][name]["capital"] * 10**files.money_digits)
        tally, rows = AccountTally(capital), owner == name
        tally.take(*(column[rows] for column in columns))
        fills = [fill for fill in run.fills if fill.strategy == name]
        told = performance_of(tally, run.currency, sum(fill.value for fill in fills))
        trades = sum(trip.strategy == name for trip in run.trips)
        shown = (told.total_return, told.annual_return, told.sharpe, told.max_drawdown)
        yield BookFigures(name, *shown, trades, len(fills), sum(fill.charges for fill in fills))
