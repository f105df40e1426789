"""What a strategy wants, before sizing and risk."""

from __future__ import annotations

import math

import msgspec

from friday_core.domain.instruments import InstrumentId


class Signal(msgspec.Struct, frozen=True):
    """An opinion: strength in [-1, 1], 0 for flat. A sizer makes it a target."""

    instrument: InstrumentId
    strength: float
    reason: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.strength) and -1.0 <= self.strength <= 1.0):
            raise ValueError(f"signal for {self.instrument}: strength {self.strength} is not in [-1, 1]")


class Target(msgspec.Struct, frozen=True):
    """A wish: the position's weight of the book's equity, negative for short."""

    instrument: InstrumentId
    weight: float
    reason: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.weight):
            raise ValueError(f"target for {self.instrument}: weight {self.weight} is not finite")

    @property
    def ppm(self) -> int:
        """The weight in parts per million, rounded to the nearest, ties to even."""
        return round(self.weight * 1_000_000)


class Cancel(msgspec.Struct, frozen=True):
    """A wish: no order of this strategy in this instrument shall work any longer."""

    instrument: InstrumentId
    reason: str = ""
