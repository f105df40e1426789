"""Streams and whole flows of what a test writes down, in India's hours and without a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fakes.bars import COLUMNS, UNIVERSE

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.sessions import SessionDates
from friday_core.flow.coarser import CoarserBars, Slices
from friday_core.flow.derived import DerivedStream
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import DerivedPlan, StreamPlan
from friday_core.flow.session_hours import SessionHours
from friday_core.flow.stamps import Stamps
from friday_core.flow.stream import Stream

MARKET_DATA = "market_data"
ZONE = "Asia/Kolkata"


def stream_of(plan: StreamPlan, universe: Universe = UNIVERSE, stamps: Stamps | None = None) -> Stream:
    stamps = stamps or Stamps(universe, SessionDates(ZONE))
    return Stream(MARKET_DATA, plan, universe, stamps, SessionHours(timezone=ZONE))


def flow_of(
    plan: StreamPlan | None = None,
    derived: Mapping[str, DerivedPlan] | None = None,
    domains: Iterable[str] = (),
    universe: Universe = UNIVERSE,
) -> DataFlowManager:
    """The stream of market data, streams derived from it, and bars of coarser domains."""
    stamps = Stamps(universe, SessionDates(ZONE))
    stream = stream_of(plan or StreamPlan(COLUMNS), universe, stamps)
    coarser = CoarserBars(domains, SessionHours(timezone=ZONE), universe, stream.quarantine, stamps)
    streams = {name: DerivedStream(name, one, universe) for name, one in (derived or {}).items()}
    return DataFlowManager(stream, coarser, streams)


def through(flow: DataFlowManager, pieces: Iterable[Chunk]) -> Iterator[Slices]:
    """Everything that comes out, to the end."""
    for piece in pieces:
        yield from flow.process_data_stream(MARKET_DATA, piece)
    yield from flow.end(MARKET_DATA)


def rows_of(chunk: Chunk) -> list[dict[str, Any]]:
    """Each row with everything that it carries, floats by their bits."""
    own = {"seq": chunk.seq, "ts": chunk.ts_event, "inst": chunk.inst}
    columns = {**own, **chunk.columns}
    return [{name: repr(column[row].item()) for name, column in columns.items()} for row in range(len(chunk))]
