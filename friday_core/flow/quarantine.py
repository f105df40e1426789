"""Rows that a stream held back or repaired, kept with the reason."""

from __future__ import annotations

from collections import Counter

import msgspec

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.verdicts import Verdict


class HeldRow(msgspec.Struct, frozen=True):
    """One row as it arrived, who judged it, and why. Prices are in price units."""

    stream: str
    stage: str
    verdict: str
    reason: str
    instrument: InstrumentId
    ts_event: int
    seq: int
    values: dict[str, float | int]


class Quarantine:
    """Everything that a stream held back or repaired, in order, with counts by stage and reason."""

    def __init__(self, stream: str, universe: Universe) -> None:
        self._stream = stream
        self._universe = universe
        self.rows: list[HeldRow] = []
        self.counts: Counter[tuple[str, str, str]] = Counter()

    def hold(self, stage: str, verdict: Verdict, reason: str, chunk: Chunk, row: int) -> None:
        """Keep one row of ``chunk`` as it was before ``stage``."""
        values = {name: column[row].item() for name, column in chunk.columns.items()}
        instrument = self._universe[int(chunk.inst[row])].id
        ts, seq = int(chunk.ts_event[row]), int(chunk.seq[row])
        self.rows.append(HeldRow(self._stream, stage, verdict.name, reason, instrument, ts, seq, values))
        self.counts[stage, verdict.name, reason] += 1
