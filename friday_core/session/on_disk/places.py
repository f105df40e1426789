"""Which journal is meant: a session's folder, a profile's, or the one that all are in."""

from __future__ import annotations

from pathlib import Path

from friday_core.errors import JournalError
from friday_core.session.on_disk.holder import Holder, holder_of, is_held
from friday_core.session.on_disk.segments import segment_files


def journals_in(folder: Path) -> list[Path]:
    """The folders of the sessions of one profile, in the order in which they began."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if segment_files(path))


def journal_at(folder: Path) -> Path:
    """The journal of a session: the folder itself, or of those in a profile's or in all profiles' the latest.

    ``JournalError`` if there is none.
    """
    if segment_files(folder):
        return folder
    found = journals_in(folder)
    if not found and folder.is_dir():
        found = [journal for profile in folder.iterdir() for journal in journals_in(profile)]
    if not found:
        what = "no journal is in it" if folder.is_dir() else "there is no such folder"
        raise JournalError(
            f"{folder}: {what}; name the folder of a session, of its profile, or that of [journal] folder, which is "
            "journals beside the runs"
        )
    return max(found, key=lambda path: path.name)


def writer_of(journal: Path) -> Holder | None:
    """Who writes this journal now; ``None`` if nobody does."""
    profile = journal.parent
    is_latest = journals_in(profile)[-1:] == [journal]
    return holder_of(profile) if is_latest and is_held(profile) else None
