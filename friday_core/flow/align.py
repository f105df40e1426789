"""Slices: the rows of one stream with the same close time, released when they are complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import attrgetter, lt

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Chunk, Int64
from friday_core.domain.row import FewRows, PlainRow, chunk_of, joined
from friday_core.domain.verdicts import Verdict
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.snapshots import Rows, from_bytes, to_bytes
from friday_core.flow.watermark import BEGINNING

_inst = attrgetter("inst")
#: A slice, as it came: in a chunk, or in rows.
Given = Chunk | tuple[PlainRow, ...] | FewRows
#: What of one is there so far.
_Part = Chunk | PlainRow | FewRows


class _Snapshot(msgspec.Struct, frozen=True, tag="align 2"):
    open: Rows | None
    open_ts: int | None
    closed_before: int


class Align:
    """Holds the open slice until a later row, the clock or the end of the stream closes it.

    Rows that come after their slice was closed are late, and a second row of one instrument in a
    slice is surplus: both are quarantined. Where close times may repeat, as those of bars by
    volume, the second row of an instrument is not surplus: it opens another slice of the same
    time. Cutting the rows into other chunks changes nothing.
    """

    NAME = "align"

    def __init__(self, quarantine: Quarantine, *, repeats: bool = False) -> None:
        self._quarantine = quarantine
        self._repeats = repeats
        self._open: list[_Part] = []
        self._open_ts: int | None = None
        self._closed_before = BEGINNING
        #: Instruments of a slice that were in their order.
        self._in_order: list[int] = []

    @property
    def waits_until(self) -> int | None:
        """What ``advance`` must be told to close the open slice; ``None`` if there is none."""
        return self._open_ts + 1 if self._open and self._open_ts is not None else None

    @property
    def newest(self) -> int:
        """Close time of the open slice, or of the last one that was: earlier ones are closed."""
        return BEGINNING if self._open_ts is None else self._open_ts

    def push(self, chunk: Chunk) -> Iterator[Chunk]:
        """The slices that these rows close, whole, in one chunk sorted by time and instrument."""
        chunk = self._without_late_rows(chunk)
        if not len(chunk):
            return
        newest: int = chunk.ts_event[-1].item()
        if newest == self._open_ts:
            self._open.append(chunk)
            return
        start = int(np.searchsorted(chunk.ts_event, newest)) if len(chunk) > 1 else 0
        closed = [*self._open, chunk.take(slice(0, start))] if start else self._open
        self._open, self._open_ts = [chunk.take(slice(start, None)) if start else chunk], newest
        if closed:
            yield self._complete(closed)

    def push_row(self, row: PlainRow) -> Given | None:
        """The slice that this row closes, if it does; as rows, if it came in rows."""
        ts, newest = row.ts_event, self._open_ts
        if ts < self._closed_before or (newest is not None and ts < newest):
            self._without_late_rows(chunk_of((row,)))
            return None
        if ts == newest:
            self._open.append(row)
            return None
        closed, self._open, self._open_ts = self._open, [row], ts
        return self._complete_rows(closed) if closed else None

    def push_few(self, rows: FewRows | Iterable[PlainRow]) -> list[Given]:
        """``push_row`` of each: the slices that they close; of a few by column, which have one time, one at most."""
        if isinstance(rows, FewRows):
            slices = self._push_moment(rows)
            return [] if slices is None else [slices]
        found: list[Given] = []
        ts, opened = None, self._open
        for row in rows:
            if row.ts_event == ts:
                opened.append(row)
                continue
            closed = self.push_row(row)
            if closed is not None:
                found.append(closed)
            newest, opened = self._open_ts, self._open
            ts = newest if newest is not None and newest >= self._closed_before else None
        return found

    def _push_moment(self, few: FewRows) -> Given | None:
        """The same of rows of one time: the slice that they close, if they do."""
        ts, newest = few.ts_event[0], self._open_ts
        if ts < self._closed_before or (newest is not None and ts < newest):
            self._without_late_rows(few.chunk())
            return None
        if ts == newest:
            self._open.append(few)
            return None
        closed, self._open, self._open_ts = self._open, [few], ts
        return self._complete_rows(closed) if closed else None

    def advance(self, now: int) -> Given | None:
        """The open slice, if it is of a time before ``now``: every row before then has come, others are late.

        As rows, if it came in rows.
        """
        self._closed_before = max(self._closed_before, now)
        if not self._open or self._open_ts is None or self._open_ts >= now:
            return None
        closed, self._open = self._open, []
        return self._complete_rows(closed)

    def flush(self) -> Iterator[Chunk]:
        """The open slice, if there is one: no row will follow."""
        if self._open:
            closed, self._open = self._open, []
            yield self._complete(closed)

    def snapshot(self) -> bytes:
        """The open slice; ``restore`` goes on with the same bits."""
        rows = Rows.of(Chunk.concat(_chunks(self._open)), self._quarantine.universe) if self._open else None
        return to_bytes(_Snapshot(rows, self._open_ts, self._closed_before))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there; ``InvariantError`` if it is no snapshot of this stage."""
        state = from_bytes(_Snapshot, snapshot)
        self._open = [] if state.open is None else [state.open.chunk(self._quarantine.universe)]
        self._open_ts, self._closed_before = state.open_ts, state.closed_before

    def _complete_rows(self, parts: Sequence[_Part]) -> Given:
        """What ``_complete`` gives, in rows where they are all there is and none is surplus."""
        if type(parts[0]) is FewRows and (few := self._complete_few(parts)) is not None:
            return few
        rows: list[PlainRow] = []
        before, is_sorted = -1, True
        for one in _rows_of_each(parts) if FewRows in map(type, parts) else parts:
            if not isinstance(one, PlainRow):
                return self._complete(parts)
            is_sorted, before = is_sorted and before < one.inst, one.inst
            rows.append(one)
        if not is_sorted:
            rows.sort(key=_inst)
            if any(one.inst == other.inst for one, other in pairwise(rows)):
                return self._complete(parts)
        return tuple(rows)

    def _complete_few(self, parts: Sequence[_Part]) -> FewRows | None:
        """The rows of parts that all came as a few, if they are in the order of their instruments."""
        few = [one for one in parts if type(one) is FewRows]
        if len(few) < len(parts):
            return None
        whole = few[0] if len(few) == 1 else joined(few)
        if whole.inst != self._in_order:
            if not all(map(lt, whole.inst, whole.inst[1:])):
                return None
            self._in_order = whole.inst
        return whole

    def _complete(self, parts: Sequence[_Part]) -> Chunk:
        """Sorted rows with at most one row of each instrument in a slice: the first that came."""
        rows = Chunk.concat(_chunks(parts))
        if len(rows) == 1:
            return rows
        later, next_inst = np.diff(rows.ts_event) > 0, np.diff(rows.inst)
        if (later | (next_inst > 0)).all():
            return rows
        rows = rows.take(np.lexsort((rows.inst, rows.ts_event)))
        surplus = np.append(False, (np.diff(rows.ts_event) == 0) & (np.diff(rows.inst) == 0))
        if not surplus.any():
            return rows
        if self._repeats:
            return _in_waves(rows, surplus)
        for row in np.flatnonzero(surplus):
            reason = "second row of its instrument in a slice"
            self._quarantine.hold(self.NAME, Verdict.QUARANTINE, reason, rows, int(row))
        return rows.take(~surplus)

    def _without_late_rows(self, chunk: Chunk) -> Chunk:
        if not len(chunk):
            return chunk
        known = max(self.newest, self._closed_before)
        if chunk.ts_event[0] >= known and (len(chunk) == 1 or (chunk.ts_event[1:] >= chunk.ts_event[:-1]).all()):
            return chunk
        newest = np.maximum(np.maximum.accumulate(chunk.ts_event), known)
        late = chunk.ts_event < newest
        if not late.any():
            return chunk
        for row in np.flatnonzero(late):
            self._quarantine.hold(self.NAME, Verdict.QUARANTINE, "late: its slice was already closed", chunk, int(row))
        return chunk.take(~late)


def _rows_of_each(parts: Iterable[_Part]) -> Iterator[Chunk | PlainRow]:
    """The same, a few rows one by one."""
    for one in parts:
        if isinstance(one, FewRows):
            yield from one.rows()
        else:
            yield one


def _chunks(parts: Sequence[_Part]) -> list[Chunk]:
    """The same rows in chunks."""
    found: list[Chunk] = []
    for is_rows, some in groupby(_rows_of_each(parts), key=lambda one: isinstance(one, PlainRow)):
        if is_rows:
            found.append(chunk_of([one for one in some if isinstance(one, PlainRow)]))
        else:
            found += [one for one in some if isinstance(one, Chunk)]
    return found


def _in_waves(rows: Chunk, again: npt.NDArray[np.bool_]) -> Chunk:
    """Slices of one time, one after the other: the first row of each instrument, the second, and so on.

    ``rows`` are sorted by time and instrument; ``again`` says where a row repeats both of the row before.
    """
    number = np.arange(len(rows))
    wave = number - np.maximum.accumulate(np.where(again, 0, number))
    return rows.take(np.lexsort((rows.inst, wave, rows.ts_event)))


def slice_ends(rows: Chunk) -> list[int]:
    """Where each slice of whole, sorted slices ends: before a later time, or an instrument not after the last."""
    return [1] if len(rows) == 1 else slice_bounds(rows).tolist()


def slice_bounds(rows: Chunk) -> Int64:
    """The same as an array."""
    begins = (np.diff(rows.ts_event) != 0) | (np.diff(rows.inst) <= 0)
    return np.append(np.flatnonzero(begins) + 1, len(rows))
