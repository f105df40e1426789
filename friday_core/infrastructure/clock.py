"""What time it is, for the edges. The core knows no clock: its time comes with the records."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import Protocol

from friday_core.errors import InvariantError

#: Seconds. Python's signal handlers run when the main thread wakes, which a signal caught by another one does not do.
_LONGEST_WAIT = 1.0


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...


class WallClock:
    """The clock on the wall. The operating system may set it back; nothing may rely on its order."""

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        return time.time_ns() // 1_000


class SteadyWallClock:
    """The wall's time when it was made, and what has passed since by the machine's monotonic clock: nobody sets it."""

    def __init__(self) -> None:
        self._start, self._since = WallClock().now(), time.monotonic_ns()

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        return self._start + (time.monotonic_ns() - self._since) // 1_000


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


class Waiting(Protocol):
    """Time that only goes forward, and that can be waited for."""

    def now(self) -> float:
        """Seconds since some moment."""
        ...

    def wait(self, seconds: float) -> bool:
        """Return after that long, or with false as soon as ``stop`` was called."""
        ...

    def wake(self) -> None:
        """Whoever waits returns at once, with true; safe from other threads."""
        ...

    def stop(self) -> None:
        """Nobody waits any more, now and later; safe from a signal handler and from other threads."""
        ...


class SteadyClock:
    """``Waiting`` by the machine's monotonic clock, which nobody sets back."""

    def __init__(self) -> None:
        # A signal handler may put here while its own thread waits; the lock of an Event is not reentrant.
        # What comes out of it says whether somebody may wait again.
        self._woken: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        try:
            goes_on = self._woken.get(timeout=seconds)
        except queue.Empty:
            return True
        if not goes_on:
            self.stop()
        return goes_on

    def wake(self) -> None:
        self._woken.put(True)

    def stop(self) -> None:
        self._woken.put(False)


class ScaledClock:
    """Counts microseconds ``speed`` times as fast as they pass, from 0 when it is first asked."""

    def __init__(self, speed: float, steady: Waiting) -> None:
        self._speed = speed * 1e6
        self._steady = steady
        self._start: float | None = None

    def now(self) -> int:
        """Microseconds since the first question."""
        if self._start is None:
            self._start = self._steady.now()
        return round((self._steady.now() - self._start) * self._speed)

    def wait_until(self, moment: int, attend: Callable[[], None] = lambda: None) -> bool:
        """Return when the clock shows ``moment`` or more; false if it was stopped, however long ago.

        ``attend`` is called whenever the clock was woken, and now and then.
        """
        while self._steady.wait(min(self.seconds(max(moment - self.now(), 0)), _LONGEST_WAIT)):
            attend()
            if self.now() >= moment:
                return True
        return False

    def seconds(self, microseconds: int) -> float:
        """How long that takes on the wall."""
        return microseconds / self._speed

    def wake(self) -> None:
        """Let whoever waits attend to what is new; safe from other threads."""
        self._steady.wake()

    def stop(self) -> None:
        """Let nobody wait any more; safe from a signal handler."""
        self._steady.stop()
