"""Operators of plugins: what is asked of them, and how they stand in columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from unit.causal.own_steps import NAN, hull, made, ratio_above
from unit.causal.stepping import bits

from friday_core.causal.batch import run
from friday_core.causal.bounded import stepped
from friday_core.causal.columns import Col
from friday_core.causal.kinds import Kind
from friday_core.causal.market import Market, where
from friday_core.causal.op import Example, Op
from friday_core.causal.own_operators import operator_faults
from friday_core.causal.program import trace_program
from friday_core.errors import TraceError


def test_an_operator_is_a_column_like_others() -> None:
    def outputs(m: Market) -> dict[str, Any]:
        average = m.close.apply(hull, w=2)
        return {"average": average, "signal": where(m.close.apply(ratio_above, average, limit=1.0), 1.0, 0.0)}

    program = trace_program(outputs, adjusted=False)
    found = run(program, {"raw.close": [100, 200, 100]}, [100.0])
    assert bits(found["average"].tolist()) == bits([NAN, 5 / 3, 4 / 3])
    assert bits(found["signal"].tolist()) == bits([NAN, 1.0, 0.0])
    assert program.warmup == {"1d": 1}
    assert "hull(w 2)" in program.describe()


def test_a_condition_is_of_the_kind_of_conditions() -> None:
    kinds: list[Kind] = []

    def outputs(m: Market) -> dict[str, Col]:
        column = m.close.apply(ratio_above, m.open, limit=1)
        kinds.append(column.kind)
        return {"y": where(column & (m.volume > 0), 1.0, 0.0)}

    trace_program(outputs)
    assert kinds == [Kind.BOOL]


def test_the_version_is_a_part_of_what_a_program_is() -> None:
    def key(op: Op) -> str:
        return trace_program(lambda m: {"y": m.close.apply(op, w=3)}).key

    assert key(hull) == key(hull)
    assert key(hull) != key(replace(hull, version=2))


def test_two_operators_of_one_name_and_version_are_each_its_program_s_own() -> None:
    def traced(op: Op) -> Op:
        return trace_program(lambda m: {"y": m.close.apply(op, w=3)}).instructions[-1].node.op

    other = replace(hull, meaning="another one")
    assert traced(hull) is hull
    assert traced(other) is other


def plain(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    return x[0]


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        (lambda m: m.close.apply(hull), "hull takes w, and is given none"),
        (lambda m: m.close.apply(hull, w=3, q=1), "hull takes w, and is given w, q"),
        (lambda m: m.close.apply(hull, w="3"), "hull w is a number, not '3'"),
        (lambda m: m.close.apply(hull, w=True), "hull w is a number, not True"),
        (lambda m: m.close.apply(hull, m.open, w=3), "hull reads 1 columns, not 2"),
        (lambda m: m.close.apply(hull, w=math.nan), "its start or warmup raises ValueError: cannot convert float NaN"),
        (lambda m: m.close.apply(hull, w=0), "its warmup is -1, which is no number of rows"),
        (lambda m: (m.close > 1).apply(hull, w=3), "hull needs numbers and got a true/false column"),
        (lambda m: m.close.apply(lambda x: x), r"\.apply needs data"),
        (lambda m: m.close.apply(made(plain)) + m.close.apply(made(plain)), "two operators are called 'made', of"),
        (
            lambda m: m.close.apply(made(plain)).apply(replace(made(plain), name="abs")),
            "two operators are called 'abs'",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_line(outputs: Callable[[Market], Col], words: str) -> None:
    with pytest.raises(TraceError, match=words) as caught:
        trace_program(lambda m: {"y": outputs(m)})
    assert "test_own_operators.py:" in str(caught.value)


# By itself --------------------------------------------------------------------------------------


def beyond(state: list[float], at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    state[at + 1] = x[0]
    return x[0]


def before(state: list[float], at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    return x[0] + state[at - 1]


def other_inputs(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    return x[1]


def last_input(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    return x[-1]


def other_parameters(
    _state: list[float], _at: int, x: Sequence[float], params: Sequence[float], _scale: float
) -> float:
    return x[0] + params[0]


@pytest.mark.parametrize(
    ("op", "fault"),
    [
        (made(beyond), r"example 1: its step raises IndexError: it asks for state\[4\], and its own are from 3 to 3"),
        (made(before), r"example 1: its step raises IndexError: it asks for state\[2\], and its own are from 3 to 3"),
        (made(other_inputs), r"example 1: its step raises IndexError: it asks for x\[1\], and its own are from 0 to 0"),
        (made(last_input), r"example 1: its step raises IndexError: it asks for x\[-1\], and its own are from 0 to 0"),
        (made(other_parameters), r"example 1: its step raises IndexError: it asks for params\[0\], .* are none"),
        (made(plain, examples=[Example([[1.0]], [-1.0])]), r"example 1: it gives \[1\.0\] and not \[-1\.0\]"),
        (made(plain, examples=[Example([[0.0]], [-0.0])]), r"example 1: it gives \[0\.0\] and not \[-0\.0\]"),
        (made(plain, examples=[Example([[1.0], [1.0]], [1.0])]), "example 1: it has 2 inputs and 0 parameters"),
        (made(plain, examples=[]), "it has no example: rows in and rows out"),
        (made(plain, warmup=-1), "example 1: its warmup is -1, which is no number of rows"),
        (made(plain, inputs=0), "it reads 0 columns; it must read one"),
        (made(plain, parameters=["lambda"]), "names of operators and parameters are words of Python, unlike 'made'"),
        (made(plain, version=0), "its version is 0; versions are 1, 2, 3"),
        (made(abs), "an operator of a plugin is a plain function of one row"),
        (replace(made(plain), name="ewm_mean"), "Friday has an operator of this name; choose another"),
        (replace(made(plain), slots=lambda _params: 2), "example 1: it starts with 1 numbers and keeps 2"),
    ],
)  # fmt: skip
def test_an_operator_that_cannot_be_trusted_says_why(op: Op, fault: str) -> None:
    (found,) = operator_faults(op)
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError(found)


def test_a_sound_operator_has_no_fault() -> None:
    assert [*operator_faults(hull), *operator_faults(ratio_above)] == []


def test_each_instrument_has_a_state_of_its_own() -> None:
    program = trace_program(lambda m: {"y": m.close.apply(hull, w=2)})
    together = run(program, {"ts": [1, 1, 2, 2], "inst": [0, 1, 0, 1], "close": [1.0, 10.0, 2.0, 40.0]}, [1.0, 1.0])
    assert together["y"].tolist()[2:] == [
        stepped(hull, [[1.0, 2.0]], (2.0,))[1],
        stepped(hull, [[10.0, 40.0]], (2.0,))[1],
    ]
