"""The result of a backtest as one works with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
import pyarrow as pa

from friday_core.analytics.book_figures import book_figures
from friday_core.analytics.fill_convention import fill_convention
from friday_core.analytics.report.page import run_page
from friday_core.analytics.report.writing import write_page
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles
from friday_core.errors import RunFolderError
from friday_core.orchestration.oracle_run import Checked
from friday_core.research.plots import Plot, equity_plot, overview
from friday_core.research.result_table import ResultTable
from friday_core.session.decimals import decimals

_TS = pa.timestamp("us", tz="UTC")
_DAY = 86_400_000_000
#: Of the figures, those in minor units.
_MONEY = ("charges", "average_profit", "average_loss", "expectancy")


class Result:
    """What a backtest came to. Everything is computed when it is first asked for.

    ``folder`` is where its files are, ``None`` where nobody asked for files; ``checked`` says how far plain
    Python agreed, ``None`` where nobody asked.
    """

    def __init__(
        self, files: RunFiles, folder: Path | None = None, take_digest: Callable[[], str] | None = None
    ) -> None:
        self._left = files
        self._take_digest = take_digest
        self.folder = folder
        self.checked: Checked | None = None

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """From the folder of a run, as ``friday backtest`` prints it; ``RunFolderError`` if it is none."""
        return cls(RunFiles.read(Path(folder)), Path(folder))

    def __repr__(self) -> str:
        return f"<Result: {self.status}, {len(self.fills):,} fills, digest {self.digest[:12]}>"

    def _repr_html_(self) -> str:
        return overview(self._analysis, self._title)._repr_html_()

    # What it says ---------------------------------------------------------------------------------

    @property
    def status(self) -> str:
        """``finished``, or how else it ended."""
        return str(self._left.summary.get("status", "unknown"))

    @property
    def summary(self) -> Mapping[str, Any]:
        """``summary.json``."""
        return self._files.summary

    @property
    def settings(self) -> Mapping[str, Any]:
        """``resolved.toml``: every setting, without secrets."""
        return self._left.settings

    @property
    def digest(self) -> str:
        """SHA-256 over decisions, fills, ended orders and equity: equal runs have equal digests."""
        return str(self._files.results.get("digest", ""))

    @property
    def currency(self) -> str:
        return self._analysis.currency

    @property
    def fill_convention(self) -> str:
        """Where orders traded and at what price, in words."""
        return fill_convention(self._left.settings)

    @property
    def refused(self) -> dict[str, int]:
        """How often each code refused something, allowed or not."""
        return dict(self._left.summary.get("refusals", {}).get("counts", {}))

    @cached_property
    def stats(self) -> dict[str, Any]:
        """The figures of the report: money in the currency, shares as fractions, ``None`` where not defined."""
        run = self._analysis
        figures = run.figures(run.whole)
        if figures is None:
            return {}
        found = msgspec.to_builtins(figures)
        against = found.pop("against")
        told = {**found.pop("account"), **found, **msgspec.to_builtins(run.trip_figures), **(against or {})}
        told |= {"fills": len(run.fills), "open_lots": len(run.open_lots)}
        held = told.pop("average_holding")
        told["average_holding_days"] = None if held is None else held / _DAY
        return {name: self._major(value) if name in _MONEY else value for name, value in told.items()}

    @cached_property
    def strategies(self) -> dict[str, dict[str, Any]]:
        """Return, Sharpe ratio, drawdown, trades, fills and charges of each strategy's book."""
        books = [msgspec.to_builtins(one) for one in book_figures(self._analysis)[1:]]
        return {book.pop("name"): {**book, "charges": self._major(book["charges"])} for book in books}

    # Its tables -----------------------------------------------------------------------------------

    def table(self, name: str) -> ResultTable:
        """Any table of the run folder; ``RunFolderError`` names those that there are."""
        if name not in self._left.tables:
            raise RunFolderError(f"there is no table {name!r}; there are {', '.join(self._left.tables)}")
        return ResultTable(name, self._left.tables[name])

    @property
    def arrow_tables(self) -> Mapping[str, pa.Table]:
        """Every table by its name; each is made when it is asked for."""
        return self._left.tables

    @property
    def equity(self) -> ResultTable:
        """Each book after each slice."""
        return self.table("equity")

    @property
    def decisions(self) -> ResultTable:
        """What strategies decided, and what became of it: refusals too."""
        return self.table("decisions")

    @property
    def orders(self) -> ResultTable:
        return self.table("orders")

    @property
    def fills(self) -> ResultTable:
        return self.table("fills")

    @property
    def positions(self) -> ResultTable:
        """What each book held after each session."""
        return self.table("positions")

    @property
    def quarantine(self) -> ResultTable:
        """Rows that validators held back, with the reason."""
        return self.table("quarantine")

    @cached_property
    def round_trips(self) -> ResultTable:
        """What was opened and closed, first in, first out; ``net`` after charges, with dividends."""
        trips = self._analysis.trips
        digits = self._files.money_digits

        def of(name: str) -> list[Any]:
            return [getattr(trip, name) for trip in trips]

        columns = {name: pa.array(of(name), pa.string()) for name in ("strategy", "instrument")}
        columns["quantity"] = pa.array(of("quantity"), pa.int64())
        columns |= {name: pa.array(of(name), pa.int64()).cast(_TS) for name in ("ts_opened", "ts_closed")}
        columns |= {name: pa.array(of(name), pa.float64()) for name in ("entry_price", "exit_price")}
        money = ("cost", "proceeds", "income", "charges", "gross", "net")
        columns |= {name: decimals(np.array(of(name), np.int64), digits) for name in money}
        columns["net_return"] = pa.array(of("net_return"), pa.float64())
        return ResultTable("round_trips", pa.table(columns))

    # Its pages ------------------------------------------------------------------------------------

    def plot(self) -> Plot:
        """Equity and drawdown over time; a notebook shows it."""
        return equity_plot(self._analysis, self._title)

    def report(self, path: str | Path) -> Path:
        """Write the whole report as one page; ``RunFolderError`` if it cannot be written."""
        write_page(Path(path), run_page(self._analysis))
        return Path(path)

    @cached_property
    def _files(self) -> RunFiles:
        """As a run folder has them: with the digest, where the run did not take it."""
        if self._take_digest is None or "results" not in self._left.summary:
            return self._left
        results = {**self._left.results, "digest": self._take_digest()}
        return replace(self._left, summary={**self._left.summary, "results": results})

    @cached_property
    def _analysis(self) -> RunAnalysis:
        return RunAnalysis(self._files)

    @property
    def _title(self) -> str:
        session = self._files.summary.get("session") or {}
        return str(session.get("profile", self._files.name))

    def _major(self, minor: float | None) -> float | None:
        return None if minor is None else minor / 10**self._files.money_digits
