"""One drawn comparison of the two executors: live, whole columns in any cuts, and restores into each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from unit.causal.random_programs import BASE, COARSE, Made, Slice, Universe, Values, market, step, tables
from unit.causal.stepping import bits

from friday_core.causal.batch import feed
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.causal.snapshot import Snapshot
from friday_core.domain.instruments import InstrumentId


@dataclass(frozen=True)
class Compared:
    """Values compared, and where they differ: which way of executing, then output, time and instrument."""

    values: int
    differences: Sequence[tuple[str, str, int, int]]


def oracle_of(program: Program, universe: Universe) -> Oracle:
    return Oracle(program, *_instruments(universe))


def compiled(program: Program, universe: Universe, kernels: Kernels) -> CompiledExecutor:
    return CompiledExecutor(program, *_instruments(universe), kernels=kernels)


def _instruments(universe: Universe) -> tuple[list[float], list[InstrumentId]]:
    """Scales, and ids that are in order even if they are many."""
    scales = [10.0 ** (2 + 2 * (instrument % 2)) for instrument in universe.order]
    return scales, [InstrumentId(f"{place:03}", "NSE") for place in range(len(universe.order))]


def state(oracle: Oracle) -> tuple[list[int], list[str]]:
    """The whole state as bits, all NaN being one."""
    arena = Snapshot.unpack(oracle.snapshot()).state
    return list(arena.shape), bits(arena.ravel().tolist())


def compare(made: Made, seed: int, instruments: int, cuts: Sequence[int], kernels: Kernels) -> Compared:
    """The oracle slice by slice against every other way to execute the same slices."""
    universe = Universe(range(instruments))
    slices = market(seed, instruments)
    oracle, live = oracle_of(made.program, universe), compiled(made.program, universe, kernels)
    expected: Values = {}
    shown: Values = {}
    for part in slices:
        expected |= step(oracle, universe, part)
        shown |= step(live, universe, part)
    found = [("live", *key) for key in _differing(expected, shown)]
    parts = [
        slices[a:b] for a, b in itertools.pairwise([0, *sorted(min(cut, len(slices)) for cut in cuts), len(slices)])
    ]
    for way in ("columns", "in turn"):
        last, values = _in_parts(way, made.program, universe, parts, kernels)
        found += [(way, *key) for key in _differing(expected, values)]
        if state(last) != state(oracle):
            found.append((way, "state", 0, 0))
    if state(live) != state(oracle):
        found.append(("live", "state", 0, 0))
    return Compared(3 * len(expected), found)


def _in_parts(
    way: str, program: Program, universe: Universe, parts: Sequence[Sequence[Slice]], kernels: Kernels
) -> tuple[Oracle, Values]:
    """Part by part; ``in turn`` restores into the other executor before each."""
    one: Oracle = compiled(program, universe, kernels)
    values: Values = {}
    for turn, part in enumerate(parts):
        if way == "in turn":
            other = oracle_of(program, universe) if turn % 2 else compiled(program, universe, kernels)
            assert other.restore(one.snapshot()).cold == ()
            one = other
        columns = tables(part, universe)
        for name, column in feed(one, columns[BASE], coarser={COARSE: columns[COARSE]}).items():
            places = zip(columns[BASE]["ts"].tolist(), columns[BASE]["inst"].tolist(), strict=True)
            values |= {(name, *place): value for place, value in zip(places, bits(column.tolist()), strict=True)}
    return one, values


def _differing(one: Values, other: Values) -> list[tuple[str, int, int]]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
