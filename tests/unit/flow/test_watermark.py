"""Watermark and Reorder: what is late, what waits, and in which order rows leave."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from fakes.bars import UNIVERSE, A, B, C, cut, one_by_one
from fakes.ticks import Tick, shuffled, ticks_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument
from friday_core.errors import InvariantError
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.watermark import Reorder, Watermark

LATE = "late: behind the watermark"
NAMES = {"A": A, "B": B, "C": C}


class Ordered:
    """What a reorder stage released, as (time, symbol, row number), and the row numbers it held as late."""

    def __init__(self, lateness: int, universe: Universe = UNIVERSE) -> None:
        self.quarantine = Quarantine("market_data", universe)
        self.stage = Reorder(universe, self.quarantine, lateness)
        self.universe = universe
        self.released: list[tuple[int, str, int]] = []

    def push(self, *chunks: Chunk) -> list[int]:
        """The row numbers that these chunks set free."""
        return [seq for chunk in chunks for seq in self.keep(self.stage.push(chunk))]

    def keep(self, chunks: Iterable[Chunk]) -> list[int]:
        before = len(self.released)
        for chunk in chunks:
            symbols = [self.universe[one].id.symbol for one in chunk.inst.tolist()]
            self.released += zip(chunk.ts_event.tolist(), symbols, chunk.seq.tolist(), strict=True)
        return [seq for _, _, seq in self.released[before:]]

    @property
    def late(self) -> list[int]:
        assert {row.reason for row in self.quarantine.rows} <= {LATE}
        return [row.seq for row in self.quarantine.rows]


def rows(*pairs: tuple[int, str]) -> Chunk:
    """Rows by time and symbol, numbered in this order."""
    return ticks_of([Tick(ts, 100, 1, NAMES[symbol]) for ts, symbol in pairs])


def test_the_watermark_is_the_newest_time_less_the_lateness_and_never_falls() -> None:
    watermark = Watermark(10)
    times = []
    for ts in (100, 95, 120, 111):
        watermark.late(np.array([ts]))
        times.append(watermark.time)
    assert times == [90, 90, 110, 110]


def test_a_row_is_late_if_it_is_before_the_watermark_of_the_rows_before_it() -> None:
    assert Watermark(10).late(np.array([100, 90, 89, 115, 105, 104])).tolist() == [
        False, False, True, False, False, True,
    ]  # fmt: skip


def test_a_late_row_is_found_in_a_later_chunk_too() -> None:
    watermark = Watermark(10)
    watermark.late(np.array([100]))
    assert watermark.late(np.array([89, 90])).tolist() == [True, False]


def test_a_clock_advances_the_watermark_as_a_row_would_and_not_back() -> None:
    watermark = Watermark(10)
    watermark.advance(100)
    watermark.advance(50)
    assert watermark.time == 90


def test_every_row_after_the_end_is_late() -> None:
    watermark = Watermark(10)
    watermark.end()
    assert watermark.late(np.array([2**50])).tolist() == [True]


def test_a_negative_lateness_is_refused() -> None:
    with pytest.raises(ValueError, match="a lateness of -1 microseconds: it cannot be negative"):
        Watermark(-1)


def test_rows_wait_until_the_watermark_is_past_them() -> None:
    ordered = Ordered(10)
    assert ordered.push(rows((100, "A"), (105, "A"))) == []
    assert ordered.push(rows((111, "A"))) == [0]


def test_a_row_of_the_watermarks_own_time_waits_for_others_of_that_time() -> None:
    ordered = Ordered(10)
    first, second, third, fourth = one_by_one(rows((100, "B"), (110, "A"), (100, "A"), (111, "A")))
    assert [ordered.push(one) for one in (first, second, third, fourth)] == [[], [], [], [2, 0]]
    assert ordered.late == []


def test_rows_leave_by_time_then_instrument_then_number() -> None:
    ordered = Ordered(10)
    ordered.push(rows((105, "C"), (105, "A"), (103, "B"), (105, "A")))
    ordered.keep(ordered.stage.flush())
    assert ordered.released == [(103, "B", 2), (105, "A", 1), (105, "A", 3), (105, "C", 0)]


def test_a_row_whose_time_was_released_is_held_with_the_reason() -> None:
    ordered = Ordered(10)
    assert ordered.push(rows((100, "A"), (120, "A"), (109, "B"), (110, "B"))) == [0]
    assert ordered.late == [2]
    assert ordered.quarantine.rows[0].stage == "reorder"


def test_with_lateness_0_rows_leave_at_once_in_the_order_of_arrival() -> None:
    ordered = Ordered(0)
    assert ordered.push(rows((100, "B"), (100, "A"), (101, "A"))) == [0, 1, 2]


def test_with_lateness_0_a_row_that_goes_back_in_time_is_late() -> None:
    ordered = Ordered(0)
    assert ordered.push(*one_by_one(rows((100, "A"), (99, "B"), (100, "B")))) == [0, 2]
    assert ordered.late == [1]


def test_a_clock_releases_rows_without_a_later_row() -> None:
    ordered = Ordered(10)
    ordered.push(rows((100, "A")))
    assert ordered.keep(ordered.stage.advance(110)) == []
    assert ordered.keep(ordered.stage.advance(111)) == [0]


def test_after_the_end_nothing_waits_and_everything_is_late() -> None:
    ordered = Ordered(10)
    ordered.push(rows((100, "A")))
    assert ordered.keep(ordered.stage.flush()) == [0]
    assert ordered.push(rows((2**50, "A"))) == []
    assert ordered.late == [0]


def test_nothing_comes_of_an_empty_chunk() -> None:
    assert Ordered(0).push(rows()) == []
    assert Ordered(10).push(rows()) == []


def test_a_snapshot_finds_its_instruments_in_another_universe() -> None:
    before, after = Ordered(10), Ordered(10, Universe([Instrument(C, "INR")]))
    before.push(rows((100, "C")))
    after.stage.restore(before.stage.snapshot())
    assert after.keep(after.stage.flush()) == [0]
    assert after.released == [(100, "C", 0)]


def test_a_snapshot_with_rows_of_an_unknown_instrument_is_refused() -> None:
    before, after = Ordered(10), Ordered(10, Universe([Instrument(C, "INR")]))
    before.push(rows((100, "A"), (100, "C")))
    with pytest.raises(InvariantError, match=r"holds rows of A\.NSE, which this session does not know"):
        after.stage.restore(before.stage.snapshot())


def test_a_snapshot_of_another_lateness_is_refused() -> None:
    with pytest.raises(InvariantError, match="with a lateness of 10 microseconds, this stage has 20"):
        Ordered(20).stage.restore(Ordered(10).stage.snapshot())


@pytest.mark.parametrize("garbage", [b"", b"\xc1", Ordered(10).stage.snapshot()[:-1]])
def test_bytes_that_are_no_snapshot_are_refused(garbage: bytes) -> None:
    with pytest.raises(InvariantError, match="this is no snapshot of this stage"):
        Ordered(10).stage.restore(garbage)


disordered = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("ABC")), max_size=20)
latenesses = st.integers(0, 12)


@given(disordered, latenesses, st.sets(st.integers(1, 19)))
def test_any_cut_releases_the_same_rows_in_the_same_order(
    pairs: list[tuple[int, str]], lateness: int, cuts: set[int]
) -> None:
    whole, pieces = Ordered(lateness), Ordered(lateness)
    whole.push(rows(*pairs))
    pieces.push(*cut(rows(*pairs), cuts))
    for ordered in (whole, pieces):
        ordered.keep(ordered.stage.flush())
    assert (pieces.released, pieces.late) == (whole.released, whole.late)


@given(disordered, latenesses)
def test_every_row_leaves_once_or_is_late(pairs: list[tuple[int, str]], lateness: int) -> None:
    ordered = Ordered(lateness)
    ordered.push(rows(*pairs))
    ordered.keep(ordered.stage.flush())
    assert sorted([seq for *_, seq in ordered.released] + ordered.late) == list(range(len(pairs)))


@given(disordered, st.integers(1, 12), st.integers(0, 99))
def test_rows_within_the_lateness_leave_sorted_whatever_their_order(
    pairs: list[tuple[int, str]], lateness: int, seed: int
) -> None:
    arrived = shuffled(rows(*sorted(pairs)), seed, lateness)
    ordered = Ordered(lateness)
    ordered.push(*one_by_one(arrived))
    ordered.keep(ordered.stage.flush())
    assert (ordered.released, ordered.late) == (sorted(ordered.released), [])


@given(disordered, latenesses, st.integers(0, 20))
def test_a_stage_restored_at_any_row_goes_on_as_if_nothing_had_happened(
    pairs: list[tuple[int, str]], lateness: int, stop: int
) -> None:
    before, after = cut(rows(*pairs), [stop]) if 0 < stop < len(pairs) else (rows(), rows(*pairs))
    through, first, second = Ordered(lateness), Ordered(lateness), Ordered(lateness)
    through.push(before, after)
    first.push(before)
    second.stage.restore(first.stage.snapshot())
    assert second.stage.snapshot() == first.stage.snapshot()
    second.push(after)
    for ordered in (through, second):
        ordered.keep(ordered.stage.flush())
    assert first.released + second.released == through.released
    assert first.late + second.late == through.late
