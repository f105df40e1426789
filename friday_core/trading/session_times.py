"""When a session opens and closes, by its date, and the times inside it that intraday positions keep to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.schedule import Schedule, in_utc

#: Open and close of a session in microseconds UTC, by its date in days; ``None`` if there is none.
SessionTimes = Callable[[int], tuple[int, int] | None]
#: Before the close, where no time is named or the session does not reach it.
_MARGIN = 10 * 60_000_000


def dated_times(schedule: Schedule) -> SessionTimes:
    """Those that a calendar knows."""

    def times(session: int) -> tuple[int, int] | None:
        place = int(schedule.on(np.array([session]))[0])
        return None if place < 0 else (int(schedule.sessions.opens[place]), int(schedule.sessions.closes[place]))

    return cache(times)


def daily_times(opens: dt.time, closes: dt.time, timezone: str) -> SessionTimes:
    """The same times on every date."""
    zone = ZoneInfo(timezone)
    return cache(lambda session: (in_utc(session, opens, zone), in_utc(session, closes, zone)))


@dataclass(frozen=True, slots=True)
class IntradayTimes:
    """Until when intraday positions may be opened, and when they are closed.

    ``square_off`` and ``last_entry`` are times of ``timezone``'s clock; one that is not inside a session, as in an
    hour of Muhurat, gives way to ten minutes before its close. Without ``last_entry`` it is the square-off. On a date
    without a session both are long past. The orders for the square-off are decided at the last close from which on
    ``lead`` microseconds do not lead beyond it: so long it takes until another decision would have a price.
    """

    times: SessionTimes
    timezone: str
    square_off: dt.time | None = None
    last_entry: dt.time | None = None
    lead: int = 0

    def closing(self, session: int) -> int:
        """The square-off of a session, in microseconds UTC."""
        return self._inside(session, self.square_off)

    def is_due(self, session: int, ts_event: int) -> bool:
        """Whether positions are to be closed from this close on: another bar would end after the square-off."""
        return ts_event + self.lead > self.closing(session)

    def takes_entries(self, session: int, ts_event: int) -> bool:
        """Whether a position may be opened by what is decided at this close."""
        return ts_event < self.last_entries(session) and not self.is_due(session, ts_event)

    def last_entries(self, session: int) -> int:
        """From when on a session takes no entries, in microseconds UTC; earlier where positions are to be closed."""
        last = self.closing(session)
        return last if self.last_entry is None else min(last, self._inside(session, self.last_entry))

    def _inside(self, session: int, time: dt.time | None) -> int:
        bounds = self.times(session)
        if bounds is None:
            return 0
        opens, closes = bounds
        moment = closes if time is None else in_utc(session, time, ZoneInfo(self.timezone))
        return moment if opens < moment < closes else max(opens, closes - _MARGIN)
