"""The clock of a session on rows that happen now: it waits for nothing but them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from friday_core.domain.records import ChunkReceived, Record
from friday_core.flow.session_hours import Hours
from friday_core.session.live.feed import LiveFeed

_HOUR = 3_600_000_000
#: Hours from one session to the next, at most: no exchange is closed for longer.
_LONGEST = 24 * 31
#: Microseconds after a close in which its last rows may come.
GRACE = 10_000_000


class LivePace:
    """Stands where a ``Pacer`` does: what comes from outside is attended to at once, also while no row comes."""

    def __init__(self, feed: LiveFeed, now: Callable[[], int]) -> None:
        feed.now = now
        self._feed = feed
        self._now = now
        self._stopped = False
        #: Seconds between the time at which the latest rows came and the time at which the core got them.
        self.lag = self.largest_lag = 0.0

    def paced(
        self,
        records: Iterable[Record],
        _waits_until: Callable[[], int | None],
        attend: Callable[[], None] = lambda: None,
    ) -> Iterator[Record]:
        """The records as they come; ``attend`` is called after each ``wake``, and now and then."""
        self._feed.attend = attend
        for record in records:
            if self._stopped:
                return
            if isinstance(record, ChunkReceived) and len(record.chunk):
                self.lag = max(0.0, (self._now() - int(record.chunk.ts_recv[-1])) / 1e6)
                self.largest_lag = max(self.lag, self.largest_lag)
            yield record

    def wake(self) -> None:
        """Something is new; safe from other threads."""
        self._feed.wake()

    def stop(self) -> None:
        """Let nothing more through; safe from a signal handler."""
        self._stopped = True
        self._feed.stop()

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says of it; lags in seconds."""
        return {"live": True, "largest_lag": round(self.largest_lag, 3)}


def next_close(hours: Hours, now: int) -> int:
    """When the session that is open at ``now``, or else the next one, closes; microseconds UTC."""
    closes = hours.around(now + _HOUR * np.arange(_LONGEST))[1]
    return int(closes[closes > now].min(initial=now + _HOUR * _LONGEST))
