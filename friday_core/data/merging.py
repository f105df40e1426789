"""Several sorted runs of rows as one, without holding more of each than its next rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from friday_core.data.frames import merged
from friday_core.domain.chunk import Chunk


def in_time_order(runs: Sequence[Iterator[Chunk]]) -> Iterator[Chunk]:
    """The rows of all runs by (``ts_event``, ``inst``); of each run the next chunk is in memory, and no other.

    A run's chunks are in the order of time, and sorted each by itself. Rows with the same time and
    instrument come run by run, in the order in which each has them: what ``merged`` gives of all
    chunks at once. ``seq`` says nothing.
    """
    fronts = [_Front(run) for run in runs]
    while going := [front for front in fronts if not front.is_over]:
        # What a run will still bring may close when its last row here does: such rows wait.
        until = min(front.last for front in going)
        ready = [part for front in fronts if len(part := front.before(until))]
        if ready:
            yield merged(ready)
        for front in going:
            if front.last == until:
                front.fill()
    rest = [front.rows for front in fronts if len(front.rows)]
    if rest:
        yield merged(rest)


class _Front:
    """The next rows of a run."""

    def __init__(self, run: Iterator[Chunk]) -> None:
        self._run = run
        self.rows = Chunk(np.zeros(0), np.zeros(0), {})
        self.is_over = False
        self.fill()

    @property
    def last(self) -> int:
        return int(self.rows.ts_event[-1])

    def fill(self) -> None:
        """Read one chunk more."""
        chunk = next((one for one in self._run if len(one)), None)
        self.is_over = chunk is None
        if chunk is not None:
            self.rows = Chunk.concat([self.rows, chunk]) if len(self.rows) else chunk

    def before(self, ts: int) -> Chunk:
        """Take the rows that close before ``ts``."""
        count = int(np.searchsorted(self.rows.ts_event, ts))
        taken, self.rows = self.rows.take(slice(0, count)), self.rows.take(slice(count, None))
        return taken
