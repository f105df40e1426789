"""When an exchange trades, on its own clock."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.sessions import SessionDates, to_date

_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: What a calendar can name, a day short of it at either end; stamps beyond are garbage.
_FIRST = (dt.datetime(1, 1, 2, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
_LAST = (dt.datetime(9999, 12, 30, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND


class SessionHours:
    """One session on every date, from ``session_open`` to just before ``session_close``.

    Both are times of ``timezone``'s clock. ``ValueError`` if the session does not open before it
    closes: one that lasts over midnight is not supported.
    """

    def __init__(
        self,
        session_open: dt.time = dt.time(9, 15),
        session_close: dt.time = dt.time(15, 30),
        timezone: str = "Asia/Kolkata",
    ) -> None:
        if not session_open < session_close:
            raise ValueError(f"a session cannot open at {session_open} and close at {session_close} of the same date")
        self._open, self._close = session_open, session_close
        self._zone = ZoneInfo(timezone)
        self._dates = SessionDates(timezone)
        self._bounds: dict[int, tuple[int, int]] = {}
        self._latest = (0, 0)

    def __str__(self) -> str:
        return f"{self._open} to {self._close} {self._zone.key}"

    def around(self, moments: Int64) -> tuple[Int64, Int64]:
        """Open and close, in microseconds UTC, of the session on each moment's date.

        A moment is in the session if it is not before the open and before the close.
        """
        opens, closes = self._latest
        if len(moments) and not (opens <= moments.min() and moments.max() < closes):
            return self._by_date(moments)
        return np.full(len(moments), opens), np.full(len(moments), closes)

    def _by_date(self, moments: Int64) -> tuple[Int64, Int64]:
        sessions, where = np.unique(self._dates.of(np.clip(moments, _FIRST, _LAST)), return_inverse=True)
        each = [self._on(int(session)) for session in sessions]
        self._latest = each[-1]
        bounds = np.array(each, np.int64)[where]
        return bounds[:, 0], bounds[:, 1]

    def _on(self, session: int) -> tuple[int, int]:
        if session not in self._bounds:
            self._bounds[session] = (self._moment(session, self._open), self._moment(session, self._close))
        return self._bounds[session]

    def _moment(self, session: int, time: dt.time) -> int:
        return (dt.datetime.combine(to_date(session), time, self._zone) - _EPOCH) // _MICROSECOND
