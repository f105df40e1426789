"""A bar builder and everything that came out of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

from fakes.bars import UNIVERSE

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.sessions import to_datetime
from friday_core.flow.bars import BarBuilder
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.session_hours import Hours, SessionHours

HOURS = SessionHours()


class Made(NamedTuple):
    """A bar that came out; floats as they print, so that equal means the same bits."""

    ts_event: int
    symbol: str
    open: int
    high: int
    low: int
    close: int
    volume: str
    ticks: str
    turnover: str
    vwap: str
    ts_recv: int
    seq: int

    @property
    def clock(self) -> str:
        """Close in UTC and instrument, to read."""
        return f"{to_datetime(self.ts_event):%H:%M:%S} {self.symbol}"

    @property
    def prices(self) -> tuple[int, int, int, int]:
        return self.open, self.high, self.low, self.close


class Built:
    """What a builder made, and what it held as (row number, reason)."""

    def __init__(self, domain: str, hours: Hours = HOURS, universe: Universe = UNIVERSE, **plan: Any) -> None:
        self.universe = universe
        self.quarantine = Quarantine("market_data", universe)
        self._fresh = partial(BarBuilder, domain, hours, universe, self.quarantine, **plan)
        self.stage = self._fresh()
        self.bars: list[Made] = []
        self.chunks: list[Chunk] = []

    def push(self, *chunks: Chunk) -> list[Made]:
        """The bars that these chunks closed."""
        return [bar for chunk in chunks for bar in self.keep(self.stage.push(chunk))]

    def advance(self, now: int) -> list[Made]:
        return self.keep(self.stage.advance(now))

    def end(self) -> list[Made]:
        return self.keep(self.stage.flush())

    def of(self, *chunks: Chunk) -> list[Made]:
        """All bars of these chunks and of the end."""
        self.push(*chunks)
        self.end()
        return self.bars

    def restart(self) -> None:
        """Another builder goes on from this one's snapshot."""
        snapshot = self.stage.snapshot()
        self.stage = self._fresh()
        self.stage.restore(snapshot)

    @property
    def held(self) -> list[tuple[int, str]]:
        return sorted((row.seq, row.reason) for row in self.quarantine.rows)

    def keep(self, chunks: Iterable[Chunk]) -> list[Made]:
        before = len(self.bars)
        for chunk in chunks:
            self.chunks.append(chunk)
            self.bars += (self._made(chunk, row) for row in range(len(chunk)))
        return self.bars[before:]

    def _made(self, chunk: Chunk, row: int) -> Made:
        values: list[Any] = [int(chunk.ts_event[row]), self.universe[int(chunk.inst[row])].id.symbol]
        values += (int(chunk[name][row]) for name in ("open", "high", "low", "close"))
        values += (repr(float(chunk[name][row])) for name in ("volume", "ticks", "turnover", "vwap"))
        values += (int(chunk.ts_recv[row]), int(chunk.seq[row]))
        return Made(*values)
