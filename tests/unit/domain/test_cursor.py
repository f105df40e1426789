"""Cursors: the row that they name, how they sort, and what is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.cursor import Cursor
from friday_core.domain.instruments import Instrument, InstrumentId

INFY, TCS = InstrumentId("INFY", "NSE"), InstrumentId("TCS", "NSE")
UNIVERSE = Universe([Instrument(TCS, "INR"), Instrument(INFY, "INR")])
ROWS = Chunk(np.array([1, 1, 2]), np.array([0, 1, 0]), {"close": np.array([10, 20, 11])})


def test_a_cursor_is_of_the_last_row_unless_another_one_is_named() -> None:
    assert Cursor.at(ROWS, UNIVERSE) == Cursor(2, INFY)
    assert Cursor.at(ROWS, UNIVERSE, 1) == Cursor(1, TCS)


def test_nothing_has_no_cursor() -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        Cursor.at(ROWS.take(slice(0)), UNIVERSE)


def test_cursors_sort_as_rows_do() -> None:
    assert sorted([Cursor(2, INFY), Cursor(1, TCS), Cursor(1, INFY)]) == [
        Cursor.at(ROWS, UNIVERSE, n) for n in range(3)
    ]


@pytest.mark.parametrize("ts_event", [1.0, np.int64(1), True, None])
def test_a_time_is_an_int(ts_event: Any) -> None:
    with pytest.raises(ValueError, match=r"cursor at INFY\.NSE: ts_event .* is not an int"):
        Cursor(ts_event, INFY)


def test_a_name_is_no_instrument_id() -> None:
    with pytest.raises(ValueError, match="'INFY' is not an InstrumentId"):
        Cursor(1, "INFY")  # type: ignore[arg-type]
