"""What somebody may have meant: names near to one that there is not."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterable

#: Beyond so many names only those that begin alike are compared, for it takes long.
_MANY = 2_000


def nearest(word: str, words: Collection[str], count: int = 3) -> list[str]:
    """Names that look like ``word``, the nearest first; small and capital letters count alike."""
    wanted = word.upper()
    by_capitals = {one.upper(): one for one in sorted(words, reverse=True)}
    alike = list(by_capitals)
    for length in range(1, len(wanted) + 1):
        if len(alike) > _MANY:
            narrower = [one for one in alike if one.startswith(wanted[:length])]
            alike = narrower or alike[:_MANY]
    return [by_capitals[one] for one in difflib.get_close_matches(wanted, alike, count)]


def did_you_mean(word: str, words: Collection[str]) -> str:
    """``; did you mean X or Y?``, or nothing."""
    near = nearest(word, words)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def nearest_dates(day: dt.date, days: Iterable[dt.date], count: int = 3) -> str:
    """The dates nearest to a day, in order."""
    close = sorted(days, key=lambda one: abs((one - day).days))[:count]
    return ", ".join(map(str, sorted(close)))
