"""What stands at the end of a journal that is being written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from friday_core.domain.records import Command
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.frames import frames
from friday_core.session.on_disk.segments import segment_files


def recent_commands(folder: Path) -> Iterator[Command]:
    """The commands in the last file of the latest session of a profile's folder, as far as it is written."""
    sessions = [path for path in folder.iterdir() if segment_files(path)] if folder.is_dir() else []
    if not sessions:
        return
    last = segment_files(max(sessions))[-1]
    decoder = codec.Decoder()
    for frame in frames(last.read_bytes()):
        if frame.kind == codec.COMMAND:
            record = decoder.record(frame.kind, frame.content, str(last))
            if isinstance(record, Command):
                yield record
