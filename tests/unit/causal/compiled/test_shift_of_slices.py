"""``shift`` where all slices have the same instruments: from the column, with the bits and the state of its steps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unit.causal.compiled.parity import state
from unit.causal.stepping import bits

from friday_core.api import Market
from friday_core.causal.batch import feed
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.causal.tables import Places


def rows(seed: int, instruments: int, slices: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    close = random.normal(100.0, 5.0, slices * instruments)
    close[random.random(len(close)) < 0.05] = np.nan
    return {
        "ts": np.repeat(np.arange(1, slices + 1), instruments),
        "inst": np.tile(np.arange(instruments), slices),
        "close": close,
    }


def shifted(*lags: int, panel: bool) -> Program:
    """The column itself, a value that no column holds, and one that is shown and so has a column of its own."""

    def outputs(m: Market) -> Mapping[str, Any]:
        own = {f"x{lag}": m.close.shift(lag) for lag in lags}
        hidden = {f"h{lag}": (m.close * 3.0).shift(lag) - 1.0 for lag in lags}
        shown = {"double": m.close * 2.0, "again": (m.close * 2.0).shift(lags[0])}
        return own | hidden | shown | ({"rank": m.panel(own[f"x{lags[0]}"]).rank()} if panel else {})

    return trace_program(outputs)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    instruments=st.sampled_from([2, 3, 50, 700]),
    lag=st.integers(1, 60),
    slices=st.integers(1, 220),
    cut=st.floats(0.0, 1.0),
    panel=st.booleans(),
)
@example(seed=1, instruments=50, lag=21, slices=220, cut=1.0, panel=True)
@example(seed=2, instruments=3, lag=1, slices=220, cut=0.9, panel=False)
@example(seed=3, instruments=2, lag=60, slices=120, cut=0.5, panel=True)
def test_values_and_state_are_those_of_the_oracle_in_any_cut(
    seed: int, instruments: int, lag: int, slices: int, *, cut: float, panel: bool, kernels: Kernels
) -> None:
    program, scales = shifted(lag, 7, panel=panel), [1.0] * instruments
    slices = min(slices, 9_000 // instruments)
    table = rows(seed, instruments, slices)
    oracle, found = Oracle(program, scales), CompiledExecutor(program, scales, kernels=kernels)
    ends = [0, round(cut * slices) * instruments, slices * instruments]
    for first, last in itertools.pairwise(ends):
        part = {name: column[first:last] for name, column in table.items()}
        expected, got = feed(oracle, part), feed(found, part)
        assert {name: bits(column.tolist()) for name, column in got.items()} == {
            name: bits(column.tolist()) for name, column in expected.items()
        }
        assert state(found) == state(oracle)


@pytest.mark.parametrize(
    ("inst", "period"),
    [
        ([0, 1, 0, 1], 2),
        ([0, 2, 0, 2, 0, 2], 2),
        ([0, 1], 0),
        ([0, 1, 0, 2], 0),
        ([0, 1, 0], 0),
    ],
)
def test_slices_are_alike_where_all_have_the_same_instruments(inst: list[int], period: int) -> None:
    places = Places(np.arange(len(inst)) // 2, np.array(inst))
    assert places.period == period
    assert places.is_by_instrument


def test_slices_of_different_lengths_are_not_alike_though_their_instruments_come_again() -> None:
    places = Places(np.array([1, 1, 2, 3, 3, 3]), np.array([0, 1, 0, 1, 0, 1]))
    assert (places.period, places.is_by_instrument, places.bounds) == (0, False, (0, 1))


def test_rows_of_one_instrument_are_slices_of_their_own() -> None:
    places = Places(np.arange(5), np.zeros(5, np.int64))
    assert (places.starts, places.period, places.is_by_instrument, places.is_sorted) == (None, 0, True, True)


@pytest.mark.parametrize(("ts", "is_sorted"), [([1, 1, 2], True), ([1, 1, 0], False), ([2, 1, 1], False)])
def test_no_row_may_be_earlier_than_the_one_before(ts: list[int], is_sorted: bool) -> None:
    assert Places(np.array(ts), np.arange(3)).is_sorted is is_sorted
