"""The loops by hand in every convention that an engine has: what its equity is held against."""

# ruff: noqa: PLR0917 - loops by hand know no names of arguments

from __future__ import annotations

from typing import Any

import numba
import numpy as np

FEE = 0.0003
#: Where a market order fills.
NEXT_OPEN, THIS_CLOSE = 0, 1
#: What is a whole number of units: nothing, what is held, what is traded.
FRACTIONS, WHOLE, WHOLE_CHANGES = 0, 1, 2
#: When the equity is taken of which a weight is a share, and whether the charge is paid out of what is traded.
AT_SIGNAL, AT_FILL, AT_FILL_LESS_CHARGE = 0, 1, 2


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def cross(opened: Any, close: Any, cash: float, equity: Any, fills_at: int, units: int) -> tuple[float, int]:
    """Fills in ``equity``; its last value and the number of fills. All in while the mean of 10 is above that of 30."""
    fills, shares, order, before = 0, 0.0, 0, -1
    for t in range(len(close)):
        for at in (NEXT_OPEN, THIS_CLOSE):
            if at == THIS_CLOSE and t >= 29:
                up = 1 if 3 * close[t - 9 : t + 1].sum() > close[t - 29 : t + 1].sum() else 0
                has_turned = before >= 0 and up != before
                if has_turned and up != (shares > 0.0):
                    order = 1 if up else -1
                before = up
            if order == 0 or at != fills_at:
                continue
            price = close[t] if at == THIS_CLOSE else opened[t]
            if order > 0:
                shares = cash / (price * (1 + FEE))
                if units == WHOLE:
                    shares = np.floor(shares)
                cash -= shares * price * (1 + FEE)
            else:
                cash += shares * price * (1 - FEE)
                shares = 0.0
            order, fills = 0, fills + 1
        equity[t] = cash + shares * close[t]
    return equity[-1], fills


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def top_ten(
    opened: Any, close: Any, weights: Any, cash: float, fills_at: int, units: int, sized: int
) -> tuple[float, int]:
    """Equity at the end and fills; a row of ``weights`` without NaN is a rebalance, decided at that day's close."""
    days, count = close.shape
    shares, fills, decided = np.zeros(count), 0, -1
    wished = np.zeros(count)
    for t in range(days):
        for at in (NEXT_OPEN, THIS_CLOSE):
            if at == THIS_CLOSE and weights[t, 0] == weights[t, 0]:
                decided = t
                wished = weights[t] * (cash + (shares * close[t]).sum()) / close[t]
            if decided < 0 or at != fills_at:
                continue
            price = close[t] if at == THIS_CLOSE else opened[t]
            if sized != AT_SIGNAL:
                wished = weights[decided] * (cash + (shares * price).sum()) / price
            for i in range(count):
                change = (np.floor(wished[i]) if units == WHOLE else wished[i]) - shares[i]
                if units == WHOLE_CHANGES:
                    change = np.trunc(change)
                if sized == AT_FILL_LESS_CHARGE and wished[i] > 0.0:
                    change /= 1 + FEE * np.sign(change)
                if change != 0.0:
                    cash -= change * price[i] + abs(change) * price[i] * FEE
                    shares[i] += change
                    fills += 1
            decided = -1
    return cash + (shares * close[-1]).sum(), fills
