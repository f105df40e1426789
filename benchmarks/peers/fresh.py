"""One first backtest in a process of its own, from Parquet to the equity curve; prints what it came to.

``python fresh.py CONTENDER FILE CASH``: ``imports``, ``loop``, ``driver`` or ``backtest``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Equity at the end in paise, and fills.
Came = tuple[int, int]


def imports(file: str, cash: int) -> Came:  # noqa: ARG001
    import numba  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401

    return 0, 0


def loop(file: str, cash: int) -> Came:
    """By hand in whole shares, compiled here."""
    import numpy as np
    import pandas as pd
    from loops import NEXT_OPEN, WHOLE, cross

    frame = pd.read_parquet(file)
    opened, close = (np.rint(frame[name].to_numpy() * 100) for name in ("open", "close"))
    equity, fills = cross(opened, close, float(cash), np.empty(len(close)), NEXT_OPEN, WHOLE)
    return round(equity), fills


def driver(file: str, cash: int) -> Came:
    """Friday's without host and files: what ``bench_backtest.py`` measures."""
    import numpy as np
    import pyarrow.parquet as pq

    sys.path.insert(0, str(HERE.parent))
    import bench_backtest as bench

    from friday_core.causal.compiled.kernels import Kernels
    from friday_core.causal.compiled.object_store import default_folder

    table = pq.read_table(file)
    ts = table["ts"].cast("int64").to_numpy()
    names = ("open", "high", "low", "close")
    prices = [np.rint(table[name].to_numpy() * 100).astype(np.int64) for name in names]
    del table
    rows = bench.chunk_of(ts, np.zeros(len(ts), np.int32), ts // bench.DAY, *prices)
    del prices
    kernels = Kernels(default_folder(), print)
    log = bench.Backtest(rows, bench.universe_of(1), bench.cross, "1m", cash, kernels).run()
    return int(bench.curve(log)[-1]), len(log.fills)


def backtest(file: str, cash: int) -> Came:
    """``friday_core.research.backtest``."""
    import pyarrow.parquet as pq
    from peer_friday import one, told

    equity, fills = told(one(pq.read_table(file), cash))
    return int(equity), fills


CONTENDERS: dict[str, Callable[[str, int], Came]] = {
    "imports": imports,
    "loop": loop,
    "driver": driver,
    "backtest": backtest,
}


if __name__ == "__main__":
    contender, file, cash = sys.argv[1:]
    equity, fills = CONTENDERS[contender](file, int(cash))
    print("\n" + json.dumps({"equity": equity, "fills": fills}))
