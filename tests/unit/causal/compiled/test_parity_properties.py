"""The compiled executor gives the oracle's bits, however the rows arrive: a gate.

``make soak MINUTES=60`` draws for an hour.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from unit.causal.compiled.parity import compare, compiled, oracle_of, state
from unit.causal.random_programs import Made, Universe, execute, market, programs, row_by_row
from unit.causal.stepping import bits

from friday_core.causal.batch import feed
from friday_core.causal.columns import Col
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.market import Market
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import trace_program
from friday_core.causal.snapshot import Snapshot

drawn = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
    ],
)  # fmt: skip
seeds = st.integers(0, 2**32 - 1)


@drawn
@given(made=programs(), seed=seeds, cuts=st.lists(st.integers(0, 60), max_size=6), instruments=st.integers(1, 5))
def test_few_instruments_have_the_oracle_s_bits_in_any_cut(
    kernels: Kernels, made: Made, seed: int, cuts: list[int], instruments: int
) -> None:
    assert list(compare(made, seed, instruments, cuts, kernels).differences) == []


@settings(drawn, max_examples=3)
@given(made=programs(), seed=seeds, cuts=st.lists(st.integers(0, 60), max_size=2), instruments=st.integers(50, 200))
def test_many_instruments_have_the_oracle_s_bits_in_any_cut(
    kernels: Kernels, made: Made, seed: int, cuts: list[int], instruments: int
) -> None:
    assert list(compare(made, seed, instruments, cuts, kernels).differences) == []


@settings(drawn, max_examples=15)
@given(made=programs(), seed=seeds)
def test_rows_that_come_alone_have_the_oracle_s_bits(kernels: Kernels, made: Made, seed: int) -> None:
    assume(not made.program.has_panels)
    universe = Universe(range(3))
    oracle, one = oracle_of(made.program, universe), compiled(made.program, universe, kernels)
    rows = list(row_by_row(market(seed, 3), universe))
    assert execute(made, rows, universe, oracle) == execute(made, rows, universe, one)
    assert state(oracle) == state(one)


@settings(drawn, max_examples=10)
@given(made=programs(), seed=seeds, cut=st.integers(0, 40))
def test_explanations_answer_as_the_oracle_and_leave_the_state_where_it_would(
    kernels: Kernels, made: Made, seed: int, cut: int
) -> None:
    universe = Universe(range(3))
    slices = market(seed, 3)[: cut + 1]
    oracle, one = oracle_of(made.program, universe), compiled(made.program, universe, kernels)
    for part in slices:
        places = sorted(part.rows)
        labels = made.program.inputs[part.domain]
        columns = {label: [part.rows[place][label] for place in places] for label in labels}
        told = [executor.values(part.ts, places, columns, part.domain) for executor in (oracle, one)]
        assert repr(told[0]) == repr(told[1])
    assert state(oracle) == state(one)


def _compares_instruments(m: Market) -> dict[str, Col]:
    rank = m.panel(m.close, min_valid=1).rank()
    return {"rank": rank, "mean": rank.rolling(5).mean(), "away": m.panel(m.close).zscore(), "before": m.close.shift(2)}


@pytest.mark.parametrize("slices", [1, 200, 256, 257, 1000])
def test_a_block_never_cuts_a_slice_that_is_compared(kernels: Kernels, slices: int) -> None:
    program = trace_program(_compares_instruments)
    random = np.random.default_rng(slices)
    there = [np.sort(random.permutation(7)[: random.integers(1, 8)]) for _ in range(slices)]
    inst = np.concatenate(there)
    ts = np.repeat(np.arange(slices), [len(one) for one in there])
    rows = {"ts": ts, "inst": inst, "close": random.integers(0, 4, len(inst)).astype(float)}
    oracle, one = Oracle(program, [1.0] * 7), CompiledExecutor(program, [1.0] * 7, kernels=kernels)
    expected, shown = feed(oracle, rows), feed(one, rows)
    assert {name: bits(column.tolist()) for name, column in shown.items()} == {
        name: bits(column.tolist()) for name, column in expected.items()
    }
    assert state(one) == state(oracle)
    assert Snapshot.unpack(one.snapshot()).moment == Snapshot.unpack(oracle.snapshot()).moment
