"""What time it is in the market: as many times as fast as the wall clock, standing still, or set forth by hand."""

from __future__ import annotations

import msgspec


class ClockState(msgspec.Struct, frozen=True):
    """Where a clock stood at ``wall``; it is a row of JSON in the sandbox's book."""

    ts: int
    wall: int
    speed: float


class Clock:
    """Microseconds UTC; it never goes back.

    ``speed`` 1 is real time, 60 a minute a second, 0 a clock that only ``advance_to`` moves. A clock restored from
    ``state`` has gone on in the meantime, as a market does while one process of it is replaced by another.
    """

    def __init__(self, start_ts: int, speed: float, wall: int) -> None:
        if speed < 0:
            raise ValueError(f"a market does not go back: speed {speed}")
        self._state = ClockState(start_ts, wall, speed)

    @classmethod
    def restored(cls, state: bytes) -> Clock:
        """From what ``state`` gave."""
        told = msgspec.json.decode(state, type=ClockState)
        return cls(told.ts, told.speed, told.wall)

    def state(self) -> bytes:
        return msgspec.json.encode(self._state)

    @property
    def speed(self) -> float:
        return self._state.speed

    def now(self, wall: int) -> int:
        """A wall clock that went back moves nothing."""
        ts, since, speed = self._state.ts, self._state.wall, self._state.speed
        return ts + int(max(wall - since, 0) * speed)

    def advance_to(self, ts: int, wall: int) -> int:
        """It is ``ts``, or what it is already if that is later; returns which."""
        return self._set(max(ts, self.now(wall)), self.speed, wall)

    def set_speed(self, speed: float, wall: int) -> None:
        """From now on; ``ValueError`` for one below 0."""
        if speed < 0:
            raise ValueError(f"a market does not go back: speed {speed}")
        self._set(self.now(wall), speed, wall)

    def pause(self, wall: int) -> None:
        """As a speed of 0."""
        self.set_speed(0.0, wall)

    def _set(self, ts: int, speed: float, wall: int) -> int:
        self._state = ClockState(ts, max(wall, self._state.wall), speed)
        return ts
