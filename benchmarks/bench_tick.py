"""From a row to its orders, journal on: the live path, frame by frame, beside a bare chain of calls and an idle loop.

``python benchmarks/bench_tick.py``. Wall time of each frame, since latency is what counts, in quantiles.
The bare chain is what a trader would write by hand for one tick and nothing more: a running mean, a comparison, a
limit, an order, a position. Two readings of the clock are in every figure, those of the chain too. The idle loop
reads the clock twice: whatever it shows is the machine, and "the machine" is an idle loop of the length of a frame.
Ten rows are of one time, or as few instruments have them: of two or three slices. ``--plot FOLDER`` draws all of it
as ``latency.svg``.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from latency_plot import histograms

import containers
from friday_core.domain.records import ChunkReceived, Record, SessionStarted
from friday_core.infrastructure.clock import SteadyWallClock
from friday_core.orchestration.journaling import Journals
from friday_core.orchestration.rehearsal import started
from friday_core.session.core import Core
from friday_core.session.on_disk.journal import DiskJournal

#: Instruments of the synthetic source that are listed from the first day on, ten of them.
TEN = (
    "plugins.source.synthetic.instruments=13",
    "data.instruments=[{}]".format(",".join(f'"SYN{n:02d}.NSE"' for n in range(1, 14) if n % 4)),
)
#: What is measured: rows a frame, and settings besides.
CASES: dict[str, tuple[int, tuple[str, ...]]] = {
    "1 row": (1, ()),
    "10 rows of one time": (10, TEN),
    "10 rows of several slices": (10, ()),
}
SETTINGS = ("run.bars_table=false", "clock.kind=wall", "clock.speed=3600.0")


class Chain:
    """One strategy by hand: enough to send an order now and then, and nothing that keeps it safe."""

    def __init__(self) -> None:
        self.mean, self.position, self.orders = 0.0, 0, 0

    def tick(self, price: float) -> None:
        self.decide(price)

    def decide(self, price: float) -> None:
        self.mean += (price - self.mean) * 0.05
        wanted = 1 if price > self.mean else 0
        if wanted != self.position:
            self.check(price, wanted - self.position)

    def check(self, price: float, quantity: int) -> None:
        if abs(quantity) * price < 1e9:
            self.send(quantity)

    def send(self, quantity: int) -> None:
        self.position += quantity
        self.orders += 1


def frames(
    profile: str, rows_a_frame: int, folder: Path, most: int, settings: tuple[str, ...] = ()
) -> tuple[Core, DiskJournal, list[Record]]:
    """A core and a journal that are ready, and the frames that come."""
    places = (f"run.folder={folder / 'runs'}", f"run.chunk_rows={rows_a_frame}")
    loaded = containers.load_settings(
        profile=profile, environ={}, folder=folder, overrides=(*places, *SETTINGS, *settings)
    )
    infrastructure = containers.Infrastructure(loaded=loaded.in_use())
    session = containers.Session(
        infrastructure=infrastructure, plugins=containers.Plugins(infrastructure=infrastructure)
    )
    host, core = session.host(), session.core()
    journals = Journals.of(host.assembly, profile, "paper", resolved="", now=SteadyWallClock().now)
    assert journals is not None
    with started(host.assembly):
        records = [*host.assembly.feed.records()][:most]
    journal = DiskJournal.open(folder / "journal", journals.head, journals.now, journals.day)
    core.apply(SessionStarted(0, profile, "paper", ""))
    return core, journal, records


def stepped(core: Core, journal: DiskJournal, record: Record) -> int:
    """One frame as the runner takes it; how many orders and cancels it led to."""
    seq = journal.append(record)
    intents = core.apply(record)
    journal.answer(seq, intents)
    return len(intents)


def latencies(step: Callable[[Record], int], records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray]:
    """Nanoseconds of each frame, and whether it led to an order."""
    clock, times, ordered = time.perf_counter_ns, [], []
    gc.collect()
    gc.freeze()
    for record in records:
        before = clock()
        count = step(record)
        times.append(clock() - before)
        ordered.append(count > 0)
    gc.unfreeze()
    return np.array(times), np.array(ordered)


def idling(nanoseconds: int, frames: int) -> np.ndarray:
    """Frames in which nothing is done for so long: what they take longer is the machine's."""
    clock, times = time.perf_counter_ns, []
    for _ in range(frames):
        before = now = clock()
        while now < before + nanoseconds:
            now = clock()
        times.append(now - before)
    return np.array(times)


def told(what: str, times: np.ndarray, bare: float) -> None:
    if not len(times):
        print(f"| {what} | 0 | | | | |")
        return
    half, most, top = np.percentile(times, [50, 99, 99.9])
    print(f"| {what} | {len(times):,} | {half / 1e3:.2f} | {most / 1e3:.1f} | {top / 1e3:.1f} | {half / bare:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="paper")
    parser.add_argument("--frames", type=int, default=12_000)
    parser.add_argument("--plot", type=Path, help="the folder in which the distributions are drawn")
    given = parser.parse_args()
    found: dict[str, np.ndarray] = {}
    chain = Chain()
    print("| frame | count | p50, us | p99, us | p99.9, us | p50 in bare chains |\n|---|--:|--:|--:|--:|--:|")
    bare = 0.0
    for what, (rows, settings) in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            core, journal, records = frames(given.profile, rows, Path(place), given.frames, settings)
            data = [one for one in records if isinstance(one, ChunkReceived)]
            ticks = [float(one.chunk["close"][0]) for one in data]
            if not bare:
                idle = np.array([-(time.perf_counter_ns() - time.perf_counter_ns()) for _ in data])
                by_hand = np.array([_bare(chain, price) for price in ticks])
                bare = float(np.median(by_hand))
                found |= {"idle loop": idle, "bare chain": by_hand}
                told("idle loop", idle, bare)
                told("bare chain", by_hand, bare)
            for record in records[: len(records) // 5]:
                stepped(core, journal, record)
            times, ordered = latencies(lambda one: stepped(core, journal, one), records[len(records) // 5 :])  # noqa: B023
            parts = {what: times, f"{what}, one or more orders": times[ordered]}
            if rows == 1:
                parts["the machine"] = idling(int(np.median(times)), len(times))
            for name, one in parts.items():
                told(name, one, bare)
            found |= parts
            journal.close()
    if given.plot is not None:
        given.plot.mkdir(parents=True, exist_ok=True)
        (given.plot / "latency.svg").write_text(histograms(found), encoding="utf-8")


def _bare(chain: Chain, price: float) -> int:
    before = time.perf_counter_ns()
    chain.tick(price)
    return time.perf_counter_ns() - before


if __name__ == "__main__":
    main()
