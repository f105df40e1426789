"""A live stream: rows come one by one, for days, and one that passes leaves nothing behind."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import CLOSE, COLUMNS, DAY, UNIVERSE
from fakes.streams import stream_of
from unit.causal.test_checks import Judge

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import Chunk
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.plans import StreamPlan
from friday_core.flow.stream import Stream
from friday_plugins.validators.bar_sanity import BarSanity
from friday_plugins.validators.clock_sanity import ClockSanity
from friday_plugins.validators.outlier_detection import OutlierDetection

#: Bytes that may stay for other reasons: counters that outgrow small integers, a dictionary that makes room.
SLACK = 20_000


def whole(rows: int, first: int = 0) -> Chunk:
    """A row a millisecond, of each instrument in turn; volumes never repeat."""
    number = np.arange(first, first + rows)
    price = 10_000 + number % 7
    columns = {"open": price, "high": price + 2, "low": price - 2, "close": price, "volume": number + 1.0}
    return Chunk(DAY + CLOSE + number * 1_000, (number % len(UNIVERSE)).astype(np.int32), columns, seq=number)


def alone(rows: int, first: int = 0) -> Iterator[Chunk]:
    chunk = whole(rows, first)
    return (chunk.take(slice(row, row + 1)) for row in range(rows))


def checks(m: Any) -> Any:
    return {"again": m.volume == m.volume.shift(), "stands": m.volume.rolling(20).std() == 0}


def live(executor: Executor) -> Stream:
    judges = [
        ("clock", ClockSanity(ClockSanity.Settings(earliest="1970-01-01"))),
        ("bars", BarSanity()),
        ("outliers", OutlierDetection(OutlierDetection.Settings(), UNIVERSE)),
        ("own", CheckStage(trace_program(Judge(checks).outputs), UNIVERSE, executor)),
    ]
    mean = trace_program(lambda m: {"mean": m.close.rolling(50).mean()})
    adds = [("mean", ColumnStage(mean, UNIVERSE, executor))]
    return stream_of(StreamPlan(COLUMNS, judges, adds, interval="tick"))


def fed(stream: Stream, pieces: Iterable[Chunk]) -> int:
    return sum(len(out) for piece in pieces for out in stream.process(piece))


@pytest.mark.parametrize(("which", "count"), [("compiled", 4_000), ("python", 500)])
def test_many_rows_leave_no_more_behind_than_few(which: str, count: int, compiled: ChosenExecutor) -> None:
    stream = live(compiled if which == "compiled" else Oracle)
    rows = list(alone(count, 500))
    assert fed(stream, alone(500)) == 499
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        assert fed(stream, rows) == count
        gc.collect()
        left = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert not stream.quarantine.rows
    assert left < SLACK


def outcome(stream: Stream, pieces: Sequence[Chunk]) -> list[tuple[int, str]]:
    out = [*(one for piece in pieces for one in stream.process(piece)), *stream.end()]
    return [(seq, repr(mean)) for one in out for seq, mean in zip(one.seq.tolist(), one["mean"].tolist(), strict=True)]


def test_they_come_out_as_they_do_together(compiled: ChosenExecutor) -> None:
    together = outcome(live(Oracle), [whole(300)])
    assert [seq for seq, _ in together] == list(range(300))
    assert outcome(live(compiled), list(alone(300))) == together
    assert outcome(live(compiled), [whole(300)]) == together
