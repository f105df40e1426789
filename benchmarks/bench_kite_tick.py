"""From a raw payload of Kite's socket to an order's intent, journal on, beside a bare chain of calls.

``python benchmarks/bench_kite_tick.py``. Payloads have 1 or 10 packets of the mode ``full``, one tick of each share a
second; bars of a second are made of them, and a strategy in columns decides on each. Wall time of each payload, since
latency is what counts, in quantiles. "One thread" is the work alone: decode, hand over, judge, rows, journal, core.
"Its threads" is the way that a session takes: the payload comes in one thread, rows are made in a second, the
core runs in a third.
"""

from __future__ import annotations

import argparse
import random
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench_tick import Chain, _bare, told

import containers
from friday_core.api import InstrumentId
from friday_core.domain.records import ChunkReceived, Record, SessionStarted
from friday_core.infrastructure.clock import SteadyWallClock
from friday_core.orchestration.journaling import Journals
from friday_core.session.on_disk.journal import DiskJournal
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.frames import FULL
from friday_plugins.zerodha.websocket import ZerodhaWebsocket

#: 10:00 in India on 2026-11-20, Unix seconds.
TEN = 1_795_149_000
#: Words of a packet in the mode ``full`` before its depth: token, price, quantities, ohlc, times.
_WORDS = struct.Struct(">IiIiIII4iIIIII")
#: Seconds between two payloads where threads hand over, and that each gets to be done: the first one is no row.
_PAUSE, _PATIENCE = 0.001, 0.2
SETTINGS = (
    "clock.kind=wall", "streams.market_data.source=zerodha_websocket", "streams.market_data.bars=1s",
    "streams.market_data.validators=[]", "streams.market_data.transformers=[]", "data.calendar=indian",
    "plugins.source.zerodha_websocket.skew=1e12",
    "run.bars_table=false",
    'trading.active_strategies=[{id="cross",use="moving_average_cross",settings={fast=2,slow=5}}]',
    "trading.sizer=fixed_fraction", 'risk.rules=["long_only"]', "risk.max_gross_exposure=1.0", "account.currency=INR",
)  # fmt: skip


def listing(path: Path, shares: int) -> list[int]:
    """A list of instruments as Kite serves it; their tokens."""
    tokens = [place << 8 | 1 for place in range(1, shares + 1)]
    head = "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size"
    rows = [f"{token},{token >> 8},SHARE{token >> 8},,0,,0,0.05,1,EQ,NSE,NSE" for token in tokens]
    path.parent.mkdir()
    path.write_text("\n".join([f"{head},instrument_type,segment,exchange", *rows]) + "\n", encoding="utf-8")
    return tokens


def payloads(tokens: list[int], count: int) -> Iterator[bytes]:
    """A second after the other; every price moves, and every share trades."""
    drawn, prices = random.Random(1), dict.fromkeys(tokens, 100_000)
    for second in range(count):
        packets = []
        for token in tokens:
            price = prices[token] = prices[token] + drawn.choice((-25, -10, 10, 25))
            words = token, price, 1, price, 10 * second, 1, 1, price, price, price, price
            stamp = TEN + second
            packets.append(_WORDS.pack(*words, stamp, 0, 0, 0, stamp) + bytes(FULL - _WORDS.size))
        yield struct.pack(">H", len(tokens)) + b"".join(struct.pack(">H", FULL) + one for one in packets)


class Line:
    """A session that is ready, and the ways into it; nobody is connected to."""

    def __init__(self, folder: Path, shares: int) -> None:
        cache = folder / "lists"
        Zerodha.read = lambda *_, **__: {}  # type: ignore[method-assign]
        today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 19_800))
        self.tokens = listing(cache / f"instruments-{today}.csv", shares)
        names = [str(InstrumentId(f"SHARE{token >> 8}", "NSE")) for token in self.tokens]
        more = (
            f"plugins.source.zerodha_websocket.instruments={names}".replace("'", '"'),
            f"plugins.connection.zerodha.cache={cache}", f"run.folder={folder / 'runs'}",
            f"plugins.connection.zerodha.session_file={folder / 'session.json'}",
        )  # fmt: skip
        loaded = containers.load_settings(profile=None, environ={}, folder=folder, overrides=(*SETTINGS, *more))
        infrastructure = containers.Infrastructure(loaded=loaded.in_use())
        plugins = containers.Plugins(infrastructure=infrastructure)
        session = containers.Session(infrastructure=infrastructure, plugins=plugins)
        self.host, self.core = session.host(), session.core()
        self.source: Any = self.host.assembly.source
        assert isinstance(self.source, ZerodhaWebsocket)
        self.ticker: Any = self.source._ticker
        vars(self.ticker).update(start=lambda: None, stop=lambda: None)
        self.source.initialize()
        journals = Journals.of(self.host.assembly, "kite", "paper", resolved="", now=SteadyWallClock().now)
        assert journals is not None
        self.journal = DiskJournal.open(folder / "journal", journals.head, journals.now, journals.day)
        self.core.apply(SessionStarted(0, "kite", "paper", ""))

    def step(self, record: Record) -> int:
        """As the runner takes it; how many orders it led to."""
        seq = self.journal.append(record)
        intents = self.core.apply(record)
        self.journal.answer(seq, intents)
        return len(intents)

    def alone(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """All of it in one thread."""
        self.source._resolve()
        stream, seq, times, ordered = "market_data", 0, [], []
        for payload in payloads(self.tokens, count):
            before = time.perf_counter_ns()
            self.ticker._heard(payload, True)
            ticks = self.source._belief.judged(self.ticker.take(0.0))
            intents = 0
            if ticks:
                chunk = self.source._ticks_of(ticks).numbered(seq)
                seq += len(chunk)
                intents = self.step(ChunkReceived(stream, chunk))
            times.append(time.perf_counter_ns() - before)
            ordered.append(intents > 0)
        return np.array(times), np.array(ordered)

    def threaded(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """By the feed of a session, the payloads from another thread."""
        begun: dict[int, int] = {}
        done = threading.Semaphore(0)
        feed: Any = self.host.assembly.feed
        feed.now = lambda: 0  # the rows are of another day than the wall

        def send() -> None:
            for place, payload in enumerate(payloads(self.tokens, count)):
                begun[TEN + place] = time.perf_counter_ns()
                self.ticker._heard(payload, True)
                done.acquire(timeout=_PATIENCE)
                time.sleep(_PAUSE)
            feed.stop()

        self.source._resolve()
        sender, times, ordered = threading.Thread(target=send, daemon=True), [], []
        sender.start()
        for record in feed.records():
            intents = self.step(record)
            if isinstance(record, ChunkReceived):
                second = int(record.chunk.ts_event[-1]) // 1_000_000
                times.append(time.perf_counter_ns() - begun[second])
                ordered.append(intents > 0)
                done.release()
        sender.join()
        return np.array(times), np.array(ordered)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payloads", type=int, default=5_000)
    count = parser.parse_args().payloads
    chain, bare = Chain(), 0.0
    by_hand = np.array([_bare(chain, float(price % 97)) for price in range(count)])
    idle = np.array([-(time.perf_counter_ns() - time.perf_counter_ns()) for _ in range(count)])
    bare = float(np.median(by_hand) - np.median(idle))
    print("| payload | count | p50, us | p99, us | p99.9, us | p50 in bare chains |\n|---|--:|--:|--:|--:|--:|")
    told("bare chain, the idle loop in it", by_hand, bare)
    for packets in (1, 10):
        for way in ("one thread", "its threads"):
            with tempfile.TemporaryDirectory() as folder:
                line = Line(Path(folder), packets)
                times, ordered = line.alone(count) if way == "one thread" else line.threaded(count)
                line.journal.close()
            times, ordered = times[len(times) // 5 :], ordered[len(ordered) // 5 :]
            name = f"{packets} packet{'s' * (packets > 1)}, {way}"
            told(name, times, bare)
            told(f"{name}, an order", times[ordered], bare)


if __name__ == "__main__":
    main()
