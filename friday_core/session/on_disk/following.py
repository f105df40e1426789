"""What is in a journal, frame by frame, and what comes to it while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from friday_core.domain.chunk import Universe
from friday_core.domain.records import Intent, Record
from friday_core.errors import JournalError
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.frames import Frame, frames
from friday_core.session.on_disk.segments import segment_files, segment_path


@dataclass(frozen=True, slots=True)
class Said:
    """A record, or what was answered to the one before, written at ``ts`` (microseconds UTC).

    ``bytes`` are those of its frame. ``universe`` are the instruments of its file, in the positions of its rows.
    """

    seq: int
    ts: int
    bytes: int
    universe: Universe
    frame: Frame
    decoder: codec.Decoder
    where: str

    @property
    def is_answer(self) -> bool:
        return self.frame.kind == codec.INTENTS

    def content(self) -> Record | tuple[Intent, ...]:
        """``JournalError`` for a kind of record that this Friday does not know."""
        if self.is_answer:
            return codec.decoded_intents(self.frame.content)
        record = self.decoder.record(self.frame.kind, self.frame.content, self.where)
        assert record is not None
        return record


class Follower:
    """Reads the files of a journal as far as they are whole; asked again, what has been written since.

    It takes no lock and cuts nothing: the session may run. What does not continue is not read; whether that is a torn
    end or a damage, a survey tells.
    """

    def __init__(self, folder: Path, first: int = 1) -> None:
        """From the file with number ``first`` on."""
        self._folder = folder
        self._number, self._offset, self._previous = first, 0, 0
        self._universe = Universe(())
        self._decoder = codec.Decoder()

    def more(self) -> Iterator[Said]:
        """Everything new."""
        while True:
            is_over = segment_path(self._folder, self._number + 1).exists()
            yield from self.rest_of_file()
            if not is_over:
                return
            self._number, self._offset, self._previous = self._number + 1, 0, 0

    def rest_of_file(self) -> Iterator[Said]:
        """Everything new in the file at hand."""
        path = segment_path(self._folder, self._number)
        try:
            with path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        begun = self._offset
        for frame in frames(data, self._previous):
            self._offset, self._previous = begun + frame.end, frame.check
            where = f"{path}, byte {begun + frame.start:,}"
            if frame.kind == codec.HEAD:
                self._begin(frame, where)
            elif frame.kind == codec.COLUMNS:
                self._decoder.record(frame.kind, frame.content, where)
            else:
                length = frame.end - frame.start
                yield Said(frame.seq, frame.ts, length, self._universe, frame, self._decoder, where)

    def _begin(self, frame: Frame, where: str) -> None:
        try:
            head = codec.decoded_head(frame.content)
        except msgspec.MsgspecError as error:
            raise JournalError(f"{where}: its head cannot be read ({error})") from error
        self._universe, self._decoder = Universe(head.instruments), codec.Decoder()


def last_files(folder: Path, records: int) -> tuple[int, codec.Head]:
    """The number of the file from which on a journal has so many records or more, and the head of that file.

    ``JournalError`` for a journal without a whole head.
    """
    found: tuple[int, codec.Head] | None = None
    left = records
    for path in reversed(segment_files(folder)):
        whole = frames(path.read_bytes())
        first = next(whole, None)
        if first is None or first.kind != codec.HEAD:
            continue
        head = codec.decoded_head(first.content)
        found = head.segment, head
        left -= sum(one.kind not in (codec.INTENTS, codec.COLUMNS) for one in whole)
        if left <= 0:
            break
    if found is None:
        raise JournalError(f"{folder}: nothing was written to this journal")
    return found
