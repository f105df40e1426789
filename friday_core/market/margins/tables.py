"""Margin files one above the other: what is asked on a day."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from friday_core.market.dated_tables import DatedTables
from friday_core.market.margins.rows import CalendarRow, LastDaysRow


class MarginTables(DatedTables):
    """Several margin files; where two answer for a day, the earlier file of the list does.

    Never the nearest row: a day without a row is refused.
    """

    called: ClassVar[str] = "margin"

    def last_days(self, day: dt.date, underlying: str, left: int) -> LastDaysRow | None:
        """The row for a contract with ``left`` calendar days to live; ``None`` where nothing more is asked."""
        spans = sorted(int(key[2]) for key in self._rows if key[:2] == ("last_days", underlying))
        due = next((days for days in spans if left <= days), None)
        return None if due is None else self.find(day, ("last_days", underlying, str(due)), LastDaysRow)

    def calendar(self, day: dt.date, underlying: str) -> CalendarRow:
        """How contracts of different expiries are set off."""
        return self.find(day, ("calendar", underlying), CalendarRow)
