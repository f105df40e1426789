"""What a person asks of a session, through a file that outlives both: also while it hangs, or before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from friday_core.domain.records import Action, Command
from friday_core.errors import JournalError

#: Files in the folder of a profile's journals: the latest command, and when somebody asked for the broker's book.
NAME, READING = "control.json", "read_now"


class Control:
    """The latest command for the sessions of a folder; it holds until another one is written."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._reading = folder / READING
        self._seen: tuple[int, int] | None = None
        self._read_asked = _touched(self._reading)

    def write(self, command: Command) -> None:
        """``JournalError`` if it cannot be written; then nothing has changed."""
        temporary = self.path.with_suffix(".tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(msgspec.json.encode(command))
            temporary.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise JournalError(f"{self.path}: {error.strerror or error}: the session was told nothing") from error

    def read(self) -> Command | None:
        """The latest command, ``None`` if there never was one. ``JournalError`` for a file that is not one."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Command)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise JournalError(
                f"{self.path}: it cannot be read ({error}): write it anew with: friday halt pause, or friday rearm"
            ) from error

    def news(self) -> Iterator[Command]:
        """The command, if the file was written since the last time; one that cannot be read is a pause."""
        try:
            found = self.path.stat()
        except OSError:
            return
        if (found.st_mtime_ns, found.st_ino) != self._seen:
            self._seen = found.st_mtime_ns, found.st_ino
            yield self.wish() or Command(found.st_mtime_ns // 1_000, Action.PAUSE, f"{self.path} is gone")

    def ask_for_reading(self) -> None:
        """Let the session read its broker's book now. ``JournalError`` if nobody can be told."""
        try:
            self._reading.touch()
        except OSError as error:
            raise JournalError(f"{self._reading}: {error.strerror or error}: the session was told nothing") from error

    def is_reading_asked(self) -> bool:
        """Whether somebody asked for it since the last time, or since this was made."""
        before, self._read_asked = self._read_asked, _touched(self._reading)
        return self._read_asked != before

    def wish(self) -> Command | None:
        """As ``read``; a file that cannot be read asks for a pause."""
        try:
            return self.read()
        except JournalError as error:
            return Command(self.path.stat().st_mtime_ns // 1_000, Action.PAUSE, str(error))


def _touched(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
