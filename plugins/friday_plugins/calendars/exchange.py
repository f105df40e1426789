"""Calendar ``exchange``: the sessions of one of some hundred exchanges, from the library exchange_calendars.

Breaks inside a session are left out: it lasts from its first open to its last close.
"""

from __future__ import annotations

import datetime as dt
import difflib
import warnings
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field, field_validator, model_validator

from friday_core.api import Calendar, CalendarError, ComponentSpec, PluginSettings, Schedule, hookimpl, in_utc

#: Also where sessions begin: the library would by itself go back twenty years from today.
_DAY_0 = dt.date(1970, 1, 1)
#: Open and close of each session by its date in days since 1970-01-01.
_Hours = dict[int, tuple[int, int]]


class ExtraSession(PluginSettings):
    """One session, on the exchange's own clock."""

    date: dt.date = Field(description="Date of the session.")
    open: dt.time = Field(description="When it opens, on the exchange's own clock.")
    close: dt.time = Field(description="When it closes, after it opened.")

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if not self.open < self.close:
            raise ValueError(f"the session of {self.date} cannot open at {self.open} and close at {self.close}")
        return self


class ExchangeSettings(PluginSettings):
    """Settings of the calendar ``exchange``."""

    name: str = Field(description="The exchange's name in the library: XNYS, XBOM, XLON, ...")
    start: dt.date | None = Field(
        None, description="First date to know; else from 1970, or as far back as is recorded."
    )
    end: dt.date | None = Field(
        None,
        description="Last date to know; else as far as is recorded, or a year from today where rules are all there is.",
    )
    holidays: tuple[dt.date, ...] = Field((), description="Dates that are no sessions, whatever the library says.")
    extra_sessions: tuple[ExtraSession, ...] = Field(
        (),
        description="Sessions at these hours, whatever the library says: {date, open, close} on the exchange's clock.",
    )

    @field_validator("extra_sessions")
    @classmethod
    def _one_a_date(cls, sessions: tuple[ExtraSession, ...]) -> tuple[ExtraSession, ...]:
        dates = [one.date for one in sessions]
        if twice := sorted({str(date) for date in dates if dates.count(date) > 1}):
            raise ValueError(f"two sessions on {', '.join(twice)}")
        return sessions

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if both := sorted(str(one.date) for one in self.extra_sessions if one.date in self.holidays):
            raise ValueError(f"{', '.join(both)} cannot be both a holiday and an extra session")
        return self


class ExchangeCalendar(Calendar):
    """The library's sessions, then ``holidays`` and ``extra_sessions``.

    ``CalendarError`` for an exchange that the library does not have, and for dates that it refuses
    or that are overridden without being known.
    """

    Settings = ExchangeSettings

    def __init__(self, settings: ExchangeSettings) -> None:
        library = _library_calendar(settings)
        known = _day(settings.start or _start(library)), _day(settings.end or library.default_end().date())
        sessions = _recorded(library)
        _override(sessions, settings, known, library.tz)
        dates = sorted(sessions)
        opens, closes = np.array([sessions[date] for date in dates], np.int64).reshape(-1, 2).T
        week = _first_weekday(library.weekmask)
        self._schedule = Schedule(settings.name, np.array(dates), opens, closes, known=known, first_weekday=week)

    def schedule(self) -> Schedule:
        return self._schedule


def _library_calendar(settings: ExchangeSettings) -> Any:
    """The library's calendar of these dates."""
    with warnings.catch_warnings():
        # What pandas deprecates in the library is not for the user to mend.
        warnings.simplefilter("ignore", DeprecationWarning)
        import exchange_calendars  # noqa: PLC0415

        names = exchange_calendars.get_calendar_names()
        if settings.name not in names:
            raise CalendarError(
                f"exchange_calendars has no exchange {settings.name!r}\n    mend: {_hint(settings, names)}"
            )
        try:
            start = settings.start or _start(exchange_calendars.get_calendar(settings.name))
            end = None if settings.end is None else str(settings.end)
            return exchange_calendars.get_calendar(settings.name, start=str(start), end=end)
        except Exception as error:
            what = f"exchange_calendars refuses {settings.name!r}: {str(error)[:300]}"
            mend = "correct start and end, or install another release of exchange-calendars"
            raise CalendarError(f"{what}\n    mend: {mend}") from error


def _hint(settings: ExchangeSettings, names: list[str]) -> str:
    near = difflib.get_close_matches(settings.name.upper(), names, 3)
    return f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(names[:5])} and {len(names) - 5} more"


def _start(library: Any) -> dt.date:
    bound = library.bound_min()
    return _DAY_0 if bound is None else max(_DAY_0, bound.date())


def _recorded(library: Any) -> _Hours:
    days = library.sessions.to_numpy().astype("M8[D]").astype(np.int64).tolist()
    hours = zip((library.opens_nanos // 1000).tolist(), (library.closes_nanos // 1000).tolist(), strict=True)
    return dict(zip(days, hours, strict=True))


def _override(sessions: _Hours, settings: ExchangeSettings, known: tuple[int, int], zone: ZoneInfo) -> None:
    """Changes ``sessions`` as the settings say."""
    for date in (*settings.holidays, *(one.date for one in settings.extra_sessions)):
        if not known[0] <= _day(date) <= known[1]:
            raise CalendarError(
                f"calendar {settings.name!r} knows nothing of {date}, so it cannot be a holiday or an extra session"
                "\n    mend: take the date out; if the library knows it, set start or end so that it is included"
            )
        sessions.pop(_day(date), None)
    for one in settings.extra_sessions:
        day = _day(one.date)
        sessions[day] = in_utc(day, one.open, zone), in_utc(day, one.close, zone)


def _day(date: dt.date) -> int:
    return (date - _DAY_0).days


def _first_weekday(weekmask: str) -> int:
    """The day after the weekend; Monday, 0, where there is none."""
    return next((day for day in range(7) if (weekmask[day - 1], weekmask[day]) == ("0", "1")), 0)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("calendar", "exchange", ExchangeCalendar, ExchangeCalendar.Settings)]
