"""Slices: rows of one close time, released when a later row comes, whatever the cut."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from fakes.bars import CLOSE, DAY, UNIVERSE, A, B, C, chunk_of, cut, flat, one_by_one
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.flow.align import Align
from friday_core.flow.quarantine import Quarantine

Slices = list[list[tuple[int, str]]]
LATE = "late: its slice was already closed"
SURPLUS = "second row of its instrument in a slice"


class Aligned:
    """What came out: slices as (row number, symbol), and what was held as (row number, reason)."""

    def __init__(self) -> None:
        self.quarantine = Quarantine("market_data", UNIVERSE)
        self.stage = Align(self.quarantine)
        self.slices: Slices = []

    def push(self, *chunks: Chunk) -> Slices:
        """The slices that these chunks closed."""
        before = len(self.slices)
        for chunk in chunks:
            self._take(self.stage.push(chunk))
        return self.slices[before:]

    def advance(self, now: int) -> Slices:
        """The slices that are closed when the clock shows ``now``."""
        before = len(self.slices)
        self._take(one for one in (self.stage.advance(now),) if isinstance(one, Chunk))
        return self.slices[before:]

    def end(self) -> Slices:
        before = len(self.slices)
        self._take(self.stage.flush())
        return self.slices[before:]

    @property
    def held(self) -> list[tuple[int, str]]:
        return [(row.seq, row.reason) for row in self.quarantine.rows]

    def _take(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            times = chunk.ts_event.tolist()
            for ts in sorted(set(times)):
                rows = [n for n, one in enumerate(times) if one == ts]
                assert rows == list(range(rows[0], rows[-1] + 1)), "a slice in two pieces"
                self.slices.append([(int(chunk.seq[n]), UNIVERSE[int(chunk.inst[n])].id.symbol) for n in rows])


def rows(*pairs: tuple[int, str]) -> Chunk:
    """Rows by session and symbol, numbered in this order."""
    names = {"A": A, "B": B, "C": C}
    return chunk_of([flat(session, names[symbol], 100) for session, symbol in pairs])


def test_a_slice_is_released_by_the_first_later_row() -> None:
    aligned = Aligned()
    first, second, third = one_by_one(rows((1, "A"), (1, "B"), (2, "A")))
    assert aligned.push(first) == []
    assert aligned.push(second) == []
    assert aligned.push(third) == [[(0, "A"), (1, "B")]]


def test_the_end_of_the_stream_releases_the_open_slice_once() -> None:
    aligned = Aligned()
    assert aligned.push(rows((1, "A"))) == []
    assert aligned.end() == [[(0, "A")]]
    assert aligned.end() == []


def test_nothing_comes_of_nothing() -> None:
    aligned = Aligned()
    assert aligned.push(rows()) == []
    assert aligned.end() == []


def test_a_slice_is_sorted_by_instrument() -> None:
    aligned = Aligned()
    assert aligned.push(rows((1, "C"), (1, "A"), (1, "B"), (2, "A"))) == [[(1, "A"), (2, "B"), (0, "C")]]


def test_a_chunk_may_hold_many_slices_and_the_end_of_an_older_one() -> None:
    aligned = Aligned()
    one, other = cut(rows((1, "A"), (1, "B"), (2, "B"), (3, "A"), (4, "C")), [1])
    assert aligned.push(one) == []
    assert aligned.push(other) == [[(0, "A"), (1, "B")], [(2, "B")], [(3, "A")]]
    assert aligned.end() == [[(4, "C")]]


def test_a_row_behind_its_slice_is_held_as_late_and_the_rest_goes_on() -> None:
    aligned = Aligned()
    aligned.push(rows((1, "A"), (2, "A"), (1, "B"), (2, "B"), (3, "A")))
    assert aligned.slices == [[(0, "A")], [(1, "A"), (3, "B")]]
    assert aligned.held == [(2, LATE)]


def test_a_row_of_the_open_slice_is_not_late_even_in_a_later_chunk() -> None:
    aligned = Aligned()
    aligned.push(*one_by_one(rows((1, "A"), (2, "A"), (2, "B"))))
    aligned.end()
    assert aligned.slices == [[(0, "A")], [(1, "A"), (2, "B")]]
    assert aligned.held == []


def test_of_two_rows_of_one_instrument_the_first_that_came_stays() -> None:
    aligned = Aligned()
    aligned.push(*cut(rows((1, "B"), (1, "A"), (1, "B"), (1, "B"), (2, "A")), [2]))
    assert aligned.slices == [[(1, "A"), (0, "B")]]
    assert aligned.held == [(2, SURPLUS), (3, SURPLUS)]


def test_instruments_may_start_late_and_end_early() -> None:
    aligned = Aligned()
    aligned.push(rows((1, "A"), (2, "A"), (2, "C"), (3, "C"), (4, "C")))
    aligned.end()
    assert aligned.slices == [[(0, "A")], [(1, "A"), (2, "C")], [(3, "C")], [(4, "C")]]


@pytest.mark.parametrize("minute", [1, -1])
def test_instruments_with_different_close_times_are_in_different_slices(minute: int) -> None:
    pair = sorted([flat(1, A, 100), flat(1, B, 100, minute=minute)], key=lambda row: row.ts_event)
    aligned = Aligned()
    aligned.push(chunk_of(pair))
    aligned.end()
    assert aligned.slices == [[(0, pair[0].instrument.symbol)], [(1, pair[1].instrument.symbol)]]


def close(session: int) -> int:
    return session * DAY + CLOSE


def test_the_clock_closes_a_slice_once_it_shows_a_later_time() -> None:
    aligned = Aligned()
    aligned.push(rows((1, "A"), (1, "B")))
    assert aligned.stage.waits_until == close(1) + 1
    assert aligned.advance(close(1)) == []
    assert aligned.advance(close(1) + 1) == [[(0, "A"), (1, "B")]]
    assert aligned.stage.waits_until is None
    assert aligned.advance(close(2)) == []
    assert aligned.end() == []


@pytest.mark.parametrize("now", [close(1) + 1, close(2)])
def test_a_row_before_the_time_that_the_clock_showed_is_late(now: int) -> None:
    aligned = Aligned()
    aligned.push(rows((1, "A")))
    aligned.advance(now)
    assert aligned.push(rows((1, "B"), (2, "B"), (3, "B"))) == [[(1, "B")]]
    assert aligned.held == [(0, LATE)]


def test_a_restored_stage_knows_what_the_clock_showed() -> None:
    aligned, other = Aligned(), Aligned()
    aligned.advance(close(2))
    other.stage.restore(aligned.stage.snapshot())
    other.push(rows((1, "A"), (2, "A")))
    assert other.held == [(0, LATE)]


disordered = st.lists(st.tuples(st.integers(1, 4), st.sampled_from("ABC")), max_size=15)


@given(disordered, st.sets(st.integers(1, 14)))
def test_any_cut_gives_the_same_slices_and_holds_the_same_rows(pairs: list[tuple[int, str]], cuts: set[int]) -> None:
    whole, pieces = Aligned(), Aligned()
    whole.push(rows(*pairs))
    pieces.push(*cut(rows(*pairs), cuts))
    for aligned in (whole, pieces):
        aligned.end()
    assert pieces.slices == whole.slices
    assert pieces.held == whole.held


@given(disordered)
def test_every_row_is_in_one_slice_or_held(pairs: list[tuple[int, str]]) -> None:
    aligned = Aligned()
    aligned.push(rows(*pairs))
    aligned.end()
    out = [seq for one in aligned.slices for seq, _ in one]
    assert sorted(out + [seq for seq, _ in aligned.held]) == list(range(len(pairs)))
