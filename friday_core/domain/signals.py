"""What a strategy wants, before sizing and risk."""

from __future__ import annotations

import math

import msgspec

from friday_core.domain.instruments import InstrumentId, check_id

#: Nobody means a larger multiple of the equity: it is a mistake of the unit.
LARGEST_WEIGHT = 1_000.0


class Signal(msgspec.Struct, frozen=True, gc=False):
    """An opinion: strength in [-1, 1], 0 for flat. A sizer makes it a target."""

    instrument: InstrumentId
    strength: float
    reason: str = ""

    def __post_init__(self) -> None:
        check_id(self.instrument)
        if type(self.strength) is float and -1.0 <= self.strength <= 1.0:
            return
        msgspec.structs.force_setattr(self, "strength", _number(f"signal for {self.instrument}", self.strength))
        if not -1.0 <= self.strength <= 1.0:
            raise ValueError(f"signal for {self.instrument}: strength {self.strength} is not in [-1, 1]")


class Target(msgspec.Struct, frozen=True, gc=False):
    """A wish: the position's weight of the book's equity, negative for short, at most 1,000 either way."""

    instrument: InstrumentId
    weight: float
    reason: str = ""

    def __post_init__(self) -> None:
        check_id(self.instrument)
        if type(self.weight) is float and -LARGEST_WEIGHT <= self.weight <= LARGEST_WEIGHT:
            return
        msgspec.structs.force_setattr(self, "weight", _number(f"target for {self.instrument}", self.weight))
        if abs(self.weight) > LARGEST_WEIGHT:
            raise ValueError(f"target for {self.instrument}: weight {self.weight} is more than {LARGEST_WEIGHT:.0f}")

    @property
    def ppm(self) -> int:
        """The weight in parts per million, rounded to the nearest, ties to even."""
        return round(self.weight * 1_000_000)


class Cancel(msgspec.Struct, frozen=True):
    """A wish: no order of this strategy in this instrument shall work any longer: ``Cancel(bar.instrument.id)``."""

    instrument: InstrumentId
    reason: str = ""

    def __post_init__(self) -> None:
        check_id(self.instrument)


def _number(what: str, value: object) -> float:
    """Numbers of other types, numpy's for example, as a finite ``float``."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"{what}: {value!r:.80} is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{what}: {number} is not finite")
    return number
