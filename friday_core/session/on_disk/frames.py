"""Frames of an append-only file: what of it is whole is told exactly, whatever happened to its end.

A frame is a head of 32 bytes and its content, little-endian:

    mark 2 | version 1 | kind 1 | length 4 | seq 8 | ts 8 | previous 4 | check 4 | content

``check`` is the CRC-32 of the head before it and of the content, ``previous`` the ``check`` of the frame
before, 0 for the first of a file: a frame that is whole, but comes from elsewhere, does not continue.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from friday_core.errors import JournalError

MARK = b"Fj"
VERSION = 1
#: Bytes of content that a frame may have.
MOST_CONTENT = 2**30
_HEAD = struct.Struct("<2sBBIQqI")
_CHECK = struct.Struct("<I")
HEAD_BYTES = _HEAD.size + _CHECK.size
#: Where in a frame ``seq`` stands, and ``check``.
SEQ_AT, CHECK_AT = 8, _HEAD.size


@dataclass(frozen=True, slots=True)
class Frame:
    """``seq`` numbers records, ``ts`` is when it was written (microseconds UTC), ``check`` its sum.

    ``start`` and ``end`` are where it stands in its file.
    """

    kind: int
    seq: int
    ts: int
    content: memoryview
    check: int
    start: int
    end: int


def packed(kind: int, seq: int, ts: int, content: bytes, previous: int) -> tuple[bytes, int]:
    """A frame as bytes, and its check. ``ValueError`` for a content of more than ``MOST_CONTENT`` bytes."""
    if len(content) > MOST_CONTENT:
        raise ValueError(f"a record of {len(content):,} bytes: at most {MOST_CONTENT:,} go into a frame")
    head = _HEAD.pack(MARK, VERSION, kind, len(content), seq, ts, previous)
    check = crc32(content, crc32(head))
    return b"".join((head, _CHECK.pack(check), content)), check


def frames(data: bytes | memoryview, previous: int = 0) -> Iterator[Frame]:
    """The whole frames from the start on, each the next one of the one before it; it stops at the first that is not.

    ``previous`` is the check of the frame before the first, where the data are the rest of a file.
    """
    view, start = memoryview(data), 0
    while (frame := frame_at(view, start)) is not None and _previous(view, start) == previous:
        yield frame
        start, previous = frame.end, frame.check


def good_prefix(data: bytes | memoryview, name: str) -> int:
    """How many bytes from the start are whole frames, where what follows is a torn end.

    ``JournalError`` names file and offset if a whole frame stands behind the damage: that was no
    crash while the last one was written, and cutting there would lose what was known. The same for a
    version of the format that is not known.
    """
    end = 0
    for frame in frames(data):
        end = frame.end
    view = memoryview(data)
    if len(view) - end >= HEAD_BYTES and view[end : end + 2] == MARK and view[end + 2] > VERSION:
        raise JournalError(
            f"{name}: the frame at byte {end:,} has version {view[end + 2]} of the format, this Friday reads "
            f"{VERSION}: open the journal with the version of Friday that wrote it"
        )
    behind = _any_frame(data, end)
    if behind is not None:
        raise JournalError(
            f"{name}: damaged at byte {end:,} of {len(view):,}, and a whole record stands at byte {behind:,}: this is "
            "no end that a crash tore. Restore the file from a copy"
        )
    return end


def frame_at(view: memoryview, start: int) -> Frame | None:
    """The frame that begins there, if it is whole by itself."""
    content = start + HEAD_BYTES
    if len(view) < content:
        return None
    mark, version, kind, length, seq, ts, _ = _HEAD.unpack_from(view, start)
    end = content + length
    if mark != MARK or version != VERSION or length > MOST_CONTENT or len(view) < end:
        return None
    (check,) = _CHECK.unpack_from(view, start + _HEAD.size)
    if crc32(view[content:end], crc32(view[start : start + _HEAD.size])) != check:
        return None
    return Frame(kind, seq, ts, view[content:end], check, start, end)


def _previous(view: memoryview, start: int) -> int:
    previous: int = _HEAD.unpack_from(view, start)[6]
    return previous


def _any_frame(data: bytes | memoryview, start: int) -> int | None:
    """Where the first frame stands that is whole by itself, from ``start`` on."""
    whole = bytes(data)
    place = whole.find(MARK, start)
    while place >= 0:
        if frame_at(memoryview(whole), place) is not None:
            return place
        place = whole.find(MARK, place + 1)
    return None
