"""On which days contracts expire, by rule: for days of which there is no list of instruments."""

from __future__ import annotations

import calendar
import datetime as dt

from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import to_date, to_days
from friday_core.errors import CalendarError, DataError
from friday_core.market.instruments.contract_names import Expiry
from friday_core.market.instruments.dated_facts import InstrumentFacts
from friday_core.market.instruments.dated_rows import WEEKDAYS

_DAY = dt.timedelta(days=1)
#: No exchange is closed for longer.
_LONGEST_CLOSURE = 15


def monthly_expiry(facts: InstrumentFacts, underlying: str, year: int, month: int, sessions: Schedule) -> dt.date:
    """The expiry of a month: the last such weekday in it, or the session before if that is a holiday.

    ``DataError`` if no rule answers for the month, ``CalendarError`` if the sessions do not know it.
    """
    end = dt.date(year, month, calendar.monthrange(year, month)[1])
    for file, row in facts.expiry_days(underlying, "monthly"):
        day = end - _DAY * ((end.weekday() - WEEKDAYS.index(row.weekday)) % 7)
        if row.covers(day) and day <= file.known_until:
            return on_session(day, sessions)
    facts.weekday(underlying, "monthly", end)
    raise DataError(
        f"no rule says when {underlying} expires in {year}-{month:02}\n    mend: ask a list of instruments of that time"
    )


def expiries(
    facts: InstrumentFacts, underlying: str, first: dt.date, last: dt.date, sessions: Schedule
) -> tuple[Expiry, ...]:
    """All expiries by rule from ``first`` to ``last``: monthly ones, and weekly ones in weeks without a monthly one.

    A weekly cycle that there was not, or no more, has no expiries; a month without a rule is refused with
    ``DataError``, dates that the sessions do not know with ``CalendarError``.
    """
    months = _months(first, last + dt.timedelta(days=_LONGEST_CLOSURE))
    monthly = {monthly_expiry(facts, underlying, year, month, sessions) for year, month in months}
    taken = {_week(day) for day in monthly}
    weekly = {on_session(day, sessions) for day in _weekly(facts, underlying, first, last) if _week(day) not in taken}
    found = [Expiry(day, True) for day in monthly] + [Expiry(day, False) for day in weekly - monthly]
    return tuple(sorted(one for one in found if first <= one.date <= last))


def on_session(day: dt.date, sessions: Schedule) -> dt.date:
    """The day if it is a session, else the session before it; ``CalendarError`` if that is not known."""
    wanted = to_days(day)
    sessions.require(wanted, wanted)
    before = sessions.between(max(wanted - _LONGEST_CLOSURE, sessions.first), wanted).dates
    if not len(before):
        why = f"calendar {sessions.name!r} has no session in the {_LONGEST_CLOSURE} days up to {day}"
        raise CalendarError(f"{why}\n    mend: correct it, or begin it earlier")
    return to_date(int(before[-1]))


def _weekly(facts: InstrumentFacts, underlying: str, first: dt.date, last: dt.date) -> set[dt.date]:
    """Weekly expiries as if there were no holidays, from ``first`` to a week after ``last``."""
    try:
        rows = facts.expiry_days(underlying, "weekly")
    except DataError:
        return set()
    days = [first + _DAY * n for n in range((last - first).days + 8)]
    return {
        day
        for file, row in rows
        for day in days
        if day.weekday() == WEEKDAYS.index(row.weekday) and row.covers(day) and day <= file.known_until
    }


def _months(first: dt.date, last: dt.date) -> list[tuple[int, int]]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1) for n in range(count)]


def _week(day: dt.date) -> dt.date:
    """The Monday of its week."""
    return day - _DAY * day.weekday()
