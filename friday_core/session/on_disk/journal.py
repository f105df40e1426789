"""A journal that outlives its process: written frame by frame, repaired and gone on with at the next start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from friday_core.domain.records import ChunkReceived, Intent, Record, SessionStopped
from friday_core.domain.row import few_rows, only_row
from friday_core.errors import JournalError
from friday_core.session.journal import Entry
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.frames import packed
from friday_core.session.on_disk.segments import Segment, entries, segment_files, segment_path, surveyed

#: Bytes after which a file is closed and another one begun.
SEGMENT_BYTES = 2**26
_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """What was there when a journal was opened: ``cut`` bytes of a torn end were taken off ``segments``' last file."""

    segments: tuple[Segment, ...]
    cut: int

    @property
    def records(self) -> int:
        return self.segments[-1].last + 1 if self.segments else 0

    @property
    def is_ended(self) -> bool:
        """Whether a record ends the session; what a broker told after that may follow it."""
        return any(one.is_end for one in self.segments)


class DiskJournal:
    """Appends records to files of a folder, which the caller holds (``Hold``): one process at a time.

    A record is in the file when ``append`` returns: it survives the process. ``sync`` makes what was written survive
    the machine; it is called before anything is sent. After an error nothing more is written: ``JournalError``
    names the file and the mend, and whoever sends must stop. A file is closed when its day is over, when
    it is large, and when the process ends.

    ``head`` is given the number of the segment and the check that it continues.
    """

    lasts = True

    def __init__(
        self,
        folder: Path,
        found: Found,
        head: codec.Head,
        *,
        now: Callable[[], int],
        day: Callable[[int], int],
    ) -> None:
        self.folder = folder
        self.found = found
        self._head = head
        self._now = now
        self._day = day
        self._segment = found.segments[-1].head.segment if found.segments else 0
        self._check = found.segments[-1].check if found.segments else 0
        self._count = found.records
        self._encoder = codec.Encoder()
        self._file = -1
        self._size = 0
        self._today: int | None = None
        #: The minute of the latest record, all of which is of one day.
        self._minute = -1
        #: Whether a record ends the session.
        self.is_ended = found.is_ended
        self._unsynced = False
        self._error = ""

    @classmethod
    def open(cls, folder: Path, head: codec.Head, now: Callable[[], int], day: Callable[[int], int]) -> Self:
        """The journal of a folder, which is made if it is not there; a torn end is cut off.

        ``now`` is the time in microseconds UTC, ``day`` the day of such a time. ``JournalError`` if it is damaged
        and if it cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        return cls(folder, _repaired(folder), head, now=now, day=day)

    def __len__(self) -> int:
        """Records, those that were there before included."""
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        """Every record that is written; positions of rows are those of the head of their file."""
        return entries(surveyed(self.folder))

    def append(self, record: Record) -> int:
        """Keep an input before the core sees it; returns its sequence number, from 0."""
        ts, seq = self._now(), self._count
        if ts // _MINUTE != self._minute or self._size >= SEGMENT_BYTES or self._file < 0:
            self._turn(ts)
        if type(record) is ChunkReceived and (frame := self._few(record, seq, ts)) is not None:
            self._put(*frame)
            self._count = seq + 1
            return seq
        for kind, content in self._encoder.contents(record):
            self._write(kind, seq, ts, content)
        self._count += 1
        if type(record) is SessionStopped:
            self.is_ended = True
        return seq

    def _few(self, received: ChunkReceived, seq: int, ts: int) -> tuple[bytes | bytearray, int] | None:
        """The frame of a few rows and its check, if all that it takes is known."""
        chunk, encoder = received.chunk, self._encoder
        if (row := only_row(chunk)) is not None:
            frame = encoder.row_frame
            is_known = frame is not None and frame.takes(received.stream, chunk)
            return frame.packed(seq, ts, row, self._check) if frame is not None and is_known else None
        few = few_rows(chunk)
        content = None if few is None else encoder.of_few(received.stream, chunk, few)
        return None if content is None else packed(codec.ROWS, seq, ts, content, self._check)

    def answer(self, seq: int, intents: Sequence[Intent]) -> None:
        """Keep what the core answered, before anything is sent."""
        if intents:
            ts = self._now()
            if self._file < 0:  # the process that took the record ended before this was written
                self._begin(ts)
            self._write(codec.INTENTS, seq, ts, codec.encoded_intents(intents))

    def changed_programs(self) -> list[str]:
        """Components whose columns are not those that the latest file was written by."""
        then = self.found.segments[-1].head.programs if self.found.segments else {}
        now = self._head.programs
        return sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says of it: where it is, its records, and those it had when this process began."""
        return {
            "folder": str(self.folder),
            "records": len(self),
            "taken_up": self.found.records,
            "cut_bytes": self.found.cut,
        }

    def sync(self) -> None:
        """What was written is on the disk."""
        if self._unsynced:
            try:
                os.fdatasync(self._file)
            except OSError as error:
                raise self._failed(error) from error
            self._unsynced = False

    def keep_all(self) -> None:
        """It does."""

    def close(self) -> None:
        """Synced and closed. Does nothing a second time."""
        if self._file >= 0:
            try:
                if not self._error:
                    self.sync()
            finally:
                os.close(self._file)
                self._file = -1

    def _turn(self, ts: int) -> None:
        """It is another minute, or the file is large or closed: a record of another day begins another file."""
        if self._file < 0 or self._size >= SEGMENT_BYTES or self._day(ts) != self._today:
            self._begin(ts)
        self._minute = ts // _MINUTE

    def _begin(self, ts: int) -> None:
        """Another file, which says what its records are made by."""
        self.close()
        self._segment, self._encoder = self._segment + 1, codec.Encoder()
        head = msgspec.structs.replace(self._head, segment=self._segment, previous=self._check)
        path = segment_path(self.folder, self._segment)
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
            _sync_folder(self.folder)
        except OSError as error:
            raise self._failed(error) from error
        self._size, self._check, self._today = 0, 0, self._day(ts)
        self._write(codec.HEAD, self._count, ts, codec.encoded_head(head))

    def _write(self, kind: int, seq: int, ts: int, content: bytes) -> None:
        self._put(*packed(kind, seq, ts, content, self._check))

    def _put(self, data: bytes | bytearray, check: int) -> None:
        if self._error:
            raise JournalError(self._error)
        try:
            written, size = os.write(self._file, data), len(data)
            while written < size:
                written += os.write(self._file, memoryview(data)[written:])
        except OSError as error:
            raise self._failed(error) from error
        self._size += size
        self._check, self._unsynced = check, True

    def _failed(self, error: OSError) -> JournalError:
        """What is not whole is taken off as far as that goes; nothing is written from here on."""
        failure = unwritable(segment_path(self.folder, self._segment), error)
        self._error = f"{failure}. Nothing was written since"
        if self._file >= 0:
            try:
                os.ftruncate(self._file, self._size)
            except OSError:  # the next start cuts it
                failure.add_note("the end of the file is torn; the next start takes it off")
        return failure


def _repaired(folder: Path) -> Found:
    """What is there, without the end that a crash tore."""
    segments = surveyed(folder)
    files = segment_files(folder)
    cut = 0
    try:
        if len(files) > len(segments):
            cut += files[-1].stat().st_size
            files[-1].unlink()
        if segments and segments[-1].good < segments[-1].size:
            cut += segments[-1].size - segments[-1].good
            os.truncate(segments[-1].path, segments[-1].good)
    except OSError as error:
        raise unwritable(folder, error) from error
    return Found(tuple(segments), cut)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> JournalError:
    """What to tell and to do when a journal cannot be written."""
    return JournalError(
        f"journal {path}: {error.strerror or error}. Nothing is sent that is not written: free space or change the "
        "rights there, or choose another place with --set journal.folder=FOLDER, and start again"
    )
