"""Records of a journal that is known to be whole, with rows of one shape read many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from friday_core.domain.chunk import Universe
from friday_core.domain.records import Record
from friday_core.errors import JournalError
from friday_core.session.journal import Entry
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.frames import HEAD_BYTES, Frame, frame_at
from friday_core.session.on_disk.segments import Segment, moved_to

#: Frames that are looked at first, and at most, for being of one shape.
_FEW, _MOST = 64, 65_536
#: Bytes at the beginning of a frame, and of its content, that say its shape: mark, version, kind and length; columns,
#: what is left out, number of rows.
_SHAPE = 8
_WORD = np.dtype("<u8")


def stretches(segments: Sequence[Segment], universe: Universe | None = None) -> Iterator[Entry]:
    """As ``entries``, but records of rows that follow one another in one shape, of which only the last was answered,
    come as one, under the number of the last.

    The journal's last record always comes by itself. The sums of such rows are not looked at a second time: the
    segments come from a survey. Raises as ``entries``.
    """
    waiting: tuple[int, Record] | None = None
    for segment in segments:
        decoder, moved = codec.Decoder(), moved_to(segment, universe)
        data, last = segment.path.read_bytes()[: segment.good], segments[-1].last
        for frame, count in _walk(data, last):
            if frame.kind == codec.INTENTS:
                if waiting is None:
                    raise JournalError(f"{segment.path}: byte {frame.start:,} answers no record")
                yield Entry(*waiting, codec.decoded_intents(frame.content))
                waiting = None
                continue
            where = f"{segment.path}, byte {frame.start:,}"
            if frame.kind == codec.HEAD:
                continue
            if count > 1:
                record: Record | None = decoder.rows(data, frame.start, frame.end - frame.start, count, HEAD_BYTES)
            else:
                record = decoder.record(frame.kind, frame.content, where)
            if record is not None:
                if waiting is not None:
                    yield Entry(*waiting)
                waiting = (frame.seq + count - 1, moved(record))
    if waiting is not None:
        yield Entry(*waiting)


def _walk(data: bytes, last: int) -> Iterator[tuple[Frame, int]]:
    """Each frame, or the first of several of one shape, and how many these are."""
    view, place = memoryview(data), 0
    while (frame := frame_at(view, place)) is not None:
        stride = frame.end - frame.start
        count = min(_alike(data, place, stride), last - frame.seq) if frame.kind == codec.ROWS else 1
        yield frame, max(count, 1)
        place += max(count, 1) * stride


def _alike(data: bytes, place: int, stride: int) -> int:
    """How many frames from here on have the shape of the first."""
    if data[place : place + _SHAPE] != data[place + stride : place + stride + _SHAPE]:
        return 1
    room = min((len(data) - place) // stride, _MOST)
    for count in (min(_FEW, room), room):
        same = _words(data, place, stride, count) & _words(data, place + HEAD_BYTES, stride, count)
        if not same.all():
            return int(np.argmin(same))
    return room


def _words(data: bytes, place: int, stride: int, count: int) -> Any:
    """Whether the eight bytes at a place of each frame are those of the first."""
    words: Any = np.ndarray((count,), _WORD, data, place, (stride,))
    return words == words[0]
