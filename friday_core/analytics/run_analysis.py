"""Everything that is computed from one run folder, in one place; pages and commands only show it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from friday_core.analytics.drawdowns import Drawdown, drawdowns
from friday_core.analytics.monthly import YearOfReturns, monthly_returns
from friday_core.analytics.performance import Performance, performance_of
from friday_core.analytics.price_history import Excursion, PriceHistory, buy_and_hold, excursion
from friday_core.analytics.ratios import (
    Regression,
    annual_return,
    annual_volatility,
    calmar,
    regression,
    sharpe,
    sortino,
)
from friday_core.analytics.round_trips import OpenLot, RoundTrip, Traded, round_trips
from friday_core.analytics.run_files import RunFiles
from friday_core.analytics.run_series import EquityCurve, actions_of, equity_curve, fills_of, prices_of
from friday_core.analytics.trip_figures import TripFigures, contributions, trip_figures
from friday_core.domain.chunk import Float64
from friday_core.domain.sessions import to_date


class Figures(msgspec.Struct, frozen=True):
    """Key figures of the account over a part of a run. Money in minor units, shares as fractions."""

    account: Performance
    sortino: float | None
    calmar: float | None
    exposure_time: float | None
    charges: int
    against: Regression | None


class BenchmarkFigures(msgspec.Struct, frozen=True):
    """The same figures of the benchmark, as far as it has them."""

    total_return: float
    annual_return: float | None
    annual_volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    calmar: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive slices of a run, from ``start`` of equity (minor units) on."""

    first: int
    last: int
    start: int


class RunAnalysis:
    """What a run folder says; every part is computed when it is first asked for."""

    def __init__(self, files: RunFiles) -> None:
        self.files = files
        self.curve: EquityCurve = equity_curve(files)
        self.fills: list[Traded] = fills_of(files, self.curve)
        self.trips: list[RoundTrip]
        self.open_lots: list[OpenLot]
        self.trips, self.open_lots = round_trips(self.fills, actions_of(files))

    @property
    def currency(self) -> str:
        """Of the account, empty if the run did not get so far."""
        return str(self.files.results.get("currency", ""))

    @cached_property
    def capital(self) -> int:
        """Minor units at the start, of all strategies together."""
        books = self.files.summary.get("strategies", {}).values()
        return sum(round(book["capital"] * 10**self.files.money_digits) for book in books)

    @cached_property
    def dates(self) -> list[dt.date]:
        """The session of each session close."""
        return [to_date(session) for session in self.curve.session[self.curve.ends].tolist()]

    @cached_property
    def prices(self) -> dict[str, PriceHistory]:
        return prices_of(self.files, self.curve)

    @property
    def has_bars(self) -> bool:
        """Whether the run wrote the prices that it saw: without them there is no benchmark."""
        return "bars" in self.files.tables and len(self.curve) > 0

    @cached_property
    def benchmark(self) -> Float64 | None:
        """Equity of the benchmark after each slice, in minor units."""
        if not self.has_bars:
            return None
        return buy_and_hold(list(self.prices.values()), self.curve.ts_event, float(self.capital))

    @cached_property
    def boundary(self) -> int | None:
        """The first slice out of sample, if the summary names its session as ``out_of_sample_from``."""
        named = self.files.summary.get("out_of_sample_from")
        if not named or not len(self.curve):
            return None
        session = (dt.date.fromisoformat(str(named)[:10]) - to_date(0)).days
        return int(np.searchsorted(self.curve.session, session))

    @property
    def whole(self) -> Part:
        return Part(0, len(self.curve), self.capital)

    @property
    def samples(self) -> tuple[Part, Part] | None:
        """The parts in and out of sample, if there are both."""
        if self.boundary is None or not 0 < self.boundary < len(self.curve):
            return None
        inside = Part(0, self.boundary, self.capital)
        return inside, Part(self.boundary, len(self.curve), int(self.curve.equity[self.boundary - 1]))

    def figures(self, part: Part) -> Figures | None:
        """``None`` without capital, which a run that failed early has not."""
        if part.start <= 0:
            return None
        curve = self.curve.part(part.first, part.last)
        fills = [fill for fill in self.fills if self._holds(curve, fill)]
        account = performance_of(curve.tally(part.start), self.currency, sum(fill.value for fill in fills))
        returns, ends = _returns(curve, part.start), part.first + curve.ends
        return Figures(
            account=account,
            sortino=sortino(returns),
            calmar=calmar(account.annual_return, account.max_drawdown),
            exposure_time=float(np.mean(curve.gross > 0)) if len(curve) else None,
            charges=sum(fill.charges for fill in fills),
            against=self._against(returns, self._benchmark_closes(ends, part)),
        )

    def benchmark_figures(self, part: Part) -> BenchmarkFigures | None:
        """Of the benchmark over the same sessions; its drawdown is over all slices, as the account's is."""
        if self.benchmark is None or part.start <= 0 or part.first == part.last:
            return None
        closes = self._benchmark_closes(part.first + self.curve.part(part.first, part.last).ends, part)
        returns, growth = _changes(closes), closes[-1] / closes[0]
        slices = [closes[0], *self.benchmark[part.first : part.last].tolist()]
        annual, worst = annual_return(growth, len(returns)), max((one.depth for one in drawdowns(slices)), default=0.0)
        return BenchmarkFigures(
            growth - 1.0,
            annual,
            annual_volatility(returns),
            sharpe(returns),
            sortino(returns),
            worst,
            calmar(annual, worst),
        )

    @cached_property
    def drawdowns(self) -> list[Drawdown]:
        """Falls of the account over all slices; position 0 is the capital, position n the n-th slice."""
        return drawdowns(np.concatenate([[self.capital], self.curve.equity])) if len(self.curve) else []

    @cached_property
    def months(self) -> list[YearOfReturns]:
        return monthly_returns(self.dates, self.curve.equity[self.curve.ends].tolist(), float(self.capital))

    @cached_property
    def trip_figures(self) -> TripFigures:
        return trip_figures(self.trips)

    @cached_property
    def excursions(self) -> list[Excursion | None]:
        """One for each trip; ``None`` without a price of its instrument."""
        return [excursion(t, self.prices[t.instrument]) if t.instrument in self.prices else None for t in self.trips]

    @cached_property
    def contributions(self) -> dict[tuple[str, str], int]:
        """By (strategy, instrument), in minor units."""
        held = {key: value for key, (_, value) in self.held.items()}
        return contributions(self.trips, self.open_lots, held) if len(self.curve) else {}

    @cached_property
    def held(self) -> dict[tuple[str, str], tuple[int, int]]:
        """By (strategy, instrument), what was held after the last session: shares, and their value in minor units."""
        names = ("session", "strategy", "instrument", "quantity")
        columns = (self.files.column("positions", name) for name in names)
        rows = zip(*columns, self.files.money("positions", "value"), strict=True)
        last = int(self.curve.session[-1]) if len(self.curve) else None
        return {(strategy, name): (count, value) for day, strategy, name, count, value in rows if day == last}

    def open_value(self, lot: OpenLot) -> float | None:
        """A lot's part of its position's value at the last mark, in minor units."""
        quantity, value = self.held.get((lot.strategy, lot.instrument), (0, 0))
        return value * lot.quantity / quantity if quantity else None

    def _holds(self, curve: EquityCurve, fill: Traded) -> bool:
        return len(curve) > 0 and bool(curve.session[0] <= fill.session <= curve.session[-1])

    def _benchmark_closes(self, ends: np.ndarray, part: Part) -> list[float]:
        """The value before the part and at each session's close; empty without a benchmark."""
        if self.benchmark is None:
            return []
        before = float(self.benchmark[part.first - 1]) if part.first else float(self.capital)
        return [before, *self.benchmark[ends].tolist()]

    def _against(self, returns: Sequence[float], closes: Sequence[float]) -> Regression | None:
        benchmark = _changes(closes)
        return regression(returns, benchmark) if benchmark and len(benchmark) == len(returns) else None


def _returns(curve: EquityCurve, start: int) -> list[float]:
    return _changes([start, *curve.equity[curve.ends].tolist()])


def _changes(closes: Sequence[float]) -> list[float]:
    """From each close to the next; what begins without equity has no return."""
    return [after / before - 1.0 for before, after in itertools.pairwise(closes) if before > 0]
