"""The prices of ``bench_backtest.py`` in files that every engine's process reads.

``python prices.py FOLDER``: ``prices.npz`` for the engines, ``bars.parquet`` and ``few.parquet`` for fresh processes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_backtest import CAPITAL, DAYS, PANEL_CAPITAL, SYMBOLS, days, minutes

NAMES = ("open", "high", "low", "close")
FEW = 10_000


def main(folder: Path) -> None:
    """Paise, times in microseconds since 1970, days by instruments where there are several."""
    one, many = minutes(), days()
    shape = (DAYS, SYMBOLS)
    arrays = {f"cross_{name}": np.array(one[name]) for name in NAMES}
    arrays |= {f"top_{name}": np.array(many[name]).reshape(shape) for name in NAMES}
    arrays |= {"cross_ts": np.array(one.ts_event), "cross_cash": np.array(CAPITAL), "cross_month_end": np.zeros(0)}
    ends = np.array(many["month_end"]).reshape(shape)[:, 0]
    stamps = np.array(many.ts_event)[::SYMBOLS]
    arrays |= {"top_ts": stamps, "top_cash": np.array(PANEL_CAPITAL), "top_month_end": ends}
    np.savez(folder / "prices.npz", **arrays)
    rupees = {name: arrays[f"cross_{name}"] / 100 for name in NAMES}
    times = pa.array(arrays["cross_ts"], pa.timestamp("us", tz="UTC"))
    table = pa.table({"ts": times, **rupees, "volume": np.full(len(times), 1e9)})
    pq.write_table(table, folder / "bars.parquet")
    pq.write_table(table.slice(0, FEW), folder / "few.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
