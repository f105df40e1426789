"""Calendar ``indian``: the sessions of India's exchanges, from dated facts laid over exchange_calendars."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from friday_core.api import (
    Calendar,
    ComponentSpec,
    MarketSessions,
    PluginSettings,
    Schedule,
    SessionFile,
    hookimpl,
    library_sessions,
    session_files,
    session_overrides,
)


class ExtraSession(PluginSettings):
    """One session, on India's clock."""

    date: dt.date = Field(description="Date of the session.")
    open: dt.time = Field(description="When it opens, on India's clock.")
    close: dt.time = Field(description="When it closes, after it opened.")


class IndianSettings(PluginSettings):
    """Settings of the calendar ``indian``."""

    exchange: str = Field("NSE", description="NSE, BSE, NFO, BFO, CDS or MCX, as in Kite's list of instruments.")
    segment: str | None = Field(
        None,
        description="Part of the exchange whose hours differ: equity, equity_with_derivatives, derivatives, currency, "
        "non_agri, agri_international, agri; else the exchange's first.",
    )
    file: Path | None = Field(None, description="A file of sessions of your own; its rows go before those shipped.")
    holidays: tuple[dt.date, ...] = Field((), description="Dates that are no sessions, whatever the facts say.")
    extra_sessions: tuple[ExtraSession, ...] = Field(
        (), description="Sessions at these hours, whatever the facts say: {date, open, close} on India's clock."
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        self.overrides()
        return self

    def overrides(self) -> SessionFile:
        """``holidays`` and ``extra_sessions`` as rows; ``ValueError`` names the date that cannot be."""
        return session_overrides(self.holidays, ((one.date, one.open, one.close) for one in self.extra_sessions))


class IndianCalendar(Calendar):
    """Sessions: of the settings, then a file of one's own, then what is shipped, then the library.

    ``sessions`` has them with their phases. ``CalendarError`` for an exchange or a segment that there is not,
    and for dates in the settings beyond what is known; ``DataSourceError`` names the faults of a file of
    one's own, by line.
    """

    Settings = IndianSettings

    def __init__(self, settings: IndianSettings) -> None:
        files = [settings.overrides(), *session_files(settings.exchange, settings.file)]
        self.sessions = MarketSessions(files, settings.exchange, settings.segment, library_sessions)
        self._schedule = self.sessions.schedule()
        for date in (*settings.holidays, *(one.date for one in settings.extra_sessions)):
            day = (date - dt.date(1970, 1, 1)).days
            self._schedule.require(day, day)

    def schedule(self) -> Schedule:
        return self._schedule


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("calendar", "indian", IndianCalendar, IndianCalendar.Settings)]
