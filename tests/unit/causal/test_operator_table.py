"""Every operator does what its row in docs/operators.md says: its examples are its specification."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import pytest
from unit.causal.stepping import bits, outputs

from friday_core.causal.op import Example, Op, table
from friday_core.causal.operators import OPERATORS
from friday_core.causal.operators.windows import OPERATORS as WINDOWS

#: What the executor does itself.
WITHOUT_STEP = ("input", "const", "asof")
SHOWN = [op for op in OPERATORS.values() if op.name not in WITHOUT_STEP]
EXAMPLES = [(op, example) for op in SHOWN for example in op.examples]


def _name(value: Op | Example) -> str:
    return value.name if isinstance(value, Op) else "example"


def _warmup(op: Op, example: Example) -> int:
    return op.warmup(tuple(map(float, example.params)))


every_operator = pytest.mark.parametrize("op", SHOWN, ids=lambda op: op.name)
every_window = pytest.mark.parametrize("op", WINDOWS, ids=lambda op: op.name)
every_example = pytest.mark.parametrize(("op", "example"), EXAMPLES, ids=_name)


def _rows(example: Example) -> Iterator[tuple[float, ...]]:
    yield from zip(*example.inputs, strict=True)


def _unknown(row: tuple[float, ...]) -> bool:
    return any(map(math.isnan, row))


@every_example
def test_an_example_comes_out_to_the_last_bit(op: Op, example: Example) -> None:
    made = outputs(op, example.inputs, example.params, example.scale)
    assert made == pytest.approx(list(example.output), nan_ok=True)
    assert bits(made) == bits(example.output)


@every_example
def test_an_example_fits_its_operator(op: Op, example: Example) -> None:
    assert len(example.inputs) == op.arity
    assert len(example.params) == len(op.parameters)
    assert {len(column) for column in example.inputs} == {len(example.output)}


@every_operator
def test_an_operator_shows_what_it_makes_of_values_and_of_nan(op: Op) -> None:
    rows = [(row, value) for example in op.examples for row, value in zip(_rows(example), example.output, strict=True)]
    assert any(not _unknown(row) and not math.isnan(value) for row, value in rows)
    assert any(_unknown(row) for row, _ in rows)


@pytest.mark.parametrize(("op", "example"), [one for one in EXAMPLES if _warmup(*one)], ids=_name)
def test_the_first_value_comes_right_after_the_warm_up(op: Op, example: Example) -> None:
    """Of an example whose first rows hold no NaN."""
    warmup = _warmup(op, example)
    assert all(map(math.isnan, example.output[:warmup]))
    if warmup < len(example.output) and not any(map(_unknown, list(_rows(example))[: warmup + 1])):
        assert not math.isnan(example.output[warmup])


@every_window
def test_a_window_shows_warm_up_a_tie_nan_and_its_leaving(op: Op) -> None:
    example = op.examples[0]
    rows = list(_rows(example))
    unknown = next(place for place, row in enumerate(rows) if _unknown(row))
    pairs = itertools.pairwise(rows)
    assert math.isnan(example.output[0])
    assert any(before[-1] == row[-1] for before, row in pairs)
    assert unknown > op.warmup(example.params)


@every_example
def test_the_state_has_the_stated_size_and_stays_float64(op: Op, example: Example) -> None:
    params = tuple(map(float, example.params))
    state = list(op.start(params))
    slots = op.slots(params)
    assert len(state) == slots
    if op.step is None:
        return
    for row in _rows(example):
        op.step(state, 0, list(map(float, row)), params, example.scale)
        assert len(state) == slots
        assert {type(value) for value in state} <= {float}


@every_example
def test_a_step_touches_only_its_own_slots(op: Op, example: Example) -> None:
    if op.step is None:
        return
    params = tuple(map(float, example.params))
    guard = [-7.25] * 3
    state = [*guard, *op.start(params), *guard]
    made = [op.step(state, 3, list(map(float, row)), params, example.scale) for row in _rows(example)]
    assert bits(made) == bits(example.output)
    assert (state[:3], state[-3:], len(state)) == (guard, guard, 6 + op.slots(params))


@every_example
def test_an_output_is_a_float_and_never_an_int_or_a_bool(op: Op, example: Example) -> None:
    made = outputs(op, example.inputs, example.params, example.scale)
    assert {type(value) for value in made} <= {float}


@every_operator
def test_an_operator_has_a_step_or_a_panel_and_not_both(op: Op) -> None:
    assert (op.step is None) != (op.panel is None)


@pytest.mark.parametrize("op", OPERATORS.values(), ids=lambda op: op.name)
def test_an_operator_says_what_it_means_and_what_it_does_with_nan(op: Op) -> None:
    assert op.meaning
    assert op.nan
    assert op.version >= 1


def test_two_operators_of_one_name_are_refused() -> None:
    op = OPERATORS["add"]
    with pytest.raises(ValueError, match="two operators share a name"):
        table(op, op)


def test_a_name_with_its_version_is_what_a_key_is_made_from() -> None:
    assert OPERATORS["rolling_sum"].identity == "rolling_sum/1"
