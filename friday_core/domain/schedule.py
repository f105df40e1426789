"""The sessions of an exchange as dated facts, and how far they are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import NamedTuple, NoReturn, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Array, Float64, Int64
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.sessions import to_date
from friday_core.errors import CalendarError

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
#: 1970-01-01 was a Thursday; Monday is 0.
_WEEKDAY_OF_DAY_0 = 3

#: Numbers the weeks, or the months, that dates are in.
_Period = Callable[[Int64], Int64]


class Sessions(NamedTuple):
    """Some sessions in order: dates in days since 1970-01-01, opens and closes in microseconds UTC."""

    dates: Int64
    opens: Int64
    closes: Int64


class Schedule:
    """Every session between two dates, and nothing about any other date.

    ``name`` is what messages call it. ``dates`` are days since 1970-01-01, ``opens`` and ``closes``
    microseconds UTC; a session lasts from its open to just before its close, and may begin on the
    day before its date. ``known`` are the first and the last date of which it is known whether they
    are sessions; ``mend`` says what to do about others. A week begins with ``first_weekday``, Monday being 0.

    ``announced`` has the dates that turned out otherwise than had been published, each with the date of
    the announcement: until the end of that date a session of today's knowledge was expected to be none, and
    a date without one was expected to be a session.

    ``ValueError`` if there is no session, if they are not in order, overlap, or lie beyond ``known``, or if
    an announcement is later than what it announces.
    """

    def __init__(
        self,
        name: str,
        dates: Array,
        opens: Array,
        closes: Array,
        *,
        known: tuple[int, int],
        first_weekday: int = 0,
        announced: Mapping[int, int] | None = None,
        mend: str = "bring the calendar up to date",
    ) -> None:
        self.name = name
        self.known = KnownDates(int(known[0]), int(known[1]), mend)
        self.first, self.last, _ = self.known
        self.sessions = Sessions(*(_frozen(one) for one in (dates, opens, closes)))
        self._announced = {int(date): int(when) for date, when in (announced or {}).items()}
        self._check()
        #: For each session, whether it is the last of its month or week as expected before it opened: 1.0,
        #: 0.0, or NaN if ``known`` ends before the month or the week does, and no later session in it was expected.
        self.month_ends = self._last_in(_months)
        self.week_ends = self._last_in(lambda days: (days + _WEEKDAY_OF_DAY_0 - first_weekday) // 7)
        self._latest = (0, 0)

    def __str__(self) -> str:
        return f"sessions of {self.name}"

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def knows(self, dates: Int64) -> npt.NDArray[np.bool_]:
        """Which dates it can tell about."""
        known: npt.NDArray[np.bool_] = (dates >= self.first) & (dates <= self.last)
        return known

    def require(self, first: int, last: int) -> None:
        """``CalendarError`` if it does not know every date from ``first`` to ``last``, both included."""
        for date in (first, last):
            if not self.first <= date <= self.last:
                raise CalendarError(
                    f"calendar {self.name!r} knows the sessions from {to_date(self.first)} to {to_date(self.last)}, "
                    f"and {to_date(date)} is beyond\n    mend: keep to those dates, or {self.known.mend}"
                )

    def between(self, first: int, last: int) -> Sessions:
        """The sessions from ``first`` to ``last``, both included; ``CalendarError`` for dates that it does not know."""
        self.require(first, last)
        start, end = np.searchsorted(self.sessions.dates, [first, last + 1])
        return Sessions(*(one[start:end] for one in self.sessions))

    def around(self, moments: Int64) -> tuple[Int64, Int64]:
        """Open and close of the session that each moment is in; elsewhere those of another session."""
        opens, closes = self._latest
        if len(moments) and not (opens <= moments.min() and moments.max() < closes):
            places = self._begun(moments)
            self._latest = int(self.sessions.opens[places[-1]]), int(self.sessions.closes[places[-1]])
            return self.sessions.opens[places], self.sessions.closes[places]
        return np.full(len(moments), opens), np.full(len(moments), closes)

    def at(self, moments: Int64) -> Int64:
        """Place in ``sessions`` of the session that each moment is in; -1 for none."""
        places = self._begun(moments)
        inside = (moments >= self.sessions.opens[places]) & (moments < self.sessions.closes[places])
        return np.where(inside, places, -1)

    def on(self, dates: Int64) -> Int64:
        """Place in ``sessions`` of the session of each date; -1 for none, and beyond ``known``."""
        places = np.minimum(np.searchsorted(self.sessions.dates, dates), len(self.sessions.dates) - 1)
        return np.where(self.sessions.dates[places] == dates, places, -1)

    def _begun(self, moments: Int64) -> Int64:
        """The last session that opened up to each moment; before all of them the first."""
        places: Int64 = np.maximum(np.searchsorted(self.sessions.opens, moments, side="right") - 1, 0)
        return places

    def _check(self) -> None:
        dates, opens, closes = self.sessions
        if not len(dates):
            self._refuse("has no session")
        if not len(dates) == len(opens) == len(closes):
            self._refuse(f"has {len(dates)} dates, {len(opens)} opens and {len(closes)} closes")
        for wrong, what in (
            (np.diff(dates, prepend=dates[0] - 1) <= 0, "is not later than the session before"),
            (closes <= opens, "does not open before it closes"),
            (np.append(False, opens[1:] < closes[:-1]), "opens before the session before has closed"),
            (~self.knows(dates), f"is beyond {to_date(self.first)} to {to_date(self.last)}"),
        ):
            if wrong.any():
                self._refuse(f"the session of {to_date(int(dates[np.argmax(wrong)]))} {what}")
        for date, when in self._announced.items():
            if when > date:
                self._refuse(f"what became of {to_date(date)} is announced later, on {to_date(when)}")

    def _refuse(self, what: str) -> NoReturn:
        raise ValueError(f"schedule {self.name!r}: {what}")

    def _last_in(self, period: _Period) -> Float64:
        periods = period(self.sessions.dates)
        is_last = np.append(periods[1:] != periods[:-1], True).astype(np.float64)
        if period(np.array([self.last + 1]))[0] == periods[-1]:
            is_last[-1] = np.nan
        for place in self._surprised(period):
            is_last[place] = self._as_expected(place, period)
        is_last.flags.writeable = False
        return is_last

    def _surprised(self, period: _Period) -> set[int]:
        """Places of sessions that could not yet know what became of a later date of their period."""
        dates = self.sessions.dates
        periods = period(dates)
        found: set[int] = set()
        for date, when in self._announced.items():
            start = np.searchsorted(periods, period(np.array([date]))[0])
            found.update(range(int(start), int(np.searchsorted(dates, min(when + 1, date)))))
        return found

    def _as_expected(self, place: int, period: _Period) -> float:
        """Whether a session is the last of its period, by what had been announced before its date."""
        date = int(self.sessions.dates[place])
        news = [one for one, when in self._announced.items() if when >= date]
        # No week and no month has more dates than 31.
        later = set(self.sessions.dates[place + 1 : place + 32].tolist()) ^ set(news)
        own, *others = period(np.array([date, self.last + 1, *(one for one in later if one > date)])).tolist()
        if own in others[1:]:
            return 0.0
        return np.nan if own == others[0] else 1.0


def in_utc(date: int, time: dt.time, zone: ZoneInfo) -> int:
    """When a clock in ``zone`` shows ``time`` on a date, in microseconds UTC."""
    return (dt.datetime.combine(to_date(date), time, zone) - _EPOCH) // _MICROSECOND


def _months(dates: Int64) -> Int64:
    return dates.astype("M8[D]").astype("M8[M]").astype(np.int64)


def _frozen(values: Array) -> Int64:
    own = np.array(values, np.int64)
    own.flags.writeable = False
    return own
