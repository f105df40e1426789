"""Sorted runs as one: what sorting all of their rows at once gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from friday_core.data.frames import merged
from friday_core.data.merging import in_time_order
from friday_core.domain.chunk import Chunk

runs = st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=12), max_size=4)


def chunk(run: int, rows: list[tuple[int, int]], first: int) -> Chunk:
    """Times and instruments; ``volume`` tells a row from every other."""
    ts, inst = np.array(rows, np.int64).reshape(-1, 2).T
    volume = 100.0 * run + np.arange(first, first + len(rows))
    return Chunk(ts, inst, {"volume": volume}).take(np.lexsort((inst, ts)))


def cut(run: int, rows: list[tuple[int, int]], size: int) -> list[Chunk]:
    ordered = sorted(rows, key=lambda row: row[0])
    return [chunk(run, ordered[start : start + size], start) for start in range(0, len(ordered), size)]


def told(rows: Chunk) -> list[tuple[int, int, float]]:
    return list(zip(rows.ts_event.tolist(), rows.inst.tolist(), rows["volume"].tolist(), strict=True))


@given(runs, st.integers(1, 5))
def test_any_runs_in_any_chunks_are_as_sorted_at_once(given_runs: list[list[tuple[int, int]]], size: int) -> None:
    chunks = [cut(number, rows, size) for number, rows in enumerate(given_runs)]
    found = [row for part in in_time_order([iter(one) for one in chunks]) for row in told(part)]
    assert found == (told(merged([part for one in chunks for part in one])) if given_runs else [])


def test_of_each_run_no_more_is_read_than_is_needed() -> None:
    read: list[int] = []

    def run(number: int) -> Iterator[Chunk]:
        for start in range(0, 100, 10):
            read.append(number)
            yield chunk(number, [(start + n, number) for n in range(10)], start)

    first = next(in_time_order([run(0), run(1), run(2)]))
    assert (len(first), sorted(read)) == (27, [0, 1, 2])
