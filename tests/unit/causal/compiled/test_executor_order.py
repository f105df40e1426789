"""The compiled executor refuses what the oracle refuses, and is left as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.causal.compiled.parity import compiled, oracle_of, state
from unit.causal.random_programs import ACCEPTED, NAMES, Made, Universe, execute, market, programs
from unit.causal.stepping import bits

from friday_core.causal.batch import feed
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.operators import OPERATORS
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.causal.trace import Trace
from friday_core.errors import InvariantError, SchemaError, TraceError

MEAN = trace_program(lambda m: {"mean": m.close.rolling(2).mean()})
RANK = trace_program(lambda m: {"rank": m.panel(m.close).rank()})
ROW = {"close": [1.0]}


def both(program: Program, kernels: Kernels) -> list[Oracle]:
    return [Oracle(program, [1.0] * 3), CompiledExecutor(program, [1.0] * 3, kernels=kernels)]


def test_slices_of_the_same_and_of_other_instruments_and_rows_between_them(kernels: Kernels) -> None:
    plain, fast = both(MEAN, kernels)
    slices: list[Sequence[int]] = [[0, 2], [0, 2], (0, 2), [1, 2], [0, 2], [2], [0, 1, 2], [0, 1, 2], [0, 2]]
    for ts, inst in enumerate(slices, 1):
        columns = {"close": [float(ts * 7 + one) for one in inst]}
        assert bits(fast.step(2 * ts, inst, columns)["mean"]) == bits(plain.step(2 * ts, inst, columns)["mean"])
        row = {"close": ts / 3.0}
        values = [one.row(2 * ts + 1, ts % 3, row)["mean"] for one in (fast, plain)]
        assert bits(values[:1]) == bits(values[1:])
    assert fast.snapshot() == plain.snapshot()


@pytest.mark.parametrize(
    ("program", "wrong", "error", "message"),
    [
        (MEAN, lambda one: one.step(5, [0], {}), SchemaError, "the slice has no column 'close'"),
        (MEAN, lambda one: one.step(5, [0], {"close": [1.0, 2.0]}), SchemaError, "'close' has 2 values for 1 rows"),
        (
            MEAN,
            lambda one: one.step(5, [0], {"close": ["x"]}),
            SchemaError,
            "'close' holds something that is no number",
        ),
        (MEAN, lambda one: one.step(5, [3], ROW), InvariantError, "instrument 3 is none of the 3 known"),
        (MEAN, lambda one: one.step(5, [-1], ROW), InvariantError, "instrument -1 is none of the 3 known"),
        (MEAN, lambda one: one.step(5, [1, 0], {"close": [1.0] * 2}), InvariantError, "rows must be sorted by instrum"),
        (MEAN, lambda one: one.step(0, [0], ROW), InvariantError, "comes after 1d at 1: times must rise"),
        (MEAN, lambda one: one.step(1, [0], ROW), InvariantError, "comes a second time"),
        (MEAN, lambda one: one.row(1, 0, {"close": 1.0}), InvariantError, "comes a second time"),
        (MEAN, lambda one: one.row(5, 0, {}), SchemaError, "the slice has no column 'close'"),
        (
            MEAN,
            lambda one: one.step(5, [0], ROW, "1h"),
            InvariantError,
            "the program reads no slices of 1h, only of 1d",
        ),
        (RANK, lambda one: one.step(1, [1], ROW), InvariantError, "comes a second time, or in parts"),
        (MEAN, lambda one: feed(one, {"close": [1.0], "ts": [0]}), InvariantError, "times must rise"),
        (MEAN, lambda one: feed(one, {"close": [1.0], "ts": [5], "inst": [7]}), InvariantError, "instrument 7 is none"),
        (
            MEAN,
            lambda one: feed(one, {"close": [1.0] * 2, "ts": [5, 5]}),
            InvariantError,
            "rows must be sorted by inst",
        ),
    ],
)
def test_wrong_rows_are_refused_in_the_same_words(
    kernels: Kernels, program: Program, wrong: Callable[[Any], object], error: type[Exception], message: str
) -> None:
    for one in both(program, kernels):
        one.step(1, [0], ROW)
        before = one.snapshot()
        with pytest.raises(error, match=message):
            wrong(one)
        assert one.snapshot() == before


def test_an_admitted_instrument_starts_cold_and_the_others_go_on(kernels: Kernels) -> None:
    for one in both(MEAN, kernels):
        one.step(1, [0], {"close": [1.0]})
        assert one.admit(1.0) == 3
        assert repr(one.step(2, [0, 3], {"close": [3.0, 5.0]})) == "{'mean': [2.0, nan]}"
        assert one.step(3, [3], {"close": [7.0]}) == {"mean": [6.0]}


def test_an_empty_slice_is_taken(kernels: Kernels) -> None:
    for one in both(RANK, kernels):
        assert one.step(1, [], {"close": []}) == {"rank": []}
        assert feed(one, {"close": np.empty(0), "ts": np.empty(0), "inst": np.empty(0)})["rank"].tolist() == []


def test_what_is_read_back_is_not_the_callers_own_column(kernels: Kernels) -> None:
    program = trace_program(lambda m: {"same": m.close, "one": m.close * 0.0 + 1.0})
    column = np.array([1.0, 2.0])
    shown = feed(CompiledExecutor(program, [1.0], kernels=kernels), {"close": column})
    shown["same"][0] = 9.0
    assert column.tolist() == [1.0, 2.0]


# Malformed programs ---------------------------------------------------------------------------

numbers = st.sampled_from([-1e308, -1.0, -0.0, 0.5, 1.0, 3.0, 1e4, 2.0**40, 2.0**62, 1e308, float("inf"), float("nan")])
words = st.sampled_from([-(2**40), -1, 0, 1, 5, 2**40])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=programs(), data=st.data())
def test_a_program_that_was_tampered_with_is_refused_or_runs_like_the_oracle(
    kernels: Kernels, made: Made, data: st.DataObject
) -> None:
    program, universe = made.program, Universe(range(2))
    number = data.draw(st.integers(0, len(program.instructions) - 1))
    one = program.instructions[number]
    changes: dict[str, Any] = {
        "at": data.draw(words),
        "inputs": tuple(data.draw(words) for _ in one.inputs),
        "params": tuple(data.draw(numbers) for _ in one.params),
    }
    field = data.draw(st.sampled_from(sorted(changes)))
    changed = replace(one, **{field: changes[field]})
    program.instructions = (*program.instructions[:number], changed, *program.instructions[number + 1 :])
    try:
        shown = compiled(program, universe, kernels)
    except InvariantError:
        return
    oracle, slices = oracle_of(program, universe), market(7, 2)
    try:
        expected = execute(made, slices, universe, oracle)
    except (ArithmeticError, ValueError, IndexError):
        execute(made, slices, universe, shown)
        return
    assert expected == execute(made, slices, universe, shown)
    assert state(oracle) == state(shown)


WITH_PARAMETERS = sorted(name for name in NAMES if OPERATORS[name].parameters)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(WITH_PARAMETERS), data=st.data())
def test_any_parameters_at_all_are_refused_or_run_like_the_oracle(
    kernels: Kernels, name: str, data: st.DataObject
) -> None:
    params = tuple(data.draw(numbers) for _ in OPERATORS[name].parameters)
    trace = Trace("1d")
    nodes = [trace.input(f"x{place}", kind, "1d") for place, kind in enumerate(ACCEPTED[name][0])]
    node = trace.add(name, nodes, params)
    try:
        program = Program(trace.nodes, {"y": node}, "1d")
        program.verify()
    except (TraceError, InvariantError):
        return
    rows = {f"x{place}": [1.0, 0.0, 3.0, 2.0, float("nan"), 1.0] for place in range(len(nodes))}
    oracle, shown = both(program, kernels)
    try:
        expected = feed(oracle, rows)["y"]
    except (ArithmeticError, ValueError, IndexError):
        feed(shown, rows)
        return
    assert bits(feed(shown, rows)["y"].tolist()) == bits(expected.tolist())
    assert state(oracle) == state(shown)
