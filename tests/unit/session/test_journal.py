"""The journal of a process: whole while it is short, or when it was told to be."""

from __future__ import annotations

import numpy as np
import pytest

from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ChunkReceived, StreamEnded
from friday_core.errors import InvariantError
from friday_core.session.journal import MemoryJournal


def received(rows: int) -> ChunkReceived:
    return ChunkReceived("market_data", Chunk(np.arange(rows), np.zeros(rows), {}))


def test_a_short_journal_has_every_record() -> None:
    journal, records = MemoryJournal(10), [received(4), received(9), StreamEnded("market_data")]
    assert [journal.append(record) for record in records] == [0, 1, 2]
    assert [entry.record for entry in journal] == records


def test_a_long_one_forgets_its_beginning_and_cannot_be_read() -> None:
    journal = MemoryJournal(10)
    assert [journal.append(received(5)) for _ in range(4)] == [0, 1, 2, 3]
    assert len(journal) == 4
    with pytest.raises(InvariantError, match="the journal forgot its first 2 entries"):
        list(journal)


def test_one_that_is_to_keep_all_does() -> None:
    journal = MemoryJournal(10)
    journal.keep_all()
    for _ in range(4):
        journal.append(received(5))
    assert [entry.seq for entry in journal] == [0, 1, 2, 3]
