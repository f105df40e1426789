"""The latest bars of each instrument: what an author is handed, and what he cannot do to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fakes.bars import A, B
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import InstrumentId
from friday_core.errors import InvariantError
from friday_core.flow.bar_windows import BarWindows

MINUTE = 60_000_000


def pushed(windows: BarWindows, closes: Mapping[InstrumentId, list[float]]) -> dict[InstrumentId, pd.DataFrame | None]:
    """The last window of each instrument."""
    last: dict[InstrumentId, pd.DataFrame | None] = {}
    for instrument, values in closes.items():
        for minute, close in enumerate(values):
            last[instrument] = windows.push(instrument, minute * MINUTE, {"close": close, "volume": close * 10})
    return last


def test_there_is_no_window_before_its_last_row() -> None:
    windows = BarWindows(3)
    found = [windows.push(A, minute, {"close": 1.0}) is not None for minute in range(5)]
    assert found == [False, False, True, True, True]


def test_a_window_ends_with_the_bar_that_just_closed_and_holds_the_rows_before_it() -> None:
    frame = pushed(BarWindows(3), {A: [1.0, 2.0, 3.0, 4.0, 5.0]})[A]
    assert frame is not None
    assert frame.to_dict("list") == {"close": [3.0, 4.0, 5.0], "volume": [30.0, 40.0, 50.0]}


def test_rows_are_indexed_by_their_close_in_utc() -> None:
    frame = pushed(BarWindows(2), {A: [1.0, 2.0, 3.0]})[A]
    assert frame is not None
    assert frame.index.equals(pd.DatetimeIndex(["1970-01-01T00:01Z", "1970-01-01T00:02Z"]).as_unit("us"))


def test_each_instrument_has_a_window_of_its_own() -> None:
    of_a, of_b = pushed(BarWindows(2), {A: [1.0, 2.0], B: [7.0]}).values()
    assert of_a is not None
    assert of_a["close"].tolist() == [1.0, 2.0]
    assert of_b is None


def test_a_bar_without_a_column_of_the_first_one_is_an_error() -> None:
    windows = BarWindows(1)
    windows.push(A, 0, {"close": 1.0, "gap": 0.0})
    with pytest.raises(KeyError, match="gap"):
        windows.push(A, 1, {"close": 1.0})


HARM: list[Callable[[pd.DataFrame], object]] = [
    lambda frame: frame.iloc.__setitem__((slice(None), slice(None)), -1.0),
    lambda frame: frame["close"].to_numpy().setflags(write=True),
    lambda frame: frame.to_numpy().fill(-1.0),
    lambda frame: frame.index.to_numpy().fill(np.datetime64(0, "us")),
    lambda frame: frame.insert(0, "mine", 1.0),
    lambda frame: frame.pop("close"),
    lambda frame: setattr(frame, "index", [0, 1]),
    lambda frame: setattr(frame.columns, "name", "spoilt"),
    lambda frame: setattr(frame.index, "name", "spoilt"),
    lambda frame: frame.columns.to_numpy().fill("spoilt"),
    lambda frame: setattr(frame, "columns", ["spoilt", "too"]),
    lambda frame: frame.attrs.update(spoilt=True),
]


@pytest.mark.parametrize("harm", HARM)
def test_what_is_done_to_a_window_does_not_reach_the_next_one(harm: Callable[[pd.DataFrame], object]) -> None:
    windows, untouched = BarWindows(2), BarWindows(2)
    for close in (1.0, 2.0, 3.0, 4.0):
        row = {"close": close, "volume": 1.0}
        frame, expected = windows.push(A, int(close), row), untouched.push(A, int(close), row)
        if frame is not None and expected is not None:
            pd.testing.assert_frame_equal(frame, expected, check_exact=True)
            assert (frame.columns.name, frame.index.name, frame.attrs) == (None, None, {})
            with contextlib.suppress(ValueError):  # pandas itself refuses some of it
                harm(frame)
    assert windows.snapshot() == untouched.snapshot()


def test_a_window_that_was_kept_stays_as_it_was() -> None:
    windows = BarWindows(2)
    kept = [windows.push(A, minute, {"close": float(minute)}) for minute in range(6)]
    assert [list(frame["close"]) for frame in kept if frame is not None] == [[n, n + 1] for n in range(5)]


floats = st.floats(width=64)


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from([A, B]), floats), max_size=20), st.integers(0, 20))
def test_windows_that_were_restored_anywhere_go_on_with_the_same_bits(
    rows: int, bars: list[tuple[InstrumentId, float]], restart: int
) -> None:
    def seen(restarts: bool) -> tuple[list[Any], bytes]:
        windows, frames = BarWindows(rows), []
        for number, (instrument, close) in enumerate(bars):
            if restarts and number == restart:
                state = windows.snapshot()
                windows = BarWindows(rows)
                windows.restore(state)
                assert windows.snapshot() == state
            frame = windows.push(instrument, number, {"close": close, "volume": -close})
            frames.append(None if frame is None else (list(map(str, frame.index)), frame.to_numpy().tobytes()))
        return frames, windows.snapshot()

    assert seen(True) == seen(False)


def test_a_snapshot_of_windows_of_another_length_is_refused() -> None:
    with pytest.raises(InvariantError, match="the snapshot is of windows of 3 rows, these have 4"):
        BarWindows(4).restore(BarWindows(3).snapshot())


def test_what_is_no_snapshot_is_refused() -> None:
    windows = BarWindows(2)
    windows.push(A, 0, {"close": 1.0})
    state = windows.snapshot()
    for wrong in (b"", state[:-1], b"\x80" + state):
        with pytest.raises(InvariantError, match="this is no snapshot of this stage"):
            BarWindows(2).restore(wrong)


def test_a_snapshot_whose_rows_do_not_match_its_times_is_refused() -> None:
    windows = BarWindows(2)
    windows.push(A, 0, {"close": 1.0})
    torn = windows.snapshot().replace(b"\x91\xa5close", b"\x92\xa5close\xa1x")  # a column that has no values
    with pytest.raises(InvariantError, match=r"the snapshot of the bars of A\.NSE is torn"):
        BarWindows(2).restore(torn)
