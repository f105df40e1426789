"""Calendar ``weekdays``: Monday to Friday at fixed hours, without a holiday: an assumption, for synthetic data.

No exchange trades like that: for real data it calls holidays sessions, and month ends are wrong where one is last.
"""

from __future__ import annotations

import datetime as dt
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field, model_validator

from friday_core.api import Calendar, ComponentSpec, PluginSettings, Schedule, TimeZone, hookimpl, in_utc


class WeekdaysSettings(PluginSettings):
    """Settings of the calendar ``weekdays``."""

    timezone: TimeZone = Field("Asia/Kolkata", description="Zone of the hours.")
    session_open: dt.time = Field(dt.time(9, 15), description="When every session opens.")
    session_close: dt.time = Field(dt.time(15, 30), description="When every session closes.")
    start: dt.date = Field(dt.date(1990, 1, 1), description="First date to know.")
    end: dt.date = Field(dt.date(2049, 12, 31), description="Last date to know.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.session_open < self.session_close:
            raise ValueError(f"session_close {self.session_close} is not after session_open {self.session_open}")
        if np.busday_offset(self.start, 0, roll="forward") > np.datetime64(self.end):
            raise ValueError(f"there is no weekday from start {self.start} to end {self.end}")
        return self


class Weekdays(Calendar):
    """Every Monday to Friday between two dates is a session, and the hours never change."""

    Settings = WeekdaysSettings

    def __init__(self, settings: WeekdaysSettings) -> None:
        zone = ZoneInfo(settings.timezone)
        first, last = (int(np.datetime64(date, "D").astype(np.int64)) for date in (settings.start, settings.end))
        dates = np.arange(first, last + 1)
        dates = dates[np.is_busday(dates.astype("M8[D]"))]
        opens, closes = (
            np.array([in_utc(day, time, zone) for day in dates.tolist()])
            for time in (settings.session_open, settings.session_close)
        )
        hours = f"{settings.session_open:%H:%M} to {settings.session_close:%H:%M} {settings.timezone}"
        self._schedule = Schedule(f"weekdays {hours}", dates, opens, closes, known=(first, last))

    def schedule(self) -> Schedule:
        return self._schedule


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("calendar", "weekdays", Weekdays, Weekdays.Settings)]
