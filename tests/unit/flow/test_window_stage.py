"""A transformer in pandas, in its place in a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fakes.bars import UNIVERSE, A, B, C, Row, cut, flat
from fakes.windows import Adds, stamped
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import MISSING_PRICE, Chunk
from friday_core.errors import InvariantError, PluginContractError
from friday_core.flow.window_stage import WindowStage

ROWS = [flat(day, one, 100_00 + 100 * day) for day in range(1, 6) for one in (A, B)]


def stage(rows: int, answer: Any, outputs: Sequence[str] = ("x",)) -> WindowStage:
    return WindowStage(Adds(rows, answer, outputs), UNIVERSE)


def mean(bars: pd.DataFrame) -> Mapping[str, float]:
    return {"x": bars["close"].mean()}


def test_every_row_has_the_answer_to_the_window_that_ends_with_it() -> None:
    out = stage(2, mean).transform(stamped([flat(day, A, price * 100) for day, price in enumerate((1, 2, 4, 8))]))
    assert out["x"].tolist() == pytest.approx([np.nan, 1.5, 3.0, 6.0], nan_ok=True)


def test_instruments_have_windows_of_their_own() -> None:
    rows = [flat(1, A, 100), flat(1, B, 900), flat(2, A, 300), flat(3, A, 500), flat(3, B, 700)]
    assert stage(2, mean).transform(stamped(rows))["x"].tolist() == pytest.approx(
        [np.nan, np.nan, 2.0, 4.0, 8.0], nan_ok=True
    )


def test_a_window_holds_prices_in_the_currency_times_the_factor_and_the_columns_before_it() -> None:
    frames: list[pd.DataFrame] = []
    rows = [Row(1, A, 200_00, 220_00, 180_00, 210_00, 5.0), Row(2, A, 100_00, 110_00, MISSING_PRICE, 105_00, 6.0)]

    def keep(bars: pd.DataFrame) -> Mapping[str, None]:
        frames.append(bars)
        return {"x": None}

    stage(2, keep).transform(stamped(rows, factor=[1.0, 2.0], gap=[0.5, 0.25]))
    (frame,) = frames
    assert frame.replace(np.nan, -1.0).to_dict("list") == {
        "open": [200.0, 200.0],
        "high": [220.0, 220.0],
        "low": [180.0, -1.0],
        "close": [210.0, 210.0],
        "volume": [5.0, 6.0],
        "factor": [1.0, 2.0],
        "session": [1.0, 2.0],
        "gap": [0.5, 0.25],
    }


def test_it_needs_the_columns_of_bars_and_what_the_author_names() -> None:
    author = Adds(2, mean)
    author.inputs = ("gap",)
    assert WindowStage(author, UNIVERSE).inputs == ("open", "high", "low", "close", "volume", "gap")


@pytest.mark.parametrize("rows", [0, None])
def test_a_transformer_that_does_not_say_its_rows_is_refused_when_it_is_placed(rows: Any) -> None:
    with pytest.raises(PluginContractError, match=r"its rows are .*; set self\.rows"):
        stage(rows, mean)


@pytest.mark.parametrize("wrong", [{}, {"y": 1.0}, {"x": "high"}, {"x": True}, None, 1.0])
def test_an_answer_against_the_contract_names_the_transformer(wrong: Any) -> None:
    with pytest.raises(PluginContractError, match="transformer Adds"):
        stage(1, lambda bars: wrong).transform(stamped(ROWS))


def spoil(bars: pd.DataFrame) -> Mapping[str, float]:
    answer = bars["close"].mean()
    bars.iloc[:, :] = -1.0
    bars["mine"] = 0.0
    return {"x": answer}


def test_an_author_who_changes_the_window_harms_neither_later_windows_nor_the_rows() -> None:
    rows = stamped(ROWS)
    spoilt, clean = stage(3, spoil).transform(rows), stage(3, mean).transform(stamped(ROWS))
    for name in clean.columns:
        np.testing.assert_array_equal(spoilt[name], clean[name])


def answer_of_all(bars: pd.DataFrame) -> Mapping[str, float]:
    """Depends on every row and column, and in its last bits on their order."""
    return {"x": float(bars.to_numpy().sum()), "y": bars["close"].ewm(span=3).mean().iloc[-1]}


arriving = st.lists(
    st.builds(flat, st.integers(0, 9), st.sampled_from([A, B, C]), st.integers(90, 10_000)), max_size=20
)


@given(arriving, st.integers(1, 5), st.sets(st.integers(1, 19)), st.sets(st.integers(0, 19)))
def test_neither_the_cut_into_chunks_nor_a_restart_changes_a_bit(
    rows: list[Row], window: int, cuts: set[int], restarts: set[int]
) -> None:
    def fresh() -> WindowStage:
        return stage(window, answer_of_all, ("x", "y"))

    whole = fresh().transform(stamped(rows))
    current, parts = fresh(), []
    for number, piece in enumerate(cut(stamped(rows), cuts)):
        if number in restarts:
            state = current.snapshot()
            current = fresh()
            current.restore(state)
        parts.append(current.transform(piece))
    for name in ("x", "y"):
        assert Chunk.concat(parts)[name].tobytes() == whole[name].tobytes()


class Counts(Adds):
    """Remembers what no window holds."""

    def __init__(self) -> None:
        super().__init__(1, lambda bars: {"x": self.count})
        self.count = 0

    def values(self, bars: pd.DataFrame) -> Any:
        self.count += 1
        return {"x": self.count}


class Hands(Counts):
    def snapshot(self) -> bytes:
        return str(self.count).encode()

    def restore(self, snapshot: bytes) -> None:
        self.count = int(snapshot)


def test_an_author_who_remembers_more_than_the_window_must_hand_it_over() -> None:
    counting = WindowStage(Counts(), UNIVERSE)
    counting.transform(stamped(ROWS))
    with pytest.raises(PluginContractError, match="transformer Counts remembers rows and cannot hand over"):
        counting.snapshot()


def test_what_an_author_hands_over_he_gets_back() -> None:
    before, after = WindowStage(Hands(), UNIVERSE), WindowStage(Hands(), UNIVERSE)
    before.transform(stamped(ROWS))
    after.restore(before.snapshot())
    assert after.transform(stamped([flat(9, A, 100)]))["x"].tolist() == [len(ROWS) + 1]


def test_a_snapshot_of_a_longer_window_is_refused() -> None:
    with pytest.raises(InvariantError, match="the snapshot is of windows of 3 rows, these have 2"):
        stage(2, mean).restore(stage(3, mean).snapshot())


def test_what_is_no_snapshot_is_refused() -> None:
    with pytest.raises(InvariantError, match="this is no snapshot of this stage"):
        stage(2, mean).restore(b"rows")
