"""Chunks: columns that agree in length and type, and that nobody can change."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import MISSING_PRICE, Chunk
from friday_core.errors import SchemaError

OWN = ("ts_event", "inst", "ts_recv", "seq", "code")


def chunk(n: int = 3, **columns: Any) -> Chunk:
    return Chunk(np.arange(n) * 10, np.zeros(n, np.int32), {"close": np.arange(n) + 100, **columns})


def values(one: Chunk) -> dict[str, list[Any]]:
    return {name: getattr(one, name).tolist() for name in OWN} | {n: c.tolist() for n, c in one.columns.items()}


def every_array(one: Chunk) -> list[np.ndarray[Any, Any]]:
    return [*(getattr(one, name) for name in OWN), *one.columns.values()]


def test_columns_have_their_types() -> None:
    one = chunk(volume=np.array([1, 2, 3]))
    assert [getattr(one, name).dtype for name in OWN] == [np.int64, np.int32, np.int64, np.int64, np.uint16]
    assert [one[name].dtype for name in ("close", "volume")] == [np.int64, np.float64]


def test_the_price_of_a_tick_is_in_whole_units_like_those_of_a_bar() -> None:
    one = chunk(price=np.array([100.0, 101.0, 102.0]))
    assert one["price"].dtype == np.int64
    with pytest.raises(SchemaError, match=r"column 'price' holds whole numbers \(int64\), not"):
        chunk(price=np.array([100.0, 100.05, 101.0]))


def test_rows_are_received_when_they_happen_and_counted_from_zero_unless_said_otherwise() -> None:
    one = chunk()
    assert (one.ts_recv.tolist(), one.seq.tolist(), one.code.tolist()) == ([0, 10, 20], [0, 1, 2], [0, 0, 0])


@pytest.mark.parametrize("wrong", [{"volume": np.zeros(2)}, {"open": np.zeros(4, np.int64)}, {"x": np.zeros((3, 1))}])
def test_a_column_of_another_length_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match=f"chunk of 3 rows differ in length: .*{next(iter(wrong))}"):
        chunk(**wrong)


@pytest.mark.parametrize("name", ["inst", "ts_recv", "seq", "code"])
def test_an_own_column_of_another_length_is_refused(name: str) -> None:
    given: dict[str, Any] = {"inst": np.zeros(3, np.int32), name: np.zeros(2, np.int64)}
    with pytest.raises(SchemaError, match=f"differ in length: .*{name}"):
        Chunk(np.arange(3), given.pop("inst"), {}, **given)


@pytest.mark.parametrize("price", [100.5, np.nan, np.inf])
def test_a_price_that_is_no_whole_number_of_units_is_refused_instead_of_cut(price: float) -> None:
    with pytest.raises(SchemaError, match=r"column 'close' holds whole numbers \(int64\), not"):
        chunk(close=np.array([100.0, price, 101.0]))


def test_whole_numbers_may_come_as_floats() -> None:
    assert chunk(close=np.array([100.0, 101.0, 102.0]))["close"].tolist() == [100, 101, 102]


def test_a_missing_price_is_the_smallest_integer() -> None:
    assert chunk(close=np.full(3, MISSING_PRICE))["close"].tolist() == [-(2**63)] * 3


def test_a_position_too_large_for_its_column_is_refused() -> None:
    with pytest.raises(SchemaError, match="column 'inst' holds whole numbers"):
        Chunk(np.arange(1), np.array([2**40]), {})


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SchemaError, match="no column 'vwap' in this chunk; it has close"):
        chunk()["vwap"]


def test_no_column_can_be_written_to() -> None:
    for one in (chunk(), chunk().take(slice(1, 3)), chunk().take([2, 0]), Chunk.concat([chunk(), chunk()])):
        assert not any(array.flags.writeable for array in every_array(one))


def test_neither_columns_nor_rows_can_be_exchanged() -> None:
    one = chunk()
    with pytest.raises(AttributeError, match="a chunk is immutable: ts_event cannot be set"):
        one.ts_event = np.zeros(3, np.int64)
    with pytest.raises(TypeError, match="does not support item assignment"):
        one.columns["close"] = np.zeros(3)  # type: ignore[index]


def test_changing_the_given_array_does_not_change_the_chunk() -> None:
    given = np.array([100, 101, 102])
    one = chunk(close=given)
    given[0] = 7
    assert one["close"].tolist() == [100, 101, 102]


def test_a_read_only_view_of_an_array_that_can_be_written_to_is_copied() -> None:
    base = np.array([100, 101, 102])
    view = base.view()
    view.flags.writeable = False
    one = chunk(close=view)
    base[0] = 7
    assert one["close"].tolist() == [100, 101, 102]


def test_what_nobody_can_write_to_is_shared() -> None:
    one = chunk()
    again = one.with_columns({"x": np.zeros(3)})
    assert again["close"] is one["close"]
    assert np.shares_memory(one.take(slice(1, 3))["close"], one["close"])


@given(st.integers(0, 12), st.data())
def test_take_picks_the_same_rows_of_every_column(n: int, data: st.DataObject) -> None:
    one = Chunk(np.arange(n) * 3, np.arange(n) % 4, {"x": np.arange(n) / 7}, ts_recv=np.arange(n) * 5)
    bounds = st.none() | st.integers(-n - 1, n + 1)
    rows = data.draw(
        st.builds(slice, bounds, bounds, st.sampled_from([None, 1, 2, -1]))
        | st.lists(st.booleans(), min_size=n, max_size=n).map(lambda mask: np.array(mask, bool))
        | st.lists(st.integers(0, max(n - 1, 0)), max_size=6 if n else 0).map(lambda picks: np.array(picks, np.intp))
    )
    part = one.take(rows)
    for name in (*OWN, "x"):
        whole = one["x"] if name == "x" else getattr(one, name)
        picked = part["x"] if name == "x" else getattr(part, name)
        assert picked.tolist() == whole[rows].tolist()
        assert picked.dtype == whole.dtype
        assert picked.flags.c_contiguous


@given(st.lists(st.integers(0, 20), max_size=6))
def test_concat_undoes_any_cut(cuts: list[int]) -> None:
    one = chunk(20, volume=np.arange(20) / 3)
    at = [0, *sorted(cuts), 20]
    parts = [one.take(slice(start, end)) for start, end in itertools.pairwise(at)]
    assert values(Chunk.concat(parts)) == values(one)


def test_chunks_with_different_columns_are_not_joined() -> None:
    with pytest.raises(SchemaError, match="different columns cannot be joined: not all have volume"):
        Chunk.concat([chunk(), chunk(volume=np.zeros(3))])


def test_with_columns_adds_and_replaces_and_leaves_the_original() -> None:
    one = chunk()
    other = one.with_columns({"close": np.array([1, 2, 3]), "x": np.array([0.5, 1.5, 2.5])})
    assert (other["close"].tolist(), other["x"].tolist()) == ([1, 2, 3], [0.5, 1.5, 2.5])
    assert (one["close"].tolist(), "x" in one.columns) == ([100, 101, 102], False)


def test_numbered_and_with_positions_change_nothing_else() -> None:
    one = chunk()
    assert values(one.numbered(7)) == {**values(one), "seq": [7, 8, 9]}
    assert values(one.with_positions(np.array([4, 5, 6]))) == {**values(one), "inst": [4, 5, 6]}
