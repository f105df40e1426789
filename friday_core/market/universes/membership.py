"""Members of indices as of a day, and as of what was known on a day."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterable

import msgspec

from friday_core.errors import DataError

_DAY = dt.timedelta(days=1)


class Spell(msgspec.Struct, frozen=True):
    """A symbol was in an index from ``first`` to ``last``, both included; ``None`` while it still is.

    ``confidence`` is a word of whoever made the file. ``announced`` and ``end_announced`` are the days on
    which beginning and end were made known; without them that was the day on which they came into force.
    """

    index: str
    symbol: str
    first: dt.date
    last: dt.date | None = None
    confidence: str = ""
    announced: dt.date | None = None
    end_announced: dt.date | None = None

    def is_in(self, asof: dt.date, known: dt.date) -> bool:
        """Whether it is a member on ``asof`` for all that was known on ``known``."""
        if self.first > asof or known < (self.announced or self.first):
            return False
        if self.last is None or asof <= self.last:
            return True
        return known < (self.end_announced or self.last + _DAY)


class Membership:
    """The spells of several indices; a day that they do not reach is refused."""

    def __init__(self, spells: Iterable[Spell]) -> None:
        self.spells = tuple(sorted(spells, key=lambda one: (one.index, one.symbol, one.first)))
        self._by_index: dict[str, list[Spell]] = {}
        for spell in self.spells:
            self._by_index.setdefault(spell.index, []).append(spell)

    def indices(self) -> tuple[str, ...]:
        return tuple(self._by_index)

    def members(
        self,
        index: str,
        asof: dt.date,
        known: dt.date | None = None,
        *,
        confidence: Collection[str] | None = None,
    ) -> tuple[str, ...]:
        """Symbols of an index on a day, in order.

        ``known`` is the day of the question, if that is an earlier one: a change that was announced up to it is
        counted, a later one not. ``confidence`` keeps to spells with one of these words. ``DataError`` for an
        index that there is not, with the nearest name, and for a day before the first or after the last spell.
        """
        spells = self._of(index)
        known = asof if known is None else min(known, asof)
        first, last = self.span(index)
        if asof < first or (last is not None and asof > last):
            ends = f"{first} to {last}" if last else f"{first} on"
            raise DataError(f"the members of {index!r} are known for {ends}, not for {asof}\n    mend: extend the file")
        allowed = (one for one in spells if confidence is None or one.confidence in confidence)
        return tuple(sorted({one.symbol for one in allowed if one.is_in(asof, known)}))

    def span(self, index: str) -> tuple[dt.date, dt.date | None]:
        """The first day of an index, and the last; ``None`` if any member is in it still."""
        spells = self._of(index)
        lasts = [one.last for one in spells]
        return min(one.first for one in spells), max((one for one in lasts if one), default=None) if all(
            lasts
        ) else None

    def of(self, index: str) -> tuple[Spell, ...]:
        """All spells of an index, by symbol; ``DataError`` for one that there is not."""
        return tuple(self._of(index))

    def _of(self, index: str) -> list[Spell]:
        if index not in self._by_index:
            near = difflib.get_close_matches(index.upper(), self._by_index, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self._by_index) or 'none'}"
            raise DataError(f"no index {index!r} in the membership; {hint}\n    mend: correct the name")
        return self._by_index[index]
