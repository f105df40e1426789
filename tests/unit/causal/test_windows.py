"""Rolling operators: equal to pandas, exact on a grid, without drift, and NaN exactly when they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.stepping import bits, outputs

from friday_core.causal.op import NAN, Op
from friday_core.causal.operators import OPERATORS
from friday_core.causal.operators.windows import OPERATORS as WINDOWS

ROLLING = [op for op in WINDOWS if op.name != "shift"]
#: What needs two rows.
SPREADS = ("rolling_var", "rolling_cov", "rolling_corr", "grid_rolling_var")
#: Equal to pandas to the last bit.
EXACT = ("rolling_min", "rolling_max", "rolling_quantile", "rolling_rank")
#: The same bits from any first row, on whole numbers.
ANCHOR_FREE = ("shift", *EXACT, "grid_rolling_sum", "grid_rolling_mean", "grid_rolling_var")
#: Others, from pandas: for each row of the window, relative to the size of the values, or to its square for a
#: variance or covariance. Most of it is the error of pandas, which subtracts what leaves a window.
TOLERANCE = 1e-14
#: Correlations, from pandas, where neither column is constant; from each window alone they are off by 1e-11.
CORRELATION_TOLERANCE = 1e-7

PANDAS: dict[str, Callable[[Any, pd.Series], pd.Series]] = {
    "sum": lambda rolling, _y: rolling.sum(),
    "mean": lambda rolling, _y: rolling.mean(),
    "var": lambda rolling, _y: rolling.var(),
    "min": lambda rolling, _y: rolling.min(),
    "max": lambda rolling, _y: rolling.max(),
    "rank": lambda rolling, _y: rolling.rank(pct=True),
    "quantile": lambda rolling, _y: rolling.quantile(0.3),
    "cov": lambda rolling, y: rolling.cov(y),
    "corr": lambda rolling, y: rolling.corr(y),
}
SCALE = 100.0

every_rolling = pytest.mark.parametrize("op", ROLLING, ids=lambda op: op.name)
anchor_free = pytest.mark.parametrize("name", ANCHOR_FREE)
windows = st.integers(1, 9)
ticks = st.integers(-20, 20).map(float)
prices = st.integers(0, 3_000_000).map(float)
numbers = st.floats(-1e9, 1e9) | ticks
pairs = st.lists(st.tuples(numbers | st.just(NAN), numbers | st.just(NAN)), max_size=40)


def _params(op: Op, window: int) -> tuple[float, ...]:
    return (float(window), 0.3) if op.name == "rolling_quantile" else (float(window),)


def _columns(op: Op, rows: Sequence[tuple[float, float]]) -> list[list[float]]:
    return [[row[place] for row in rows] for place in range(op.arity)]


def _windows(values: Sequence[float], window: int) -> list[Sequence[float]]:
    """The full windows, oldest first."""
    return [values[end - window : end] for end in range(window, len(values) + 1)]


# Against pandas --------------------------------------------------------------------------------


def _series(kind: str, seed: int) -> tuple[pd.Series, pd.Series]:
    """Two columns of 400 rows with NaN here and there."""
    rng = np.random.default_rng(seed)
    columns = rng.integers(-3, 4, (2, 400)).astype(float) if kind == "ticks" else rng.standard_normal((2, 400))
    if kind == "walk":
        columns = 10_000.0 + columns.cumsum(axis=1)
    columns[rng.random((2, 400)) < 0.01] = NAN
    return pd.Series(columns[0]), pd.Series(columns[1])


@pytest.mark.parametrize("window", [1, 2, 3, 7, 20, 64])
@pytest.mark.parametrize("kind", ["ticks", "walk", "noise"])
@pytest.mark.parametrize("name", [op.name for op in ROLLING if op.name != "rolling_corr"])
def test_a_rolling_operator_equals_pandas(name: str, kind: str, window: int) -> None:
    op = OPERATORS[name]
    x, y = _series("ticks" if name.startswith("grid_") else kind, window)
    made = outputs(op, [x, y][: op.arity], _params(op, window))
    size = float(x.abs().max()) ** (2 if name in SPREADS else 1)
    tolerance = 0.0 if name in EXACT else TOLERANCE * window * size
    expected = PANDAS[name.rpartition("_")[2]](x.rolling(window, min_periods=window), y)
    np.testing.assert_allclose(made, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("window", [2, 3, 7, 20, 64])
@pytest.mark.parametrize("kind", ["ticks", "walk", "noise"])
def test_a_correlation_equals_pandas_and_is_nan_where_a_column_is_constant(kind: str, window: int) -> None:
    x, y = _series(kind, window)
    x[100:190] = round(x.median())
    made = pd.Series(np.array(outputs(OPERATORS["rolling_corr"], [x, y], (window,))))
    rolled = [column.where(x.notna() & y.notna()).rolling(window) for column in (x, y)]
    varies = (rolled[0].max() > rolled[0].min()) & (rolled[1].max() > rolled[1].min())
    assert varies.sum() > 100
    assert made.notna().tolist() == varies.tolist()
    expected = x.rolling(window, min_periods=window).corr(y)
    np.testing.assert_allclose(made[varies], expected[varies], rtol=0, atol=CORRELATION_TOLERANCE)


@pytest.mark.parametrize("kind", ["walk", "noise"])
def test_a_correlation_is_that_of_the_window_alone(kind: str) -> None:
    x, y = _series(kind, 20)
    made = outputs(OPERATORS["rolling_corr"], [x, y], (20,))
    alone = [np.corrcoef(x[end - 20 : end], y[end - 20 : end])[0, 1] for end in range(20, len(x) + 1)]
    np.testing.assert_allclose(made[19:], alone, rtol=0, atol=1e-11)


# On a grid -------------------------------------------------------------------------------------


@given(st.lists(prices, max_size=40), windows)
def test_a_grid_sum_is_the_exact_sum(values: list[float], window: int) -> None:
    made = outputs(OPERATORS["grid_rolling_sum"], [values], (window,), SCALE)
    assert made[window - 1 :] == [float(sum(map(int, one))) for one in _windows(values, window)]


@given(st.lists(prices, max_size=40), windows)
def test_a_grid_mean_is_the_exact_mean_rounded_once(values: list[float], window: int) -> None:
    made = outputs(OPERATORS["grid_rolling_mean"], [values], (window,), SCALE)
    exact = [Fraction(sum(map(int, one)), window * 100) for one in _windows(values, window)]
    assert made[window - 1 :] == list(map(float, exact))


@given(st.lists(prices | ticks, max_size=40), st.integers(2, 9))
def test_a_grid_variance_is_the_exact_variance_rounded_once(values: list[float], window: int) -> None:
    made = outputs(OPERATORS["grid_rolling_var"], [values], (window,), SCALE)
    exact = []
    for one in _windows(values, window):
        s, q = sum(map(int, one)), sum(int(value) ** 2 for value in one)
        exact.append(Fraction(window * q - s * s, window * (window - 1) * 100 * 100))
    assert made[window - 1 :] == list(map(float, exact))


@anchor_free
@given(rows=st.lists(prices | ticks | st.just(NAN), max_size=40), window=windows, dropped=st.integers(0, 30))
def test_a_window_has_the_same_bits_from_any_first_row(name: str, rows: list[float], window: int, dropped: int) -> None:
    op = OPERATORS[name]
    params = _params(op, window)
    whole, part = outputs(op, [rows], params, SCALE), outputs(op, [rows[dropped:]], params, SCALE)
    warm = op.warmup(params)
    assert bits(part[warm:]) == bits(whole[dropped:][warm:])


@given(st.lists(st.integers(-(2**52), 2**52).map(float), max_size=30), windows)
def test_a_grid_sum_past_2_to_the_53_is_off_only_while_the_window_holds_it(values: list[float], window: int) -> None:
    small = [float(value) for value in range(2 * window)]
    made = outputs(OPERATORS["grid_rolling_sum"], [[*values, *small]], (window,))
    assert made[len(values) + window - 1 :] == [sum(one) for one in _windows(small, window)]


@given(st.lists(st.integers(0, 2**52).map(float), max_size=30), st.integers(2, 9))
def test_a_grid_variance_is_never_negative(values: list[float], window: int) -> None:
    assert all(value >= 0.0 for value in outputs(OPERATORS["grid_rolling_var"], [values], (window,))[window - 1 :])


# Anchors, state and NaN ------------------------------------------------------------------------


@every_rolling
@given(rows=pairs, window=windows, blocks=st.integers(0, 3))
def test_what_has_left_the_window_leaves_no_trace(
    op: Op, rows: list[tuple[float, float]], window: int, blocks: int
) -> None:
    """Whole blocks are dropped, so that the others begin at the same rows."""
    params, dropped = _params(op, window), blocks * window
    whole, part = outputs(op, _columns(op, rows), params), outputs(op, _columns(op, rows[dropped:]), params)
    if op.name == "grid_rolling_var":
        assert part[window - 1 :] == pytest.approx(whole[dropped:][window - 1 :], rel=1e-6, abs=1e4, nan_ok=True)
    else:
        assert bits(part[window - 1 :]) == bits(whole[dropped:][window - 1 :])


@pytest.mark.parametrize("op", WINDOWS, ids=lambda op: op.name)
@given(rows=pairs, window=windows)
def test_a_state_that_is_saved_and_read_back_on_every_row_changes_nothing(
    op: Op, rows: list[tuple[float, float]], window: int
) -> None:
    assert op.step is not None
    params, columns, made = _params(op, window), _columns(op, rows), []
    state = list(op.start(params))
    for row in zip(*columns, strict=True):
        made.append(op.step(state, 0, row, params, SCALE))
        state = list(map(float, np.frombuffer(np.array(state, np.float64).tobytes(), np.float64)))
    assert bits(made) == bits(outputs(op, columns, params, SCALE))


@every_rolling
@given(rows=pairs, window=windows)
def test_a_window_is_nan_exactly_while_it_is_not_full_or_holds_nan(
    op: Op, rows: list[tuple[float, float]], window: int
) -> None:
    columns = _columns(op, rows)
    made = outputs(op, columns, _params(op, window))
    expected = []
    for end in range(1, len(rows) + 1):
        held = [column[max(0, end - window) : end] for column in columns]
        never = op.name in SPREADS and window == 1
        constant = op.name == "rolling_corr" and (len(set(held[0])) == 1 or len(set(held[1])) == 1)
        expected.append(end < window or never or constant or any(math.isnan(value) for one in held for value in one))
    if op.name == "rolling_corr":
        # Distances below 1e-154 have no squares: such columns count as constant.
        assert all(math.isnan(value) for value, unknown in zip(made, expected, strict=True) if unknown)
    else:
        assert [math.isnan(value) for value in made] == expected


@pytest.mark.parametrize("name", ["rolling_mean", *SPREADS])
@pytest.mark.parametrize("infinity", [math.inf, -math.inf])
def test_an_infinity_counts_as_nan_where_distances_are_taken(name: str, infinity: float) -> None:
    op = OPERATORS[name]
    rows = [1.0, 2.0, 4.0, infinity, 3.0, 5.0, 6.0, 9.0]
    made = outputs(op, [rows] * op.arity, (3,))
    assert [math.isnan(value) for value in made] == [True, True, False, True, True, True, False, False]


@pytest.mark.parametrize("name", ["rolling_sum", "rolling_min", "rolling_max", "rolling_rank"])
def test_an_infinity_is_a_number_where_it_can_be(name: str) -> None:
    made = outputs(OPERATORS[name], [[1.0, math.inf, 2.0, 3.0]], (2,))
    expected = {
        "rolling_sum": [math.inf, math.inf, 5.0],
        "rolling_min": [1.0, 2.0, 2.0],
        "rolling_max": [math.inf, math.inf, 3.0],
        "rolling_rank": [1.0, 0.5, 1.0],
    }
    assert made[1:] == expected[name]


# Single operators ------------------------------------------------------------------------------


@given(st.lists(numbers, max_size=12), numbers, st.integers(2, 9))
def test_a_constant_window_has_its_value_as_mean_and_no_spread(before: list[float], value: float, window: int) -> None:
    rows = [*before, *[value] * (2 * window)]
    full = len(before) + window - 1
    assert set(outputs(OPERATORS["rolling_mean"], [rows], (window,))[full:]) == {value}
    assert set(outputs(OPERATORS["rolling_var"], [rows], (window,))[full:]) == {0.0}
    assert set(outputs(OPERATORS["rolling_cov"], [rows, rows], (window,))[full:]) == {0.0}
    assert all(map(math.isnan, outputs(OPERATORS["rolling_corr"], [rows, rows], (window,))[full:]))


@given(st.lists(numbers, max_size=40), st.integers(2, 9))
def test_mean_and_variance_are_within_a_few_roundings_of_the_exact_ones(values: list[float], window: int) -> None:
    means = outputs(OPERATORS["rolling_mean"], [values], (window,))[window - 1 :]
    variances = outputs(OPERATORS["rolling_var"], [values], (window,))[window - 1 :]
    for one, mean, variance in zip(_windows(values, window), means, variances, strict=True):
        exact = list(map(Fraction, one))
        middle = sum(exact) / window
        spread = sum((value - middle) ** 2 for value in exact) / (window - 1)
        rounding = 2.0**-52 * window * max(map(abs, one))
        assert abs(mean - middle) <= rounding + window * 5e-324  # the smallest float, where rounding is absolute
        assert abs(variance - spread) <= 4.0 * rounding * max(map(abs, one)) + 1e-300


@given(st.lists(numbers | st.just(NAN), max_size=40), windows)
def test_the_covariance_of_a_column_with_itself_is_its_variance(values: list[float], window: int) -> None:
    assert bits(outputs(OPERATORS["rolling_cov"], [values, values], (window,))) == bits(
        outputs(OPERATORS["rolling_var"], [values], (window,))
    )


@given(st.lists(st.tuples(numbers, numbers), max_size=40), st.integers(2, 9))
def test_a_correlation_lies_between_minus_one_and_one(rows: list[tuple[float, float]], window: int) -> None:
    made = outputs(OPERATORS["rolling_corr"], [[x for x, _ in rows], [y for _, y in rows]], (window,))
    assert [value for value in made if not math.isnan(value) and not -1.0 <= value <= 1.0] == []


@given(st.lists(prices, max_size=40), st.integers(2, 9))
def test_a_column_correlates_with_itself_and_against_its_opposite_exactly(values: list[float], window: int) -> None:
    same = outputs(OPERATORS["rolling_corr"], [values, values], (window,))
    opposite = outputs(OPERATORS["rolling_corr"], [values, [-value for value in values]], (window,))
    assert {value for value in same if not math.isnan(value)} <= {1.0}
    assert {value for value in opposite if not math.isnan(value)} <= {-1.0}


@pytest.mark.parametrize("size", [1e-120, 1e120])
def test_a_correlation_of_very_small_or_large_columns_is_that_of_common_ones(size: float) -> None:
    x, y = [1.0, 3.0, 2.0, 5.0], [2.0, 3.0, 1.0, 8.0]
    made = outputs(OPERATORS["rolling_corr"], [[value * size for value in x], [value * size for value in y]], (4,))
    assert made[3] == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-14)


@given(st.lists(st.sampled_from([-1.0, -0.0, 0.0, 1.0]), max_size=30), windows)
def test_the_oldest_of_equal_extremes_wins_even_between_zeros(values: list[float], window: int) -> None:
    lowest = outputs(OPERATORS["rolling_min"], [values], (window,))[window - 1 :]
    highest = outputs(OPERATORS["rolling_max"], [values], (window,))[window - 1 :]
    assert bits(lowest) == bits([min(one) for one in _windows(values, window)])
    assert bits(highest) == bits([max(one) for one in _windows(values, window)])


@given(st.lists(numbers | st.just(NAN), max_size=40), windows)
def test_the_outer_quantiles_are_the_extremes(values: list[float], window: int) -> None:
    for q, name in ((0.0, "rolling_min"), (1.0, "rolling_max")):
        made = outputs(OPERATORS["rolling_quantile"], [values], (window, q))
        assert made == pytest.approx(outputs(OPERATORS[name], [values], (window,)), rel=0, abs=0, nan_ok=True)


def test_a_rank_averages_ties() -> None:
    assert outputs(OPERATORS["rolling_rank"], [[5, 5, 5, 5, 9, 1]], (4,))[3:] == [0.625, 1.0, 0.25]


def test_a_shift_passes_nan_and_counts_rows() -> None:
    made = outputs(OPERATORS["shift"], [[1, NAN, 3, 4, 5]], (3,))
    assert bits(made) == bits([NAN, NAN, NAN, 1.0, NAN])
