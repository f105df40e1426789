"""The journal: every input of the core and every intent that followed, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from friday_core.domain.records import ChunkReceived, Intent, Record
from friday_core.errors import InvariantError


class Entry(msgspec.Struct, frozen=True):
    """One record under its sequence number, and the intents that the core answered."""

    seq: int
    record: Record
    intents: tuple[Intent, ...] = ()


class Journal(Protocol):
    """Where a session keeps what it is told, in order. ``lasts`` says whether another process can go on from it."""

    lasts: bool

    def append(self, record: Record) -> int:
        """Keep an input before the core sees it; returns its sequence number, from 0."""
        ...

    def answer(self, seq: int, intents: Sequence[Intent]) -> None:
        """Keep what the core answered, before anything is sent."""
        ...

    def sync(self) -> None:
        """What was kept outlives the machine, as far as the journal can see to it; before anything is sent."""
        ...

    def keep_all(self) -> None:
        """Forget nothing from here on: the journal will be replayed."""
        ...

    def __iter__(self) -> Iterator[Entry]: ...

    def __len__(self) -> int: ...


class MemoryJournal:
    """A journal that lasts as long as the process: for backtests and tests.

    Unless it is told to ``keep_all``, its oldest entries are forgotten while the others have ``most_rows`` rows
    of data or more; numbers go on, ``len`` counts all, and reading it is an ``InvariantError``.
    """

    lasts = False

    def __init__(self, most_rows: int = 100_000) -> None:
        self._records: deque[Record] = deque()
        self._intents: dict[int, Sequence[Intent]] = {}
        self._most_rows = most_rows
        self._keeps_all = False
        self._rows = 0
        self._forgotten = 0

    def keep_all(self) -> None:
        """Forget nothing from here on: the journal will be replayed."""
        self._keeps_all = True

    def append(self, record: Record) -> int:
        """Keep an input before the core sees it; returns its sequence number, from 0."""
        self._records.append(record)
        self._rows += _rows(record)
        while not self._keeps_all and self._rows - _rows(self._records[0]) >= self._most_rows:
            self._rows -= _rows(self._records.popleft())
            self._intents.pop(self._forgotten, None)
            self._forgotten += 1
        return len(self) - 1

    def answer(self, seq: int, intents: Sequence[Intent]) -> None:
        """Keep what the core answered, before anything is sent; nobody may change it any more."""
        if intents:
            self._intents[seq] = intents

    def sync(self) -> None:
        """There is nothing to see to."""

    def __iter__(self) -> Iterator[Entry]:
        if self._forgotten:
            raise InvariantError(f"the journal forgot its first {self._forgotten:,} entries: it was not to keep all")
        for seq, record in enumerate(self._records):
            yield Entry(seq, record, tuple(self._intents.get(seq, ())))

    def __len__(self) -> int:
        return self._forgotten + len(self._records)


def _rows(record: Record) -> int:
    return len(record.chunk) if isinstance(record, ChunkReceived) else 0
