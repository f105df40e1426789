"""The rows of a file of sessions: each a fact with its dates, its source, and how sure it is."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from friday_core.domain.sessions import known_zone
from friday_core.market.fact_rows import Certainty
from friday_core.market.sessions.phases import Hours

#: Whose summer time some hours follow.
_NEW_YORK = "America/New_York"


class Fact(BaseModel):
    """Of these ``exchanges``, of these ``segments``; left out, of all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exchanges: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    source: str = Field(min_length=1)
    certainty: Certainty

    def is_of(self, exchange: str, segment: str) -> bool:
        return exchange in (self.exchanges or (exchange,)) and segment in (self.segments or (segment,))

    def meets(self, other: Fact) -> bool:
        """Whether both are about some exchange and segment."""
        pairs = ((self.exchanges, other.exchanges), (self.segments, other.segments))
        return all(not one or not two or set(one) & set(two) for one, two in pairs)


class MarketRow(BaseModel):
    """``[[markets]]``: an exchange, its segments (the first unless another is asked for), and how far back it goes.

    ``base`` are the dates to begin with: those of a calendar of exchange_calendars, or every Monday to
    Friday. Where half days are closed, the evening begins at ``evening``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exchange: str = Field(min_length=1)
    segments: tuple[str, ...] = Field(min_length=1)
    title: str = Field(min_length=1)
    base: str = Field(min_length=1)
    zone: Annotated[str, AfterValidator(known_zone)]
    first: dt.date = Field(alias="from")
    evening: dt.time | None = None


class HoursRow(Fact, Hours):
    """``[[hours]]``: the phases of a usual day, from ``first`` to ``until``, both included.

    In a ``season`` only on dates on which New York has summer time, or has not.
    """

    first: dt.date = Field(alias="from")
    until: dt.date | None = None
    season: Literal["us_summer", "us_winter"] | None = None

    @model_validator(mode="after")
    def _is_a_day(self) -> Self:
        if self.until is not None and self.until < self.first:
            raise ValueError(f"until {self.until} is before from {self.first}")
        if not self.continuous:
            raise ValueError("no hours of continuous trading")
        return self

    def covers(self, date: dt.date) -> bool:
        if date < self.first or (self.until is not None and date > self.until):
            return False
        return self.season is None or self.season == season_of(date)


class DatedRow(Fact):
    """Something about these dates. Before and on ``announced`` the opposite was expected; without it nobody
    is taken by surprise.
    """

    dates: tuple[dt.date, ...] = Field(min_length=1)
    what: str = Field(min_length=1)
    announced: dt.date | None = None

    @model_validator(mode="after")
    def _announced_before(self) -> Self:
        if self.announced is not None and self.announced > min(self.dates):
            raise ValueError(f"announced on {self.announced}, after {min(self.dates)}")
        return self


class HolidayRow(DatedRow):
    """``[[holidays]]``: no session, or none in the morning or in the evening."""

    closed: Literal["day", "morning", "evening"] = "day"


class SessionRow(DatedRow, Hours):
    """``[[sessions]]``: a session, at these hours or, without any, at those of a usual day."""

    @model_validator(mode="after")
    def _trades(self) -> Self:
        if self.in_order() and not self.continuous:
            raise ValueError("no hours of continuous trading")
        return self


class HaltRow(SessionRow):
    """``[[halts]]``: a usual day that trouble cut into pieces; the hours are those that were traded."""

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        if not self.continuous:
            raise ValueError("no hours of continuous trading")
        return self


class UnsettledRow(DatedRow):
    """``[[unsettled]]``: a session is announced whose hours are not known here; until then there is none."""


def season_of(date: dt.date) -> Literal["us_summer", "us_winter"]:
    """Whether New York has summer time at noon."""
    return "us_summer" if dt.datetime.combine(date, dt.time(12), ZoneInfo(_NEW_YORK)).dst() else "us_winter"
