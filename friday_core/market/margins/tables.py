"""Margin files one above the other: the row that answers for a day, or a refusal that names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

from friday_core.errors import DataError
from friday_core.market.charges.rows import Row
from friday_core.market.margins.margin_file import MarginFile
from friday_core.market.margins.rows import CalendarRow, LastDaysRow

RowT = TypeVar("RowT", bound=Row)


class MarginTables:
    """Several margin files; where two answer for a day, the earlier file of the list does.

    Never the nearest row: a day without a row is refused.
    """

    def __init__(self, files: Sequence[MarginFile]) -> None:
        self.files = tuple(files)
        self._rows: dict[tuple[str, ...], list[tuple[MarginFile, Row]]] = {}
        for file in files:
            for _, _, row in file.rows():
                for key in row.keys:
                    self._rows.setdefault(key, []).append((file, row))

    def find(self, day: dt.date, key: tuple[str, ...], kind: type[RowT]) -> RowT:
        """The row of a key on a day; ``DataError`` names the day, or that there is no such key."""
        for file, row in self._rows.get(key, ()):
            if row.covers(day) and day <= file.known_until and isinstance(row, kind):
                return row
        raise DataError(self._missing(day, key))

    def knows(self, key: tuple[str, ...]) -> bool:
        """Whether there is a row of this key, on whatever day."""
        return key in self._rows

    def last_days(self, day: dt.date, underlying: str, left: int) -> LastDaysRow | None:
        """The row for a contract with ``left`` calendar days to live; ``None`` where nothing more is asked."""
        spans = sorted(int(key[2]) for key in self._rows if key[:2] == ("last_days", underlying))
        due = next((days for days in spans if left <= days), None)
        return None if due is None else self.find(day, ("last_days", underlying, str(due)), LastDaysRow)

    def calendar(self, day: dt.date, underlying: str) -> CalendarRow:
        """How contracts of different expiries are set off."""
        return self.find(day, ("calendar", underlying), CalendarRow)

    def _missing(self, day: dt.date, key: tuple[str, ...]) -> str:
        what, names = " ".join(key), ", ".join(file.name for file in self.files)
        if not self.knows(key):
            there = ", ".join(sorted(" ".join(known) for known in self._rows if known[0] == key[0]))
            return f"no margin for {what} in {names}; there is {there or 'nothing of the kind'}\n    mend: " + (
                "correct the name, or say the margin in a file of your own"
            )
        rows = self._rows[key]
        ends = max(file.known_until for file, _ in rows)
        spans = "; ".join(f"{row.first} to {min(row.until or ends, file.known_until)}" for file, row in rows)
        first = f"the facts end on {ends}: look up what has changed since" if day > ends else "keep to those days"
        return (
            f"no margin for {what} on {day} in {names}, which answer for {spans}\n"
            f"    mend: {first}, or say the margin with its source in a file of your own"
        )
