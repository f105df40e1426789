"""What time it is, for the edges. The core knows no clock: its time comes with the records."""

from __future__ import annotations

import time

from friday_core.errors import InvariantError


class WallClock:
    """The clock on the wall. The operating system may set it back; nothing may rely on its order."""

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        return time.time_ns() // 1_000


class ManualClock:
    """A clock that stands still until it is told; never goes backwards."""

    def __init__(self, start: int = 0) -> None:
        self._now = start

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        return self._now

    def set(self, now: int) -> None:
        """Stand at ``now``; ``InvariantError`` if that is earlier than what was already told."""
        if now < self._now:
            raise InvariantError(f"the clock stands at {self._now} and cannot go back to {now}")
        self._now = now

    def advance(self, microseconds: int) -> None:
        """Go on by that much; ``InvariantError`` if it is negative."""
        self.set(self._now + microseconds)
