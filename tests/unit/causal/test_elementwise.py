"""Operators on single rows: IEEE arithmetic at its edges, Kleene's logic, kinds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.stepping import bits, outputs

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN
from friday_core.causal.operators import OPERATORS

INF = math.inf
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1.5, -1.5, 5e-324, -5e-324, 1e-310]
SPECIAL += [2.0**53, -(2.0**53), 1.7e308, -1.7e308, INF, -INF, NAN]
PAIRS = list(itertools.product(SPECIAL, SPECIAL))
TRUTHS = [0.0, 1.0, NAN]
COMPARISONS = {
    "gt": np.greater, "ge": np.greater_equal, "lt": np.less, "le": np.less_equal, "eq": np.equal, "ne": np.not_equal,
}  # fmt: skip
GRIDS = [Kind.PRICE, Kind.COUNT]


def _one(name: str, *values: float) -> float:
    return outputs(OPERATORS[name], [[value] for value in values])[0]


def _numpy(function: np.ufunc, *columns: list[float]) -> list[float]:
    with np.errstate(all="ignore"):
        return list(map(float, function(*map(np.array, columns))))


@pytest.mark.parametrize(
    ("name", "function"), [("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.divide)]
)
def test_arithmetic_has_the_bits_of_ieee_at_every_edge(name: str, function: np.ufunc) -> None:
    a, b = [one for one, _ in PAIRS], [other for _, other in PAIRS]
    assert bits(outputs(OPERATORS[name], [a, b])) == bits(_numpy(function, a, b))


@pytest.mark.parametrize(
    ("name", "function"),
    [("neg", np.negative), ("abs", np.absolute), ("sqrt", np.sqrt), ("floor", np.floor), ("sign", np.sign)],
)
def test_functions_have_the_bits_of_ieee_at_every_edge(name: str, function: np.ufunc) -> None:
    assert bits(outputs(OPERATORS[name], [SPECIAL])) == bits(_numpy(function, SPECIAL))


@given(st.floats(), st.floats())
def test_a_division_never_raises_and_equals_ieee(a: float, b: float) -> None:
    assert bits([_one("div", a, b)]) == bits(_numpy(np.divide, [a], [b]))


def test_powers_at_every_edge_are_those_of_c() -> None:
    """But for NaN, which always propagates: C says 1 for ``1 ** nan`` and ``nan ** 0``."""
    known = [(a, b) for a, b in PAIRS if not math.isnan(a) and not math.isnan(b)]
    a, b = [one for one, _ in known], [other for _, other in known]
    assert bits(outputs(OPERATORS["pow"], [a, b])) == bits(_numpy(np.power, a, b))
    assert math.isnan(_one("pow", 1.0, NAN))
    assert math.isnan(_one("pow", NAN, 0.0))


@pytest.mark.parametrize(("name", "function"), [("log", np.log), ("exp", np.exp)])
def test_logarithm_and_exponential_at_every_edge_are_those_of_c(name: str, function: np.ufunc) -> None:
    made, expected = outputs(OPERATORS[name], [SPECIAL]), _numpy(function, SPECIAL)
    assert made == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@pytest.mark.parametrize(("name", "function"), COMPARISONS.items())
def test_a_comparison_is_unknown_with_nan_and_else_that_of_ieee(name: str, function: np.ufunc) -> None:
    for a, b in PAIRS:
        expected = NAN if math.isnan(a) or math.isnan(b) else float(function(a, b))
        assert bits([_one(name, a, b)]) == bits([expected])


@pytest.mark.parametrize(("name", "function"), [("min", min), ("max", max)])
def test_the_first_of_equal_values_wins(name: str, function: Callable[[float, float], float]) -> None:
    for a, b in PAIRS:
        expected = NAN if math.isnan(a) or math.isnan(b) else function(a, b)
        assert bits([_one(name, a, b)]) == bits([expected])


@pytest.mark.parametrize(("name", "decides"), [("and", 0.0), ("or", 1.0)])
def test_logic_is_known_when_one_side_decides_or_both_are_known(name: str, decides: float) -> None:
    for a, b in itertools.product(TRUTHS, TRUTHS):
        expected = decides if decides in (a, b) else (1.0 - decides if a == b else NAN)
        assert bits([_one(name, a, b)]) == bits([expected])


def test_logic_keeps_the_law_of_de_morgan_with_unknowns() -> None:
    for a, b in itertools.product(TRUTHS, TRUTHS):
        both = _one("not", _one("and", a, b))
        assert bits([both]) == bits([_one("or", _one("not", a), _one("not", b))])


@pytest.mark.parametrize(("condition", "chosen"), [(1.0, 7.0), (0.0, 9.0)])
def test_where_takes_no_notice_of_nan_on_the_side_that_is_not_chosen(condition: float, chosen: float) -> None:
    yes, no = (7.0, NAN) if condition == 1.0 else (NAN, 9.0)
    assert _one("where", condition, yes, no) == chosen


def test_where_is_nan_where_the_condition_is_unknown() -> None:
    assert math.isnan(_one("where", NAN, 7.0, 7.0))


@given(st.integers(-(2**53), 2**53), st.sampled_from([1.0, 2.0, 100.0, 400.0, 10_000.0]))
def test_a_price_becomes_a_number_by_one_division(units: int, scale: float) -> None:
    assert outputs(OPERATORS["to_num"], [[units]], scale=scale) == [units / scale]


def test_a_count_becomes_a_number_as_it_is() -> None:
    assert outputs(OPERATORS["count_to_num"], [[12.0]], scale=100.0) == [12.0]


# Kinds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["add", "sub", "min", "max", "neg", "abs"])
@pytest.mark.parametrize("kind", [*GRIDS, Kind.NUM])
def test_what_is_closed_on_a_grid_stays_on_it(name: str, kind: Kind) -> None:
    op = OPERATORS[name]
    assert op.kind((kind,) * op.arity) is kind


@pytest.mark.parametrize("name", ["mul", "div", "pow", "sqrt", "log", "exp", "floor"])
@pytest.mark.parametrize("kind", GRIDS)
def test_what_leaves_a_grid_asks_for_numbers(name: str, kind: Kind) -> None:
    op = OPERATORS[name]
    assert op.kind((kind,) * op.arity) is None
    assert op.kind((Kind.NUM,) * op.arity) is Kind.NUM


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow", "min", "max", "neg", "sqrt", "sign", "floor"])
def test_arithmetic_does_not_take_conditions(name: str) -> None:
    op = OPERATORS[name]
    assert op.kind((Kind.BOOL,) * op.arity) is None


@pytest.mark.parametrize("name", ["add", "min", "gt", "eq"])
def test_two_kinds_are_converted_before_they_meet(name: str) -> None:
    assert OPERATORS[name].kind((Kind.PRICE, Kind.COUNT)) is None
    assert OPERATORS[name].kind((Kind.PRICE, Kind.NUM)) is None


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("kind", [*GRIDS, Kind.NUM])
def test_a_comparison_on_a_grid_is_exact_and_gives_a_condition(name: str, kind: Kind) -> None:
    assert OPERATORS[name].kind((kind, kind)) is Kind.BOOL


@pytest.mark.parametrize("name", ["and", "or", "not"])
def test_logic_takes_conditions_only(name: str) -> None:
    op = OPERATORS[name]
    assert op.kind((Kind.BOOL,) * op.arity) is Kind.BOOL
    assert [op.kind((kind,) * op.arity) for kind in (*GRIDS, Kind.NUM)] == [None, None, None]


def test_where_takes_a_condition_and_two_values_of_one_kind() -> None:
    kind = OPERATORS["where"].kind
    assert [kind((Kind.BOOL, one, one)) for one in Kind] == list(Kind)
    assert kind((Kind.NUM, Kind.NUM, Kind.NUM)) is None
    assert kind((Kind.BOOL, Kind.PRICE, Kind.NUM)) is None
