"""Whether it makes sense to ask: after several failures in a row nobody asks for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable

#: Failures in a row that open it, and seconds for which it stays open: first, and at most.
_MOST, _FIRST, _LONGEST = 6, 2.0, 20.0


class Breaker:
    """Open after failures in a row; then one may try, and what becomes of it closes or opens it again."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0
        #: What the latest failure was.
        self.why = ""

    @property
    def failures(self) -> int:
        """In a row, up to now."""
        return self._failures

    def pause(self) -> float:
        """Seconds until somebody may ask; 0 is now. Whoever gets 0 while it was open is the only one for a while."""
        with self._lock:
            now = self._now()
            if self._failures < _MOST or now >= self._open_until:
                if self._failures >= _MOST:
                    self._open_until = now + _FIRST
                return 0.0
            return self._open_until - now

    def failed(self, why: str) -> None:
        with self._lock:
            self._failures += 1
            self.why = why
            if self._failures >= _MOST:
                self._open_until = self._now() + min(_FIRST * 2.0 ** (self._failures - _MOST), _LONGEST)

    def answered(self) -> None:
        with self._lock:
            self._failures = 0
