"""How fast a journal is read, and replayed: rows a second of ticks and of minutes, in CPU time.

    python benchmarks/bench_replay.py [--rows 1000000] [--per-record 1000]

The journal is written as a session writes it, of bars of five instruments; each record has ``--per-record`` rows.
Reading alone is every record decoded; joined is the same put together as the replay does; the replay is the whole
session, with its strategy, its book and its tables.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import containers
from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ChunkReceived, SessionStarted, SessionStopped, StreamEnded
from friday_core.orchestration.journaling import Journals
from friday_core.orchestration.replaying import REPLACED, SessionReplay, source_of
from friday_core.session.batches import joined
from friday_core.session.on_disk.segments import Segment, entries
from friday_core.session.on_disk.stretches import stretches
from friday_core.session.on_disk.survey import survey

MINUTE, DAY, OPEN = 60_000_000, 86_400_000_000, 225 * 60_000_000
STRATEGY = (
    'trading.active_strategies=[{id="cross", use="moving_average_cross", settings={fast=2000, slow=5000}}]',
    "plugins.source.synthetic.interval=1m",
    "run.bars_table=false",
    "risk.max_drawdown=1.0",
)


def rows(count: int, instruments: int) -> Chunk:
    """Minutes of sessions of 375, every instrument in each: prices that walk."""
    slices = count // instruments
    minute = np.arange(slices)
    ts = np.repeat((19_723 + minute // 375) * DAY + OPEN + (1 + minute % 375) * MINUTE, instruments)
    walk = np.random.default_rng(7).integers(-3, 4, (slices, instruments)).cumsum(axis=0)
    close = 100_000 + 5 * np.maximum(walk, -15_000).ravel()
    columns = {"open": close, "high": close + 5, "low": close - 5, "close": close, "volume": np.full(len(ts), 500.0)}
    return Chunk(ts, np.tile(np.arange(instruments), slices), columns).numbered(0)


def written(parent: Path, chunk: Chunk, per_record: int) -> Path:
    """A journal of these rows, without orders."""
    loaded = containers.load_settings(
        environ={}, folder=parent, overrides=[f"journal.folder={parent / 'journals'}", *STRATEGY]
    )
    host = containers.build(loaded)
    journals = Journals.of(host.assembly, "bench", "paper", resolved=host._resolved, now=lambda: 0)
    assert journals is not None
    with journals.opened(anew=True) as journal:
        journal.append(SessionStarted(0, "bench", "paper", ""))
        for start in range(0, len(chunk), per_record):
            journal.append(ChunkReceived("market_data", chunk.take(slice(start, start + per_record))))
        journal.append(StreamEnded("market_data"))
        journal.append(SessionStopped("END_OF_DATA: over"))
        return journal.folder


def timed(what: str, rows_: int, do: Callable[[], object]) -> float:
    before = time.process_time()
    do()
    spent = time.process_time() - before
    print(f"{what:<22} {spent:7.2f} s {rows_ / spent:12,.0f} rows/s")
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--per-record", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        os.chdir(room)
        chunk = rows(given.rows, 5)
        folder = written(Path(room), chunk, given.per_record)
        n, segments = len(chunk), survey(folder).segments
        timed("checking sums", n, lambda: survey(folder))
        reading = timed("reading alone", n, lambda: sum(1 for _ in entries(segments)))
        timed("reading and joining", n, lambda: sum(1 for _ in joined(stretches(segments))))
        timed("replay", n, lambda: replayed(folder, segments))
        spent = timed("replay, again", n, lambda: replayed(folder, segments))
        print(f"a replay takes {spent / reading:.1f} times what reading takes")


def replayed(folder: Path, segments: Sequence[Segment]) -> None:
    head = segments[-1].head
    Path("resolved.toml").write_text(head.resolved, "utf-8")
    loaded = containers.load_settings(
        "default", config=Path("resolved.toml"), overrides=REPLACED, environ={}, folder=Path()
    )
    host = containers.build(loaded, [source_of(head)])
    session = SessionReplay(folder, segments, what_if=True)
    host.replay(session)
    result = host.run()
    print(f"    {result.summary['driver']} {session.seconds:.2f} s applying")


if __name__ == "__main__":
    main()
