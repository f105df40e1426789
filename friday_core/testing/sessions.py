"""Sessions for tests: every weekday from a Monday on, at India's hours, and nothing about any other date."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.schedule import Schedule, in_utc

ZONE = "Asia/Kolkata"
#: 2024-01-01, a Monday.
FIRST = 19_723


def weekdays(count: int, first: int = FIRST) -> Schedule:
    """``count`` sessions from ``first`` on, in days since 1970-01-01; a week beyond them is known to have none."""
    dates = np.busday_offset(np.datetime64(first, "D"), np.arange(count), roll="forward").astype(np.int64)
    zone = ZoneInfo(ZONE)
    opens, closes = (
        np.array([in_utc(day, time, zone) for day in dates.tolist()], np.int64)
        for time in (dt.time(9, 15), dt.time(15, 30))
    )
    return Schedule("weekdays of the kit", dates, opens, closes, known=(first - 7, int(dates[-1]) + 45))
