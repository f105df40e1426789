"""Operators that carry a value: ewm, ffill, since, latch, ratchet, and what begins anew with a session."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.stepping import bits, outputs

from friday_core.causal.op import NAN
from friday_core.causal.operators import OPERATORS

values = st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float), max_size=40)
gappy = st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float) | st.just(NAN), max_size=40)
truths = st.sampled_from([0.0, 1.0, NAN])


def run(name: str, *columns: list[float], params: tuple[float, ...] = ()) -> list[float]:
    return outputs(OPERATORS[name], columns, params)


@given(values, st.floats(0.01, 1.0))
def test_ewm_mean_is_pandas_without_adjustment(column: list[float], alpha: float) -> None:
    expected = pd.Series(column, dtype=float).ewm(alpha=alpha, adjust=False).mean()
    assert run("ewm_mean", column, params=(alpha,)) == pytest.approx(expected.tolist(), rel=1e-12, abs=1e-9)


@given(values, st.floats(0.01, 1.0))
def test_ewm_var_is_the_biased_one_of_pandas(column: list[float], alpha: float) -> None:
    expected = pd.Series(column, dtype=float).ewm(alpha=alpha, adjust=False).var(bias=True)
    assert run("ewm_var", column, params=(alpha,)) == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-3)


@given(gappy, st.floats(0.01, 1.0), st.sampled_from(["ewm_mean", "ewm_var"]))
def test_a_nan_row_leaves_an_ewm_as_if_it_had_not_been(column: list[float], alpha: float, name: str) -> None:
    dense = [value for value in column if not math.isnan(value)]
    shown = run(name, column, params=(alpha,))
    assert bits([y for x, y in zip(column, shown, strict=True) if not math.isnan(x)]) == bits(
        run(name, dense, params=(alpha,))
    )
    assert all(math.isnan(y) for x, y in zip(column, shown, strict=True) if math.isnan(x))


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0.01, 1.0), st.integers(1, 50))
def test_an_ewm_of_a_constant_is_that_constant_exactly(value: float, alpha: float, rows: int) -> None:
    assert run("ewm_mean", [value] * rows, params=(alpha,)) == [value] * rows
    assert run("ewm_var", [value] * rows, params=(alpha,)) == [0.0] * rows


def test_an_ewm_starts_anew_after_an_infinity_has_left_nan() -> None:
    assert bits(run("ewm_mean", [1.0, math.inf, 2.0, 3.0, 5.0], params=(0.5,))) == bits([1.0, math.inf, NAN, 3.0, 4.0])


@given(gappy)
def test_ffill_is_that_of_pandas(column: list[float]) -> None:
    assert bits(run("ffill", column)) == bits(pd.Series(column, dtype=float).ffill().tolist())


@given(st.lists(truths, max_size=30))
def test_since_counts_all_rows_from_the_last_true_one(condition: list[float]) -> None:
    expected = []
    for row, value in enumerate(condition):
        true = [earlier for earlier in range(row + 1) if condition[earlier] == 1.0]
        expected.append(float(row - true[-1]) if true and not math.isnan(value) else NAN)
    assert bits(run("since", condition)) == bits(expected)


@pytest.mark.parametrize(
    ("enter", "leave", "held", "expected"),
    [
        (1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 1.0, 1.0),
        (0.0, 1.0, 1.0, 0.0), (1.0, 1.0, 1.0, 0.0), (1.0, 1.0, 0.0, 0.0), (NAN, 1.0, 1.0, 0.0),
        (NAN, 0.0, 0.0, 0.0), (NAN, 0.0, 1.0, 1.0), (1.0, NAN, 0.0, 0.0), (1.0, NAN, 1.0, 1.0),
        (0.0, NAN, 1.0, 1.0), (NAN, NAN, 0.0, 0.0), (NAN, NAN, 1.0, 1.0),
    ],
)  # fmt: skip
def test_a_latch_leaves_before_it_enters_and_keeps_its_state_on_what_is_unknown(
    enter: float, leave: float, held: float, expected: float
) -> None:
    assert run("latch", [held, enter], [1.0 - held, leave]) == [held, expected]


@pytest.mark.parametrize(
    ("enter", "leave", "expected"),
    [(NAN, 0.0, NAN), (0.0, NAN, NAN), (1.0, NAN, NAN), (NAN, 1.0, 0.0), (0.0, 0.0, 0.0), (1.0, 0.0, 1.0)],
)
def test_a_latch_is_unknown_until_enter_and_exit_are_first_known(enter: float, leave: float, expected: float) -> None:
    assert bits(run("latch", [NAN, enter], [NAN, leave])) == bits([NAN, expected])


@given(values)
def test_a_ratchet_never_falls_without_a_reset(column: list[float]) -> None:
    shown = run("ratchet", column, [0.0] * len(column))
    assert shown == pd.Series(column, dtype=float).cummax().tolist()


@given(st.lists(st.tuples(st.integers(-3, 3).map(float) | st.just(NAN), truths), max_size=30))
def test_a_ratchet_is_the_highest_since_its_reset(rows: list[tuple[float, float]]) -> None:
    expected = []
    for row, (value, _) in enumerate(rows):
        first = max((earlier for earlier in range(row + 1) if rows[earlier][1] == 1.0), default=0)
        known = [one for one, _ in rows[first : row + 1] if not math.isnan(one)]
        expected.append(NAN if math.isnan(value) else max(known))
    assert bits(run("ratchet", [one for one, _ in rows], [two for _, two in rows])) == bits(expected)


def test_a_ratchet_keeps_the_first_of_two_zeros() -> None:
    assert bits(run("ratchet", [-0.0, 0.0], [0.0, 0.0])) == bits([-0.0, -0.0])


sessions = st.lists(st.tuples(st.integers(-3, 3).map(float) | st.just(NAN), st.integers(0, 1)), max_size=30)
PANDAS_CUMULATIVE = {"session_sum": "cumsum", "session_max": "cummax", "session_min": "cummin"}


@pytest.mark.parametrize("name", PANDAS_CUMULATIVE)
@given(rows=sessions)
def test_a_session_is_cumulative_as_in_pandas_and_by_itself(name: str, rows: list[tuple[float, int]]) -> None:
    column = [value for value, _ in rows]
    session = pd.Series([step for _, step in rows], dtype=float).cumsum()
    expected = getattr(pd.Series(column, dtype=float).groupby(session), PANDAS_CUMULATIVE[name])()
    shown = run(name, column, session.tolist())
    assert shown == pytest.approx(expected.tolist(), abs=0, nan_ok=True)


@given(rows=sessions)
def test_the_session_s_first_value_stays_for_the_session(rows: list[tuple[float, int]]) -> None:
    session, seen, expected = 0.0, dict[float, float](), []
    steps = []
    for value, step in rows:
        session += step
        steps.append(session)
        if not math.isnan(value):
            seen.setdefault(session, value)
        expected.append(NAN if math.isnan(value) else seen[session])
    assert bits(run("session_first", [value for value, _ in rows], steps)) == bits(expected)


@pytest.mark.parametrize("name", ["session_sum", "session_first", "session_max", "session_min"])
def test_a_nan_row_that_opens_a_session_ends_the_one_before(name: str) -> None:
    assert bits(run(name, [5.0, NAN, 2.0], [1.0, 2.0, 2.0])) == bits([5.0, NAN, 2.0])


@pytest.mark.parametrize("name", ["session_sum", "session_first", "session_max", "session_min"])
def test_a_row_of_an_unknown_session_changes_nothing(name: str) -> None:
    assert bits(run(name, [5.0, 9.0, 5.0], [1.0, NAN, 1.0])[1:]) == bits([NAN, *run(name, [5.0, 5.0], [1.0, 1.0])[1:]])


def test_a_session_sum_of_opposite_infinities_stays_nan_until_the_session_ends() -> None:
    shown = run("session_sum", [math.inf, -math.inf, 1.0, 1.0], [1.0, 1.0, 1.0, 2.0])
    assert bits(shown) == bits([math.inf, NAN, NAN, 1.0])
