"""The loops by hand: those of ``bench_backtest.py``, which are measured, and one for each convention of an engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from loops import (
    AT_FILL_LESS_CHARGE,
    AT_SIGNAL,
    FRACTIONS,
    NEXT_OPEN,
    THIS_CLOSE,
    WHOLE,
    WHOLE_CHANGES,
    cross,
    top_ten,
)
from timed import Prepared, Prices, Told, chosen, main

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_backtest import by_hand, by_hand_in_whole_shares, panel_by_hand

fast = numba.njit(error_model="numpy")


def in_fractions(prices: Prices) -> Callable[[], Any]:
    opened, close, loop = prices.opened.astype(float), prices.close.astype(float), fast(by_hand)

    def run() -> tuple[float, int]:
        equity = np.empty(len(close))
        fills = loop(opened, close, prices.cash, equity)
        return equity[-1], fills

    return run


def whole(by: Callable[..., int], *, panel: bool) -> Prepared:
    def prepared(prices: Prices) -> Callable[[], Any]:
        loop, cash = fast(by), int(prices.cash)
        more = (prices.month_end > 0,) if panel else ()

        def run() -> tuple[float, int]:
            equity = np.empty(len(prices.close), np.int64)
            fills = loop(prices.opened, prices.close, *more, cash, equity)
            return equity[-1], fills

        return run

    return prepared


def convention(*how: int) -> Prepared:
    def prepared(prices: Prices) -> Callable[[], Any]:
        opened, close = prices.opened.astype(float), prices.close.astype(float)
        if not len(prices.month_end):
            return lambda: cross(opened, close, prices.cash, np.empty(len(close)), *how)
        weights = chosen(close, prices.month_end)
        return lambda: top_ten(opened, close, weights, prices.cash, *how)

    return prepared


def told(result: Any) -> tuple[float, int]:
    return float(result[0]), int(result[1])


CONTENDERS: dict[str, Prepared] = {
    "cross": in_fractions,
    "cross, whole shares": whole(by_hand_in_whole_shares, panel=False),
    "cross, next open": convention(NEXT_OPEN, FRACTIONS),
    "cross, next open, whole units": convention(NEXT_OPEN, WHOLE),
    "cross, this close": convention(THIS_CLOSE, FRACTIONS),
    "top ten": whole(panel_by_hand, panel=True),
    "top ten, next open": convention(NEXT_OPEN, FRACTIONS, AT_SIGNAL),
    "top ten, next open, whole changes": convention(NEXT_OPEN, WHOLE_CHANGES, AT_SIGNAL),
    "top ten, at the fill less charge": convention(NEXT_OPEN, FRACTIONS, AT_FILL_LESS_CHARGE),
    "top ten, this close": convention(THIS_CLOSE, FRACTIONS, AT_SIGNAL),
}


if __name__ == "__main__":
    both: dict[str, tuple[Prepared, Told]] = {name: (prepared, told) for name, prepared in CONTENDERS.items()}
    main(both)
