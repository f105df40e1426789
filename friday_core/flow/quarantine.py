"""Rows that a stream held back or repaired, kept with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set

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
    """Everything that a stream held back or repaired, with counts by stage and reason."""

    def __init__(self, stream: str, universe: Universe) -> None:
        self._stream = stream
        self.universe = universe
        self._held: list[HeldRow] = []
        self._gone: Counter[tuple[str, str, str]] = Counter()

    @property
    def rows(self) -> list[HeldRow]:
        """In the order of arrival; a row that several stages judged, in the order of the stages.

        Without those that were let go of.
        """
        return sorted(self._held, key=lambda one: one.seq)

    @property
    def counts(self) -> Counter[tuple[str, str, str]]:
        """Rows by stage, verdict and reason."""
        return self._gone + _counted(self._held)

    def release(self, left: int) -> list[HeldRow]:
        """Let go of the rows that arrived first, so that ``left`` stay; they still count. Between two records only."""
        rows = self.rows
        gone, self._held = rows[:-left], rows[-left:]
        self._gone += _counted(gone)
        return gone

    def __len__(self) -> int:
        """Rows that are held and were not let go of."""
        return len(self._held)

    def hold(self, stage: str, verdict: Verdict, reason: str, chunk: Chunk, row: int) -> None:
        """Keep one row of ``chunk`` as it was before ``stage``."""
        values = {name: column[row].item() for name, column in chunk.columns.items()}
        instrument = self.universe[int(chunk.inst[row])].id
        ts, seq = int(chunk.ts_event[row]), int(chunk.seq[row])
        self._held.append(HeldRow(self._stream, stage, verdict.name, reason, instrument, ts, seq, values))

    def forget_after(self, seq: int) -> None:
        """Rows after ``seq`` never arrived: the stream was stopped there."""
        self._held = [one for one in self._held if one.seq <= seq]

    def mark(self) -> int:
        """The place of the next row that is held."""
        return len(self._held)

    def forget(self, mark: int, seqs: Set[int]) -> None:
        """Of what was held since ``mark``, the rows with these numbers never came so far."""
        since = [one for one in self._held[mark:] if one.seq not in seqs]
        self._held[mark:] = since


def _counted(rows: Iterable[HeldRow]) -> Counter[tuple[str, str, str]]:
    return Counter((one.stage, one.verdict, one.reason) for one in rows)
