"""One request a second, whichever process of this machine makes it: a session, ``friday doctor``, a download."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

#: Seconds from the end of one to the beginning of the next: whichever of Kite's seconds it fell into has passed then.
_APART = 1.05


class AccountTurn:
    """``path`` says when the latest request has ended, and is locked while one is under way.

    Where nothing can be written there, or the system has no such locks, each process counts for itself.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._path, self._now, self._sleep = path, now, sleep

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        with contextlib.ExitStack() as held:
            try:
                import fcntl  # noqa: PLC0415 - there is none on Windows

                file = held.enter_context(self._path.open("a+", encoding="ascii"))
                fcntl.flock(file, fcntl.LOCK_EX)
            except (ImportError, OSError):
                yield
                return
            file.seek(0)
            wait = _since(file.read()) + _APART - self._now()
            if 0.0 < wait <= _APART:  # a clock that was set back makes nobody wait for ever
                self._sleep(wait)
            try:
                yield
            finally:
                file.truncate(0)
                file.write(f"{self._now():.6f}")
                file.flush()


def _since(written: str) -> float:
    with contextlib.suppress(ValueError):
        return float(written)
    return 0.0
