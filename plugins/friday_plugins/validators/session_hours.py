"""Validator ``session_hours``: holds back rows of times at which the exchange is closed; needs a calendar."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from friday_core.api import (
    Calendar,
    Chunk,
    ComponentSpec,
    Int64,
    Judgement,
    PluginSettings,
    Validator,
    Verdict,
    hookimpl,
    to_date,
)

_WHOLE_SESSIONS = ("1d", "session")


class SessionHoursSettings(PluginSettings):
    """Settings of the validator ``session_hours``."""

    interval: str = Field(
        "1d",
        pattern=r"^(tick|session|1d|[1-9][0-9]*[smh]|v[1-9][0-9]*)$",
        description="Clock domain of the rows: 1d for daily bars, 1m, 15m, v1000, tick.",
    )


class SessionHoursValidator(Validator):
    """Quarantines rows on dates that are no sessions, beyond the dates that the calendar knows, and out of hours.

    A bar is judged by the time up to its stamp, so that the last one closes with the session; a tick
    by its stamp: one at the close is out of hours. Of daily bars only the date is judged, since their
    stamps carry the usual close also on half days.
    """

    Settings = SessionHoursSettings
    inputs = ("session",)

    def __init__(self, settings: SessionHoursSettings, calendar: Calendar) -> None:
        schedule = calendar.schedule()
        self._schedule = schedule
        self._daily = settings.interval in _WHOLE_SESSIONS
        self._shift = 0 if settings.interval == "tick" else 1
        self._beyond = f"{schedule.name} is known from {to_date(schedule.first)} to {to_date(schedule.last)} only"
        self._closed = f"no session of {schedule.name} on this date"
        self._out_of_hours = f"outside the hours of {schedule.name}"

    def validate(self, chunk: Chunk) -> Judgement:
        judgement = Judgement.passing(chunk)
        closed = self._is_closed(chunk)
        if not closed.any():
            return judgement
        dates = chunk["session"].astype(np.int64)
        for rows, reason in (
            (closed & ~self._schedule.knows(dates), self._beyond),
            (closed & (self._schedule.on(dates) < 0), self._closed),
            (closed, self._out_of_hours),
        ):
            judgement = judgement.marked(rows, Verdict.QUARANTINE, reason)
        return judgement

    def _is_closed(self, chunk: Chunk) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        if self._daily:
            return self._schedule.on(chunk["session"].astype(np.int64)) < 0
        moments: Int64 = chunk.ts_event - self._shift
        opens, closes = self._schedule.around(moments)
        return (moments < opens) | (moments >= closes)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"calendar": "calendar"}
    return [ComponentSpec("validator", "session_hours", SessionHoursValidator, SessionHoursSettings, requires)]
