"""The sessions of one market: files of facts laid over dates to begin with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.schedule import Schedule, in_utc
from friday_core.domain.sessions import to_date, to_days
from friday_core.errors import CalendarError
from friday_core.market.sessions.phases import Phase, Span
from friday_core.market.sessions.rows import (
    DatedRow,
    HaltRow,
    HolidayRow,
    MarketRow,
    SessionRow,
    UnsettledRow,
)
from friday_core.market.sessions.session_file import SessionFile

#: Where a user says what is not known here.
_MEND = "say what is new in a file of your own: [plugins.calendar.indian] file"
#: A market whose dates begin with every Monday to Friday.
WEEKDAYS = "weekdays"


class SessionBase(NamedTuple):
    """Dates to begin with: all sessions from ``first`` to ``last``, in days since 1970-01-01."""

    dates: Int64
    first: int
    last: int


class PhaseTimes(NamedTuple):
    """One phase of one date, from ``open`` to just before ``close``, in microseconds UTC."""

    phase: Phase
    open: int
    close: int


class MarketSessions:
    """What ``files`` say of a segment of an exchange; of a date the first file that speaks of it decides.

    ``library`` gives the dates of a calendar by its name; it is asked unless the market begins with weekdays.
    Known is what the file with the market knows, but not beyond the library; where another file has a later
    ``known_until``, what lies beyond the library is a session from Monday to Friday unless a row says otherwise.

    ``CalendarError`` for a market that no file has, for dates without hours, and for half a day that is
    closed where nothing says when the evening begins.
    """

    def __init__(
        self, files: Sequence[SessionFile], exchange: str, segment: str | None, library: Callable[[str], SessionBase]
    ) -> None:
        self.market, home = _market(files, exchange, segment)
        base = None if self.market.base == WEEKDAYS else library(self.market.base)
        self.segment = segment or self.market.segments[0]
        self.name = f"{exchange} {self.segment}"
        self._zone = ZoneInfo(self.market.zone)
        hours = [row for file in files for row in file.hours if row.is_of(exchange, self.segment)]
        self._hours = [(row, row.in_order()) for row in hours]
        self._rows = _decisive(files, exchange, self.segment)
        self.first, self.last = _known(files, home, self.market, base)
        self._spans = self._sessions(base)

    def phases(self, date: dt.date) -> tuple[PhaseTimes, ...]:
        """Every phase of the date by its open; none if it is no session. ``CalendarError`` beyond what is known."""
        day = to_days(date)
        if not self.first <= day <= self.last:
            known = f"knows the phases from {to_date(self.first)} to {to_date(self.last)}"
            raise CalendarError(f"calendar {self.name!r} {known}, and {date} is beyond\n    mend: keep to those dates")
        return tuple(PhaseTimes(phase, *self._in_utc(day, span)) for phase, span in self._spans.get(day, ()))

    def schedule(self) -> Schedule:
        """Continuous trading of each session, from its first open to its last close."""
        dates, opens, closes = [], [], []
        for day in sorted(self._spans):
            traded = [span for phase, span in self._spans[day] if phase is Phase.CONTINUOUS]
            opened, closed = self._in_utc(day, Span(traded[0].open, traded[-1].close))
            dates.append(day)
            opens.append(opened)
            closes.append(closed)
        known = self.first, self.last
        arrays = np.array(dates, np.int64), np.array(opens, np.int64), np.array(closes, np.int64)
        return Schedule(self.name, *arrays, known=known, announced=self._announced(), mend=_MEND)

    def unsettled(self) -> list[tuple[dt.date, str]]:
        """Dates on which a session is announced whose hours are not known; they are no sessions."""
        found = [(day, row) for day, row in self._rows.items() if isinstance(row, UnsettledRow)]
        return [(to_date(day), row.what) for day, row in sorted(found, key=lambda one: one[0])]

    def _announced(self) -> dict[int, int]:
        """Dates that turned out otherwise than was expected, and when that was announced."""
        found = {}
        for day, row in self._rows.items():
            turned = HolidayRow if day not in self._spans else SessionRow
            if row.announced is not None and isinstance(row, turned) and not isinstance(row, HaltRow):
                found[day] = to_days(row.announced)
        return found

    def _sessions(self, base: SessionBase | None) -> dict[int, list[tuple[Phase, Span]]]:
        dates = set(_begin_with(base, self.first, self.last).tolist())
        dates |= {day for day, row in self._rows.items() if isinstance(row, SessionRow)}
        spans = {day: self._on(day) for day in dates if self.first <= day <= self.last}
        return {day: found for day, found in spans.items() if any(phase is Phase.CONTINUOUS for phase, _ in found)}

    def _on(self, day: int) -> list[tuple[Phase, Span]]:
        row = self._rows.get(day)
        if isinstance(row, UnsettledRow) or (isinstance(row, HolidayRow) and row.closed == "day"):
            return []
        if isinstance(row, SessionRow) and row.continuous:
            return row.in_order()
        usual = self._usual(day)
        return self._half(day, row, usual) if isinstance(row, HolidayRow) else usual

    def _usual(self, day: int) -> list[tuple[Phase, Span]]:
        date = to_date(day)
        for row, phases in self._hours:
            if row.covers(date):
                return phases
        mend = "add a row to [[hours]] of a file of your own"
        raise CalendarError(f"calendar {self.name!r} has no hours for {date}\n    mend: {mend}")

    def _half(self, day: int, row: HolidayRow, usual: list[tuple[Phase, Span]]) -> list[tuple[Phase, Span]]:
        evening = self.market.evening
        if evening is None:
            what = f"calendar {self.name!r} has no evening, and {to_date(day)} is closed in the {row.closed}"
            raise CalendarError(f'{what}\n    mend: write [[sessions]] with the hours, or closed = "day"')
        morning = row.closed == "evening"
        cut = [
            (phase, Span(span.open, min(span.close, evening)) if morning else Span(max(span.open, evening), span.close))
            for phase, span in usual
        ]
        return [(phase, span) for phase, span in cut if span.open < span.close]

    def _in_utc(self, day: int, span: Span) -> tuple[int, int]:
        return in_utc(day, span.open, self._zone), in_utc(day, span.close, self._zone)


def _market(files: Sequence[SessionFile], exchange: str, segment: str | None) -> tuple[MarketRow, SessionFile]:
    for file in files:
        for market in file.markets:
            if market.exchange == exchange:
                if segment is None or segment in market.segments:
                    return market, file
                mend = f"write one of {', '.join(market.segments)}"
                raise CalendarError(f"{exchange} has no segment {segment!r}\n    mend: {mend}")
    names = ", ".join(market.exchange for file in files for market in file.markets)
    raise CalendarError(f"no sessions of {exchange!r}\n    mend: write one of {names}")


def _known(
    files: Sequence[SessionFile], home: SessionFile, market: MarketRow, base: SessionBase | None
) -> tuple[int, int]:
    assert home.known_until is not None  # a file with markets says it
    end = to_days(home.known_until)
    at_home = end if base is None else min(end, base.last)
    beyond = [to_days(file.known_until) for file in files if file.known_until is not None and file is not home]
    return max(to_days(market.first), base.first if base else 0), max([at_home, *beyond])


def _begin_with(base: SessionBase | None, first: int, last: int) -> Int64:
    """Dates of the base, and weekdays after its end."""
    weekdays = np.arange(first if base is None else base.last + 1, last + 1)
    weekdays = weekdays[np.is_busday(weekdays.astype("M8[D]"))]
    return weekdays if base is None else np.concatenate([base.dates, weekdays])


def _decisive(files: Sequence[SessionFile], exchange: str, segment: str) -> dict[int, DatedRow]:
    """Of each date the row of the first file that speaks of it."""
    found: dict[int, DatedRow] = {}
    for file in files:
        rows = [row for _, _, row in file.dated() if row.is_of(exchange, segment)]
        own = {to_days(date): row for row in rows for date in row.dates}
        found = own | found
    return found
