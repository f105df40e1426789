"""A program: its key, its instructions, its cone, its warm-up, and what an executor may rely on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.causal.stepping import bits

from friday_core.causal.batch import run
from friday_core.causal.columns import Col
from friday_core.causal.kinds import Kind
from friday_core.causal.market import HOLD, latch, where
from friday_core.causal.op import NAN
from friday_core.causal.operators import OPERATORS
from friday_core.causal.program import Program, trace_program
from friday_core.causal.trace import Trace
from friday_core.errors import InvariantError, TraceError

PINNED = """
from friday_core.causal.market import where
from friday_core.causal.program import trace_program

def outputs(m):
    fast, slow = m.close.ewm(span=3).mean(), m.close.ewm(span=9).mean()
    return {"signal": where(fast > slow, 1.0, -1.0), "gap": fast - slow}

print(trace_program(outputs).key)
"""
PINNED_KEY = "dfdc5fc1752d1a4db0406173192a5fa472ee0f69d281efef455bfb6b6b45d6d4"


def key(outputs: Callable[[Any], Any], **options: Any) -> str:
    return trace_program(outputs, **options).key


def names(program: Program) -> list[str]:
    return [one.name for one in program.instructions]


# Key -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", ["0", "1234"])
def test_the_key_is_the_same_in_every_process_and_version(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    answer = subprocess.run([sys.executable, "-c", PINNED], capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout.strip() == PINNED_KEY


def test_the_key_does_not_depend_on_variables_or_on_the_order_of_outputs() -> None:
    def one(m: Any) -> Any:
        fast = m.close.rolling(3).mean()
        return {"a": fast, "b": m.open}

    def other(m: Any) -> Any:
        first = m.open
        second = m.close
        return {"b": first, "a": second.rolling(3).mean()}

    assert key(one) == key(other)


def test_the_key_does_not_depend_on_what_is_not_used() -> None:
    def with_dead_columns(m: Any) -> Any:
        m.volume.rolling(7).max()
        return {"x": m.close.shift(1)}

    assert key(with_dead_columns) == key(lambda m: {"x": m.close.shift(1)})


@pytest.mark.parametrize(
    "other",
    [
        lambda m: {"x": m.close.rolling(4).mean()},
        lambda m: {"x": m.open.rolling(3).mean()},
        lambda m: {"x": m.raw.close.rolling(3).mean()},
        lambda m: {"x": m.close.rolling(3).sum()},
        lambda m: {"y": m.close.rolling(3).mean()},
        lambda m: {"x": m.close.rolling(3).mean(), "y": m.close},
        lambda m: {"x": -m.close.rolling(3).mean()},
        lambda m: {"x": m.at("1d").close.rolling(3).mean().asof()},
    ],
)
def test_the_key_changes_with_what_is_computed(other: Callable[[Any], Any]) -> None:
    assert key(other, base="1h") != key(lambda m: {"x": m.close.rolling(3).mean()}, base="1h")


def test_the_key_changes_with_the_order_of_inputs_and_with_the_clock() -> None:
    assert key(lambda m: {"x": m.close - m.open}) != key(lambda m: {"x": m.open - m.close})
    assert key(lambda m: {"x": m.close}, base="1d") != key(lambda m: {"x": m.close}, base="1h")


def test_the_key_changes_with_the_sign_of_a_zero_and_the_last_bit_of_a_number() -> None:
    keys = {key(lambda m, value=value: {"x": m.close + value}) for value in (0.0, -0.0, 0.1 + 0.2, 0.3)}
    assert len(keys) == 4


def test_the_key_changes_with_an_operator_s_version() -> None:
    def program(version: int) -> Program:
        trace = Trace("1d")
        trace.add("ffill", [trace.input("close", Kind.NUM, "1d")])
        nodes = [replace(node, op=replace(node.op, version=version)) for node in trace.nodes]
        return Program(nodes, {"x": 1}, "1d")

    assert program(1).key != program(2).key


# Instructions ----------------------------------------------------------------------------------


def test_equal_expressions_are_computed_once() -> None:
    program = trace_program(lambda m: {"x": m.close.shift(1) * 2, "y": m.close.shift(1) * 2 + m.close.shift(1)})
    assert names(program) == ["input", "shift", "const", "mul", "add"]


def test_what_no_output_needs_is_left_out() -> None:
    def outputs(m: Any) -> Any:
        m.at("1d").volume.rolling(50).max()
        return {"x": m.close}

    program = trace_program(outputs, base="1h")
    assert names(program) == ["input"]
    assert (program.domains, program.warmup, program.state_size) == (("1h",), {"1h": 0}, 0)


def test_an_exact_price_leaves_the_program_in_the_currency() -> None:
    program = trace_program(lambda m: {"stop": m.raw.low})
    assert names(program) == ["input", "to_num"]
    assert run(program, {"raw.low": [12345.0]}, [100.0])["stop"].tolist() == [123.45]


def test_a_condition_chooses_between_a_price_and_a_number() -> None:
    program = trace_program(lambda m: {"x": where(m.raw.close > m.raw.open, m.raw.close, 0.0)})
    rows = {"raw.close": [250.0, 150.0], "raw.open": [200.0, 200.0]}
    assert run(program, rows, [100.0])["x"].tolist() == [2.5, 0.0]


def test_a_number_is_an_output_for_every_row() -> None:
    program = trace_program(lambda m: {"x": m.close, "one": 1, "two": np.float64(2.0), "three": np.int64(3)})
    shown = run(program, {"close": [5.0, 6.0]})
    assert {name: values.tolist() for name, values in shown.items()} == {
        "x": [5.0, 6.0], "one": [1.0, 1.0], "two": [2.0, 2.0], "three": [3.0, 3.0],
    }  # fmt: skip


def test_operators_act_alike_written_as_numpy_functions() -> None:
    assert key(lambda m: {"x": np.maximum(m.close, m.open)}) == key(lambda m: {"x": m.close.clip(m.open)})
    assert key(lambda m: {"x": np.logical_and(m.close > 1, m.open > 1)}) == key(
        lambda m: {"x": (m.close > 1) & (m.open > 1)}
    )


CROSSINGS = [
    ([1, 3, 3, 1, 2, 4], [NAN, 1, 0, 0, 0, 1], [NAN, 0, 0, 1, 0, 0]),
    ([3, 3, 1], [NAN, 0, 0], [NAN, 0, 1]),
    ([1, NAN, 3, 3], [NAN, NAN, NAN, 0], [NAN, NAN, NAN, 0]),
    ([3, NAN, 1, 3], [NAN, NAN, NAN, 1], [NAN, NAN, NAN, 0]),
    ([1, 2, 3, 2, 1], [NAN, 0, 1, 0, 0], [NAN, 0, 0, 0, 1]),
]


@pytest.mark.parametrize(("closes", "above", "below"), CROSSINGS)
def test_a_crossing_needs_the_row_before(closes: list[float], above: list[float], below: list[float]) -> None:
    program = trace_program(lambda m: {"above": m.close.crossed_above(2.0), "below": m.close.crossed_below(2.0)})
    shown = run(program, {"close": closes})
    assert bits(shown["above"].tolist()) == bits(above)
    assert bits(shown["below"].tolist()) == bits(below)


def test_clip_passes_an_unknown_value_or_limit_on() -> None:
    program = trace_program(lambda m: {"x": m.close.clip(m.low, 4.0)})
    shown = run(program, {"close": [1, 3, 5, NAN, 3], "low": [2, 2, 2, 2, NAN]})
    assert bits(shown["x"].tolist()) == bits([2.0, 3.0, 4.0, NAN, NAN])


# Feedback --------------------------------------------------------------------------------------


def test_the_cone_is_all_that_depends_on_the_book() -> None:
    def outputs(m: Any) -> Any:
        fast = m.close.ewm(span=3).mean()
        stop = where(m.pos > 0, m.avg_price * 0.98, NAN)
        return {"exit": fast < stop, "fast": fast.diff(2)}

    program = trace_program(outputs)
    free, cone = program.split()
    assert [program.instructions[n].name for n in free] == [
        "input", "ewm_mean", "const", "const", "const", "shift", "sub",
    ]  # fmt: skip
    assert [program.instructions[n].node.label or program.instructions[n].name for n in cone] == [
        "pos", "gt", "avg_price", "mul", "where", "lt",
    ]  # fmt: skip
    assert (sorted((*free, *cone)), frozenset(cone)) == (list(range(len(program.instructions))), program.cone)


@pytest.mark.parametrize("name", ["pos", "avg_price", "open_qty", "cash", "equity"])
def test_every_column_of_the_book_is_feedback(name: str) -> None:
    assert trace_program(lambda m: {"x": getattr(m, name)}).cone == {0}


def test_the_free_part_reads_nothing_of_the_cone() -> None:
    program = trace_program(lambda m: {"target": where(m.pos > 0, m.panel(m.close * m.equity).rank(), m.close)})
    free, _ = program.split()
    assert all(set(program.instructions[n].inputs) <= set(free) for n in free)


# Warm-up ---------------------------------------------------------------------------------------

#: Operators that give NaN on a NaN row and none else after their warm-up, so that warm-ups add up exactly.
STRICT: list[Callable[[Col, int], Col]] = [
    lambda x, w: x.shift(w),
    lambda x, w: x.diff(w),
    lambda x, w: x.rolling(w).sum(),
    lambda x, w: x.rolling(w).mean(),
    lambda x, w: x.rolling(w).max(),
    lambda x, w: x.rolling(w + 1).std(),
    lambda x, w: x.rolling(w).rank(),
    lambda x, w: x.rolling(w).quantile(0.4),
    lambda x, w: x.rolling(w + 1).cov(x.shift(w)),
    lambda x, w: x.ewm(span=w).mean(),
    lambda x, w: x + x.rolling(w).min(),
    lambda x, w: np.maximum(x, x.shift(w)),
    lambda x, w: where(x > x.shift(w), x, 2.0),
    lambda x, w: where(x.crossed_above(x.shift(w)), x, x.rolling(2).mean()),
    lambda x, w: x.cumsum() - w,
    lambda x, w: x.ffill(),
]
composed = st.lists(st.tuples(st.sampled_from(STRICT), st.integers(1, 7)), min_size=1, max_size=5)


def _composed(start: Col, parts: list[tuple[Callable[[Col, int], Col], int]]) -> Col:
    for part, window in parts:
        start = part(start, window)
    return start


@settings(max_examples=60)
@given(parts=composed, seed=st.integers(0, 99))
def test_the_first_value_comes_on_the_row_after_the_warm_up(parts: Any, seed: int) -> None:
    program = trace_program(lambda m: {"x": _composed(m.close, parts)})
    warmup = program.warmup["1d"]
    close = np.random.default_rng(seed).normal(100.0, 1.0, warmup + 5)
    shown = run(program, {"close": close, "session": np.ones(len(close))})["x"]
    assert np.flatnonzero(~np.isnan(shown)).tolist() == list(range(warmup, warmup + 5))


@settings(max_examples=30)
@given(parts=composed, after=composed, seed=st.integers(0, 99))
def test_warm_up_is_counted_on_each_clock_by_itself(parts: Any, after: Any, seed: int) -> None:
    program = trace_program(
        lambda m: {"x": _composed(m.close, after), "y": _composed(m.at("1d").close, parts).asof()}, base="1h"
    )
    daily = np.random.default_rng(seed).normal(100.0, 1.0, program.warmup["1d"] + 1)
    days = {"close": daily, "session": np.ones(len(daily)), "ts": np.arange(len(daily)) * 7}
    hours = {"close": [1.0, 2.0], "session": [1.0, 1.0], "ts": [days["ts"][-1] - 1, days["ts"][-1]]}
    shown = run(program, hours, coarser={"1d": days})["y"]
    assert np.isnan(shown).tolist() == [True, False]


def test_a_decision_is_held_back_until_every_output_can_have_a_value() -> None:
    program = trace_program(lambda m: {"target": where(m.close > 0, 1.0, 0.0), "slow": m.close.rolling(3).mean()})
    assert bits(run(program, {"close": [1.0] * 4})["target"].tolist()) == bits([NAN, NAN, 1.0, 1.0])


def test_a_decision_is_held_back_until_the_coarser_clock_is_warm() -> None:
    def outputs(m: Any) -> Any:
        trend = m.at("1d").close.rolling(2).mean().asof()
        return {"signal": where(latch(m.close > 1, trend > 5) | (m.close > 0), 1.0, 0.0)}

    hours = {"close": [2.0] * 4, "ts": [0, 7, 8, 15]}
    days = {"close": [1.0, 1.0, 1.0], "ts": [0, 8, 15]}
    shown = run(trace_program(outputs, base="1h"), hours, coarser={"1d": days})["signal"]
    assert bits(shown.tolist()) == bits([NAN, NAN, 1.0, 1.0])


def test_outputs_that_are_no_decisions_are_not_held_back() -> None:
    program = trace_program(lambda m: {"x": m.close, "slow": m.close.rolling(3).mean()})
    assert run(program, {"close": [1.0, 2.0]})["x"].tolist() == [1.0, 2.0]


def test_a_constant_decision_waits_for_the_program_s_own_rows() -> None:
    program = trace_program(lambda m: {"target": HOLD if m is None else 1.0, "y": m.at("1d").close.asof(),
                                       "z": m.close.shift(1)}, base="1h")  # fmt: skip
    hours, days = {"close": [1.0] * 3, "ts": [10, 11, 12]}, {"close": [1.0] * 4, "ts": [0, 1, 2, 3]}
    assert bits(run(program, hours, coarser={"1d": days})["target"].tolist()) == bits([NAN, 1.0, 1.0])


# The gate's lines ------------------------------------------------------------------------------


def decided(m: Any) -> Any:
    trend = m.at("1d").close.rolling(2).mean().asof()
    cheap = m.close.rolling(3).min() < trend
    return {
        "signal": where(cheap, 1.0, 0.0),
        "target": 0.5,
        "floor": m.raw.low,
    }


def lines(*, is_gate: bool) -> dict[str, set[int]]:
    """By operator, the lines in ``decided`` that its nodes carry."""
    found: dict[str, set[int]] = {}
    for one in trace_program(decided, base="1h").instructions:
        file, _, line = one.node.line.partition(":")
        assert file == "test_program.py"
        if one.node.is_gate is is_gate:
            found.setdefault(one.name, set()).add(int(line) - decided.__code__.co_firstlineno)
    return found


def test_the_gate_carries_the_lines_of_what_it_holds_back() -> None:
    signal, constant, join = 4, 0, 1
    assert lines(is_gate=True) == {
        "rows": {join}, "asof": {join}, "gt": {join}, "const": {join, signal},
        "where": {signal, constant}, "ready": {signal, constant},
    }  # fmt: skip


def test_what_is_added_to_an_output_carries_the_author_s_line() -> None:
    written = lines(is_gate=False)
    assert (written["to_num"], written["lt"], written["asof"]) == ({6}, {2}, {1})
    assert written["const"] == {0, 4}


def test_a_description_says_what_is_the_gate_s() -> None:
    first = decided.__code__.co_firstlineno
    described = trace_program(decided, base="1h").describe()
    assert f"ready(rows 2) [Friday's gate for test_program.py:{first + 4}]" in described
    assert f"rows on 1d [Friday's gate for test_program.py:{first + 1}]" in described
    assert f"lt [test_program.py:{first + 2}]" in described


# What an executor may rely on ------------------------------------------------------------------


def sound() -> Program:
    return trace_program(
        lambda m: {"x": m.close.rolling(3).mean() - m.at("1d").open.shift(1).asof(), "y": m.close}, base="1h"
    )


def broken(number: int, **changes: Any) -> Program:
    """The sound program with one instruction changed; ``node`` changes go into its node."""
    program = sound()
    one = program.instructions[number]
    node = {name.removeprefix("node_"): value for name, value in changes.items() if name.startswith("node_")}
    own = {name: value for name, value in changes.items() if not name.startswith("node_")}
    changed = replace(one, node=replace(one.node, **node), **own)
    program.instructions = (*program.instructions[:number], changed, *program.instructions[number + 1 :])
    return program


def test_a_program_that_is_traced_again_is_equal_and_has_an_outside_of_its_own() -> None:
    first = sound()
    first.outputs["y"], first.warmup["1h"] = 99, 99
    first.start.append(0.0)
    first.instructions = first.instructions[:-1]
    second, third = sound(), sound()
    assert second.instructions is third.instructions
    for one in (second, third):
        one.verify()
        assert one.key == first.key
        assert (len(one.instructions), one.outputs["y"], one.warmup) == (6, 0, {"1d": 1, "1h": 2})


def test_a_traced_program_is_sound() -> None:
    program = sound()
    program.verify()
    assert names(program) == ["input", "rolling_mean", "input", "shift", "asof", "sub"]
    assert program.grade == "A"


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        (broken(1, inputs=(1,)), r"instruction 1 \(rolling_mean\): reads 1, which is not earlier"),
        (broken(1, inputs=(5,)), r"instruction 1 \(rolling_mean\): reads 5, which is not earlier"),
        (broken(1, inputs=(-1,)), r"reads -1, which is not earlier"),
        (broken(5, inputs=(1,)), r"instruction 5 \(sub\): takes 2 inputs, not 1"),
        (broken(1, at=1), r"its state is at 1, not at 0"),
        (broken(4, at=10_000), r"its state ends at 10002, beyond"),
        (broken(1, params=(4.0,)), r"instruction 2 \(input\): its state is at 5, not at 6"),
        (broken(3, node_domain="1y"), r"instruction 3 \(shift\): is on the unknown clock '1y'"),
        (broken(3, node_domain="1h"), r"instruction 3 \(shift\): mixes the clocks '1d' and '1h'"),
        (broken(5, inputs=(1, 3)), r"instruction 5 \(sub\): mixes the clocks '1d' and '1h'"),
        (broken(4, inputs=(1,)), r"instruction 4 \(asof\): joins the clock '1h' to '1h': only coarse to fine"),
        (broken(0, node_label=""), r"instruction 0 \(input\): has no column to read"),
        (broken(5, node_op=replace(OPERATORS["sub"], step=None)), r"instruction 5 \(sub\): has neither step nor panel"),
        (
            broken(1, node_op=replace(OPERATORS["rolling_mean"], start=lambda _p: [0.0])),
            r"its start values and its slots differ",
        ),
    ],
)
def test_a_malformed_program_is_refused_with_what_is_wrong(program: Program, fault: str) -> None:
    with pytest.raises(InvariantError, match=rf"malformed program {program.key[:8]}: .*{fault}"):
        program.verify()


@pytest.mark.parametrize(
    ("outputs", "fault"), [({"x": 6}, "output 'x' is instruction 6 of 6"), ({"x": 3}, "output 'x' is on the clock 1d")]
)
def test_an_output_must_be_an_instruction_of_the_program_s_clock(outputs: dict[str, int], fault: str) -> None:
    program = sound()
    program.outputs = outputs
    with pytest.raises(InvariantError, match=fault):
        program.verify()


def test_a_state_that_is_too_long_is_refused() -> None:
    program = sound()
    program.start = [*program.start, 0.0]
    with pytest.raises(InvariantError, match=r"the state has \d+ slots, the instructions use \d+"):
        program.verify()


# Size ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (
            lambda m: {"x": m.close.rolling(3_000_000_000).mean()},
            r"test_program\.py:\d+: rolling_mean: w is 3000000000, not a whole number of rows from 1 to 16,777,216; "
            r"use shorter windows, or a coarser clock, as m\.at\('1d'\)",
        ),
        (
            lambda m: {"x": m.close.shift(10**400)},
            r"test_program\.py:\d+: shift: k is 4\.6\d+e\+18, not a whole number",
        ),
        (
            lambda m: {"x": m.close.shift(9_000_000) + m.open.shift(9_000_000)},
            r"test_program\.py:\d+: shift keeps 9,000,001 values: the state of each instrument would have 18,000,002, "
            r"and 16,777,216 \(128 MB\) are the most; use shorter windows",
        ),
    ],
)
def test_a_state_that_no_machine_has_room_for_is_refused_at_the_author_s_line(outputs: Any, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        trace_program(outputs)


def test_a_state_that_was_made_too_large_is_refused_before_it_is_made() -> None:
    program = broken(1, params=(2.0**24,))
    with pytest.raises(
        InvariantError, match=r"rolling_mean\): test_program\.py:\d+: the state of each instrument would"
    ):
        program.verify()


# Description -----------------------------------------------------------------------------------


def test_a_program_describes_itself_as_a_tree_of_operators() -> None:
    def outputs(m: Any) -> Any:
        fast = m.close.ewm(span=3).mean()
        day = m.at("1d").close.ffill().asof("14d")
        return {"gap": fast - day * 2, "held": m.pos + fast}

    first = outputs.__code__.co_firstlineno
    program = trace_program(outputs, base="1h")
    head, *lines = program.describe().replace("test_program.py:", "").splitlines()
    assert head == f"program {program.key[:8]} on 1h, grade A: 10 operators, 4 slots of state"
    assert lines == [
        "reads 1d: close; 1h: close, pos",
        "warm-up rows: 1d 0, 1h 0",
        "gap",
        f"  #7 sub [{first + 3}]",
        f"    #1 ewm_mean(a 0.5) [{first + 1}]",
        f"      #0 close [{first + 1}]",
        f"    #6 mul [{first + 3}]",
        f"      #4 asof(max_age 1.2096e+12) [{first + 2}]",
        f"        #3 ffill on 1d [{first + 2}]",
        f"          #2 close on 1d [{first + 2}]",
        "      2",
        "held",
        f"  #9 add [{first + 3}]",
        f"    #8 pos (the book's) [{first + 3}]",
        "    #1 ewm_mean, see above",
    ]


def test_a_description_says_what_has_no_kernel() -> None:
    described = trace_program(lambda m: {"x": abs(m.close)}).describe({"abs/1": "it is odd"})
    assert "abs runs in plain Python: it is odd" in described.splitlines()
