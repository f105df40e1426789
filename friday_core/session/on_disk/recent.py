"""What stands at the end of a journal that is being written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from friday_core.domain.records import BrokerRead, Command
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.frames import frames
from friday_core.session.on_disk.places import journals_in
from friday_core.session.on_disk.segments import segment_files

R = TypeVar("R", Command, BrokerRead)


def recent(folder: Path, wanted: type[R]) -> Iterator[R]:
    """The commands, or the readings of a broker's book, in the last file of a profile's latest session."""
    sessions = journals_in(folder)
    if not sessions:
        return
    last = segment_files(sessions[-1])[-1]
    decoder, kind = codec.Decoder(), codec.COMMAND if wanted is Command else codec.READ
    for frame in frames(last.read_bytes()):
        if frame.kind == kind:
            record = decoder.record(frame.kind, frame.content, str(last))
            if isinstance(record, wanted):
                yield record
