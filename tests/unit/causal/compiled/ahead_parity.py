"""One drawn comparison of blocks that are computed ahead, and their cone slice by slice, with all slice by slice."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from unit.causal.compiled.parity import compiled, oracle_of, state
from unit.causal.random_programs import BASE, BOOK, COARSE, Made, Slice, Universe, Values, market, step, tables
from unit.causal.stepping import bits

from friday_core.causal.ahead import Ahead, ahead
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.op import NAN
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program

#: The state after each close time, of one clock or the other.
States = Mapping[tuple[int, str], tuple[list[int], list[str]]]


@dataclass(frozen=True)
class Blocks:
    """How rows are cut: where blocks begin, and after which slices of a block another executor takes over."""

    cuts: Sequence[int]
    handed_over: Sequence[int]


def with_book(slices: Sequence[Slice], seed: int) -> list[Slice]:
    """The slices with the book's columns: tied, missing, tiny and huge values."""
    random = np.random.default_rng([seed, 1])
    values = [0.0, 1.0, -1.0, 100.25, -0.0, 5e-324, 1e200, NAN]
    return [
        replace(
            part,
            rows={
                i: {**row, **{label: float(random.choice(values)) for label in BOOK}} for i, row in part.rows.items()
            },
        )
        for part in slices
    ]


def compare_ahead(made: Made, seed: int, instruments: int, blocks: Blocks, kernels: Kernels) -> tuple[int, list[str]]:
    """Values compared, and what differs from the oracle slice by slice."""
    universe = Universe(range(instruments))
    slices = with_book(market(seed, instruments), seed)
    expected, states = _slice_by_slice(made.program, universe, slices)
    found: list[str] = []
    for way, one in (
        ("plain", oracle_of(made.program, universe)),
        ("compiled", compiled(made.program, universe, kernels)),
    ):
        run = _Run(universe, kernels, states, one)
        for part in _parts(slices, blocks.cuts):
            run.block(part, blocks.handed_over)
        found += [f"{way}: {key}" for key in expected if run.values.get(key) != expected[key]]
        found += [f"{way}: state at {key}" for key in run.wrong_states]
    return 2 * len(expected), found


def _slice_by_slice(program: Program, universe: Universe, slices: Sequence[Slice]) -> tuple[Values, States]:
    oracle = oracle_of(program, universe)
    values: Values = {}
    states = {}
    for part in slices:
        values |= step(oracle, universe, part)
        states[part.ts, part.domain] = state(oracle)
    return values, states


def _parts(slices: Sequence[Slice], cuts: Sequence[int]) -> list[Sequence[Slice]]:
    places = [0, *sorted(min(cut, len(slices)) for cut in cuts), len(slices)]
    return [slices[a:b] for a, b in itertools.pairwise(places)]


class _Run:
    """One executor after the other on block after block."""

    def __init__(self, universe: Universe, kernels: Kernels, states: States, first: Oracle) -> None:
        self.values: Values = {}
        self.wrong_states: list[tuple[int, str]] = []
        self._universe, self._kernels, self._states = universe, kernels, states
        self._one, self._turns = first, 0

    def block(self, part: Sequence[Slice], handed_over: Sequence[int]) -> None:
        there = [one for one in part if one.domain == BASE and one.rows]
        block = self._ahead(part)
        for number, one in enumerate(there):
            self._slice(block, one)
            if number in handed_over and number + 1 < len(there):
                self._compare(one)
                self._one = self._successor()
                self.block(part[part.index(one) + 1 :], [])
                return
        if part:
            self._compare(part[-1])

    def _ahead(self, part: Sequence[Slice]) -> Ahead:
        rows = tables(part, self._universe)
        return ahead(self._one, rows[BASE], coarser={COARSE: rows[COARSE]})

    def _slice(self, block: Ahead, one: Slice) -> None:
        places = sorted(one.rows)
        shown = block.slice({label: [one.rows[place][label] for place in places] for label in BOOK})
        for name, column in shown.items():
            self.values |= {(name, one.ts, i): value for i, value in zip(places, bits(column), strict=True)}

    def _compare(self, last: Slice) -> None:
        if state(self._one) != self._states[last.ts, last.domain]:
            self.wrong_states.append((last.ts, last.domain))

    def _successor(self) -> Oracle:
        """The other executor, from a snapshot amid the block."""
        self._turns += 1
        program = self._one.program
        other = (
            compiled(program, self._universe, self._kernels) if self._turns % 2 else oracle_of(program, self._universe)
        )
        assert other.restore(self._one.snapshot()).cold == ()
        return other
