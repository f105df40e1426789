"""Going on after a row that was taken: what follows is what would have followed, wherever that was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.cursor import Cursor
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.interfaces.source import HistoricalData

NAMES = [InstrumentId(symbol, "NSE") for symbol in ("A", "B", "C")]
Row = tuple[int, int]


class Cut(HistoricalData):
    """Rows of (time, instrument) in chunks of these sizes, each with its own price."""

    def __init__(self, rows: Sequence[Row], sizes: Sequence[int]) -> None:
        self.rows, self.sizes = rows, sizes

    def instruments(self) -> Sequence[Instrument]:
        return [Instrument(one, "INR") for one in reversed(NAMES)]

    def bars(self) -> Iterator[Chunk]:
        times, inst = (np.array(values, np.int64) for values in zip(*self.rows, strict=True))
        whole = Chunk(times, inst, {"close": np.arange(len(times))})
        bounds = [0, *sorted(min(size, len(times)) for size in self.sizes), len(times)]
        yield from (whole.take(slice(*pair)) for pair in pairwise(bounds))


def seen(chunks: Iterator[Chunk]) -> list[tuple[int, int, int]]:
    return [
        row for one in chunks for row in zip(*(v.tolist() for v in (one.ts_event, one.inst, one["close"])), strict=True)
    ]


@given(
    rows=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=20).map(sorted),
    sizes=st.lists(st.integers(0, 20), max_size=5),
    time=st.integers(-1, 7),
    name=st.sampled_from([*NAMES, InstrumentId("AA", "NSE"), InstrumentId("", ""), InstrumentId("Z", "NSE")]),
)
def test_exactly_the_later_rows_follow(rows: list[Row], sizes: list[int], time: int, name: InstrumentId) -> None:
    source = Cut(rows, sizes)
    expected = [row for row in seen(source.bars()) if (row[0], NAMES[row[1]]) > (time, name)]
    assert seen(source.bars_after(Cursor(time, name))) == expected


def test_a_row_that_comes_twice_does_not_follow_itself() -> None:
    source = Cut([(1, 0), (1, 0), (2, 0)], [1])
    assert seen(source.bars_after(Cursor(1, NAMES[0]))) == [(2, 0, 2)]


def test_whole_chunks_are_passed_on_as_they_are() -> None:
    chunks: list[Chunk] = []

    class Kept(Cut):
        def bars(self) -> Iterator[Chunk]:
            chunks.extend(super().bars())
            yield from chunks

    followed = list(Kept([(1, 0), (2, 0), (3, 0)], [1, 2]).bars_after(Cursor(1, NAMES[0])))
    assert [one is other for one, other in zip(followed, chunks[1:], strict=True)] == [True, True]


def test_a_session_goes_on_after_the_last_row_of_each_chunk() -> None:
    source = Cut([(time, inst) for time in range(5) for inst in range(3)], [2, 4, 9])
    universe, chunks = Universe(source.instruments()), list(source.bars())
    for number, chunk in enumerate(chunks):
        assert seen(source.bars_after(Cursor.at(chunk, universe))) == seen(iter(chunks[number + 1 :]))
