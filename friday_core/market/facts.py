"""What dated facts cover, and when they run out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from friday_core.errors import FactsError

#: How many days before facts run out it is time to say so.
NOTICE = 30


class FactsTable(NamedTuple):
    """Facts about one thing: they answer for the days from ``known_from`` to ``known_until``, both included.

    ``covers`` and ``source`` are for people to read. ``gaps`` names what is known to be missing in between.
    """

    name: str
    covers: str
    known_from: dt.date
    known_until: dt.date
    source: str
    path: Path
    gaps: tuple[str, ...] = ()

    def days_left(self, day: dt.date) -> int:
        """How many days after ``day`` are known; negative beyond the end."""
        return (self.known_until - day).days


def running_out(tables: Iterable[FactsTable], day: dt.date, notice: int = NOTICE) -> Iterator[str]:
    """A sentence with its mend for each table that ends less than ``notice`` days after ``day``, or has ended."""
    for table in tables:
        left = table.days_left(day)
        if left < notice:
            when = f"ended on {table.known_until}" if left < 0 else f"end on {table.known_until}, in {left} days"
            yield f"facts about {table.name} {when}\n    mend: {_mend(table)}"


def require(tables: Iterable[FactsTable], day: dt.date) -> None:
    """``FactsError`` names every table that does not know the day, with the mend."""
    lacking = [one for one in tables if not one.known_from <= day <= one.known_until]
    if lacking:
        spans = [f"{one.name}: {one.known_from} to {one.known_until}\n    mend: {_mend(one)}" for one in lacking]
        raise FactsError(f"nothing is known of {day} by the facts about " + "\n  ".join(spans))


def _mend(table: FactsTable) -> str:
    return f"install a later release, or say what is new in a file of your own, in the form of {table.path.name}"
