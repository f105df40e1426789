"""Files beside a profile's journals: a person's leave to trade real money, and how the session that runs stands."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from friday_core.domain.records import Armed
from friday_core.errors import JournalError

#: Files in the folder of a profile's journals.
NAME, STANDING = "armed.json", "standing.json"


class SessionStanding(msgspec.Struct, frozen=True):
    """What a session that runs knew at ``ts``; times in microseconds UTC, 0 where there was nothing yet.

    ``unclear`` is what differs at its broker, or is in doubt there; ``missing`` which rows do not come, and why.
    ``book_read`` is when it read the broker's book, ``latest_row`` the time of its last row.
    """

    ts: int
    book_read: int = 0
    latest_row: int = 0
    unclear: tuple[str, ...] = ()
    missing: str = ""


class ArmedFile:
    """The arming that holds for the sessions of a folder, until it is removed or over; its owner alone may read it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._standing = folder / STANDING

    def write(self, armed: Armed) -> None:
        """``JournalError`` if it cannot be written; then nothing has changed."""
        _write(self.path, armed)

    def read(self) -> Armed | None:
        """``None`` if there is none. ``JournalError`` for a file that is none."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Armed)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise JournalError(f"{self.path}: it cannot be read ({error}): write it anew with: friday arm") from error

    def remove(self) -> bool:
        """Whether there was one. ``JournalError`` if it is there still."""
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise JournalError(f"{self.path}: {error.strerror or error}: the session is armed still") from error
        return True

    def tell(self, standing: SessionStanding) -> None:
        """How the session stands. ``JournalError`` if it cannot be written."""
        _write(self._standing, standing)

    def standing(self) -> SessionStanding | None:
        """What the latest session told last; ``None`` if none did, or if it cannot be read."""
        try:
            return msgspec.json.decode(self._standing.read_bytes(), type=SessionStanding)
        except (OSError, msgspec.MsgspecError):
            return None


def _write(path: Path, content: Armed | SessionStanding) -> None:
    """Whole or not at all, and readable by its owner only."""
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(content))
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise JournalError(f"{path}: {error.strerror or error}") from error
