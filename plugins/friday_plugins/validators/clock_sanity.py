"""Validator ``clock_sanity``: holds back rows that no right clock can have stamped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from friday_core.api import Chunk, ComponentSpec, Judgement, PluginSettings, Validator, Verdict, hookimpl

_EPOCH = dt.date(1970, 1, 1)
_SECOND = 1_000_000.0


class ClockSanitySettings(PluginSettings):
    """Settings of the validator ``clock_sanity``; dates are those of the exchange's zone."""

    earliest: dt.date = Field(dt.date(1990, 1, 1), description="First date on which a row can have happened.")
    latest: dt.date = Field(
        dt.date(2099, 12, 31), description="Last such date; for a file, the day on which it was written."
    )
    ahead: float = Field(5.0, ge=0, description="Seconds by which a row's time may lie after that of its receipt.")

    @model_validator(mode="after")
    def _some_date_is_left(self) -> Self:
        if self.latest < self.earliest:
            raise ValueError(f"latest {self.latest} is before earliest {self.earliest}: every row would be held back")
        return self


class ClockSanity(Validator):
    """Quarantines rows stamped before ``earliest``, after ``latest``, or before they can have happened.

    One row stamped far in the future would make all later ones late: this validator belongs before
    all that compare a row with the one before it. It remembers nothing. A stamp that was lost and
    is shown as 0, in 1970, is before ``earliest``. A row that is received ``ahead`` seconds or more
    before its own time tells of the future, or one of the two clocks is wrong; rows of a file,
    which were received when they happened for all that is known, are not judged by that.
    """

    Settings = ClockSanitySettings
    inputs = ("session",)

    def __init__(self, settings: ClockSanitySettings) -> None:
        self._settings = settings
        self._first, self._last = ((date - _EPOCH).days for date in (settings.earliest, settings.latest))
        self._ahead = settings.ahead * _SECOND

    def validate(self, chunk: Chunk) -> Judgement:
        judgement = Judgement.passing(chunk)
        if len(chunk) == 1 and self._is_right(chunk):
            return judgement
        for wrong, reason in self._faults(chunk):
            judgement = judgement.marked(wrong, Verdict.QUARANTINE, reason)
        return judgement

    def _is_right(self, row: Chunk) -> bool:
        """The same as no fault, for a live tick at a fifth of what numpy takes for one row."""
        ahead = float(row.ts_event.item()) - float(row.ts_recv.item())
        return self._first <= row["session"].item() <= self._last and ahead <= self._ahead

    def _faults(self, chunk: Chunk) -> Iterator[tuple[npt.NDArray[Any], str]]:
        sessions = chunk["session"]
        yield sessions < self._first, f"stamped before {self._settings.earliest}"
        yield sessions > self._last, f"stamped after {self._settings.latest}"
        # As floats: the difference of two integers of garbage can be too large for a third.
        ahead = chunk.ts_event.astype(np.float64) - chunk.ts_recv
        yield ahead > self._ahead, f"stamped more than {self._settings.ahead:g} seconds after it was received"


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("validator", "clock_sanity", ClockSanity, ClockSanity.Settings)]
