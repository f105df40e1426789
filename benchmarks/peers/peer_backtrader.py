"""backtrader: one call a bar, orders at the next open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import backtrader as bt
import pandas as pd
from timed import FEE, Prices, chosen, main


class Counted(bt.Strategy):
    """Counts what was filled, and what was not though it was accepted."""

    def __init__(self) -> None:
        self.fills = self.refused = 0

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:
            self.fills += 1
        elif order.status in {order.Margin, order.Rejected}:
            self.refused += 1


class Cross(Counted):
    def __init__(self) -> None:
        super().__init__()
        self.fast, self.slow = bt.ind.SMA(period=10), bt.ind.SMA(period=30)
        self.wish, self.before = 0, None

    def next(self) -> None:
        up = self.fast[0] > self.slow[0]
        if self.before is not None and up != self.before and up != bool(self.position):
            self.wish = 1 if up else -1
        self.before = up

    def next_open(self) -> None:
        """Fractions of all cash at the open that is filled; a hair less, or rounding makes the cash negative."""
        if self.wish > 0:
            self.buy(size=self.broker.get_cash() / (self.data.open[0] * (1 + FEE)) * (1 - 1e-12))
        elif self.wish < 0:
            self.close()
        self.wish = 0


class TopTen(Counted):
    weights: Any = None

    def next(self) -> None:
        weights = self.weights[len(self) - 1]
        if weights[0] != weights[0]:
            return
        for buys in (False, True):
            for data, weight in zip(self.datas, weights, strict=True):
                held = self.getposition(data).size * data.close[0] / self.broker.getvalue()
                if (weight > held) == buys:
                    self.order_target_percent(data, weight)


def feed(prices: Prices, index: Any, pick: Any = slice(None)) -> Any:
    named = {"open": prices.opened, "high": prices.high, "low": prices.low, "close": prices.close}
    frame = pd.DataFrame({name: one[pick].astype(float) for name, one in named.items()}, index)
    return frame.assign(volume=1e9)


def run(prices: Prices, frames: list[Any], strategy: type, **more: Any) -> Any:
    cerebro = bt.Cerebro(stdstats=False, **more)
    cerebro.broker.set_cash(prices.cash)
    cerebro.broker.setcommission(commission=FEE)
    for frame in frames:
        cerebro.adddata(bt.feeds.PandasData(dataname=frame))
    cerebro.addstrategy(strategy)
    return cerebro.run()[0]


def cross(prices: Prices) -> Callable[[], Any]:
    frames = [feed(prices, pd.DatetimeIndex(prices.ts.view("datetime64[us]")))]
    return lambda: run(prices, frames, Cross, cheat_on_open=True)


def top_ten(prices: Prices) -> Callable[[], Any]:
    index = pd.DatetimeIndex(prices.ts.view("datetime64[us]"))
    frames = [feed(prices, index, (slice(None), number)) for number in range(prices.close.shape[1])]

    def whole() -> Any:
        TopTen.weights = chosen(prices.close, prices.month_end)
        return run(prices, frames, TopTen)

    return whole


def told(strategy: Any) -> tuple[float, int]:
    if strategy.refused:
        print(f"{strategy.refused} accepted orders were not filled for want of cash")
    return float(strategy.broker.getvalue()), strategy.fills


if __name__ == "__main__":
    main({"cross": (cross, told), "top ten": (top_ten, told)})
