"""In which phase of its day an instrument is, by the dated facts about the exchanges."""

from __future__ import annotations

import datetime as dt
import enum
from functools import cache
from typing import NamedTuple, TypeVar

from friday_core.domain.chunk import Int64
from friday_core.domain.sessions import to_date
from friday_core.market.sessions import phases as facts
from friday_core.market.sessions.library import library_sessions
from friday_core.market.sessions.market_sessions import MarketSessions, SessionBase
from friday_core.market.sessions.shipped import session_files
from friday_core.sandbox.kite.values import IST, SECOND, Listed

TimeT = TypeVar("TimeT", int, Int64)
DAY = 86_400 * SECOND
#: India has not changed its clocks since 1945.
_OFFSET = 19_800 * SECOND
#: No exchange is closed for longer.
LONGEST_CLOSURE = 15
_WEEKEND = 5
_SHORT = 4 * 3600 * SECOND


class Phase(enum.StrEnum):
    """What may be done at the exchange. In ``POST_CLOSE`` it trades at the closing price."""

    CLOSED = "closed"
    PRE_OPEN = "pre_open"
    CONTINUOUS = "continuous"
    CLOSING_AUCTION = "closing_auction"
    POST_CLOSE = "post_close"


class Span(NamedTuple):
    """A phase from ``open`` to just before ``close``, microseconds UTC."""

    phase: Phase
    open: int
    close: int


#: Exchange and segment in the files of sessions; agricultural commodities are taken for others.
SEGMENTS = {
    "NSE": ("NSE", "equity"),
    "BSE": ("BSE", "equity"),
    "NFO": ("NFO", "derivatives"),
    "BFO": ("BFO", "derivatives"),
    "CDS": ("CDS", "currency"),
    "BCD": ("CDS", "currency"),
    "MCX": ("MCX", "non_agri"),
    "NCO": ("MCX", "non_agri"),
}


def day_number(ts: TimeT) -> TimeT:
    """The date in India, as days since 1970-01-01."""
    return (ts + _OFFSET) // DAY


def midnight(day: TimeT) -> TimeT:
    """When a day begins in India."""
    return day * DAY - _OFFSET


def to_ts(day: dt.date, time: dt.time) -> int:
    """A time of India's clock in microseconds UTC."""
    return round(dt.datetime.combine(day, time, IST).timestamp()) * SECOND + time.microsecond


class Hours:
    """Phases of every instrument and date.

    Beyond the dates that the facts know, every Monday to Friday has the hours of the nearest session that is known.
    ``with_derivatives`` are the shares on which there are contracts, by ``NSE:INFY``: their day ends by an auction.
    With ``always_open`` everything trades day and night, for tests that run at any time.
    """

    def __init__(self, with_derivatives: frozenset[str] = frozenset(), *, always_open: bool = False) -> None:
        self.always_open = always_open
        self._with_derivatives = with_derivatives
        self._spans: dict[tuple[str, str, int], tuple[Span, ...]] = {}

    def spans(self, listed: Listed, day: int) -> tuple[Span, ...]:
        """The phases of a day in order; none if it is no session."""
        if self.always_open:
            return (Span(Phase.CONTINUOUS, midnight(day), midnight(day + 1)),)
        exchange, segment = self._segment(listed)
        key = (exchange, segment, day)
        if key not in self._spans:
            self._spans[key] = self._looked_up(exchange, segment, day)
        return self._spans[key]

    def at(self, listed: Listed, ts: int) -> Span:
        """The phase at a moment, with its ends or, while closed, those of the day or of what it stands between."""
        day = day_number(ts)
        opened = midnight(day)
        for span in self.spans(listed, day):
            if ts < span.open:
                return Span(Phase.CLOSED, opened, span.open)
            if ts < span.close:
                return span
            opened = span.close
        return Span(Phase.CLOSED, opened, midnight(day + 1))

    def trading(self, listed: Listed, day: int) -> tuple[Span, ...]:
        """When there is continuous trading."""
        return tuple(span for span in self.spans(listed, day) if span.phase is Phase.CONTINUOUS)

    def next_session(self, listed: Listed, day: int) -> int:
        """The first session after a day."""
        after = range(day + 1, day + 1 + LONGEST_CLOSURE)
        return next((one for one in after if self.trading(listed, one)), day + 1)

    def last_session(self, listed: Listed, day: int) -> int:
        """The last session before a day."""
        before = range(day - 1, day - 1 - LONGEST_CLOSURE, -1)
        return next((one for one in before if self.trading(listed, one)), day - 1)

    def _segment(self, listed: Listed) -> tuple[str, str]:
        exchange, segment = SEGMENTS.get(listed.exchange, SEGMENTS["NSE"])
        return exchange, f"{segment}_with_derivatives" if listed.key in self._with_derivatives else segment

    def _looked_up(self, exchange: str, segment: str, day: int) -> tuple[Span, ...]:
        known = sessions_of(exchange, segment)
        like = day
        if not known.first <= day <= known.last:
            if to_date(day).weekday() >= _WEEKEND:
                return ()
            like = _usual(known, known.first if day < known.first else known.last, 1 if day < known.first else -1)
        moved = (day - like) * DAY
        rows = known.phases(to_date(like))
        return tuple(Span(_phase(one.phase), one.open + moved, one.close + moved) for one in rows)


@cache
def sessions_of(exchange: str, segment: str) -> MarketSessions:
    """What the facts say of a segment; read once in a process."""
    return MarketSessions(session_files(exchange), exchange, segment, _base)


@cache
def _base(name: str) -> SessionBase:
    return library_sessions(name)


def _usual(known: MarketSessions, day: int, step: int) -> int:
    """The nearest session on a day from Monday to Friday: an hour at Diwali is not what is usual."""
    for one in range(day, day + step * 60, step):
        rows = [row for row in known.phases(to_date(one)) if row.phase is facts.Phase.CONTINUOUS]
        if rows and rows[-1].close - rows[0].open > _SHORT:
            return one
    return day


def _phase(phase: facts.Phase) -> Phase:
    if phase.startswith("pre_open"):
        return Phase.PRE_OPEN
    if phase.startswith("closing"):
        return Phase.CLOSING_AUCTION
    return Phase(phase.value)
