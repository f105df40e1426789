"""Memory of columns comes back when nobody has it any more, and not before."""

import gc

import numpy as np
import pytest

from friday_core.causal.compiled.room import Room
from friday_core.domain.chunk import Float64

ROWS = 20_000


def _address(column: Float64) -> int:
    return int(column.ctypes.data)


def test_memory_is_lent_again_when_its_column_is_gone() -> None:
    room = Room()
    column = room.empty(ROWS)
    before = _address(column)
    del column
    assert _address(room.empty(ROWS)) == before


def test_memory_that_somebody_has_is_not_lent_again() -> None:
    room = Room()
    column = room.empty(ROWS)
    column[:] = 1.0
    other = room.empty(ROWS)
    other[:] = 2.0
    assert column.sum() == ROWS


def test_a_part_keeps_the_memory_of_its_column() -> None:
    room = Room()
    column = room.empty(ROWS)
    column[:] = 1.0
    part = column[10:20].view(np.int64)
    del column
    room.empty(ROWS)[:] = 2.0
    assert part.view(np.float64).tolist() == [1.0] * 10


def test_a_shorter_column_has_its_own_length_and_can_be_written() -> None:
    room = Room()
    before = _address(room.empty(ROWS))
    column = room.empty(ROWS - 1)
    assert (_address(column), column.shape, column.dtype) == (before, (ROWS - 1,), np.dtype(np.float64))
    assert column.flags.writeable
    assert column.flags.c_contiguous


def test_a_much_shorter_column_takes_no_large_memory() -> None:
    room = Room()
    before = _address(room.empty(10 * ROWS))
    assert _address(room.empty(ROWS)) != before


def test_no_more_is_kept_than_the_room_may() -> None:
    room = Room(most=ROWS * 8)
    two = [room.empty(ROWS), room.empty(ROWS)]
    addresses = {_address(column) for column in two}
    two.clear()
    again = [room.empty(ROWS), room.empty(ROWS)]
    assert len(addresses & {_address(again[0])}) == 1
    assert sum(type(column.base).__name__ == "_Lent" for column in again) == 2


def test_few_rows_are_ordinary_memory() -> None:
    assert Room().empty(100).base is None


@pytest.mark.parametrize("after", range(1, 40))
def test_memory_may_come_back_in_the_middle_of_a_search(after: int) -> None:
    """The collector runs after so many new objects, and finds memory that nobody reaches any more."""
    room, before = Room(), gc.get_threshold()
    lent = [room.empty(10_000) for _ in range(40)]
    gc.collect()
    gc.set_threshold(1_000_000)
    for one in lent[20:]:
        ring: list[object] = [one]
        ring.append(ring)
    del lent, one, ring
    gc.set_threshold(gc.get_count()[0] + after)
    try:
        assert len(room.empty(2_000_000)) == 2_000_000
    finally:
        gc.set_threshold(*before)
