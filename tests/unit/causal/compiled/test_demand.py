"""Panels that nobody sees unless a condition holds: which they are, and that no bit of what is seen differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from unit.causal.compiled.parity import state
from unit.causal.stepping import bits

from friday_core.api import Market, where
from friday_core.causal.batch import feed
from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.demand import gates
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.machine import Machine
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program


def traced(outputs: Callable[[Market], Mapping[str, Any]]) -> Program:
    return trace_program(outputs, ("month_end",), adjusted=False)


def found(outputs: Callable[[Market], Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each panel that has a gate, and the gate."""
    program = traced(outputs)
    instructions = list(enumerate(program.instructions))
    pairs = gates(instructions, list(program.outputs.values()))
    return [(program.instructions[n].name, program.instructions[gate].name) for n, gate in sorted(pairs.items())]


def monthly(m: Market) -> dict[str, Any]:
    return {"target": where(m.month_end, where(m.panel(m.close / m.open).top(2) > 0.0, 0.5, 0.0), 7.0)}


def monthly_on_rising_days(m: Market) -> dict[str, Any]:
    """A panel of a panel, under two conditions."""
    rank = m.panel(m.close).rank()
    return {"y": where(m.close > m.open, where(m.month_end, m.panel(rank - 0.5).scale_to(1.0), 2.0), 3.0)}


def beside(m: Market) -> dict[str, Any]:
    """One panel under a condition, the same one seen by what remembers, and one that is seen where it does not hold."""
    rank = m.panel(m.close).rank()
    return {
        "y": where(m.month_end, m.panel(m.open).zscore(), 0.0),
        "mean": where(m.month_end, rank.rolling(3).mean(), 0.0),
        "no": where(m.month_end, 1.0, m.panel(m.open).demean()),
    }


def test_a_panel_below_a_condition_is_seen_where_it_holds() -> None:
    assert found(monthly) == [("panel_top", "input")]


def test_a_panel_of_a_panel_is_seen_where_that_is() -> None:
    assert found(monthly_on_rising_days) == [("panel_rank", "input"), ("panel_scale_to", "input")]


def test_what_is_remembered_and_what_stands_beside_the_condition_is_always_seen() -> None:
    assert found(beside) == [("panel_zscore", "input")]


def test_a_panel_that_is_an_output_besides_is_always_seen() -> None:
    def both(m: Market) -> dict[str, Any]:
        rank = m.panel(m.close).rank()
        return {"rank": rank, "y": where(m.month_end, rank, 0.0)}

    assert found(both) == []


def test_a_condition_that_is_made_of_the_panel_is_none_that_it_could_wait_for() -> None:
    def own(m: Market) -> dict[str, Any]:
        rank = m.panel(m.close).rank()
        return {"y": where(rank > 0.5, rank, 0.0)}

    assert found(own) == []


@pytest.mark.parametrize("scales", [[100.0] * 7, [100.0, 1.0, 10_000.0, 100.0, 1.0, 100.0, 100.0]])
@pytest.mark.parametrize("outputs", [monthly, monthly_on_rising_days, beside])
def test_what_is_seen_has_the_oracles_bits(
    kernels: Kernels, outputs: Callable[[Market], Mapping[str, Any]], scales: list[float]
) -> None:
    program, random, slices = traced(outputs), np.random.default_rng(11), 700
    there = [np.sort(random.permutation(7)[: random.integers(1, 8)]) for _ in range(slices)]
    inst = np.concatenate(there)
    ends = np.repeat(random.choice([0.0, 0.0, 0.0, 1.0, np.nan], slices), [len(one) for one in there])
    rows = {
        "ts": np.repeat(np.arange(slices), [len(one) for one in there]),
        "inst": inst,
        "month_end": np.where(random.random(len(inst)) < 0.02, 1.0, ends),
        **{name: random.choice([np.nan, 3.0, 4.0, 5.0, 6.0], len(inst)) for name in ("raw.open", "raw.close")},
    }
    oracle, one = Oracle(program, scales), CompiledExecutor(program, scales, kernels=kernels)
    expected, shown = feed(oracle, rows), feed(one, rows)
    assert {name: bits(column.tolist()) for name, column in shown.items()} == {
        name: bits(column.tolist()) for name, column in expected.items()
    }
    assert state(one) == state(oracle)


def test_on_slices_where_no_row_fulfils_the_condition_the_panel_is_not_computed(kernels: Kernels) -> None:
    program = traced(lambda m: {"y": where(m.month_end, m.panel(m.close).top(1), 7.0)})
    panel = next(n for n, one in enumerate(program.instructions) if one.node.op.panel is not None)
    code = Code(program, "1d", list(program.outputs.values()))
    code.link(kernels.addresses(code.wanted))
    held = np.tile(np.array(program.start), (2, 1))
    machine = Machine(code, kernels.driver(), held, np.ones(2), 2)
    given = {"raw.close": [1.0, 2.0, 4.0, 3.0, 5.0, 6.0], "month_end": [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]}
    columns = {n: np.array(given[label]) for label, n in code.labels.items()}
    machine.bind(columns | {n: np.empty(6) for n in code.shown})
    machine.times_and_instruments(np.repeat(np.arange(3), 2), np.tile(np.arange(2), 3))
    machine.run(0, 6)
    nan = float("nan")
    assert repr(machine._values(panel, 0, 6).tolist()) == repr([nan, nan, 1.0, 0.0, nan, nan])
