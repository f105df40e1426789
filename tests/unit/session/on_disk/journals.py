"""Journals for the tests of their files: some records of every kind, written by a clock that counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, Array, Chunk
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.records import (
    ActionAnnounced,
    CancelOrder,
    ChunkReceived,
    ClockAdvanced,
    Intent,
    ModelVersion,
    PlaceOrder,
    Record,
    SessionStarted,
    SessionStopped,
    StreamEnded,
)
from friday_core.session.journal import Entry
from friday_core.session.on_disk.codec import Head
from friday_core.session.on_disk.journal import DiskJournal

DAY = 86_400_000_000
INFY = Instrument(InstrumentId("INFY", "NSE"), "INR")
TCS = Instrument(InstrumentId("TCS", "NSE"), "INR", tick_size=5)
HEAD = Head(0, 0, "paper", "paper", "[run]\n", ("friday-trading 1",), {"strategy.cross": "ab12"}, (INFY, TCS))


def rows(first: int, count: int, *, received: int = 0, gap: int = 1, code: int = 0) -> ChunkReceived:
    """Rows with a missing price, a NaN of other bits than numpy's, and a number below the normal range."""
    odd = np.frombuffer(np.array([0x7FF8000000000123, 1], np.uint64).tobytes(), np.float64)
    ts = 1_000_000 * np.arange(first, first + count)
    columns = {
        "close": np.where(np.arange(count) % 3 == 1, MISSING_PRICE, 100_00 + np.arange(count)),
        "volume": np.resize(np.concatenate([odd, [0.1, -0.0]]), count),
    }
    return ChunkReceived(
        "market_data",
        Chunk(
            ts,
            np.arange(count) % 2,
            columns,
            ts_recv=ts + received if received else None,
            seq=first + gap * np.arange(count),
            code=np.full(count, code),
        ),
    )


ORDER = Order(
    INFY.id, Side.BUY, 10, OrderType.LIMIT, limit_price=100_05, tag="F0KHS0000001", strategy="cross", ts_decided=7,
    reason="crossed", stop_loss=99_00, take_profit=110_00,
)  # fmt: skip
RECORDS: tuple[Record, ...] = (
    SessionStarted(5, "paper", "paper", "abc", ("a", "b")),
    ActionAnnounced(CorporateAction(INFY.id, 19_000, 2, 1, 0, 0.5)),
    rows(0, 3),
    rows(3, 1),
    ClockAdvanced(4_000_000),
    rows(4, 4, received=250, gap=2, code=3),
    ModelVersion("predictions", 3, 4, "m1", b"\x00\xff"),
    StreamEnded("market_data"),
    SessionStopped("END_OF_DATA: the source has no more rows"),
)
#: What is answered, by number of the record.
ANSWERS: dict[int, tuple[Intent, ...]] = {
    3: (PlaceOrder(ORDER),),
    5: (CancelOrder(ORDER.tag, "CANCELLED: asked for"), PlaceOrder(ORDER)),
}


def counting(first: int = 1_000, step: int = 1_000) -> Callable[[], int]:
    return itertools.count(first, step).__next__


def opened(folder: Path, now: Callable[[], int] | None = None) -> DiskJournal:
    return DiskJournal.open(folder, HEAD, now or counting(), lambda ts: ts // DAY)


def written(folder: Path) -> list[Entry]:
    """A whole journal of ``RECORDS``, closed; returns what it was told."""
    journal = opened(folder)
    for record in RECORDS:
        seq = journal.append(record)
        journal.answer(seq, ANSWERS.get(seq, ()))
    journal.close()
    return [Entry(seq, record, ANSWERS.get(seq, ())) for seq, record in enumerate(RECORDS)]


def bits(entries: list[Entry]) -> list[tuple[int, object, tuple[Intent, ...]]]:
    """Entries that compare by their bits."""
    return [(one.seq, _bits(one.record), one.intents) for one in entries]


def _bits(record: Record) -> object:
    if not isinstance(record, ChunkReceived):
        return record
    chunk = record.chunk
    arrays: dict[str, Array] = {
        "ts_event": chunk.ts_event,
        "ts_recv": chunk.ts_recv,
        "inst": chunk.inst,
        "seq": chunk.seq,
        "code": chunk.code,
        **chunk.columns,
    }
    return record.stream, {name: (values.dtype.str, values.tobytes()) for name, values in arrays.items()}
