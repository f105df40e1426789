"""How far a stream is complete, and the stage that puts its rows in order up to there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Chunk, Int64, Universe
from friday_core.domain.verdicts import Verdict
from friday_core.errors import InvariantError
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.snapshots import Rows, from_bytes, to_bytes

#: Before and after every row; far enough from the ends of int64 to add a lateness.
BEGINNING, END_OF_TIME = -(2**62), 2**62


class Watermark:
    """The newest event time of a stream less ``lateness`` microseconds: no row before it is taken.

    It only rises. ``ValueError`` for a negative lateness.
    """

    def __init__(self, lateness: int = 0) -> None:
        if lateness < 0:
            raise ValueError(f"a lateness of {lateness} microseconds: it cannot be negative")
        self.lateness = lateness
        self.newest = BEGINNING

    @property
    def time(self) -> int:
        """Microseconds UTC; every row with an earlier ``ts_event`` has come or is late."""
        return self.newest - self.lateness

    def late(self, ts_event: Int64) -> npt.NDArray[np.bool_]:
        """Which of these rows come too late: each is compared with the watermark of all rows before it."""
        newest = np.maximum.accumulate(np.append(np.int64(self.newest), ts_event))
        self.newest = int(newest[-1])
        return ts_event < newest[:-1] - self.lateness

    def advance(self, now: int) -> None:
        """The stream's clock shows ``now``: the same as a row of that time."""
        self.newest = max(self.newest, now)

    def end(self) -> None:
        """No row will follow: whatever comes is late."""
        self.advance(END_OF_TIME + self.lateness)


class _Snapshot(msgspec.Struct, frozen=True, tag="reorder 1"):
    lateness: int
    newest: int
    held: Rows | None


class Reorder:
    """Holds rows until the watermark passes them; releases them sorted by (``ts_event``, ``inst``, ``seq``).

    Rows that were at most ``lateness`` microseconds out of order leave in the same order however
    they came and however they were cut into chunks. Later ones are quarantined. With lateness 0
    nothing is held: rows leave as they came, less those that go back in time. A row of exactly the
    watermark's time is held, since others of that time may still come.
    """

    def __init__(self, universe: Universe, quarantine: Quarantine, lateness: int = 0, name: str = "reorder") -> None:
        self.name = name
        self.lateness = lateness
        self._universe = universe
        self._quarantine = quarantine
        self._watermark = Watermark(lateness)
        self._held: Chunk | None = None

    @property
    def watermark(self) -> int:
        """No row before this will be released any more."""
        return self._watermark.time

    @property
    def waits_until(self) -> int | None:
        """What ``advance`` must be told to set the first row free; ``None`` if none is held."""
        return None if self._held is None else int(self._held.ts_event[0]) + self._watermark.lateness + 1

    def push(self, chunk: Chunk) -> Iterator[Chunk]:
        """What these rows set free, in one chunk."""
        late = self._watermark.late(chunk.ts_event)
        if late.any():
            for row in np.flatnonzero(late):
                self._quarantine.hold(self.name, Verdict.QUARANTINE, "late: behind the watermark", chunk, int(row))
            chunk = chunk.take(~late)
        if not self._watermark.lateness:
            yield from (chunk,) if len(chunk) else ()
            return
        if len(chunk):
            self._held = _in_order(chunk if self._held is None else Chunk.concat([self._held, chunk]))
        yield from self._released()

    def passes(self, ts_event: int) -> bool:
        """Where the lateness is 0: whether a row of this time is not late; then the watermark is there."""
        watermark = self._watermark
        if ts_event < watermark.newest:
            return False
        watermark.newest = ts_event
        return True

    def advance(self, now: int) -> Iterator[Chunk]:
        """What is free when the stream's clock shows ``now`` although no row of that time came."""
        self._watermark.advance(now)
        yield from self._released()

    def flush(self) -> Iterator[Chunk]:
        """The rest: no row will follow."""
        self._watermark.end()
        yield from self._released()

    def _released(self) -> Iterator[Chunk]:
        held = self._held
        if held is None:
            return
        free = int(np.searchsorted(held.ts_event, self._watermark.time))
        self._held = held.take(slice(free, None)) if free < len(held) else None
        if free:
            yield held.take(slice(0, free))

    def snapshot(self) -> bytes:
        """What is held and how far the watermark is; ``restore`` goes on with the same bits."""
        held = None if self._held is None else Rows.of(self._held, self._universe)
        return to_bytes(_Snapshot(self._watermark.lateness, self._watermark.newest, held))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there; ``InvariantError`` if it is of another lateness, or no snapshot of this stage."""
        state = from_bytes(_Snapshot, snapshot)
        if state.lateness != self._watermark.lateness:
            raise InvariantError(
                f"the snapshot was made with a lateness of {state.lateness} microseconds, "
                f"this stage has {self._watermark.lateness}"
            )
        held = None if state.held is None else state.held.chunk(self._universe)
        self._watermark = Watermark(state.lateness)
        self._watermark.advance(state.newest)
        self._held = held


def _in_order(rows: Chunk) -> Chunk:
    """Stable, so that rows which nothing tells apart keep the order in which they came."""
    return rows.take(np.lexsort((rows.seq, rows.inst, rows.ts_event)))
