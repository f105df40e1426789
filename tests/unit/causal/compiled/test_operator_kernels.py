"""Every operator has a kernel, and it is the operator's step: on its examples, on long columns, in any cut."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from unit.causal.compiled.parity import state
from unit.causal.random_programs import ACCEPTED, NAMES
from unit.causal.stepping import bits

from friday_core.causal.batch import feed
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.words import BLOCK, WIDEST
from friday_core.causal.kinds import Kind
from friday_core.causal.op import Params
from friday_core.causal.operators import OPERATORS
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.causal.trace import Trace
from friday_core.domain.chunk import Float64

ROWS = BLOCK + 200
#: Long and short windows, and the shortest.
_WINDOWS = {"w": (1.0, 20.0), "k": (1.0, 1100.0)}


def _params(name: str) -> list[Params]:
    """Those of the examples; of a window, several lengths too."""
    op = OPERATORS[name]
    shown = list(dict.fromkeys(tuple(map(float, one.params)) for one in op.examples))
    if not op.parameters or op.parameters[0] not in _WINDOWS or op.fixed_slots is not None:
        return shown
    return [*shown, *((length, *shown[0][1:]) for length in _WINDOWS[op.parameters[0]])]


def _column(kind: Kind, random: np.random.Generator, rows: int) -> Float64:
    """Tied prices, and numbers that are tied, tiny, huge, infinite or missing, most of all not."""
    if kind is Kind.BOOL:
        return random.choice([0.0, 1.0, math.nan], rows, p=[0.5, 0.45, 0.05])
    if kind is not Kind.NUM:
        found = random.integers(9_990, 10_010, rows).astype(float)
        found[random.random(rows) < 0.001] = math.nan
        return found
    found = np.where(random.random(rows) < 0.3, random.integers(-2, 3, rows), random.normal(0, 1e3, rows))
    odd = [5e-324, -2.3e-310, 1e200, -1e200, -0.0, math.inf, math.nan]
    strange = random.random(rows) < 0.005
    found[strange] = random.choice(odd, int(strange.sum()))
    return found


def _program(name: str, kinds: Sequence[Kind], params: Params, copies: int = 1) -> Program:
    trace = Trace("1d")
    inputs = [
        [trace.input(f"{place}.{copy}", kind, "1d") for place, kind in enumerate(kinds)] for copy in range(copies)
    ]
    numbers = [trace.add(name, nodes, params) for nodes in inputs]
    return Program(trace.nodes, {f"out{place}": number for place, number in enumerate(numbers)}, "1d")


def _tables(program: Program, instruments: int) -> list[dict[str, Float64]]:
    """The rows in three parts; instruments take turns without order."""
    random = np.random.default_rng(instruments)
    kinds = {one.node.label: one.node.kind for one in program.instructions if one.node.label}
    rows = {label: _column(kind, random, ROWS) for label, kind in kinds.items()}
    table = {**rows, "ts": np.arange(ROWS), "inst": random.integers(0, instruments, ROWS)}
    return [{name: column[a:b] for name, column in table.items()} for a, b in itertools.pairwise([0, 1, 777, ROWS])]


def _check(program: Program, instruments: int, kernels: Kernels) -> None:
    scales = [10.0 ** (place % 3) for place in range(instruments)]
    oracle, one = Oracle(program, scales), CompiledExecutor(program, scales, kernels=kernels)
    for table in _tables(program, instruments):
        expected, shown = feed(oracle, table), feed(one, table)
        for name in expected:
            assert bits(shown[name].tolist()) == bits(expected[name].tolist())
    assert state(one) == state(oracle)


def _cases() -> list[tuple[str, tuple[Kind, ...]]]:
    """For each operator, exact form and price unit one combination of kinds."""
    found = {}
    for name in NAMES:
        for kinds in ACCEPTED[name]:
            params = tuple(map(float, OPERATORS[name].examples[0].params))
            made = _program(name, kinds, params).instructions[-1]
            found.setdefault((made.name, made.priced, len(kinds)), (name, kinds))
    return list(found.values())


CASES = _cases()


@pytest.mark.parametrize("instruments", [1, 3])
@pytest.mark.parametrize(("name", "kinds"), CASES)
def test_a_kernel_has_the_bits_of_its_step(
    kernels: Kernels, name: str, kinds: tuple[Kind, ...], instruments: int
) -> None:
    for params in _params(name):
        _check(_program(name, kinds, params), instruments, kernels)


@pytest.mark.parametrize("name", [op.name for op in OPERATORS.values() if op.arity == 1 and op.step and op.fixed_slots])
def test_instructions_side_by_side_have_the_bits_of_their_steps(kernels: Kernels, name: str) -> None:
    for instruments in (1, 3):
        for params in _params(name):
            program = _program(name, ACCEPTED[name][0], params, copies=WIDEST + 1)
            _check(program, instruments, kernels)


def test_every_operator_has_a_kernel(kernels: Kernels) -> None:
    wanted = [(op, 1) for op in OPERATORS.values() if op.name not in ("input", "const")]
    assert [name for name, address in kernels.addresses(wanted).items() if address is None] == []
    assert kernels.reasons == {}
