"""Strategy ``moving_average_cross``: long while a fast average is above a slow one."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from pydantic import Field, model_validator

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


class Settings(PluginSettings):
    fast: int = Field(20, ge=1, description="Bars of the fast average.")
    slow: int = Field(50, ge=2, description="Bars of the slow average.")

    @model_validator(mode="after")
    def _fast_is_faster(self) -> Settings:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be smaller than slow ({self.slow})")
        return self


class MovingAverageCross(Strategy):
    """Signals strength 1 when the fast simple average of closes crosses above the slow one, 0 below.

    Closes are adjusted for splits and dividends. Nothing is signalled before ``slow`` bars of an
    instrument, nor while the averages keep their order: a signal is given only when it changes.
    """

    def __init__(self, settings: Settings) -> None:
        self._fast, self._slow = settings.fast, settings.slow
        self._closes: dict[InstrumentId, deque[float]] = {}
        self._long: dict[InstrumentId, bool] = {}

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision]:  # noqa: ARG002 - reads no book
        if not isinstance(event, Bar):
            return []
        instrument = event.instrument.id
        closes = self._closes.setdefault(instrument, deque(maxlen=self._slow))
        closes.append(event.close)
        if len(closes) < self._slow:
            return []
        slow = math.fsum(closes) / self._slow
        fast = math.fsum(list(closes)[-self._fast :]) / self._fast
        is_long = fast > slow
        if is_long == self._long.get(instrument, False):
            return []
        self._long[instrument] = is_long
        comparison = "above" if is_long else "not above"
        reason = f"average of {self._fast} {comparison} average of {self._slow}: {fast:.4f}, {slow:.4f}"
        return [Signal(instrument, 1.0 if is_long else 0.0, reason)]


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("strategy", "moving_average_cross", MovingAverageCross, Settings)]
