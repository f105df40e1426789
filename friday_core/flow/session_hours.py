"""When an exchange trades, on its own clock."""

from __future__ import annotations

import datetime as dt
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.schedule import in_utc
from friday_core.domain.sessions import SessionDates


class Hours(Protocol):
    """When sessions are: every date at the same times (``SessionHours``), or dated (``Schedule``).

    Prints what tells it from others: bars that were begun with one are not continued with another.
    """

    def around(self, moments: Int64) -> tuple[Int64, Int64]:
        """Open and close of the session that each moment is in, in microseconds UTC.

        A moment is in a session if it is not before the open and before the close; for one that is
        in none, open and close say so too.
        """
        ...


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
        sessions, where = np.unique(self._dates.of(moments), return_inverse=True)
        each = [self._on(int(session)) for session in sessions]
        self._latest = each[-1]
        bounds = np.array(each, np.int64)[where]
        return bounds[:, 0], bounds[:, 1]

    def _on(self, session: int) -> tuple[int, int]:
        if session not in self._bounds:
            self._bounds[session] = (in_utc(session, self._open, self._zone), in_utc(session, self._close, self._zone))
        return self._bounds[session]
