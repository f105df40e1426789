"""The files of a journal, and what stands in them, read as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from friday_core.domain.chunk import Universe
from friday_core.domain.records import ChunkReceived, Record
from friday_core.errors import JournalError
from friday_core.session.journal import Entry
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.frames import Frame, frames, good_prefix

_NAME = re.compile(r"(\d{6})\.journal")


@dataclass(frozen=True, slots=True)
class Segment:
    """One file. ``good`` bytes of it are whole frames, ``size`` are there; more only in the last one, torn by a crash.

    ``first`` is the number of its first record, ``last`` of its last one (``first - 1`` if it has none), ``check`` that
    of its last frame; ``is_end`` says whether one of its records ends the session. ``began`` and ``ended`` are when its
    first and last frames were written, microseconds UTC.
    """

    path: Path
    head: codec.Head
    good: int
    size: int
    first: int
    last: int
    check: int
    is_end: bool
    began: int
    ended: int


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.journal"


def segment_files(folder: Path) -> list[Path]:
    """The files of a journal, in order; none if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def surveyed(folder: Path) -> list[Segment]:
    """Every file, looked at whole: each frame's sum, and that each file continues the one before.

    ``JournalError`` names the file and the byte for a damage, a file that is missing, and one that another does not
    continue. A last file without a whole head, as a crash leaves it, is not among them.
    """
    paths, found = segment_files(folder), list[Segment]()
    for place, path in enumerate(paths):
        segment = segment_of(path, is_last=place == len(paths) - 1)
        if segment is not None:
            check_follows(segment, found[-1] if found else None)
            found.append(segment)
    return found


def entries(segments: Sequence[Segment], universe: Universe | None = None) -> Iterator[Entry]:
    """Every record under its number, and what the core answered.

    Positions of rows are those of ``universe``, and without one those of the head of their file. ``JournalError`` for
    an instrument that is not in the universe.
    """
    waiting: tuple[int, Record] | None = None
    for segment in segments:
        decoder, moved = codec.Decoder(), moved_to(segment, universe)
        for frame in _frames(segment):
            if frame.kind == codec.INTENTS:
                if waiting is None:
                    raise JournalError(f"{segment.path}: byte {frame.start:,} answers no record")
                yield Entry(*waiting, codec.decoded_intents(frame.content))
                waiting = None
            elif frame.kind != codec.HEAD:
                record = decoder.record(frame.kind, frame.content, f"{segment.path}, byte {frame.start:,}")
                if record is not None:
                    if waiting is not None:
                        yield Entry(*waiting)
                    waiting = (frame.seq, moved(record))
    if waiting is not None:
        yield Entry(*waiting)


def moved_to(segment: Segment, universe: Universe | None) -> Callable[[Record], Record]:
    """How a record's rows get the positions of the universe."""
    own = [one.id for one in segment.head.instruments]
    if universe is None or own == [one.id for one in universe]:
        return lambda record: record
    missing = [str(one) for one in own if one not in universe]
    if missing:
        raise JournalError(
            f"{segment.path}: its rows have {', '.join(missing[:5])}, which the source does not offer now: "
            "name the source and the instruments of then in [data] and [streams.market_data]"
        )
    places = np.array([universe.position(one) for one in own], np.int32)

    def moved(record: Record) -> Record:
        if not isinstance(record, ChunkReceived):
            return record
        return ChunkReceived(record.stream, record.chunk.with_positions(places[record.chunk.inst]))

    return moved


def _frames(segment: Segment) -> Iterator[Frame]:
    return frames(memoryview(segment.path.read_bytes())[: segment.good])


def segment_of(path: Path, *, is_last: bool) -> Segment | None:
    """One file, looked at whole; ``None`` for a last one without a whole head. Raises as ``surveyed``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror or error}") from error
    good = good_prefix(data, str(path))
    if good < len(data) and not is_last:
        raise JournalError(
            f"{path}: {len(data) - good:,} bytes at its end are no record, and it is not the journal's last file: "
            "restore it from a copy"
        )
    whole = frames(memoryview(data)[:good])
    head = next(whole, None)
    if head is None and is_last:
        return None
    if head is None or head.kind != codec.HEAD:
        raise JournalError(f"{path}: it does not begin with the head of a journal: restore it from a copy")
    return _told(path, head, list(whole), good, len(data))


def _told(path: Path, head: Frame, rest: Sequence[Frame], good: int, size: int) -> Segment:
    number, is_end = head.seq - 1, False
    for frame in rest:
        is_new = frame.kind not in (codec.INTENTS, codec.COLUMNS)
        if frame.seq != (number if frame.kind == codec.INTENTS else number + 1):
            raise JournalError(f"{path}: byte {frame.start:,} is record {frame.seq}, after record {number}")
        number += is_new
        is_end |= frame.kind == codec.STOPPED
    last = rest[-1] if rest else head
    try:
        made = codec.decoded_head(head.content)
    except msgspec.MsgspecError as error:
        raise JournalError(
            f"{path}: its head cannot be read ({error}): open it with the Friday that wrote it"
        ) from error
    return Segment(path, made, good, size, head.seq, number, last.check, is_end, head.ts, last.ts)


def before_damage(path: Path) -> Segment | None:
    """What of a damaged file stands whole before the damage; ``None`` if that is not even its head."""
    try:
        data = path.read_bytes()
        head, *rest = frames(data)
        return _told(path, head, rest, rest[-1].end if rest else head.end, len(data))
    except (OSError, ValueError, JournalError):
        return None


def check_follows(segment: Segment, before: Segment | None) -> None:
    """``JournalError`` if a file is not the next one after another."""
    expected = (1, 0, 0) if before is None else (before.head.segment + 1, before.check, before.last + 1)
    if (segment.head.segment, segment.head.previous, segment.first) != expected:
        after = "begin the journal" if before is None else f"continue {before.path.name}"
        raise JournalError(f"{segment.path}: it does not {after}: a file is missing, or comes from another journal")
