"""A clock that goes on only while somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable


class SimulatedClock:
    """Nobody really waits: the clock is put forward, and the test sees how often and by how much.

    ``on_wait`` is called before each wait, with the seconds.
    """

    def __init__(self, on_wait: Callable[[float], None] = lambda _seconds: None) -> None:
        self.time = 0.0
        self.waits: list[float] = []
        self.stopped = False
        self._on_wait = on_wait

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> bool:
        assert seconds >= 0, "nobody can wait for the past"
        if seconds:
            self._on_wait(seconds)
            self.waits.append(seconds)
        if not self.stopped:
            self.time += seconds
        return not self.stopped

    def wake(self) -> None:
        """Nobody really waits."""

    def stop(self) -> None:
        self.stopped = True
