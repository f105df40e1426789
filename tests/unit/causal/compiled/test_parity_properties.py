"""The compiled executor gives the oracle's bits, however the rows arrive: a gate.

``make soak MINUTES=60`` draws for an hour.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.causal.compiled.parity import compare, compiled, state
from unit.causal.random_programs import BASE, Made, Universe, execute, market, programs, row_by_row, tables

from friday_core.causal.batch import feed
from friday_core.causal.compiled.kernels import Kernels
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
@given(made=programs(coarser=()), seed=seeds)
def test_rows_that_come_alone_have_the_oracle_s_bits(kernels: Kernels, made: Made, seed: int) -> None:
    universe = Universe(range(3))
    slices = [part for part in market(seed, 3) if part.domain == BASE]
    if made.program.has_panels:
        return
    oracle, one = universe.oracle(made.program), compiled(made.program, universe, kernels)
    rows = list(row_by_row(slices, universe))
    assert execute(made, rows, universe, oracle) == execute(made, rows, universe, one)
    assert state(oracle) == state(one)


@settings(drawn, max_examples=10)
@given(made=programs(), seed=seeds, cut=st.integers(0, 40))
def test_explanations_answer_as_the_oracle_and_leave_the_state_where_it_would(
    kernels: Kernels, made: Made, seed: int, cut: int
) -> None:
    universe = Universe(range(3))
    slices = market(seed, 3)[: cut + 1]
    oracle, one = universe.oracle(made.program), compiled(made.program, universe, kernels)
    for part in slices:
        places = sorted(part.rows)
        labels = made.program.inputs[part.domain]
        columns = {label: [part.rows[place][label] for place in places] for label in labels}
        told = [executor.values(part.ts, places, columns, part.domain) for executor in (oracle, one)]
        assert repr(told[0]) == repr(told[1])
    assert state(oracle) == state(one)


@pytest.mark.parametrize("rows", [1, 1023, 1024, 1025, 5000])
def test_blocks_begin_and_end_anywhere(kernels: Kernels, rows: int) -> None:
    """A panel keeps a slice together at the end of a block."""
    made = _widest()
    universe = Universe(range(7))
    random = np.random.default_rng(rows)
    ts = np.sort(random.integers(0, max(rows // 5, 1), rows)) * 300_000_000
    inst = np.concatenate([np.sort(random.permutation(7)[:n]) for n in _lengths(ts)]) if rows > 1 else np.zeros(1)
    table = {label: random.integers(0, 2, len(inst)).astype(float) for label in made.program.inputs[BASE]}
    given_rows = {**table, "ts": _times(inst), "inst": inst.astype(np.int64)}
    oracle, one = universe.oracle(made.program), compiled(made.program, universe, kernels)
    expected, shown = feed(oracle, given_rows), feed(one, given_rows)
    assert {name: column.tobytes() for name, column in shown.items()} == {
        name: column.tobytes() for name, column in expected.items()
    }
    assert Snapshot.unpack(one.snapshot()).moment == Snapshot.unpack(oracle.snapshot()).moment
