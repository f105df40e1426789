"""A file of sessions: when exchanges trade, date by date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import ClassVar, Self

from pydantic import model_validator

from friday_core.market.fact_file import FactFile, Fault, check_file, read_file
from friday_core.market.sessions.rows import (
    DatedRow,
    HaltRow,
    HolidayRow,
    HoursRow,
    MarketRow,
    SessionRow,
    UnsettledRow,
)
from friday_core.market.toml_lines import TomlLines

_DATED = ("holidays", "sessions", "halts", "unsettled")


class SessionFile(FactFile):
    """Facts that somebody looked up on ``checked`` and that answer for no day after ``known_until``.

    A file of one's own may leave out the markets, and ``known_until`` unless it goes beyond what is shipped.
    """

    called: ClassVar[str] = "file of sessions"
    form: ClassVar[str] = "friday_core/market/data/sessions, docs/calendars.md"
    tables: ClassVar[tuple[str, ...]] = ("markets", "hours", *_DATED)

    known_until: dt.date | None = None
    markets: tuple[MarketRow, ...] = ()
    hours: tuple[HoursRow, ...] = ()
    holidays: tuple[HolidayRow, ...] = ()
    sessions: tuple[SessionRow, ...] = ()
    halts: tuple[HaltRow, ...] = ()
    unsettled: tuple[UnsettledRow, ...] = ()

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.markets and self.known_until is None:
            raise ValueError("known_until is missing: a file with markets says how far they are known")
        return self

    def dated(self) -> Iterator[tuple[str, int, DatedRow]]:
        """Every row about single dates, with its table and its place in it, from 0."""
        for table in _DATED:
            for place, row in enumerate(getattr(self, table)):
                yield table, place, row

    def faults(self, lines: TomlLines) -> Iterator[Fault]:
        """Names that there are not, and two rows that say something of one date, or of usual days, and one market."""
        yield from _markets(self, lines)
        yield from _hours(self, lines)
        yield from _dates(self, lines)


def read_sessions(path: Path) -> SessionFile:
    """The file; ``DataSourceError`` if it cannot be read, else with every fault by its line."""
    return read_file(path, SessionFile)


def check_sessions(path: Path) -> list[Fault]:
    """All that is wrong with a file of sessions, by line; empty if it can be used.

    Two rows that say something of one date and one market are faults, and so are dates after
    ``known_until``. ``OSError`` if there is no such file.
    """
    return check_file(path, SessionFile)


def _markets(file: SessionFile, lines: TomlLines) -> Iterator[Fault]:
    """Names that none of the file's markets has."""
    exchanges = {one.exchange for one in file.markets}
    segments = {segment for one in file.markets for segment in one.segments}
    hours = (("hours", place, row) for place, row in enumerate(file.hours))
    for table, place, row in (*hours, *file.dated()):
        for key, names, known in (("exchanges", row.exchanges, exchanges), ("segments", row.segments, segments)):
            for name in sorted(set(names) - known) if known else ():
                yield Fault(lines.of(table, place, key), f"{table}.{key}: no market of this file has {name!r}")


def _hours(file: SessionFile, lines: TomlLines) -> Iterator[Fault]:
    for (place, one), (later, other) in combinations(enumerate(file.hours), 2):
        apart = dt.date.max
        begins, ends = max(one.first, other.first), min(one.until or apart, other.until or apart)
        season = one.season is None or other.season is None or one.season == other.season
        if begins <= ends and season and one.meets(other):
            yield Fault(
                lines.of("hours", later), f"hours: {begins} is also in the row of line {lines.of('hours', place)}"
            )


def _dates(file: SessionFile, lines: TomlLines) -> Iterator[Fault]:
    """Dates that two rows speak of, and dates beyond the end of the file."""
    seen: dict[dt.date, list[tuple[DatedRow, int]]] = {}
    for table, place, row in file.dated():
        line = lines.of(table, place)
        for date in row.dates:
            if file.known_until is not None and date > file.known_until:
                at = lines.of(table, place, "dates")
                yield Fault(at, f"{table}: {date} is after known_until {file.known_until}")
            for other, other_line in seen.get(date, ()):
                if row.meets(other):
                    yield Fault(line, f"{table}: {date} is also in the row of line {other_line}")
            seen.setdefault(date, []).append((row, line))
