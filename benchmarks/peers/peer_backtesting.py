"""backtesting.py: one call a bar, orders at the next open, whole units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from backtesting import Backtest, Strategy
from timed import FEE, Prices, main


def mean(close: Any, bars: int) -> Any:
    return pd.Series(close).rolling(bars).mean()


class Cross(Strategy):
    def init(self) -> None:
        self.fast, self.slow = self.I(mean, self.data.Close, 10), self.I(mean, self.data.Close, 30)

    def next(self) -> None:
        up, before = self.fast[-1] > self.slow[-1], self.fast[-2] > self.slow[-2]
        if up and not before and not self.position:
            self.buy()
        elif before and not up and self.position:
            self.position.close()


def cross(prices: Prices) -> Callable[[], Any]:
    columns = {"Open": prices.opened, "High": prices.high, "Low": prices.low, "Close": prices.close}
    frame = pd.DataFrame(columns, pd.DatetimeIndex(prices.ts.view("datetime64[us]"))).astype(float)
    return lambda: Backtest(frame, Cross, cash=prices.cash, commission=FEE).run()


def told(stats: Any) -> tuple[float, int]:
    strategy = stats["_strategy"]
    return float(stats["Equity Final [$]"]), 2 * len(strategy.closed_trades) + len(strategy.trades)


if __name__ == "__main__":
    main({"cross": (cross, told)})
