"""The journal: every input of the core and every intent that followed, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from friday_core.domain.records import Intent, Record


class Entry(msgspec.Struct, frozen=True):
    """One record under its sequence number, and the intents that the core answered."""

    seq: int
    record: Record
    intents: tuple[Intent, ...] = ()


class MemoryJournal:
    """A journal that lasts as long as the process: for backtests and tests."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._intents: dict[int, tuple[Intent, ...]] = {}

    def append(self, record: Record) -> int:
        """Keep an input before the core sees it; returns its sequence number, from 0."""
        self._records.append(record)
        return len(self._records) - 1

    def answer(self, seq: int, intents: Sequence[Intent]) -> None:
        """Keep what the core answered, before anything is sent."""
        if intents:
            self._intents[seq] = tuple(intents)

    def __iter__(self) -> Iterator[Entry]:
        for seq, record in enumerate(self._records):
            yield Entry(seq, record, self._intents.get(seq, ()))

    def __len__(self) -> int:
        return len(self._records)
