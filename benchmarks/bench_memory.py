"""Peak memory of a whole run from Parquet to the run folder, of more and more rows.

    python benchmarks/bench_memory.py                  # 1 and 5 million rows
    python benchmarks/bench_memory.py 50               # 50 million
    python benchmarks/bench_memory.py 1 5 --bars-table # with every bar written as well

Each run is a process of its own, with the whole host: source, flow, a column strategy, risk, the matcher, books, and
all tables of the run folder. The rows are made in another process, in pieces, and kept under ``--folder``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

INSTRUMENTS = 10
#: One-minute bars of a session that opens at 09:15 in India.
MINUTES, OPENS = 375, 225
#: Days since 1970 of the first session: 1972-01-03, a Monday. Five sessions of seven days follow each other.
FIRST = 732
#: Sessions of a row group.
PIECE_SESSIONS = 100
MILLION = 1_000_000
#: Settings besides those that the rows need.
SETTINGS: dict[str, object] = {}


def stamps(first: int, sessions: int) -> np.ndarray:
    """When the bars of sessions open, in microseconds UTC."""
    number = np.arange(first, first + sessions)
    days = FIRST + number // 5 * 7 + number % 5
    minutes = days[:, None] * 1_440 + OPENS + np.arange(MINUTES)
    return (minutes * 60_000_000).ravel()


def write_rows(folder: Path, rows: int) -> None:
    """One file an instrument: a seeded walk on a grid of 0.05 that stays between 100 and 10,000."""
    sessions = -(-rows // (INSTRUMENTS * MINUTES))
    folder.mkdir(parents=True)
    for one in range(INSTRUMENTS):
        random, last = np.random.default_rng(one), 20_000.0
        with pq.ParquetWriter(folder / f"S{one}.parquet", schema()) as writer:
            for first in range(0, sessions, PIECE_SESSIONS):
                count = min(PIECE_SESSIONS, sessions - first)
                table, last = piece(random, stamps(first, count), last)
                writer.write_table(table)


def schema() -> pa.Schema:
    prices = [(name, pa.float64()) for name in ("open", "high", "low", "close", "volume")]
    return pa.schema([("timestamp", pa.timestamp("us", tz="UTC")), *prices])


def piece(random: np.random.Generator, ts: np.ndarray, last: float) -> tuple[pa.Table, float]:
    """Some bars, and how far the walk has come; prices in ticks are reflected at the edges of what is allowed."""
    steps = np.rint(random.normal(0.0, 6.0, (len(ts), 4)))
    walk = last + np.cumsum(steps.ravel()).reshape(-1, 4)
    prices = 2_000 + np.abs((walk + 196_000) % 396_000 - 198_000)
    columns = [prices[:, 0], prices.max(axis=1), prices.min(axis=1), prices[:, 3]]
    volume = random.integers(100, 10_000, len(ts)).astype(np.float64)
    values = [pa.array(ts, pa.timestamp("us", tz="UTC")), *(np.round(one * 0.05, 2) for one in columns), volume]
    return pa.table(values, schema=schema()), float(walk[-1, 3])


def run(data: Path, folder: Path, bars_table: bool, report: bool) -> dict[str, float]:
    """One session in this process."""
    import containers

    settings = {
        "streams.market_data.source": "parquet",
        "streams.market_data.validators": ["bar_sanity"],
        "streams.market_data.transformers": [],
        "plugins.source.parquet.path": str(data),
        "plugins.source.parquet.timezone": "Asia/Kolkata",
        "plugins.source.parquet.interval": "1m",
        "data.timezone": "Asia/Kolkata",
        "trading.active_strategies.cross.settings.fast": 100,
        "trading.active_strategies.cross.settings.slow": 1500,
        "run.folder": str(folder),
        "run.bars_table": bars_table,
        **SETTINGS,
    }
    overrides = [f"{name}={json.dumps(value)}" for name, value in settings.items()]
    loaded = containers.load_settings("backtest", environ={}, folder=folder, overrides=overrides)
    host = containers.build(loaded)
    result = host.run()
    if report:
        from friday_core.cli.report import write_report

        write_report(result.folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = result.summary["results"]
    return {
        "rows": told["rows"],
        "slices": told["slices"],
        "fills": told["fills"],
        "mib": used.ru_maxrss / 1024,
        "cpu": used.ru_utime + used.ru_stime,
    }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", type=float, nargs="*", default=[1, 5], help="millions of rows, default 1 and 5")
    parser.add_argument("--folder", type=Path, help="where rows are kept; default a temporary folder")
    parser.add_argument("--bars-table", action="store_true", help="write every bar into the run folder as well")
    parser.add_argument("--report", action="store_true", help="make the page as well")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        if given.run is not None:
            print(json.dumps(run(given.run, Path(scratch), given.bars_table, given.report)))
            return
        print("| million rows | slices | fills | peak MiB | CPU s | s |\n|--:|--:|--:|--:|--:|--:|", flush=True)
        for millions in given.millions:
            data = (given.folder or Path(scratch)) / f"{millions:g}"
            if not data.exists():
                write_rows(data, round(millions * MILLION))
            flags = [f"--{name}" for name in ("bars-table", "report") if getattr(given, name.replace("-", "_"))]
            begin = time.perf_counter()
            command = [sys.executable, __file__, "--run", str(data), *flags]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found, seconds = json.loads(done.stdout.splitlines()[-1]), time.perf_counter() - begin
            print(
                f"| {found['rows'] / MILLION:g} | {found['slices']:,} | {found['fills']:,} | {found['mib']:.0f} "
                f"| {found['cpu']:.1f} | {seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
