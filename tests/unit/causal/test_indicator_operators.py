"""The operators made for indicators: seeded and weighted averages, totals, stops and sides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.stepping import bits, outputs

from friday_core.causal.op import Op, Params
from friday_core.causal.operators import averages, trend

NAN = math.nan
OPERATORS = {op.name: op for op in (*averages.OPERATORS, *trend.OPERATORS)}
PARAMS: dict[str, Params] = {
    "seeded_mean": (3.0, 0.25, 2.0, 1.0),
    "rolling_wma": (4.0,),
    "rolling_mad": (4.0,),
    "psar": (0.02, 0.2),
}
NUMBERS = st.one_of(st.integers(-50, 50).map(float), st.floats(-1e6, 1e6), st.just(NAN))
UNITS = st.lists(st.integers(1, 10**7).map(float), min_size=1, max_size=40)


def _run(op: Op, params: Params, rows: Sequence[Sequence[float]], scale: float = 1.0) -> list[float]:
    return outputs(op, list(zip(*rows, strict=True)), params, scale)


@pytest.mark.parametrize("op", OPERATORS.values(), ids=lambda op: op.name)
@given(st.data())
def test_the_state_is_all_that_is_carried_and_all_that_is_touched(op: Op, data: st.DataObject) -> None:
    params = PARAMS.get(op.name, ())
    rows = data.draw(st.lists(st.tuples(*[NUMBERS] * op.arity), max_size=30))
    slots = op.slots(params)
    state, moved = list(op.start(params)), []
    assert op.step is not None
    for row in rows:
        # Every row runs on a copy at another place, between two strangers.
        around = [7.0, *state, 8.0]
        moved.append(op.step(around, 1, row, params, 1.0))
        assert (around[0], around[-1], len(around)) == (7.0, 8.0, slots + 2)
        state = around[1:-1]
        assert all(type(one) is float for one in state)
    assert bits(moved) == bits(_run(op, params, rows))


@pytest.mark.parametrize("name", ["rolling_wma", "rolling_mad"])
@given(st.lists(NUMBERS, max_size=30), st.integers(0, 30), st.integers(1, 9))
def test_a_window_has_the_same_bits_whatever_row_it_started_at(
    name: str, values: list[float], dropped: int, window: int
) -> None:
    rows = [(one,) for one in values]
    whole = _run(OPERATORS[name], (float(window),), rows)[dropped + window - 1 :]
    later = _run(OPERATORS[name], (float(window),), rows[dropped:])[window - 1 :]
    assert bits(whole) == bits(later)


@given(st.lists(NUMBERS, max_size=30), st.integers(1, 9))
def test_a_window_is_nan_exactly_while_it_holds_one_or_is_not_full(values: list[float], window: int) -> None:
    holds = [n + 1 < window or any(map(math.isnan, values[n + 1 - window : n + 1])) for n in range(len(values))]
    for name in ("rolling_wma", "rolling_mad"):
        found = _run(OPERATORS[name], (float(window),), [(one,) for one in values])
        assert [math.isnan(one) for one in found] == holds


@given(UNITS, st.integers(1, 9), st.sampled_from([1.0, 100.0, 10_000.0]))
def test_a_wma_of_whole_units_is_rounded_once(units: list[float], window: int, scale: float) -> None:
    found = _run(OPERATORS["rolling_wma"], (float(window),), [(one,) for one in units], scale)
    for end in range(window, len(units) + 1):
        exact = sum(k * Fraction(one) for k, one in enumerate(units[end - window : end], 1))
        assert found[end - 1] == float(exact / (Fraction(window * (window + 1), 2) * Fraction(scale)))


@given(UNITS, st.integers(1, 9), st.sampled_from([1.0, 100.0, 10_000.0]))
def test_a_mean_distance_of_whole_units_is_rounded_once(units: list[float], window: int, scale: float) -> None:
    found = _run(OPERATORS["rolling_mad"], (float(window),), [(one,) for one in units], scale)
    for end in range(window, len(units) + 1):
        rows = [Fraction(one) for one in units[end - window : end]]
        mean = sum(rows, Fraction()) / window
        assert found[end - 1] == float(sum(abs(one - mean) for one in rows) / window / Fraction(scale))


@given(st.floats(-1e6, 1e6), st.integers(1, 9))
def test_a_constant_has_no_distance_from_its_mean(value: float, window: int) -> None:
    assert _run(OPERATORS["rolling_mad"], (float(window),), [(value,)] * 20)[-1] == 0.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=30), st.integers(1, 9), st.integers(0, 3))
def test_a_seeded_mean_begins_with_the_mean_of_the_values_after_those_passed_over(
    values: list[float], window: int, skip: int
) -> None:
    found = _run(OPERATORS["seeded_mean"], (float(window), 0.5, float(window), float(skip)), [(one,) for one in values])
    first = skip + window - 1
    assert [math.isnan(one) for one in found] == [n < first for n in range(len(values))]
    expected = sum(values[skip : first + 1]) / window
    for value, mean in zip(values[first + 1 :], found[first + 1 :], strict=True):
        expected = expected + 0.5 * (value - expected)
        assert mean == pytest.approx(expected, rel=1e-12, abs=1e-7)


def test_a_seeded_mean_begins_anew_after_an_infinity() -> None:
    rows = [(one,) for one in (1.0, 3.0, math.inf, 5.0, 2.0, 4.0)]
    found = _run(OPERATORS["seeded_mean"], (2.0, 0.5, 2.0, 0.0), rows)
    assert bits(found) == bits([NAN, 2.0, math.inf, NAN, NAN, 3.0])


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 9)), min_size=2, max_size=40))
def test_the_parabolic_stop_never_stands_inside_the_bar_before_it(bars: list[tuple[int, int]]) -> None:
    rows = [(float(low + height), float(low)) for low, height in bars]
    stops = _run(OPERATORS["psar"], (0.02, 0.2), rows)
    for (high, low), stop in zip(rows[1:], stops[2:], strict=False):
        assert stop >= high or stop <= low


@given(st.lists(st.tuples(st.integers(1, 50).map(float), st.integers(1, 50).map(float)), min_size=1, max_size=40))
def test_a_trailing_stop_falls_only_after_a_close_below_it(rows: list[tuple[float, float]]) -> None:
    stops = _run(OPERATORS["trailing_stop"], (), rows)
    for (_, close), before, stop in zip(rows, stops, stops[1:], strict=False):
        assert stop >= before or close < before
