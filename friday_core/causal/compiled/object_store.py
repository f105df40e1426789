"""Object code on disk: one file a kernel, checked when read, put in place in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

from friday_core.errors import DataError

_MAGIC = b"FRK1"
_DIGEST = 32
#: What stands before object code, and before the reason why there is none.
_CODE, _REASON = b"c", b"r"
_DAY = 86_400.0
#: Seconds after which a file that nobody read is removed: of an older Friday, compiler or machine.
UNUSED = 90 * _DAY


def default_folder() -> Path:
    """Where the user's other programs keep what they can make again."""
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA", "")
    else:
        place = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(place) if place else Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return home / "friday" / "kernels"


class ObjectStore:
    """Object code, or the reason why there is none, by key.

    Two processes may write the same file: each writes its own and renames it, and both are right.
    What was not read for ``UNUSED`` seconds goes when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_swept = False

    def get(self, key: str) -> bytes | str | None:
        """Code, a reason, or ``None`` if neither is there; ``DataError`` for a file that is not whole."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        digest, content = data[len(_MAGIC) : len(_MAGIC) + _DIGEST], data[len(_MAGIC) + _DIGEST :]
        if data[: len(_MAGIC)] != _MAGIC or hashlib.sha256(key.encode() + content).digest() != digest:
            raise DataError(f"{path} is not whole, or was changed")
        _note_use(path)
        return content[1:].decode() if content[:1] == _REASON else content[1:]

    def put(self, key: str, found: bytes | str) -> None:
        """``OSError`` if it cannot be written."""
        content = _REASON + found.encode() if isinstance(found, str) else _CODE + found
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(key.encode() + content).digest() + content)
            Path(name).replace(self._path(key))
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        if not self._is_swept:
            self._is_swept = True
            self._sweep()

    def _sweep(self) -> None:
        """Removes what nobody uses any more; files that are being written have other names."""
        with contextlib.suppress(OSError):
            for path in self.folder.glob("*.kernel"):
                with contextlib.suppress(OSError):
                    if _age(path) > UNUSED:
                        path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.kernel"


def _age(path: Path) -> float:
    """Seconds since a file was written or noted as used; ``OSError`` if it is gone."""
    return time.time() - path.stat().st_mtime


def _note_use(path: Path) -> None:
    """Once a day at most, so that reading hardly ever writes."""
    with contextlib.suppress(OSError):
        if _age(path) > _DAY:
            os.utime(path)
