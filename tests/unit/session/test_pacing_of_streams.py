"""A stream whose rows come at their pace gives what it gives at once, and gives it earlier."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fakes.bars import COLUMNS, UNIVERSE, Row, chunk_of, flat
from fakes.clock import SimulatedClock
from fakes.streams import MARKET_DATA, flow_of, rows_of
from fakes.ticks import MINUTE, SECOND, Tick, at, market, ticks_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ChunkReceived, ClockAdvanced, Record, StreamEnded
from friday_core.flow.coarser import Slices
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import StreamPlan
from friday_core.session.pacing import Pacer

TICKS = ("price", "volume")
PLANS = [
    StreamPlan(TICKS, bars=bars, interval="tick", lateness=lateness)
    for bars in ("1m", "1h", "v200")
    for lateness in (0, 20 * SECOND)
]


def records_of(rows: Chunk, cuts: Iterable[int]) -> list[Record]:
    bounds = [0, *sorted(cut for cut in cuts if 0 < cut < len(rows)), len(rows)]
    parts = [rows.take(slice(start, end)) for start, end in itertools.pairwise(bounds)]
    return [*(ChunkReceived(MARKET_DATA, part) for part in parts), StreamEnded(MARKET_DATA)]


def taken(flow: DataFlowManager, record: Record) -> Iterator[Slices]:
    match record:
        case ChunkReceived(stream, chunk):
            yield from flow.process_data_stream(stream, chunk)
        case ClockAdvanced(ts):
            yield from flow.advance(ts)
        case StreamEnded(stream):
            yield from flow.end(stream)


def outcome(flow: DataFlowManager, records: Iterable[Record]) -> tuple[Any, ...]:
    """Every row that comes out, the coarser bars in their order, and what is held back."""
    rows: list[Any] = []
    coarser: list[Any] = []
    for record in records:
        for slices in taken(flow, record):
            rows += rows_of(slices.rows)
            coarser += [row for bars in slices.coarser.values() for row in rows_of(bars)]
    return rows, coarser, sorted(map(repr, flow.quarantines[MARKET_DATA].rows))


def paced(flow: DataFlowManager, records: Iterable[Record], pause: int | None) -> Iterator[Record]:
    return Pacer(600.0, pause=pause, clock=SimulatedClock()).paced(records, lambda: flow.waits_until)


@given(
    st.sampled_from(PLANS),
    st.integers(0, 10**6),
    st.sampled_from([0, 10 * SECOND, 50 * SECOND]),
    st.sets(st.integers(1, 79), max_size=6),
    st.sampled_from([None, 30 * MINUTE]),
)
def test_bars_of_ticks_are_the_same_at_any_pace(
    plan: StreamPlan, seed: int, disorder: int, cuts: set[int], pause: int | None
) -> None:
    records = records_of(market(seed, 80, sessions=2, disorder=disorder), cuts)
    at_once, at_its_pace = (flow_of(plan, domains=["1d"]) for _ in range(2))
    assert outcome(at_its_pace, paced(at_its_pace, records, pause)) == outcome(at_once, records)


bars = st.lists(
    st.builds(
        lambda day, number, minute: flat(day, UNIVERSE[number].id, 100, minute=minute),
        st.integers(0, 4), st.integers(0, 2), st.integers(0, 2),
    ),
    min_size=1, max_size=20,
)  # fmt: skip


@given(bars, st.sampled_from([0, 2 * MINUTE]), st.sets(st.integers(1, 19), max_size=6), st.booleans())
def test_slices_and_late_rows_are_the_same_at_any_pace(
    rows: list[Row], lateness: int, cuts: set[int], in_order: bool
) -> None:
    if in_order:
        rows.sort(key=lambda row: (row.ts_event, row.instrument))
    records = records_of(chunk_of(rows), cuts)
    at_once, at_its_pace = (flow_of(StreamPlan(COLUMNS, lateness=lateness)) for _ in range(2))
    assert outcome(at_its_pace, paced(at_its_pace, records, None)) == outcome(at_once, records)


@pytest.mark.parametrize("lateness", [0, 3 * SECOND])
def test_a_bar_comes_at_its_end_and_the_lateness_though_no_tick_does(lateness: int) -> None:
    clocks = ("09:16:00", "09:29:58", "09:30:20", "15:00:00")
    ticks = ticks_of([Tick(at(one), 100) for one in clocks])
    flow = flow_of(StreamPlan(TICKS, bars="15m", interval="tick", lateness=lateness))
    pacer = Pacer(600.0, pause=None, clock=(clock := SimulatedClock()))
    came = []
    for record in pacer.paced(records_of(ticks, [2, 3]), lambda: flow.waits_until):
        for slices in taken(flow, record):
            came.append((int(slices.rows.ts_event[0]), round(at(clocks[0]) + clock.time * 600 * SECOND)))
    assert [close for close, _ in came] == [at("09:30"), at("09:45"), at("15:15")]
    assert [now - close for close, now in came[:2]] == pytest.approx([lateness] * 2, abs=2)
