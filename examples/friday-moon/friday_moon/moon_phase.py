"""Strategy ``moon_phase``: long around new moon, flat around full moon."""

from __future__ import annotations

from collections.abc import Iterable

from friday_core.api import (
    Bar,
    BookView,
    ComponentSpec,
    Decision,
    Event,
    InstrumentId,
    PluginSettings,
    Signal,
    Strategy,
    hookimpl,
)
from pydantic import Field

#: Julian day of 1970-01-01T00:00 UTC.
_EPOCH = 2_440_587.5
_MICROSECONDS_PER_DAY = 86_400_000_000
#: Julian day of the first mean new moon of 2000, and days from one to the next.
_NEW_MOON = 2_451_550.09766
_SYNODIC_MONTH = 29.530588861


class Settings(PluginSettings):
    new_moon_days: float = Field(4.0, gt=0, le=7, description="Days before and after new moon on which to become long.")
    full_moon_days: float = Field(
        4.0, gt=0, le=7, description="Days before and after full moon on which to become flat."
    )
    strength: float = Field(1.0, gt=0, le=1, description="Strength of the signal to be long.")


class MoonPhase(Strategy):
    """Signals ``strength`` from shortly before new moon, and 0 from shortly before full moon.

    Between the two it keeps what it has. Each instrument is signalled only when that changes.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._strengths: dict[InstrumentId, float] = {}

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:
        if not isinstance(event, Bar):
            return []
        instrument = event.instrument.id
        before = self._strengths.get(instrument, 0.0)
        age = moon_age(event.ts_event)
        strength = self._strength(age, before)
        if strength == before:
            return []
        self._strengths[instrument] = strength
        return [Signal(instrument, strength, f"{age:.1f} days after new moon")]

    def _strength(self, age: float, before: float) -> float:
        if min(age, _SYNODIC_MONTH - age) <= self._settings.new_moon_days:
            return self._settings.strength
        if abs(age - _SYNODIC_MONTH / 2) <= self._settings.full_moon_days:
            return 0.0
        return before


def moon_age(ts: int) -> float:
    """Days since the last mean new moon, from 0 to 29.53, at ``ts`` microseconds UTC.

    ``(JD - 2451550.09766) mod 29.530588861``: the two linear terms of the times of new moon in
    J. Meeus, Astronomical Algorithms, 2nd edition, chapter 49. The true moon is up to 14 hours
    ahead or behind, since its orbit is an ellipse; the formula's day is the dynamical one, which
    was 64 seconds ahead of UTC in 2000.
    """
    julian_day = _EPOCH + ts / _MICROSECONDS_PER_DAY
    return (julian_day - _NEW_MOON) % _SYNODIC_MONTH


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("strategy", "moon_phase", MoonPhase, Settings)]
