"""Where rows stand in their session, week and month, by the dated calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from friday_core.causal.domains import SESSION, TICK, parse
from friday_core.domain.chunk import Array, Float64, Int64
from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import SessionDates

#: 1.0 on every row of the last session of its month or week; on the first and the last bar of a session.
CALENDAR_COLUMNS = ("month_end", "week_end", "session_start", "session_end")


@dataclass(frozen=True, slots=True)
class _Rows:
    """What rows of a clock domain cover: the time from ``step`` before their stamp, a whole session, or a moment.

    ``step`` is 0 where the length is not known. ``shift`` leads from the stamp into what is covered.
    """

    step: int = 0
    is_session: bool = False
    is_moment: bool = False

    @property
    def shift(self) -> int:
        return 0 if self.is_moment else 1

    @classmethod
    def of(cls, domain: str | None) -> _Rows:
        if domain is None:
            return cls()
        one = parse(domain)
        return cls(one.seconds * 1_000_000, one.name == SESSION, one.name == TICK)


@dataclass(frozen=True, slots=True)
class _Latest:
    """The session of the latest rows: most chunks lie in it as a whole."""

    open: int
    close: int
    date: int
    month_end: float
    week_end: float
    #: The flags of what covers no time, such as ticks.
    of_moments: Mapping[str, float]

    @classmethod
    def at(cls, opens: int, closes: int, date: int, month_end: float, week_end: float) -> _Latest:
        flags = month_end, week_end, np.nan, np.nan
        return cls(opens, closes, date, month_end, week_end, dict(zip(CALENDAR_COLUMNS, flags, strict=True)))


class SessionFlags:
    """The session of each row, and ``CALENDAR_COLUMNS``.

    A row is of the session that its time is in: a bar's is the time up to its stamp, a tick's the
    stamp itself. Outside all hours it is of the session of its date, since the close of a daily bar
    may be set later than the exchange's: on half days it is.

    The flags are known before the session begins, because the exchange publishes its sessions in
    advance: no row that comes later decides them. They are NaN on dates that are no session or that
    the calendar does not know; month and week ends also where it ends before the month or the week.
    What was announced at short notice counts from the day after the announcement, where the calendar
    says when that was; else it stands in the past as if it had been known before.
    """

    def __init__(self, schedule: Schedule, dates: SessionDates) -> None:
        self._schedule = schedule
        self._dates = dates
        self._rows: dict[str | None, _Rows] = {}
        self._latest = _Latest.at(0, 0, 0, np.nan, np.nan)

    def of(self, ts_event: Int64, domain: str | None) -> tuple[Int64, dict[str, Array]]:
        """Each row's session, and the flags; ``domain`` is the clock domain of the rows.

        Of bars whose length nobody tells (``None``, bars by volume) the first of a session is not known,
        of ticks neither the first nor the last. ``ClockDomainError`` for a domain that does not exist.
        """
        rows = self._rows.get(domain)
        if rows is None:
            rows = self._rows[domain] = _Rows.of(domain)
        moments = ts_event - rows.shift
        one = self._latest
        if len(moments) and one.open <= moments.min() and moments.max() < one.close:
            count = len(moments)
            flags = np.full(count, one.month_end), np.full(count, one.week_end)
            bars = _first_and_last(ts_event, one.open, one.close, rows)
            return np.full(count, one.date), dict(zip(CALENDAR_COLUMNS, (*flags, *bars), strict=True))
        return self._looked_up(ts_event, moments, rows)

    def of_one(self, ts_event: int, domain: str | None) -> tuple[int, Mapping[str, float]]:
        """The same of one row."""
        rows, one = self._rows.get(domain), self._latest
        if rows is None or not one.open <= ts_event - rows.shift < one.close:
            sessions, columns = self.of(np.array((ts_event,), np.int64), domain)
            return sessions.item(), {name: column.item() for name, column in columns.items()}
        if rows.is_moment:
            return one.date, one.of_moments
        first, last = 1.0, 1.0
        if not rows.is_session:
            first = float(ts_event == min(one.open + rows.step, one.close)) if rows.step else np.nan
            last = float(ts_event == one.close)
        return one.date, dict(zip(CALENDAR_COLUMNS, (one.month_end, one.week_end, first, last), strict=True))

    def _looked_up(self, ts_event: Int64, moments: Int64, rows: _Rows) -> tuple[Int64, dict[str, Array]]:
        schedule = self._schedule
        places = schedule.at(moments)
        if len(places) and places[-1] >= 0:
            self._latest = self._session(int(places[-1]))
        outside = places < 0
        local = self._dates.of(ts_event[outside])
        places[outside] = schedule.on(local)
        sessions, opens, closes = (one[places] for one in schedule.sessions)
        flags = [schedule.month_ends[places], schedule.week_ends[places]]
        flags += _first_and_last(ts_event, opens, closes, rows)
        nowhere = places < 0
        if nowhere.any():
            sessions[nowhere] = local[nowhere[outside]]
            flags = [np.where(nowhere, np.nan, flag) for flag in flags]
        return sessions, dict(zip(CALENDAR_COLUMNS, flags, strict=True))

    def _session(self, place: int) -> _Latest:
        schedule = self._schedule
        date, opens, closes = (one[place].item() for one in schedule.sessions)
        return _Latest.at(opens, closes, date, schedule.month_ends[place].item(), schedule.week_ends[place].item())


def _first_and_last(ts_event: Int64, opens: Int64 | int, closes: Int64 | int, rows: _Rows) -> tuple[Float64, Float64]:
    """Which bars begin at their session's open, and which end at its close: the last one may be short."""
    if rows.is_session:
        return np.ones(len(ts_event)), np.ones(len(ts_event))
    unknown = np.full(len(ts_event), np.nan)
    first = (ts_event == np.minimum(opens + rows.step, closes)).astype(np.float64) if rows.step else unknown
    last = unknown if rows.is_moment else (ts_event == closes).astype(np.float64)
    return first, last
