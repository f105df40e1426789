"""Friday: ``backtest`` on a frame in memory, and the driver alone, as ``bench_backtest.py`` runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from timed import Prices, main

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import in_columns

from friday_core.api import ColumnStrategy, Market
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.object_store import default_folder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.research import Bars, Result, backtest

#: What no engine of this page has: nothing is refused here but shares that the cash does not pay for.
TERMS: dict[str, Any] = {
    "charges": {"flat_bps": {"bps": 3}},
    "matching": {"slippage_ticks": 0},
    "risk": {"cash_buffer": 0.0},
    "allow_refusals": ["CLIPPED_CASH", "NO_CASH"],
}


class Cross(ColumnStrategy):
    def outputs(self, m: Market) -> Any:
        return in_columns.cross(m)


class TopTen(ColumnStrategy):
    def outputs(self, m: Market) -> Any:
        return in_columns.top_ten(m)


def one(table: Any, cash: float) -> Result:
    instrument = Instrument(InstrumentId("S00", "NSE"), "INR")
    bars = Bars(table, interval="1m", timezone="UTC", instruments=[instrument])
    return backtest(bars, Cross, capital=round(cash / 100), **TERMS)


def cross(prices: Prices) -> Callable[[], Any]:
    columns = {"open": prices.opened, "high": prices.high, "low": prices.low, "close": prices.close}
    frame = pd.DataFrame({name: values / 100 for name, values in columns.items()})
    frame.insert(0, "ts", pd.DatetimeIndex(prices.ts.view("datetime64[us]"), tz="UTC"))
    frame["volume"] = 1e9
    return lambda: one(frame, prices.cash)


def top_ten(prices: Prices) -> Callable[[], Any]:
    days, count = prices.close.shape
    columns = {"open": prices.opened, "high": prices.high, "low": prices.low, "close": prices.close}
    frame = pd.DataFrame({name: values.ravel() / 100 for name, values in columns.items()})
    frame.insert(0, "ts", np.repeat(prices.ts.view("datetime64[us]"), count))
    frame.insert(1, "instrument", np.tile([f"S{number:02d}.NSE" for number in range(count)], days))
    frame["volume"], frame["month_end"] = 1e9, np.repeat(prices.month_end, count)
    bars = Bars(frame, timezone="UTC", tick_size=1, extra=["month_end"])
    return lambda: backtest(bars, TopTen, capital=round(prices.cash / 100), **TERMS)


def driver(prices: Prices) -> Callable[[], Any]:
    import bench_backtest as bench

    kernels = Kernels(default_folder(), print)
    if prices.close.ndim > 1:
        many = bench.universe_of(prices.close.shape[1])
        test = bench.Backtest(bench.days(), many, bench.top_ten, "1d", int(prices.cash), kernels)
    else:
        rows = bench.minutes().take(slice(0, len(prices.close)))
        test = bench.Backtest(rows, bench.universe_of(1), bench.cross, "1m", int(prices.cash), kernels)

    def run() -> tuple[float, int]:
        log = test.run()
        return float(bench.curve(log)[-1]), len(log.fills)

    return run


def told(result: Result) -> tuple[float, int]:
    return round(result.summary["results"]["end_equity"] * 100), len(result.fills)


if __name__ == "__main__":
    main(
        {
            "cross": (cross, told),
            "cross, driver": (driver, lambda result: result),
            "top ten": (top_ten, told),
            "top ten, driver": (driver, lambda result: result),
        }
    )
