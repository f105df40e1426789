"""A journal looked at as a whole, whatever state it is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from friday_core.errors import JournalError
from friday_core.session.on_disk.segments import Segment, before_damage, check_follows, segment_files, segment_of


@dataclass(frozen=True, slots=True)
class Survey:
    """``segments`` are whole up to their ``good`` bytes. ``damage`` is what is wrong, in a sentence; empty if nothing.

    With a damage they are the files before it, and of the damaged one what stands before it. ``torn`` bytes at the
    end of ``torn_file`` are no record: a crash left them, and the next start of the session takes them off.
    """

    segments: tuple[Segment, ...]
    damage: str = ""
    torn: int = 0
    torn_file: Path | None = None

    @property
    def records(self) -> int:
        return self.segments[-1].last + 1 if self.segments else 0

    @property
    def is_ended(self) -> bool:
        """Whether the last record ends the session."""
        filled = (one for one in reversed(self.segments) if one.last >= one.first)
        return next((one.is_end for one in filled), False)


def survey(folder: Path, progress: Callable[[int], None] = lambda _bytes: None) -> Survey:
    """Every frame's sum, the numbers of the records and the chain of the files. ``progress`` is told the bytes done."""
    paths, found, done = segment_files(folder), list[Segment](), 0
    for place, path in enumerate(paths):
        try:
            segment = segment_of(path, is_last=place == len(paths) - 1)
            if segment is not None:
                check_follows(segment, found[-1] if found else None)
        except JournalError as error:
            return _damaged(path, found, error)
        if segment is None:
            return Survey(tuple(found), torn=path.stat().st_size, torn_file=path)
        found.append(segment)
        done += segment.size
        progress(done)
    torn = found[-1].size - found[-1].good if found else 0
    return Survey(tuple(found), torn=torn, torn_file=found[-1].path if torn else None)


def undamaged(folder: Path, progress: Callable[[int], None] = lambda _bytes: None) -> Survey:
    """The same of a journal that is to be read to its end; ``JournalError`` for one that is damaged or empty."""
    found = survey(folder, progress)
    if found.damage:
        raise JournalError(found.damage)
    if not found.segments:
        raise JournalError(f"{folder}: nothing was written to this journal")
    return found


def _damaged(path: Path, before: list[Segment], error: JournalError) -> Survey:
    part = before_damage(path)
    try:
        if part is not None:
            check_follows(part, before[-1] if before else None)
            return Survey((*before, part), str(error))
    except JournalError:  # it does not continue the others: nothing of it is theirs
        pass
    return Survey(tuple(before), str(error))
