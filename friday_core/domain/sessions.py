"""Which trading date a moment belongs to, in the exchange's zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.chunk import Int64

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
#: Since 1970 no exchange's zone has changed its offset but at a whole quarter of an hour.
_QUARTER = 900 * _SECOND
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class SessionDates:
    """Maps microseconds UTC to days since 1970-01-01 in one time zone."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._offsets: dict[int, int] = {}

    def of(self, ts_event: Int64) -> Int64:
        """The local date of each moment, as int64 days."""
        quarters, where = np.unique(ts_event // _QUARTER, return_inverse=True)
        offsets = np.array([self._offset(int(quarter)) for quarter in quarters], np.int64)
        return (ts_event + offsets[where]) // _DAY

    def _offset(self, quarter: int) -> int:
        if quarter not in self._offsets:
            moment = (_EPOCH + dt.timedelta(microseconds=quarter * _QUARTER)).astimezone(self._zone)
            self._offsets[quarter] = int((moment.utcoffset() or dt.timedelta()) / dt.timedelta(microseconds=1))
        return self._offsets[quarter]


def to_date(session: int) -> dt.date:
    """Days since 1970-01-01 as a date."""
    return _EPOCH.date() + dt.timedelta(days=session)


def to_datetime(ts: int) -> dt.datetime:
    """Microseconds UTC as an aware datetime."""
    return _EPOCH + dt.timedelta(microseconds=ts)
