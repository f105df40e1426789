"""What a journal has in it, counted."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from friday_core.domain.records import CancelOrder, ChunkReceived
from friday_core.domain.sessions import SessionDates
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.following import Follower


@dataclass(slots=True)
class Contents:
    """Counts of a journal. ``kinds`` are records by the name of their kind, ``rows`` and the times by stream.

    ``first`` and ``last`` are of the rows (``ts_event``, microseconds UTC), ``days`` the trading dates that have
    some, in days since 1970-01-01.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    days: set[int] = field(default_factory=set)
    placed: int = 0
    cancelled: int = 0

    def note(self, record: ChunkReceived, dates: SessionDates) -> None:
        """Rows that came."""
        stream, ts_event = record.stream, record.chunk.ts_event
        if len(ts_event):
            self.rows[stream] += len(ts_event)
            low, high = int(ts_event.min()), int(ts_event.max())
            self.first[stream] = min(low, self.first.get(stream, low))
            self.last[stream] = max(high, self.last.get(stream, high))
            self.days.update((dates.date(low), dates.date(high)))
            if dates.date(low) != dates.date(high):
                self.days.update(dates.of(ts_event).tolist())


def contents_of(folder: Path, zone: str, progress: Callable[[int], None] = lambda _bytes: None) -> Contents:
    """Of everything that is whole, also while the session runs. ``progress`` is told the bytes done."""
    found, dates, done = Contents(), SessionDates(zone), 0
    for said in Follower(folder).more():
        content = said.content()
        if isinstance(content, tuple):
            cancels = sum(isinstance(one, CancelOrder) for one in content)
            found.cancelled += cancels
            found.placed += len(content) - cancels
        else:
            found.kinds[type(content).__name__] += 1
            if isinstance(content, ChunkReceived):
                found.note(content, dates)
        done += said.bytes
        progress(done)
    return found


def settings_in(head: codec.Head) -> dict[str, Any]:
    """The configuration that the records were made with; empty where it cannot be read."""
    try:
        return tomllib.loads(head.resolved)
    except tomllib.TOMLDecodeError:
        return {}


def zone_of(head: codec.Head) -> str:
    """The exchange's zone."""
    return str(settings_in(head).get("data", {}).get("timezone", "UTC"))
