"""Rows that are read many at a time are those that are read one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.session.on_disk.journals import ANSWERS, ORDER, RECORDS, bits, opened, rows, written

from friday_core.domain.chunk import Array, Chunk
from friday_core.domain.records import ChunkReceived, ClockAdvanced, PlaceOrder, Record
from friday_core.session.journal import Entry
from friday_core.session.on_disk.segments import entries, surveyed
from friday_core.session.on_disk.stretches import stretches

SHAPES = st.tuples(st.integers(1, 3), st.sampled_from([0, 250]), st.sampled_from([1, 2]), st.sampled_from([0, 3]))


def whole(found: list[Entry]) -> list[object]:
    """Entries with rows that follow one another joined, as far as they are not answered and of one shape."""
    done: list[Entry] = []
    for entry in found:
        before = done[-1] if done else None
        rows_before = before.record if before is not None and not before.intents else None
        if isinstance(rows_before, ChunkReceived) and isinstance(entry.record, ChunkReceived):
            chunk = Chunk.concat([rows_before.chunk, entry.record.chunk])
            done[-1] = Entry(entry.seq, ChunkReceived(entry.record.stream, chunk), entry.intents)
        else:
            done.append(entry)
    return list(bits(done))


@given(data=st.data())
def test_they_are_the_same_rows_with_the_same_answers(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("stretches")
    runs = data.draw(st.lists(st.tuples(SHAPES, st.integers(1, 70), st.booleans(), st.booleans()), max_size=5))
    journal, first = opened(folder), 0
    for (count, received, gap, code), times, is_answered, is_over in runs:
        for _ in range(times):
            seq = journal.append(rows(first, count, received=received, gap=gap, code=code))
            first += count * gap
        journal.answer(seq, (PlaceOrder(ORDER),) if is_answered else ())
        if is_over:
            journal.close()
            journal = opened(folder)
    journal.close()
    segments = surveyed(folder)
    found = list(stretches(segments))
    assert whole(found) == whole(list(entries(segments)))
    last = list(entries(segments))[-1:]
    assert bits(found[-1:]) == bits(last)


def test_many_records_of_one_shape_come_as_one_and_the_last_by_itself(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for n in range(200):
        journal.append(rows(n, 1))
    journal.append(ClockAdvanced(200_000_000))
    for n in range(200, 300):
        journal.append(rows(n, 1))
    journal.close()
    found = list(stretches(surveyed(tmp_path)))
    assert [one.seq for one in found] == [199, 200, 299, 300]
    chunks = [one.record.chunk for one in found if isinstance(one.record, ChunkReceived)]
    assert [len(chunk) for chunk in chunks] == [200, 99, 1]
    for chunk in chunks:
        columns: list[Array] = [chunk.ts_event, chunk.inst, chunk.seq, chunk.code, *chunk.columns.values()]
        for values in columns:
            assert values.flags.c_contiguous
            assert not values.flags.writeable


def test_other_records_are_read_as_they_are(tmp_path: Path) -> None:
    told = written(tmp_path)
    assert bits(list(stretches(surveyed(tmp_path)))) == bits(told)
    kinds: set[type[Record]] = {type(one) for one in RECORDS}
    assert len(kinds) >= 7
    assert ANSWERS
