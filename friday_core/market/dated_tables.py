"""Files of dated facts one above the other: the row that answers for a day, or a refusal that names it."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple, TypeVar

from friday_core.errors import FactsError
from friday_core.market.fact_file import DatedFile
from friday_core.market.fact_rows import Row

_DAY = dt.timedelta(days=1)
#: So many names are listed where one is not known; of more only the nearest.
_LISTED = 8

RowT = TypeVar("RowT", bound=Row)


class Days(NamedTuple):
    """From ``first`` to ``last``, both included."""

    first: dt.date
    last: dt.date

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class DatedTables:
    """Several files; where two answer for a day, the earlier file of the list does.

    Never the nearest row: a day without a row is refused. ``called`` is what messages call one answer,
    ``own`` where a user says another.
    """

    called: ClassVar[str]
    own: ClassVar[str] = "a file of your own"

    def __init__(self, files: Sequence[DatedFile]) -> None:
        self.files = tuple(files)
        self._rows: dict[tuple[str, ...], list[tuple[DatedFile, Row]]] = {}
        for file in files:
            for _, _, row in file.rows():
                for key in row.keys:
                    self._rows.setdefault(key, []).append((file, row))

    def find(self, day: dt.date, key: tuple[str, ...], kind: type[RowT]) -> RowT:
        """The row of a key on a day; ``FactsError`` names the day, or what there is instead of the key."""
        for file, row in self._rows.get(key, ()):
            if row.covers(day) and day <= file.known_until and isinstance(row, kind):
                return row
        raise FactsError(self._missing(day, key))

    def unchanged_until(self, day: dt.date) -> dt.date:
        """A day up to which no row begins or ends, so that ``find`` answers for it as for ``day``."""
        pairs = [pair for pairs in self._rows.values() for pair in pairs]
        ends = {min(row.until or file.known_until, file.known_until) for file, row in pairs}
        return min((end for end in ends | {row.first - _DAY for _, row in pairs} if end >= day), default=dt.date.max)

    def knows(self, key: tuple[str, ...]) -> bool:
        """Whether there is a row of this key, on whatever day."""
        return key in self._rows

    def _spans(self, key: tuple[str, ...]) -> list[Days]:
        """The days that rows of a key answer for, in order; days that follow one another are one span."""
        return _joined(
            Days(row.first, min(row.until or file.known_until, file.known_until)) for file, row in self._rows[key]
        )

    def _missing(self, day: dt.date, key: tuple[str, ...]) -> str:
        what, names = " ".join(key), ", ".join(file.name for file in self.files)
        if not self.knows(key):
            mend = f"correct the name, or say the {self.called} in {self.own}"
            return f"no {self.called} for {what} in {names}{self._instead(key)}\n    mend: {mend}"
        spans = self._spans(key)
        ends = max(file.known_until for file, _ in self._rows[key])
        first = f"the facts end on {ends}: look up what has changed since, and" if day > ends else "keep to those, or"
        mend = f"{first} say the {self.called} with its source in {self.own}"
        there = "; ".join(map(str, spans))
        return f"no {self.called} for {what} on {day} in {names}, which answer for {there}\n    mend: {mend}"

    def _instead(self, key: tuple[str, ...]) -> str:
        names = sorted(" ".join(one) for one in self._rows if one[0] == key[0])
        if not 0 < len(names) <= _LISTED:
            names = difflib.get_close_matches(" ".join(key), [" ".join(one) for one in self._rows], 1)
        return f"; there is {', '.join(names)}" if names else ""


def _joined(spans: Iterable[Days]) -> list[Days]:
    joined: list[Days] = []
    for span in sorted(spans):
        if joined and span.first <= joined[-1].last + _DAY:
            joined[-1] = Days(joined[-1].first, max(span.last, joined[-1].last))
        else:
            joined.append(span)
    return joined
