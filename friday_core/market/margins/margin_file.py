"""A margin file: read, and judged line by line."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from friday_core.errors import DataSourceError
from friday_core.market.charges.rate_file import Fault
from friday_core.market.charges.rows import Row
from friday_core.market.margins.rows import (
    CalendarRow,
    CashRow,
    ExpiryDayRow,
    ExposureRow,
    LastDaysRow,
    ScanRow,
    ShortOptionRow,
)
from friday_core.market.toml_lines import TomlLines

_DAY = dt.timedelta(days=1)
#: Tables of a margin file.
TABLES = ("cash", "scan", "exposure", "short_options", "calendar", "expiry_day", "last_days")


class MarginFile(BaseModel):
    """Facts that somebody looked up on ``checked`` and that answer for no day after ``known_until``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    title: str = ""
    checked: dt.date
    known_until: dt.date
    cash: tuple[CashRow, ...] = ()
    scan: tuple[ScanRow, ...] = ()
    exposure: tuple[ExposureRow, ...] = ()
    short_options: tuple[ShortOptionRow, ...] = ()
    calendar: tuple[CalendarRow, ...] = ()
    expiry_day: tuple[ExpiryDayRow, ...] = ()
    last_days: tuple[LastDaysRow, ...] = ()

    def rows(self) -> Iterator[tuple[str, int, Row]]:
        """Every row with its table and its place in it, from 0."""
        for table in TABLES:
            for place, row in enumerate(getattr(self, table)):
                yield table, place, row


def read_margins(path: Path) -> MarginFile:
    """The file; ``DataSourceError`` names every fault with its line."""
    file, faults = _judged(path)
    if file is None or faults:
        listed = "".join(f"\n  line {fault.line}: {fault.message}" for fault in faults)
        raise DataSourceError(f"{path} is not a margin file:{listed}")
    return file


def check_margins(path: Path) -> list[Fault]:
    """All that is wrong with a margin file, by line; empty if it can be used.

    Two rows that answer for the same day are faults, and so are days that no row between the first
    and the last answers for. ``OSError`` if there is no such file.
    """
    return _judged(path)[1]


def _judged(path: Path) -> tuple[MarginFile | None, list[Fault]]:
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        return None, [Fault(1, f"it is not UTF-8 text: {error.reason}")]
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return None, [Fault(int(found[1]) if found else 1, str(error))]
    lines = TomlLines(text)
    try:
        file = MarginFile.model_validate(content)
    except ValidationError as error:
        # Of one value the first fault only: the others follow from it.
        faults = {one["loc"][:3]: _fault(lines, one["loc"], one["msg"]) for one in reversed(error.errors())}
        return None, sorted(faults.values())
    return file, sorted(_dated_faults(file, lines))


def _fault(lines: TomlLines, place: tuple[str | int, ...], message: str) -> Fault:
    what = ".".join(str(step) for step in place if isinstance(step, str))
    return Fault(lines.of(*place), f"{what}: {message.removeprefix('Value error, ')}".removeprefix(": "))


def _dated_faults(file: MarginFile, lines: TomlLines) -> Iterator[Fault]:
    """Rows that overlap, leave days out, or begin when the file answers no more."""
    by_key: dict[tuple[str, ...], list[tuple[Row, int]]] = {}
    for table, place, row in file.rows():
        line = lines.of(table, place)
        for key in row.keys:
            by_key.setdefault(key, []).append((row, line))
        if row.first > file.known_until:
            yield Fault(lines.of(table, place, "from"), f"from {row.first} is after known_until {file.known_until}")
    for key, rows in by_key.items():
        rows.sort(key=lambda one: one[0].first)
        for (before, line_before), (row, line) in pairwise(rows):
            what = " ".join(key)
            if before.until is None or row.first <= before.until:
                yield Fault(line, f"{what}: {row.first} is also in the row of line {line_before}")
            elif row.first - before.until > _DAY:
                yield Fault(line, f"{what}: nothing is said of {before.until + _DAY} to {row.first - _DAY}")
