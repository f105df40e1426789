"""How far dated facts are known."""

from __future__ import annotations

from typing import NamedTuple

from friday_core.domain.sessions import to_date


class KnownDates(NamedTuple):
    """Dates that facts answer for, from ``first`` to ``last``, both included, in days since 1970-01-01.

    ``mend`` tells the user what to do about others.
    """

    first: int
    last: int
    mend: str = "bring the facts up to date"

    def __str__(self) -> str:
        return f"{to_date(self.first)} to {to_date(self.last)}"

    def knows(self, date: int) -> bool:
        """Whether the facts answer for a date, in days since 1970-01-01."""
        return self.first <= date <= self.last
