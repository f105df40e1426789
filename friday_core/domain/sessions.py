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
#: Quarters in four days: since 1970 no zone has changed its offset and taken that back within six.
_STEP = 384
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: Quarters of an hour that a calendar can name, a day short of it at either end; beyond is garbage.
_FIRST = (dt.datetime(1, 1, 2, tzinfo=dt.UTC) - _EPOCH) // dt.timedelta(minutes=15)
_LAST = (dt.datetime(9999, 12, 30, tzinfo=dt.UTC) - _EPOCH) // dt.timedelta(minutes=15)


class SessionDates:
    """Maps microseconds UTC to days since 1970-01-01 in one time zone."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._offsets: dict[int, int] = {}
        #: A quarter of an hour that is of one date as a whole, and the date: most moments are near the latest one.
        self._latest: tuple[int, int] | None = None

    def of(self, ts_event: Int64) -> Int64:
        """The local date of each moment, as int64 days.

        Garbage beyond the years 1 to 9999 has the first or the last date that a calendar can name.
        """
        if len(ts_event) == 1:
            return np.array((self.date(ts_event.item()),), np.int64)
        offset = self._common_offset(ts_event)
        if offset is not None:
            return (ts_event + offset) // _DAY
        quarters, where = np.unique(ts_event // _QUARTER, return_inverse=True)
        if len(quarters) and not _FIRST <= quarters[0] <= quarters[-1] <= _LAST:
            return self.of(np.clip(ts_event, _FIRST * _QUARTER, _LAST * _QUARTER))
        offsets = np.array([self._offset(int(quarter)) for quarter in quarters], np.int64)
        return (ts_event + offsets[where]) // _DAY

    def date(self, ts_event: int) -> int:
        """The local date of one moment, in days; garbage as in ``of``."""
        quarter, latest = ts_event // _QUARTER, self._latest
        if latest is not None and latest[0] == quarter:
            return latest[1]
        quarter = min(max(quarter, _FIRST), _LAST)
        offset = self._offset(quarter)
        date = (min(max(ts_event, _FIRST * _QUARTER), _LAST * _QUARTER) + offset) // _DAY
        if not offset % _QUARTER:
            self._latest = quarter, date
        return date

    def _common_offset(self, ts_event: Int64) -> int | None:
        """The offset of all these moments; ``None`` where they have several, or are cheaper looked at one by one."""
        if not len(ts_event):
            return None
        first, last = int(ts_event.min()) // _QUARTER // _STEP, -(-int(ts_event.max()) // _QUARTER // _STEP)
        if last - first > len(ts_event) or not max(_FIRST, 0) <= first * _STEP <= last * _STEP <= _LAST:
            return None
        offset = self._offset(first * _STEP)
        return offset if all(self._offset(step * _STEP) == offset for step in range(first + 1, last + 1)) else None

    def _offset(self, quarter: int) -> int:
        if quarter not in self._offsets:
            moment = (_EPOCH + dt.timedelta(microseconds=quarter * _QUARTER)).astimezone(self._zone)
            self._offsets[quarter] = int((moment.utcoffset() or dt.timedelta()) / dt.timedelta(microseconds=1))
        return self._offsets[quarter]


def known_zone(name: str) -> str:
    """The name of a time zone; ``ValueError`` for what is none, such as the name of a region alone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone; write for example Asia/Kolkata") from error
    return name


def to_date(session: int) -> dt.date:
    """Days since 1970-01-01 as a date."""
    return _EPOCH.date() + dt.timedelta(days=session)


def to_days(date: dt.date) -> int:
    """A date as days since 1970-01-01."""
    return (date - _EPOCH.date()).days


def to_datetime(ts: int) -> dt.datetime:
    """Microseconds UTC as an aware datetime."""
    return _EPOCH + dt.timedelta(microseconds=ts)
