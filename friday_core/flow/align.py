"""Slices: the rows of one stream with the same close time, released when they are complete."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Verdict
from friday_core.flow.quarantine import Quarantine


class Align:
    """Holds the open slice until a later row or the end of the stream closes it.

    Rows that come after their slice was closed are late, and a second row of one instrument in a
    slice is surplus: both are quarantined. Cutting the rows into other chunks changes nothing.
    """

    NAME = "align"

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine
        self._open: list[Chunk] = []
        self._open_ts: int | None = None

    def push(self, chunk: Chunk) -> Iterator[Chunk]:
        """The slices that these rows close, each sorted by instrument."""
        chunk = self._without_late_rows(chunk)
        if not len(chunk):
            return
        cuts = np.flatnonzero(np.diff(chunk.ts_event)) + 1
        for start, end in zip([0, *cuts], [*cuts, len(chunk)], strict=True):
            part = chunk.take(slice(start, end))
            if self._open_ts is not None and int(part.ts_event[0]) != self._open_ts:
                yield self._close()
            self._open_ts = int(part.ts_event[0])
            self._open.append(part)

    def flush(self) -> Iterator[Chunk]:
        """The open slice, if there is one: no row will follow."""
        if self._open:
            yield self._close()

    def _close(self) -> Chunk:
        rows = Chunk.concat(self._open)
        self._open = []
        order = np.argsort(rows.inst, kind="stable")
        rows = rows.take(order)
        surplus = np.flatnonzero(np.diff(rows.inst, prepend=-1) == 0)
        for row in surplus:
            self._quarantine.hold(self.NAME, Verdict.QUARANTINE, "second row of its instrument in a slice", rows, int(row))
        return rows if not len(surplus) else rows.take(np.diff(rows.inst, prepend=-1) != 0)

    def _without_late_rows(self, chunk: Chunk) -> Chunk:
        if not len(chunk):
            return chunk
        known = chunk.ts_event[0] if self._open_ts is None else max(self._open_ts, chunk.ts_event[0])
        newest = np.maximum(np.maximum.accumulate(chunk.ts_event), known)
        late = chunk.ts_event < newest
        if not late.any():
            return chunk
        for row in np.flatnonzero(late):
            self._quarantine.hold(self.NAME, Verdict.QUARANTINE, "late: its slice was already closed", chunk, int(row))
        return chunk.take(~late)
