"""Whether the rows come that should come now."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from friday_core.domain.records import RowsMissing
from friday_core.flow.session_hours import Hours


class Freshness:
    """Tells once when rows are missing while the exchange trades, and once when they come again.

    They are missing if none happened in the last ``limit`` microseconds of a session, or if their source says why
    none can come. Rows that fill in what was missed are none of now.
    """

    def __init__(self, stream: str, limit: int, hours: Hours) -> None:
        self._stream = stream
        self._limit = limit
        self._hours = hours
        self._latest: int | None = None
        self._is_missing = False

    def begin(self, latest: int) -> None:
        """The session has all rows up to then, in microseconds UTC."""
        self._latest = latest

    def rows(self, now: int, newest: int, outage: str = "") -> Iterator[RowsMissing]:
        """Rows came, the newest of that time."""
        latest = newest if self._latest is None else max(newest, self._latest)
        if self._is_missing and not outage and newest >= now - self._limit:
            self._is_missing = False
            yield RowsMissing(now, self._stream, latest, "they come again", is_over=True)
        self._latest = latest
        yield from self.alive(now, outage)

    def alive(self, now: int, outage: str = "") -> Iterator[RowsMissing]:
        """None came up to now; ``outage`` says why none can."""
        self._latest = now if self._latest is None else self._latest
        opens, closes = (int(one[0]) for one in self._hours.around(np.array([now])))
        since = max(self._latest, opens)
        silent = now - since
        if self._is_missing or not opens <= now < closes or not (outage or silent > self._limit):
            return
        self._is_missing = True
        yield RowsMissing(now, self._stream, since, outage or f"none for {silent / 1e6:.0f} s")
