"""Whole backtests, from data in memory to the equity curve, against loops by hand that do only that.

``python benchmarks/bench_backtest.py``: every contender's equity and fills are compared before anything is measured.
"""

# ruff: noqa: PLR0917 - loops by hand know no names of arguments

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np
from harness import interleaved, report
from in_columns import TOP, cross, top_ten
from loops_by_hand import (
    CHARGE,
    LIMIT_AT,
    LOSS_AT,
    SHARES,
    TAKE_AT,
    affordable,
    brackets_by_hand,
    charged,
    room_for_orders,
    stops_among_all_orders,
)

from friday_core.api import HOLD, Market, indicators, ratchet, where
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.object_store import default_folder
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.signals import Target
from friday_core.flow.coarser import Slices
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.session.log import SessionLog
from friday_core.session.slices import bars_of
from friday_core.simulation.compiled.loaded import Compiled
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.testing.doubles import StrengthSizer
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.ledger import Book, FrozenBook
from friday_core.trading.limits import Limits
from friday_core.trading.risk import RiskEngine
from friday_core.trading.strategy_runner import EventRunner
from friday_plugins.charges.flat_bps import FlatBps

MINUTE, DAY = 60_000_000, 86_400_000_000
BARS, BARS_A_SESSION = 1_000_000, 375
SYMBOLS, DAYS = 50, 2_520
#: Paise: so much that whole shares are bought to the end.
CAPITAL = 100_000_000_000
PANEL_CAPITAL = 1_000_000_000
#: Of the million, for strategies that are called; how wide their bands are, which says how often they order.
EVENT_BARS = 200_000
WIDTHS = (0.02, 0.003, 0.0015)
_charged, _affordable = numba.njit(charged), numba.njit(affordable)


# One instrument: two moving averages that cross, all in, at the next open -----------------------------------------


def minutes() -> Chunk:
    """A random walk on a grid of a paisa."""
    random = np.random.default_rng(7)
    close = np.round(1e4 * np.exp(np.cumsum(random.normal(0, 3e-4, BARS)))).astype(np.int64)
    opened = np.concatenate([close[:1], close[:-1] + random.integers(-1, 2, BARS - 1)])
    high, low = np.maximum(opened, close) + 1, np.minimum(opened, close) - 1
    session = 10_000 + np.arange(BARS) // BARS_A_SESSION
    ts = session * DAY + np.arange(BARS) % BARS_A_SESSION * MINUTE
    return chunk_of(ts, np.zeros(BARS, np.int32), session, opened, high, low, close)


def by_hand(opened: Any, close: Any, cash: float, equity: Any) -> int:
    """What one writes who wants the curve and nothing else: fractions of shares, floats."""
    fills, shares, fast, slow, order, before = 0, 0.0, 0.0, 0.0, 0, -1
    for t in range(len(close)):
        if order > 0:
            shares, cash, fills = cash / (opened[t] * 1.0003), 0.0, fills + 1
        elif order < 0:
            cash, shares, fills = shares * opened[t] * 0.9997, 0.0, fills + 1
        order = 0
        price = close[t]
        fast += price
        slow += price
        if t >= 10:
            fast -= close[t - 10]
        if t >= 30:
            slow -= close[t - 30]
        if t >= 29:
            up = 1 if 3 * fast > slow else 0
            holds = 1 if shares > 0.0 else 0
            if before >= 0 and up not in (before, holds):
                order = 1 if up else -1
            before = up
        equity[t] = cash + shares * price
    return fills


def by_hand_in_whole_shares(opened: Any, close: Any, cash: int, equity: Any) -> int:
    """The same with the rules that Friday keeps: whole shares, cut to the cash at the close and at the fill."""
    fills, shares, fast, slow, order, before = 0, 0, 0, 0, 0, -1
    for t in range(len(close)):
        if order > 0:
            bought = _affordable(order, opened[t], cash)
            if bought > 0:
                cash -= bought * opened[t] + _charged(bought * opened[t])
                shares += bought
                fills += 1
        elif order < 0:
            cash += shares * opened[t] - _charged(shares * opened[t])
            shares = 0
            fills += 1
        order = 0
        price = close[t]
        fast += price
        slow += price
        if t >= 10:
            fast -= close[t - 10]
        if t >= 30:
            slow -= close[t - 30]
        equity[t] = cash + shares * price
        if t >= 29:
            up = 1 if 3 * fast > slow else 0
            if before >= 0 and up != before:
                if up and shares == 0:
                    order = _affordable(cash // price, price, cash)
                elif not up and shares > 0:
                    order = -1
            before = up
    return fills


# The same entries, and a stop that reads its own fill price -----------------------------------------------------


def stops_out(m: Market) -> Mapping[str, Any]:
    """Out two ranges below what was paid, or three below the highest close since."""
    up = m.close.rolling(10).mean() > m.close.rolling(30).mean()
    reach, highest = indicators.atr(m.high, m.low, m.close), ratchet(m.close, m.pos == 0.0)
    leaves = (m.close < m.avg_price - 2.0 * reach) | (m.close < highest - 3.0 * reach)
    enters = (m.pos == 0.0) & up & ~up.shift(1)
    return {"target": where((m.pos > 0.0) & leaves, 0.0, where(enters, 1.0, HOLD))}


def pulls_back(m: Market) -> Mapping[str, Any]:
    """In with a limit below the close while that is above its average, out at a stop or a target."""
    is_free = (m.pos == 0.0) & (m.open_qty == 0.0)
    return {
        "order": where(is_free & (m.close > m.close.rolling(30).mean()), SHARES, HOLD),
        "limit_price": m.close * LIMIT_AT,
        "stop_loss": m.close * LOSS_AT,
        "take_profit": m.close * TAKE_AT,
    }


def stops_by_hand(opened: Any, high: Any, low: Any, close: Any, cash: int, equity: Any) -> int:
    """In whole shares, with the average true range and the stops in floats, as the columns have them."""
    fills, shares, cost, highest, fast, slow, order = 0, 0, 0, 0, 0, 0, 0
    reach, was_up = 0.0, False
    for t in range(len(close)):
        if order > 0:
            bought = _affordable(order, opened[t], cash)
            if bought > 0:
                cost = bought * opened[t]
                cash -= cost + _charged(cost)
                shares = bought
                fills += 1
        elif order < 0:
            cash += shares * opened[t] - _charged(shares * opened[t])
            shares = 0
            fills += 1
        order = 0
        price = close[t]
        fast += price
        slow += price
        if t >= 10:
            fast -= close[t - 10]
        if t >= 30:
            slow -= close[t - 30]
        if t >= 1:
            before = close[t - 1]
            widest = max(high[t] - low[t], abs(high[t] - before), abs(low[t] - before)) / 100.0
            reach += (widest - reach) / t if t <= 14 else (1 / 14) * (widest - reach)
        highest = price if shares == 0 or price > highest else highest
        equity[t] = cash + shares * price
        up = 3 * fast > slow
        if t >= 30:
            if shares == 0:
                if up and not was_up:
                    order = _affordable(cash // price, price, cash)
            elif price / 100.0 < cost / (shares * 100.0) - 2.0 * reach or price / 100.0 < highest / 100.0 - 3.0 * reach:
                order = -1
        was_up = up
    return fills


# Many instruments: at the end of each month the ten that rose most ------------------------------------------------


def days() -> Chunk:
    """50 symbols with a common factor; every twenty-first day ends a month."""
    random = np.random.default_rng(7)
    moves = random.normal(3e-4, 0.01, (DAYS, 1)) + random.normal(0, 0.015, (DAYS, SYMBOLS))
    close = np.round(1e4 * np.exp(np.cumsum(moves, axis=0))).astype(np.int64)
    opened = np.vstack([close[:1], np.round(close[:-1] * (1 + random.normal(0, 0.002, (DAYS - 1, SYMBOLS))))])
    opened = np.maximum(opened.astype(np.int64), 1)
    session = np.repeat(10_000 + np.arange(DAYS), SYMBOLS)
    inst = np.tile(np.arange(SYMBOLS, dtype=np.int32), DAYS)
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    month_end = (session % 21 == 0).astype(np.float64)
    prices = [one.ravel() for one in (opened, high, low, close)]
    return chunk_of(session * DAY, inst, session, *prices).with_columns({"month_end": month_end})


def panel_by_hand(opened: Any, close: Any, month_end: Any, cash: int, equity: Any) -> int:
    """Targets by momentum, sells first, buys cut to the cash at the fill; whole shares."""
    steps, symbols = close.shape
    held, orders = np.zeros(symbols, np.int64), np.zeros(symbols, np.int64)
    rank = np.empty(symbols)
    fills = 0
    for t in range(steps):
        for sells in range(2):
            for i in range(symbols):
                if orders[i] == 0 or (orders[i] < 0) != (sells == 0):
                    continue
                quantity = orders[i]
                if quantity > 0:
                    quantity = _affordable(quantity, opened[t, i], cash)
                worth = abs(quantity) * opened[t, i]
                if quantity != 0:
                    cash -= (worth if quantity > 0 else -worth) + _charged(worth)
                    held[i] += quantity
                    fills += 1
                orders[i] = 0
        value = 0
        for i in range(symbols):
            value += held[i] * close[t, i]
        equity[t] = cash + value
        if month_end[t] and t >= 252:
            for i in range(symbols):
                rank[i] = close[t - 21, i] / close[t - 252, i] - 1.0
            chosen = np.argsort(-rank, kind="mergesort")[:TOP]
            for i in range(symbols):
                orders[i] = -held[i]
            for i in chosen:
                wished = 99_000 * equity[t] // (1_000_000 * close[t, i])
                orders[i] = wished - held[i]
    return fills


# Friday -----------------------------------------------------------------------------------------------------------


class Breakout(Strategy):
    """All in when a bar closes above a band around an earlier close, out when below; the band goes along."""

    def __init__(self, width: float) -> None:
        self._width = width
        self._low = self._high = 0.0
        self._is_in = False

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision] | None:  # noqa: ARG002 - it needs no book
        if not isinstance(event, Bar) or self._low < event.close < self._high:
            return None
        is_up = event.close >= self._high
        self._low, self._high = event.close * (1 - self._width), event.close * (1 + self._width)
        if is_up is self._is_in:
            return None
        self._is_in = is_up
        return (Target(event.instrument.id, 0.9 if is_up else 0.0),)


class Cross(Strategy):
    """Two moving averages that cross, with running sums of its own: in above, out below."""

    def __init__(self) -> None:
        self._closes: list[float] = []
        self._fast = self._slow = 0.0
        self._was_up: bool | None = None

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision] | None:  # noqa: ARG002 - it needs no book
        if type(event) is not Bar:
            return None
        closes, close = self._closes, event.close
        closes.append(close)
        count = len(closes)
        self._fast += close
        self._slow += close
        if count > 10:
            self._fast -= closes[count - 11]
        if count > 30:
            self._slow -= closes[count - 31]
        if count < 30:
            return None
        is_up, was_up = 3 * self._fast > self._slow, self._was_up
        self._was_up = is_up
        if was_up is None or is_up is was_up:
            return None
        return (Target(event.instrument.id, 0.9 if is_up else 0.0),)


def called(make: Callable[[], Strategy], rows: Chunk, *, strides: bool = True) -> SessionLog:
    """One callback a bar: orders, risk, ledger and equity are Friday's."""
    universe, charges = universe_of(1), FlatBps(FlatBps.Settings(bps=CHARGE / 100))
    desk = Desk(
        0,
        EventRunner("one", make()),
        Book("one", "INR", CAPITAL),
        universe=universe,
        sizer=StrengthSizer(),
        risk=RiskEngine(Limits(gross_ppm=1_000_000), {}),
        charges=charges,
    )
    driver = Driver(universe, [desk], BarMatcher(MatchingRules()), charges, strides=strides)
    driver.step(Slices(rows, {}))
    return driver.log


def bare(make: Callable[[], Strategy], bars: Sequence[Bar]) -> None:
    """The same callback for each of some bars that are made already, and nothing else."""
    strategy, book = make(), FrozenBook(Book("one", "INR", CAPITAL), {})
    for bar in bars:
        strategy.on_event(bar, book)


@dataclass(frozen=True)
class Backtest:
    """One strategy on rows in memory."""

    rows: Chunk
    universe: Universe
    outputs: Callable[[Market], Mapping[str, Any]]
    base: str
    capital: int
    kernels: Kernels
    is_fast: bool = True

    def run(self) -> SessionLog:
        """From rows to the log of the session."""
        program = trace_program(self.outputs, ("month_end",), base=self.base, adjusted=False)

        def make(*given: Any) -> CompiledExecutor:
            return CompiledExecutor(*given, kernels=self.kernels)

        book = Book("one", "INR", self.capital)
        charges = FlatBps(FlatBps.Settings(bps=CHARGE / 100))
        desk = Desk(
            0,
            ColumnRunner("one", program, self.universe, (), make),
            book,
            universe=self.universe,
            sizer=StrengthSizer(),
            risk=RiskEngine(Limits(), {}),
            charges=charges,
        )
        kernel = (lambda: Compiled(self.kernels)) if self.is_fast else None
        driver = Driver(self.universe, [desk], BarMatcher(MatchingRules()), charges, kernel=kernel)
        if self.is_fast and driver.obstacles:
            raise RuntimeError("; ".join(driver.obstacles))
        driver.step(Slices(self.rows, {}))
        return driver.log


def curve(log: SessionLog) -> Any:
    return np.concatenate([block.array("equity") for block in log.equity.blocks()])


def chunk_of(ts: Any, inst: Any, session: Any, opened: Any, high: Any, low: Any, close: Any) -> Chunk:
    ones = np.ones(len(ts))
    prices = {"open": opened, "high": high, "low": low, "close": close}
    added = {"volume": ones * 1e9, "session": session.astype(np.float64), "factor": ones, "split": ones}
    return Chunk(ts.astype(np.int64), inst, {**prices, **added})


def universe_of(count: int) -> Universe:
    return Universe(Instrument(InstrumentId(f"S{number:02d}", "NSE"), "INR") for number in range(count))


def one_instrument(kernels: Kernels, repeats: int) -> None:
    rows = minutes()
    test = Backtest(rows, universe_of(1), cross, "1m", CAPITAL, kernels)
    opened, close = np.array(rows["open"]), np.array(rows["close"])
    floats = opened.astype(np.float64), close.astype(np.float64)
    hand, whole = numba.njit(error_model="numpy")(by_hand), numba.njit(error_model="numpy")(by_hand_in_whole_shares)
    expected, rough = np.empty(BARS, np.int64), np.empty(BARS)
    fills = whole(opened, close, CAPITAL, expected)
    hand(*floats, float(CAPITAL), rough)
    log = test.run()
    assert (len(log.fills), int(curve(log)[-1])) == (fills, int(expected[-1])), (len(log.fills), fills)
    assert np.array_equal(curve(log), expected)
    whole_shares, in_fractions = f"{expected[-1] / 100:,.2f}", f"{rough[-1] / 100:,.2f}"
    print(f"\n{BARS:,} bars, {fills:,} fills, final equity {whole_shares} in each; in fractions {in_fractions}")
    contenders = {
        "numba loop by hand, fractions of shares": lambda: hand(*floats, float(CAPITAL), np.empty(BARS)),
        "numba loop by hand, whole shares": lambda: whole(opened, close, CAPITAL, np.empty(BARS, np.int64)),
        "Friday": lambda: curve(test.run()),
    }
    measured = interleaved(contenders, repeats)
    report("Moving averages, one instrument, per bar", measured, next(iter(contenders)), per=BARS, unit="ns")


def own_fill_price(kernels: Kernels, repeats: int) -> None:
    rows = minutes()
    test = Backtest(rows, universe_of(1), stops_out, "1m", CAPITAL, kernels)
    columns = [np.array(rows[name]) for name in ("open", "high", "low", "close")]
    session = rows["session"].astype(np.int64)
    hand, engine = (
        numba.njit(error_model="numpy")(stops_by_hand),
        numba.njit(error_model="numpy")(stops_among_all_orders),
    )
    expected, found = np.empty(BARS, np.int64), np.empty(BARS, np.int64)
    fills = hand(*columns, CAPITAL, expected)
    assert engine(*columns, session, CAPITAL, found, room_for_orders()) == fills
    assert np.array_equal(found, expected)
    log = test.run()
    assert (len(log.fills), int(curve(log)[-1])) == (fills, int(expected[-1])), (len(log.fills), fills)
    assert np.array_equal(curve(log), expected)
    print(f"\n{BARS:,} bars, {fills:,} fills, final equity {expected[-1] / 100:,.2f} in each")
    contenders = {
        "numba loop by hand, market orders only": lambda: hand(*columns, CAPITAL, np.empty(BARS, np.int64)),
        "numba loop by hand, every type of order": lambda: engine(
            *columns, session, CAPITAL, np.empty(BARS, np.int64), room_for_orders()
        ),
        "Friday": lambda: curve(test.run()),
    }
    measured = interleaved(contenders, repeats)
    for reference in list(contenders)[:2]:
        report("A stop that reads its own fill price, per bar", measured, reference, per=BARS, unit="ns")


def limits_and_brackets(kernels: Kernels, repeats: int) -> None:
    rows = minutes()
    test = Backtest(rows, universe_of(1), pulls_back, "1m", CAPITAL, kernels)
    columns = [np.array(rows[name]) for name in ("open", "high", "low", "close")]
    session = rows["session"].astype(np.int64)
    hand, expected = numba.njit(error_model="numpy")(brackets_by_hand), np.empty(BARS, np.int64)
    fills = hand(*columns, session, CAPITAL, expected)
    log = test.run()
    assert (len(log.fills), int(curve(log)[-1])) == (fills, int(expected[-1])), (len(log.fills), fills)
    assert np.array_equal(curve(log), expected)
    print(f"\n{BARS:,} bars, {fills:,} fills, final equity {expected[-1] / 100:,.2f} in each")
    contenders = {
        "numba loop by hand": lambda: hand(*columns, session, CAPITAL, np.empty(BARS, np.int64)),
        "Friday": lambda: curve(test.run()),
    }
    measured = interleaved(contenders, repeats)
    report("Limit orders, each with a stop and a target, per bar", measured, "numba loop by hand", per=BARS, unit="ns")


def portfolio(kernels: Kernels, repeats: int) -> None:
    rows = days()
    test = Backtest(rows, universe_of(SYMBOLS), top_ten, "1d", PANEL_CAPITAL, kernels)
    opened, close = (np.array(rows[name]).reshape(DAYS, SYMBOLS) for name in ("open", "close"))
    ends = np.array(rows["month_end"]).reshape(DAYS, SYMBOLS)[:, 0] > 0
    hand = numba.njit(error_model="numpy")(panel_by_hand)
    expected = np.empty(DAYS, np.int64)
    fills = hand(opened, close, ends, PANEL_CAPITAL, expected)
    log = test.run()
    assert (len(log.fills), int(curve(log)[-1])) == (fills, int(expected[-1])), (len(log.fills), fills)
    assert np.array_equal(curve(log), expected)
    print(f"\n{SYMBOLS} x {DAYS:,}: {fills:,} fills, final equity {expected[-1] / 100:,.2f} in each")
    contenders = {
        "numba loop by hand": lambda: hand(opened, close, ends, PANEL_CAPITAL, np.empty(DAYS, np.int64)),
        "Friday": lambda: curve(test.run()),
    }
    report("Monthly top ten, whole run", interleaved(contenders, repeats), "numba loop by hand", unit="ms")


def event_by_event(repeats: int) -> None:
    """The bare loop has all bars in memory; Friday makes them of columns, and is asked for the whole result."""
    rows = minutes().take(slice(0, EVENT_BARS))
    bars = list(bars_of(rows, universe_of(1)))
    strategies: dict[str, Callable[[], Strategy]] = {"averages": Cross}
    strategies |= {f"band of {width:.2%}": partial(Breakout, width) for width in WIDTHS}
    for name, make in strategies.items():
        log, plain = called(make, rows), called(make, rows, strides=False)
        assert list(log.fills) == list(plain.fills)
        assert np.array_equal(curve(log), curve(plain))
        assert log.digest() == plain.digest()
        contenders: dict[str, Callable[[], object]] = {
            f"bare loop, {name}": partial(bare, make, bars),
            "Friday": partial(called, make, rows),
        }
        what = f"One Python callback a bar, an order each {EVENT_BARS // len(log.orders):,} bars, per bar"
        report(what, interleaved(contenders, repeats), next(iter(contenders)), per=EVENT_BARS, unit="ns")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--fresh", action="store_true", help="compile the kernels anew, in a folder of their own")
    parser.add_argument("--events", action="store_true", help="only the callbacks")
    arguments = parser.parse_args()
    event_by_event(min(arguments.repeats, 7))
    if arguments.events:
        return
    folder = Path(tempfile.mkdtemp()) if arguments.fresh else default_folder()
    kernels = Kernels(folder, print)
    one_instrument(kernels, arguments.repeats)
    own_fill_price(kernels, arguments.repeats)
    limits_and_brackets(kernels, arguments.repeats)
    portfolio(kernels, arguments.repeats)


if __name__ == "__main__":
    main()
