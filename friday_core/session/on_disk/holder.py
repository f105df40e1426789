"""Who writes a journal: one process, as long as it lives, however it ends."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import Self

import msgspec

from friday_core.domain.sessions import to_datetime
from friday_core.errors import JournalError
from friday_core.session.on_disk.journal import unwritable

#: The file in a journal's folder that its writer holds.
NAME = "holder"


class Holder(msgspec.Struct, frozen=True):
    """The process that writes, or the last one that did. ``since`` in microseconds UTC."""

    pid: int
    host: str
    since: int
    profile: str

    def __str__(self) -> str:
        since = to_datetime(self.since).isoformat(timespec="seconds")
        return f"process {self.pid} on {self.host}, profile {self.profile!r}, since {since}"


class Hold:
    """A lock that the system keeps for this process and lets go of with it, kill -9 included.

    It is kept on the file that it holds, so that it works on one machine, and on a network's file system as far as
    that keeps locks.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path, profile: str, now: int) -> Self:
        """``JournalError``, which says who holds it, if another process or another session of this one writes there."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise unwritable(folder, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            found = holder_of(folder)
            raise JournalError(
                f"journal {folder}: it is being written by {found or 'another process'}. "
                "Stop that one first, or give this session a journal of its own: --set journal.folder=FOLDER"
            ) from error
        mine = Holder(os.getpid(), socket.gethostname(), now, profile)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(mine), 0)
        return cls(descriptor)

    def close(self) -> None:
        """Another may write; what the file says of this process stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def holder_of(folder: Path) -> Holder | None:
    """Who said last that it writes there; it need not live."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError):
        return None


def is_held(folder: Path) -> bool:
    """Whether a process writes there now."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
