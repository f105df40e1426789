"""Operators across the instruments of a slice."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.stepping import bits, outputs

from friday_core.causal.compiled.panel_kernels import FILLS
from friday_core.causal.op import NAN, Op
from friday_core.causal.operators import OPERATORS
from friday_core.causal.operators.panel import OPERATORS as PANELS

every_panel = pytest.mark.parametrize("op", PANELS, ids=lambda op: op.name)
ties = st.integers(-3, 3).map(float)
slices = st.lists(ties | st.floats(-1e6, 1e6) | st.just(NAN), max_size=12)


def run(name: str, column: list[float], *params: float) -> list[float]:
    return outputs(OPERATORS[name], [column], (*params,))


def _before(op: Op) -> tuple[float, ...]:
    """Parameters that stand before ``min_valid``."""
    return (3.0,) if len(op.parameters) == 2 else ()


@every_panel
def test_an_example_of_a_slice_comes_out_to_the_last_bit(op: Op) -> None:
    for example in op.examples:
        assert bits(outputs(op, example.inputs, example.params)) == bits(example.output)


@every_panel
@given(column=slices, min_valid=st.integers(1, 4))
def test_a_nan_row_stays_nan_and_changes_no_other(op: Op, column: list[float], min_valid: int) -> None:
    shown = run(op.name, column, *_before(op), min_valid)
    dense = [value for value in column if not math.isnan(value)]
    assert all(math.isnan(y) for x, y in zip(column, shown, strict=True) if math.isnan(x))
    kept = [y for x, y in zip(column, shown, strict=True) if not math.isnan(x)]
    assert bits(kept) == bits(run(op.name, dense, *_before(op), min_valid))


@every_panel
@given(column=slices)
def test_below_min_valid_values_a_slice_is_nan(op: Op, column: list[float]) -> None:
    valid = sum(not math.isnan(value) for value in column)
    assert all(map(math.isnan, run(op.name, column, *_before(op), valid + 1)))


@every_panel
def test_an_empty_slice_has_no_rows(op: Op) -> None:
    assert run(op.name, [], *_before(op), 1) == []


@given(slices)
def test_rank_is_that_of_pandas_in_percent(column: list[float]) -> None:
    expected = pd.Series(column, dtype=float).rank(pct=True)
    assert run("panel_rank", column, 1) == pytest.approx(expected.tolist(), abs=0, nan_ok=True)


@given(st.lists(ties, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_ranks_do_not_depend_on_the_order_of_rows(column: list[float], random: Random) -> None:
    order = list(range(len(column)))
    random.shuffle(order)
    shown = run("panel_rank", column, 1)
    assert run("panel_rank", [column[row] for row in order], 1) == [shown[row] for row in order]


@given(slices, st.integers(1, 14))
def test_top_takes_the_highest_and_of_equals_the_earlier(column: list[float], count: int) -> None:
    valid = [row for row, value in enumerate(column) if not math.isnan(value)]
    chosen = sorted(valid, key=lambda row: (-column[row], row))[:count]
    expected = [NAN if math.isnan(value) else float(row in chosen) for row, value in enumerate(column)]
    assert bits(run("panel_top", column, count, 1)) == bits(expected)


def test_top_takes_zeros_of_both_signs_for_equal() -> None:
    assert run("panel_top", [-0.0, 0.0, 0.0], 1, 2) == [1.0, 0.0, 0.0]


@given(st.lists(st.integers(-(10**6), 10**6).map(float), min_size=2, max_size=12))
def test_demean_takes_the_mean_rounded_at_most_twice(column: list[float]) -> None:
    mean = sum(map(Fraction, column)) / len(column)
    shown = run("panel_demean", column, 2)
    assert shown == pytest.approx([float(Fraction(value) - mean) for value in column], rel=0, abs=1e-9)


@given(st.floats(-1e300, 1e300), st.integers(2, 12))
def test_equal_values_are_demeaned_to_exact_zeros_and_have_no_zscore(value: float, count: int) -> None:
    assert run("panel_demean", [value] * count, 2) == [0.0] * count
    assert all(map(math.isnan, run("panel_zscore", [value] * count, 2)))


@given(st.lists(st.integers(-(10**6), 10**6).map(float), min_size=2, max_size=12, unique=True))
def test_zscore_is_that_of_pandas(column: list[float]) -> None:
    series = pd.Series(column)
    expected = (series - series.mean()) / series.std()
    assert run("panel_zscore", column, 2) == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-9)


@every_panel
@given(column=st.lists(ties | st.sampled_from([math.inf, -math.inf]), min_size=2, max_size=6, unique=True))
def test_which_rows_are_nan_beside_an_infinity_does_not_depend_on_their_order(op: Op, column: list[float]) -> None:
    forward = run(op.name, column, *_before(op), 2)
    backward = run(op.name, column[::-1], *_before(op), 2)[::-1]
    assert list(map(math.isnan, forward)) == list(map(math.isnan, backward))


@given(st.lists(st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6), min_size=1, max_size=12), st.floats(0.1, 10.0))
def test_scale_to_makes_the_absolute_values_sum_to_the_total(column: list[float], total: float) -> None:
    shown = run("panel_scale_to", column, total, 1)
    assert math.fsum(map(abs, shown)) == pytest.approx(total, rel=1e-12)
    assert [math.copysign(1.0, x) for x in column] == [math.copysign(1.0, y) for y in shown]


def test_scale_to_leaves_zeros_alone() -> None:
    assert run("panel_scale_to", [0.0, NAN, 0.0], 1.0, 2)[::2] == [0.0, 0.0]


@given(st.lists(ties | st.floats(-9, 9), min_size=1, max_size=150), st.floats(0.5, 150))
def test_the_kernel_of_top_takes_the_same_rows_few_or_many(column: list[float], count: float) -> None:
    rows, out = list(range(len(column))), [NAN] * len(column)
    fill, _ = FILLS["panel_top/1"]
    fill(rows, len(rows), column, (count, 1.0), out, [0] * len(rows))
    assert out == run("panel_top", column, count, 1)
