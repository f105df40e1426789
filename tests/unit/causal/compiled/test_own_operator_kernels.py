"""Operators of plugins, compiled: the bits of plain Python, and nothing of the others is touched."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.own_steps import hull, made, ratio_above, rounded
from unit.causal.stepping import bits

from friday_core.causal.batch import run
from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.fingerprint import kernel_key
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.market import Market
from friday_core.causal.op import Op
from friday_core.causal.program import Program, trace_program

value = st.one_of(st.sampled_from([0.0, -0.0, 1.0, 5e-324, float("inf"), float("nan")]), st.floats(width=64))


def program_with(average: Op = hull) -> Program:
    def outputs(m: Market) -> dict[str, object]:
        column = m.close.apply(average, w=3)
        return {
            "average": column,
            "mean": column.rolling(2).mean(),
            "above": m.open.apply(ratio_above, column, limit=1),
        }

    return trace_program(outputs)  # type: ignore[arg-type]


@given(rows=st.lists(st.tuples(st.integers(0, 2), value, value), min_size=1, max_size=30))
def test_both_executors_give_the_same_bits(kernels: Kernels, rows: list[tuple[int, float, float]]) -> None:
    inst, close, opened = map(np.array, zip(*rows, strict=True))
    given_rows = {"ts": np.arange(len(rows)), "inst": inst, "close": close, "open": opened}
    scales, program = [1.0, 1.0, 1.0], program_with()
    expected = run(program, given_rows, scales)
    found = run(program, given_rows, scales, executor=lambda *parts: CompiledExecutor(*parts, kernels=kernels))
    assert {name: bits(column.tolist()) for name, column in found.items()} == {
        name: bits(column.tolist()) for name, column in expected.items()
    }


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_adding_an_operator_recompiles_nothing_else(tmp_path: Path) -> None:
    told: list[str] = []

    def executed(program: Program) -> dict[str, int]:
        run(program, {"close": [1.0, 2.0]}, [1.0], executor=ChosenExecutor("compiled", tmp_path, told.append))
        return files(tmp_path)

    before = executed(trace_program(lambda m: {"y": m.close.rolling(2).mean() + m.close.ewm(span=3).mean()}))
    told.clear()
    added = executed(
        trace_program(lambda m: {"y": (m.close.rolling(2).mean() + m.close.ewm(span=3).mean()).apply(hull, w=2)})
    )
    assert {name: time for name, time in added.items() if name in before} == before
    assert len(added) == len(before) + 2  # kernel and step
    assert told == [f"compiling 1 operators for this machine, once; kept in {tmp_path}"]
    told.clear()
    assert executed(trace_program(lambda m: {"y": m.close.apply(hull, w=5)})) == added
    assert told == []
    raised = executed(trace_program(lambda m: {"y": m.close.apply(replace(hull, version=2), w=5)}))
    assert len(raised) == len(added) + 2
    assert {name: time for name, time in raised.items() if name in added} == added


RATES = types.ModuleType("rates_of_a_plugin")
RATES.own = 2.0  # type: ignore[attr-defined]


def _rated(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    return float(RATES.own * x[0])


def test_a_kernel_is_made_anew_where_a_number_of_another_module_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kernel_key(made(_rated), 1)
    assert kernel_key(made(_rated), 1) == before
    monkeypatch.setattr(RATES, "own", 3.0)
    assert kernel_key(made(_rated), 1) != before


def test_a_kernel_is_made_anew_where_a_default_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def smoothed(x: Sequence[float], by: float = 0.5) -> float:
        return by * x[0]

    before = kernel_key(made(smoothed), 1)
    monkeypatch.setattr(smoothed, "__defaults__", (0.25,))
    assert kernel_key(made(smoothed), 1) != before


def test_what_cannot_be_compiled_runs_in_plain_python_and_is_told_of_in_every_run(tmp_path: Path) -> None:
    program, rows = trace_program(lambda m: {"y": m.close.apply(rounded) * 2.0}), {"close": [1.23456, 9.87654]}
    for _ in range(2):
        told: list[str] = []
        found = run(program, rows, [1.0], executor=ChosenExecutor("compiled", tmp_path, told.append))
        assert found["y"].tolist() == [2.46, 19.76]
        (notice,) = [one for one in told if one.startswith("operator ")]
        assert notice.startswith(
            f"operator rounded of {rounded.step.__module__} has no kernel and runs in plain Python: "
        )  # type: ignore[union-attr]
