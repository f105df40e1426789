"""The frame of a row that comes alone: laid out once for the columns of a stream, then only its numbers are written."""

from __future__ import annotations

import struct
from zlib import crc32

from friday_core.domain.chunk import PRICES, Chunk
from friday_core.domain.row import PlainRow
from friday_core.session.on_disk.frames import CHECK_AT, HEAD_BYTES, SEQ_AT, packed

_CHECK = struct.Struct("<I")


class RowFrame:
    """The frame of one row that is not marked, without making its content: the same bytes.

    ``before`` is what stands before the columns, eight bytes; ``has_received`` tells whether ``ts_recv`` is one of
    them. ``packed`` writes into the same memory again.
    """

    def __init__(self, kind: int, before: bytes, stream: str, names: tuple[str, ...], *, has_received: bool) -> None:
        self._stream = stream
        self._names = names
        self._has_received = has_received
        times = "qq" if has_received else "q"
        columns = "".join("q" if name in PRICES else "d" for name in names)
        self._numbers = struct.Struct(f"<QqIIQ{times}q{columns}i")
        (self._before,) = struct.unpack("<Q", before)
        frame, _ = packed(kind, 0, 0, bytes(SEQ_AT + self._numbers.size - HEAD_BYTES), 0)
        self._frame = bytearray(frame)
        view = memoryview(self._frame)
        self._head, self._content = view[:CHECK_AT], view[HEAD_BYTES:]

    def takes(self, stream: str, chunk: Chunk) -> bool:
        """Whether a chunk of one row that is not marked is laid out so."""
        has_received = chunk.ts_recv is not chunk.ts_event
        return tuple(chunk.columns) == self._names and stream == self._stream and has_received is self._has_received

    def packed(self, seq: int, ts: int, row: PlainRow, previous: int) -> tuple[bytearray, int]:
        """The frame, until it is asked for the next one, and its check."""
        frame, values = self._frame, row.values.values()
        put, before = self._numbers.pack_into, self._before
        if self._has_received:
            put(frame, SEQ_AT, seq, ts, previous, 0, before, row.ts_event, row.ts_recv, row.seq, *values, row.inst)
        else:
            put(frame, SEQ_AT, seq, ts, previous, 0, before, row.ts_event, row.seq, *values, row.inst)
        check = crc32(self._content, crc32(self._head))
        _CHECK.pack_into(frame, CHECK_AT, check)
        return frame, check
