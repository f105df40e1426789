"""Minute bars of a day, of a hundred shares that do not exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SYMBOLS = [f"SHARE{number}" for number in range(100)]
MINUTES = 375
_OPEN = pd.Timestamp("2026-11-20 09:15:00+05:30")


def bars() -> pd.DataFrame:
    """Prices in whole rupees; every bar has four different ones."""
    drawn = np.random.default_rng(7).integers(-3, 4, (len(SYMBOLS), MINUTES)).cumsum(axis=1) + 1_000
    opened = np.concatenate([np.full((len(SYMBOLS), 1), 1_000), drawn[:, :-1]], axis=1)
    return pd.DataFrame({
        "symbol": np.repeat(SYMBOLS, MINUTES),
        "timestamp": np.tile(pd.date_range(_OPEN, periods=MINUTES, freq="min"), len(SYMBOLS)),
        "open": opened.ravel(), "high": np.maximum(opened, drawn).ravel() + 2,
        "low": np.minimum(opened, drawn).ravel() - 2, "close": drawn.ravel(), "volume": 1_000,
    })  # fmt: skip


def written(path: Path) -> None:
    bars().to_parquet(path)


def closes() -> dict[str, float]:
    """The last price of each, by ``NSE:SHARE7``."""
    last = bars().groupby("symbol")["close"].last()
    return {f"NSE:{symbol}": float(price) for symbol, price in last.items()}
