"""vectorbt: the strategy on whole arrays, orders at the next open, fractions of shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
from timed import FEE, Prices, chosen, main


def cross(prices: Prices, with_curve: bool = False) -> Callable[[], Any]:
    index = pd.DatetimeIndex(prices.ts.view("datetime64[us]"))
    opened, close = pd.Series(prices.opened.astype(float), index), pd.Series(prices.close.astype(float), index)

    def run() -> Any:
        up = (vbt.MA.run(close, 10).ma.to_numpy() > vbt.MA.run(close, 30).ma.to_numpy()).view(np.int8)
        turned = np.zeros(len(up), np.int8)
        turned[31:] = np.diff(up)[29:-1]
        made = vbt.Portfolio.from_signals(
            close, turned > 0, turned < 0, price=opened, fees=FEE, init_cash=prices.cash, freq="1min"
        )
        made.value() if with_curve else made.final_value()
        return made

    return run


def top_ten(prices: Prices, with_curve: bool = False) -> Callable[[], Any]:
    index = pd.DatetimeIndex(prices.ts.view("datetime64[us]"))
    opened, close = (pd.DataFrame(one.astype(float), index) for one in (prices.opened, prices.close))

    def run() -> Any:
        weights = pd.DataFrame(chosen(close.to_numpy(), prices.month_end), index).shift(1)
        made = vbt.Portfolio.from_orders(
            close,
            weights,
            size_type="targetpercent",
            price=opened,
            val_price=-np.inf,
            fees=FEE,
            init_cash=prices.cash,
            cash_sharing=True,
            group_by=True,
            call_seq="auto",
            freq="1D",
        )
        made.value() if with_curve else made.final_value()
        return made

    return run


def told(made: Any) -> tuple[float, int]:
    return float(made.final_value()), int(made.orders.count())


if __name__ == "__main__":
    main(
        {
            "cross": (cross, told),
            "cross, curve": (lambda prices: cross(prices, with_curve=True), told),
            "top ten": (top_ten, told),
            "top ten, curve": (lambda prices: top_ten(prices, with_curve=True), told),
        }
    )
