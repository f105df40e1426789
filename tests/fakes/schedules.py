"""Calendars by hand: sessions as a test writes them down, in India's zone unless it says otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.schedule import Schedule, in_utc
from friday_core.interfaces.calendar import Calendar

ZONE = "Asia/Kolkata"


def day(date: str) -> int:
    """``"2024-11-01"`` as days since 1970-01-01."""
    return (dt.date.fromisoformat(date) - dt.date(1970, 1, 1)).days


def utc(moment: str, zone: str = ZONE) -> int:
    """``"2024-11-01 18:15"`` on the zone's clock as microseconds UTC."""
    date, _, clock = moment.partition(" ")
    return in_utc(day(date), dt.time.fromisoformat(clock), ZoneInfo(zone))


def schedule(
    *sessions: str,
    known: tuple[str, str],
    zone: str = ZONE,
    first_weekday: int = 0,
    announced: Mapping[str, str] | None = None,
) -> Schedule:
    """Sessions as ``"2024-11-01"``, from 09:15 to 15:30, or ``"2024-11-01 18:15 19:15"``."""
    parts = [one.split() if " " in one else [one, "09:15", "15:30"] for one in sessions]
    return Schedule(
        "TEST",
        np.array([day(date) for date, _, _ in parts], np.int64),
        np.array([utc(f"{date} {opens}", zone) for date, opens, _ in parts], np.int64),
        np.array([utc(f"{date} {closes}", zone) for date, _, closes in parts], np.int64),
        known=(day(known[0]), day(known[1])),
        first_weekday=first_weekday,
        announced={day(date): day(when) for date, when in (announced or {}).items()},
    )


class Fixed(Calendar):
    """Answers with one schedule."""

    def __init__(self, sessions: Schedule) -> None:
        self._sessions = sessions

    def schedule(self) -> Schedule:
        return self._sessions
