"""Records as the content of frames, and back: the same bits, whatever the numbers are."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import PRICES, Array, Chunk, Int64
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Order
from friday_core.domain.records import (
    ActionAnnounced,
    Armed,
    BrokerRead,
    CancelOrder,
    ChunkReceived,
    ClockAdvanced,
    Command,
    Intent,
    ModelVersion,
    OrderTold,
    PlaceOrder,
    Record,
    RowsMissing,
    SendAnswered,
    SessionResumed,
    SessionStarted,
    SessionStopped,
    StreamEnded,
)
from friday_core.domain.row import FewRows, only_row
from friday_core.errors import JournalError
from friday_core.session.on_disk.row_frame import RowFrame

#: Kinds of frames. A number is never given to another kind.
HEAD, COLUMNS, ROWS, INTENTS, STOPPED, READ, COMMAND = 1, 2, 3, 4, 21, 25, 26
_PLAIN: Mapping[int, type[Record]] = {
    16: SessionStarted,
    17: ActionAnnounced,
    18: ModelVersion,
    19: ClockAdvanced,
    20: StreamEnded,
    STOPPED: SessionStopped,
    22: SessionResumed,
    23: SendAnswered,
    24: OrderTold,
    READ: BrokerRead,
    COMMAND: Command,
    27: RowsMissing,
    28: Armed,
}
_KINDS = {record: kind for kind, record in _PLAIN.items()}
_DECODERS = {kind: msgspec.msgpack.Decoder(record) for kind, record in _PLAIN.items()}
_ENCODER = msgspec.msgpack.Encoder()
#: What stands before the columns of a chunk: which columns, what is left out, how many rows.
_ROWS = struct.Struct("<HHI")
_RECEIVED, _NUMBERED, _UNMARKED = 1, 2, 4
_ALONE = _RECEIVED | _NUMBERED | _UNMARKED
#: Up to so many numbers are cheaper looked at one by one.
_FEW = 40
_INT64, _FLOAT64, _INT32, _UINT16 = (np.dtype(one) for one in ("<i8", "<f8", "<i4", "<u2"))


class Head(msgspec.Struct, frozen=True):
    """What the records of a file were made by, and what their numbers mean.

    ``instruments`` stand at the positions that rows name, ``resolved`` is the whole configuration without
    secrets, ``programs`` are the keys of the columns by component. ``segment`` counts files from 1;
    ``previous`` is the check of the last frame of the file before. The rows of the source have ``columns`` and are
    bars of ``interval``; ``announces`` tells whether it may have corporate actions.
    """

    segment: int
    previous: int
    profile: str
    mode: str
    resolved: str
    made_by: tuple[str, ...]
    programs: Mapping[str, str]
    instruments: tuple[Instrument, ...]
    columns: tuple[str, ...] = ()
    interval: str = ""
    announces: bool = False


class _Columns(msgspec.Struct, frozen=True):
    """The columns of a stream's rows, under a number that rows name."""

    number: int
    stream: str
    names: tuple[str, ...]


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    """An order that is placed, or the tag of one that is cancelled."""

    order: Order | None
    tag: str
    reason: str


_HEADS = msgspec.msgpack.Decoder(Head)
_COLUMNS = msgspec.msgpack.Decoder(_Columns)
_ANSWERS = msgspec.msgpack.Decoder(tuple[_Answer, ...])


class Encoder:
    """Contents of one file; the columns of a stream are said once, before its first rows."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, ...], int] = {}
        self._row_frames: dict[tuple[int, int], RowFrame] = {}
        #: What packs rows like the latest that came alone and was not marked.
        self.row_frame: RowFrame | None = None

    def contents(self, record: Record) -> Sequence[tuple[int, bytes]]:
        """The kinds and contents of the frames that a record takes; its own comes last."""
        if not isinstance(record, ChunkReceived):
            return [(_KINDS[type(record)], _ENCODER.encode(record))]
        key = (record.stream, *record.chunk.columns)
        number = self._columns.get(key)
        if number is not None:
            if only_row(record.chunk) is not None:
                self.row_frame = self._frame_of(number, key, record.chunk)
            return ((ROWS, _rows(number, record.chunk)),)
        number = self._columns[key] = len(self._columns)
        columns = _Columns(number, record.stream, key[1:])
        return [(COLUMNS, _ENCODER.encode(columns)), (ROWS, _rows(number, record.chunk))]

    def of_few(self, stream: str, chunk: Chunk, few: FewRows) -> bytes | None:
        """The content of the frame of a few rows; ``None`` where their columns have not been said yet."""
        number = self._columns.get((stream, *few.columns))
        return None if number is None else _few(number, chunk, few)

    def _frame_of(self, number: int, key: tuple[str, ...], chunk: Chunk) -> RowFrame:
        """What packs rows like this one."""
        flags = _ALONE if chunk.ts_recv is chunk.ts_event else _ALONE - _RECEIVED
        frame = self._row_frames.get((number, flags))
        if frame is None:
            before, has_received = _ROWS.pack(number, flags, 1), not flags & _RECEIVED
            frame = RowFrame(ROWS, before, key[0], key[1:], has_received=has_received)
            self._row_frames[number, flags] = frame
        return frame


class Decoder:
    """Contents of one file back to records, in their order."""

    def __init__(self) -> None:
        self._columns: dict[int, _Columns] = {}

    def record(self, kind: int, content: memoryview, where: str) -> Record | None:
        """The record of a frame; ``None`` for a frame that says what later ones mean.

        ``JournalError`` naming ``where`` for a content that is whole and cannot be understood.
        """
        try:
            if kind == COLUMNS:
                columns = _COLUMNS.decode(content)
                self._columns[columns.number] = columns
                return None
            return self._chunk(content) if kind == ROWS else _DECODERS[kind].decode(content)
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            raise JournalError(
                f"{where}: a record of kind {kind} that this Friday cannot read ({error}): "
                "open the journal with the version of Friday that wrote it"
            ) from error

    def rows(self, data: bytes, start: int, stride: int, count: int, offset: int) -> ChunkReceived:
        """The rows of ``count`` frames of one shape, which begin every ``stride`` bytes, as one record.

        ``offset`` is where the content of a frame begins.
        """
        number, flags, n = _ROWS.unpack_from(data, start + offset)
        columns, place = self._columns[number], start + offset + _ROWS.size

        def next_of(dtype: np.dtype[Any], each: int) -> Array:
            nonlocal place
            steps = (stride, dtype.itemsize)
            array: Array = np.ndarray((count, each), dtype, data, place, steps).reshape(-1)
            place += each * dtype.itemsize
            array.flags.writeable = False
            return array

        ts_event = next_of(_INT64, n)
        ts_recv = None if flags & _RECEIVED else next_of(_INT64, n)
        seq = next_of(_INT64, 1 if flags & _NUMBERED else n)
        if flags & _NUMBERED:
            seq = (seq[:, None] + np.arange(n)).reshape(-1)
        rest = {name: next_of(_INT64 if name in PRICES else _FLOAT64, n) for name in columns.names}
        inst = next_of(_INT32, n)
        code = None if flags & _UNMARKED else next_of(_UINT16, n)
        return ChunkReceived(columns.stream, Chunk(ts_event, inst, rest, ts_recv=ts_recv, seq=seq, code=code))

    def _chunk(self, content: memoryview) -> ChunkReceived:
        data = bytes(content)  # whose rows are aligned, wherever the frame stood
        number, flags, n = _ROWS.unpack_from(data)
        columns, place = self._columns[number], _ROWS.size

        def next_of(dtype: np.dtype[Any], count: int) -> Array:
            nonlocal place
            array: Array = np.frombuffer(data, dtype, count, place)
            place += array.nbytes
            return array

        ts_event = next_of(_INT64, n)
        ts_recv = None if flags & _RECEIVED else next_of(_INT64, n)
        seq = next_of(_INT64, 1 if flags & _NUMBERED else n)
        if flags & _NUMBERED:
            seq = np.arange(int(seq[0]), int(seq[0]) + n)
        rest = {name: next_of(_INT64 if name in PRICES else _FLOAT64, n) for name in columns.names}
        inst = next_of(_INT32, n)
        code = None if flags & _UNMARKED else next_of(_UINT16, n)
        return ChunkReceived(columns.stream, Chunk(ts_event, inst, rest, ts_recv=ts_recv, seq=seq, code=code))


def encoded_head(head: Head) -> bytes:
    return _ENCODER.encode(head)


def decoded_head(content: memoryview) -> Head:
    return _HEADS.decode(content)


def encoded_intents(intents: Sequence[Intent]) -> bytes:
    """What the core answered to the record before."""
    return _ENCODER.encode(
        [
            _Answer(one.order, "", "") if isinstance(one, PlaceOrder) else _Answer(None, one.tag, one.reason)
            for one in intents
        ]
    )


def decoded_intents(content: memoryview) -> tuple[Intent, ...]:
    answers = _ANSWERS.decode(content)
    return tuple(CancelOrder(one.tag, one.reason) if one.order is None else PlaceOrder(one.order) for one in answers)


def _rows(number: int, chunk: Chunk) -> bytes:
    """Columns of eight bytes come first, so that all are aligned."""
    n, seq = len(chunk.ts_event), chunk.seq
    if n == 1 and chunk.ts_recv is chunk.ts_event and not chunk.code.item():  # the same bytes, in a quarter of the time
        parts: Iterable[Any] = (chunk.ts_event, seq, *chunk.columns.values(), chunk.inst)
        return b"".join((_ROWS.pack(number, _ALONE, 1), *parts))
    flags = _RECEIVED if chunk.ts_recv is chunk.ts_event else 0
    if n and _counts_up(seq):
        flags |= _NUMBERED
        seq = seq[:1]
    if chunk.code.tobytes().count(0) == 2 * n:
        flags |= _UNMARKED
    wide = [chunk.ts_event] if flags & _RECEIVED else [chunk.ts_event, chunk.ts_recv]
    narrow = [chunk.inst] if flags & _UNMARKED else [chunk.inst, chunk.code]
    parts = (*wide, seq, *chunk.columns.values(), *narrow)
    return b"".join((_ROWS.pack(number, flags, n), *parts))


def _few(number: int, chunk: Chunk, few: FewRows) -> bytes:
    """What ``_rows`` makes of them, of their numbers."""
    first, n, flags, seq = few.seq[0], len(few.seq), _UNMARKED, chunk.seq
    if few.seq == [*range(first, first + n)]:
        flags, seq = _UNMARKED | _NUMBERED, seq[:1]
    wide: tuple[Any, ...] = (chunk.ts_event, chunk.ts_recv)
    if few.ts_recv is few.ts_event:
        flags, wide = flags | _RECEIVED, wide[:1]
    parts: Iterable[Any] = (*wide, seq, *chunk.columns.values(), chunk.inst)
    return b"".join((_ROWS.pack(number, flags, n), *parts))


def _counts_up(seq: Int64) -> bool:
    first = seq[0].item()
    if len(seq) <= _FEW:
        return bool(seq.tolist() == list(range(first, first + len(seq))))
    return bool(seq[-1].item() - first == len(seq) - 1 and (np.diff(seq) == 1).all())
