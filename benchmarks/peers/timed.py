"""Runs one engine on one task and prints what it took, in the environment of that engine."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FEE = 0.0003
#: Repeats stop after so many, or after so many seconds if there are three.
REPEATS, SECONDS = 31, 5.0


@dataclass(frozen=True)
class Prices:
    """Whole numbers of paise, so that sums of them are exact and equal averages compare as equal."""

    ts: Any
    opened: Any
    high: Any
    low: Any
    close: Any
    cash: float
    #: At which rows a month ends; empty for one instrument.
    month_end: Any

    @classmethod
    def load(cls, path: str, task: str, rows: int) -> Prices:
        with np.load(path) as kept:
            ts, *prices = (kept[f"{task}_{name}"][:rows] for name in ("ts", "open", "high", "low", "close"))
            opened, high, low, close = prices
            return cls(ts, opened, high, low, close, float(kept[f"{task}_cash"]), kept[f"{task}_month_end"][:rows])


#: Takes prices, makes of them what the engine reads, and hands back the backtest.
Prepared = Callable[[Prices], Callable[[], Any]]
#: Equity at the end, and fills, of what a backtest came to.
Told = Callable[[Any], tuple[float, int]]


def main(contenders: Mapping[str, tuple[Prepared, Told]]) -> None:
    """``python peer_ENGINE.py CONTENDER TASK FILE ROWS``; the last line printed is JSON."""
    contender, task, path, rows = sys.argv[1:]
    prepared, told = contenders[contender]
    run = prepared(Prices.load(path, task, int(rows)))
    result = run()
    used = resource.getrusage(resource.RUSAGE_SELF)
    equity, fills = told(result)
    del result
    answer = {
        "equity": equity,
        "fills": fills,
        "first": used.ru_utime + used.ru_stime,
        "mib": used.ru_maxrss / 1024,
        "seconds": repeated(run),
    }
    print("\n" + json.dumps(answer))


def repeated(run: Callable[[], Any]) -> list[float]:
    """CPU seconds of every further run, of all threads."""
    seconds: list[float] = []
    while len(seconds) < 3 or (sum(seconds) < SECONDS and len(seconds) < REPEATS):
        gc.collect()
        begin = time.process_time()
        run()
        seconds.append(time.process_time() - begin)
    return seconds


def chosen(close: Any, month_end: Any, top: int = 10) -> Any:
    """Weights at each month's end, by the rise from 252 to 21 days ago: days by instruments, NaN on other days."""
    weights = np.full(close.shape, np.nan)
    for day in np.flatnonzero(month_end):
        if day >= 252:
            best = np.argsort(-(close[day - 21] / close[day - 252] - 1.0), kind="stable")[:top]
            weights[day] = 0.0
            weights[day, best] = 0.99 / top
    return weights
