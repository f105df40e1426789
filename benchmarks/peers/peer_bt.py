"""bt: a tree of weights on one price a row; given opens, so that it trades at the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bt
import numpy as np
import pandas as pd
from timed import FEE, Prices, chosen, main

#: Of more cash bt finds no quantity that leaves nothing; in fractions the equity is the same share of it.
CASH = 1e6


def fee(quantity: float, price: float) -> float:
    return abs(quantity) * price * FEE


def traded(prices: Prices) -> Any:
    """Opens, and the last close as one row more: at that the books are valued."""
    ts = np.append(prices.ts, prices.ts[-1] + 1).view("datetime64[us]")
    opened = np.concatenate([prices.opened, prices.close[-1:]]).astype(float)
    return pd.DataFrame(opened.reshape(len(ts), -1), pd.DatetimeIndex(ts)).rename(columns=lambda number: f"S{number}")


def run(prices: Prices, opened: Any, weights: Any) -> Any:
    strategy = bt.Strategy("one", [bt.algos.WeighTarget(weights), bt.algos.Rebalance()])
    test = bt.Backtest(
        strategy, opened, initial_capital=CASH, commissions=fee, integer_positions=False, progress_bar=False
    )
    test.run()
    return test.strategy, prices.cash / CASH


def cross(prices: Prices) -> Callable[[], Any]:
    opened, close = traded(prices), pd.Series(prices.close.astype(float))

    def whole() -> Any:
        up = (close.rolling(10).mean() > close.rolling(30).mean()).to_numpy().astype(np.int8)
        at = np.flatnonzero(np.diff(up)[29:]) + 30
        at = at[at + 1 < len(close)]
        at = at[int(len(at) > 0 and up[at[0]] == 0) :]
        weights = pd.DataFrame({"S0": up[at].astype(float)}, opened.index[at + 1])
        return run(prices, opened, weights)

    return whole


def top_ten(prices: Prices) -> Callable[[], Any]:
    opened = traded(prices)

    def whole() -> Any:
        weights = chosen(prices.close, prices.month_end)
        days = np.flatnonzero(~np.isnan(weights[:, 0]))
        return run(prices, opened, pd.DataFrame(weights[days], opened.index[days + 1], opened.columns))

    return whole


def told(result: Any) -> tuple[float, int]:
    strategy, scale = result
    return float(strategy.values.iloc[-1]) * scale, len(strategy.get_transactions())


if __name__ == "__main__":
    main({"cross": (cross, told), "top ten": (top_ten, told)})
