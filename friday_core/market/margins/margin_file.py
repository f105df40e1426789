"""A margin file: what margins are estimated from, with its days."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from friday_core.market.fact_file import DatedFile, Fault, check_file, read_file
from friday_core.market.margins.rows import (
    CalendarRow,
    CashRow,
    ExpiryDayRow,
    ExposureRow,
    LastDaysRow,
    ScanRow,
    ShortOptionRow,
)


class MarginFile(DatedFile):
    """Facts that somebody looked up on ``checked`` and that answer for no day after ``known_until``."""

    called: ClassVar[str] = "margin file"
    form: ClassVar[str] = "friday_core/market/data/margins, docs/margins.md"
    tables: ClassVar[tuple[str, ...]] = (
        "cash", "scan", "exposure", "short_options", "calendar", "expiry_day", "last_days",
    )  # fmt: skip

    cash: tuple[CashRow, ...] = ()
    scan: tuple[ScanRow, ...] = ()
    exposure: tuple[ExposureRow, ...] = ()
    short_options: tuple[ShortOptionRow, ...] = ()
    calendar: tuple[CalendarRow, ...] = ()
    expiry_day: tuple[ExpiryDayRow, ...] = ()
    last_days: tuple[LastDaysRow, ...] = ()


def read_margins(path: Path) -> MarginFile:
    """The file; ``DataSourceError`` if it cannot be read, else with every fault by its line."""
    return read_file(path, MarginFile)


def check_margins(path: Path) -> list[Fault]:
    """All that is wrong with a margin file, by line; empty if it can be used.

    Two rows that answer for the same day are faults, and so are days that no row between the first
    and the last answers for. ``OSError`` if there is no such file.
    """
    return check_file(path, MarginFile)
