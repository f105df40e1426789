"""Rate files one above the other: the row that answers for a day, or a refusal that names it."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Sequence
from typing import TypeVar

from friday_core.errors import DataError
from friday_core.market.charges.rate_file import RateFile
from friday_core.market.charges.rows import Row

RowT = TypeVar("RowT", bound=Row)


class RateTables:
    """Several rate files; where two answer for a day, the earlier file of the list does.

    Never the nearest row: a day without a row is refused.
    """

    def __init__(self, files: Sequence[RateFile]) -> None:
        self.files = tuple(files)
        self._rows: dict[tuple[str, ...], list[tuple[RateFile, Row]]] = {}
        for file in files:
            for _, _, row in file.rows():
                for key in row.keys:
                    self._rows.setdefault(key, []).append((file, row))

    def find(self, day: dt.date, key: tuple[str, ...], kind: type[RowT]) -> RowT:
        """The row of a key on a day; ``DataError`` names the day, or what there is instead of the key."""
        for file, row in self._rows.get(key, ()):
            if row.covers(day) and day <= file.known_until and isinstance(row, kind):
                return row
        raise DataError(self._missing(day, key))

    def knows(self, key: tuple[str, ...]) -> bool:
        """Whether there is a row of this key, on whatever day."""
        return key in self._rows

    def _missing(self, day: dt.date, key: tuple[str, ...]) -> str:
        what, names = " ".join(key), ", ".join(file.name for file in self.files)
        if not self.knows(key):
            near = difflib.get_close_matches(what, [" ".join(known) for known in self._rows], 1)
            hint = f"; there is {near[0]}" if near else ""
            mend = "correct the name, or say the rate in a file of your own (rates = ...)"
            return f"no rate for {what} in {names}{hint}\n    mend: {mend}"
        rows = self._rows[key]
        ends = max(file.known_until for file, _ in rows)
        spans = "; ".join(f"{row.first} to {min(row.until or ends, file.known_until)}" for file, row in rows)
        first = (
            f"the facts end on {ends}: look up what has changed since, and" if day > ends else "keep to those days, or"
        )
        mend = f"{first} say the rate with its source in a file of your own (rates = ...)"
        return f"no rate for {what} on {day} in {names}, which answer for {spans}\n    mend: {mend}"
