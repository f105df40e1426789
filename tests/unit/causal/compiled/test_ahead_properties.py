"""What is computed ahead of the book, and the cone after it, have the oracle's bits: a gate."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.causal.compiled.ahead_parity import Blocks, compare_ahead
from unit.causal.random_programs import BOOK, Made, programs

from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.program import Program

drawn = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 2**32 - 1)
places = st.lists(st.integers(0, 45), max_size=4)


@st.composite
def some_shown(draw: st.DrawFn) -> Made:
    """A program of which most values are nobody's output: the cone reads them all the same."""
    made = draw(programs(book=BOOK))
    names = draw(st.sets(st.sampled_from(sorted(made.program.outputs)), min_size=1))
    nodes = [one.node for one in made.program.instructions]
    shown = Program(nodes, {name: made.program.outputs[name] for name in names}, made.program.base)
    return Made(shown, made.across & names, made.book & names)


@drawn
@given(made=some_shown(), seed=seeds, blocks=st.builds(Blocks, places, places), instruments=st.integers(1, 5))
def test_a_block_ahead_and_its_cone_slice_by_slice_have_the_oracle_s_bits(
    kernels: Kernels, made: Made, seed: int, blocks: Blocks, instruments: int
) -> None:
    assert compare_ahead(made, seed, instruments, blocks, kernels)[1] == []


@settings(drawn, max_examples=2)
@given(made=programs(book=BOOK), seed=seeds, cuts=places, instruments=st.integers(50, 80))
def test_blocks_of_many_instruments_have_the_oracle_s_bits(
    kernels: Kernels, made: Made, seed: int, cuts: list[int], instruments: int
) -> None:
    assert compare_ahead(made, seed, instruments, Blocks(cuts, [3]), kernels)[1] == []
