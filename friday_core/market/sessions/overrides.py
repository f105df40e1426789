"""Holidays and sessions said in a few words, as a file would say them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from friday_core.market.fact_rows import Certainty
from friday_core.market.sessions.phases import Span
from friday_core.market.sessions.rows import HolidayRow, SessionRow
from friday_core.market.sessions.session_file import SessionFile

#: Where a session's hours are given as its open and its close.
_Session = tuple[dt.date, dt.time, dt.time]


def session_overrides(holidays: Iterable[dt.date], sessions: Iterable[_Session]) -> SessionFile:
    """Facts about every market. ``ValueError`` if a date stands there twice, or closes before it opens."""
    closed, traded = list(holidays), list(sessions)
    dates = [*closed, *(date for date, _, _ in traded)]
    if twice := sorted({str(date) for date in dates if dates.count(date) > 1}):
        raise ValueError(f"{', '.join(twice)} stands more than once among holidays and extra sessions")
    rows: list[SessionRow] = []
    for date, opened, closes in traded:
        if not opened < closes:
            raise ValueError(f"the session of {date} cannot open at {opened} and close at {closes}")
        rows.append(SessionRow(dates=(date,), continuous=(Span(opened, closes),), **_said()))
    days = [HolidayRow(dates=tuple(closed), **_said())] if closed else []
    return SessionFile(name="settings", checked=dt.date.min, holidays=tuple(days), sessions=tuple(rows))


def _said() -> dict[str, object]:
    return {"what": "said in the settings", "source": "the settings", "certainty": Certainty.CERTAIN}
