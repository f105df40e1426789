"""Random programs of all operators, and random rows to run them on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from unit.causal.stepping import bits

from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN
from friday_core.causal.operators import OPERATORS
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.causal.trace import Trace
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import TraceError

BASE, COARSE = "5m", "15m"
#: Inputs of every program: by kind on both clocks, and one of the book or, where it is asked for, all.
INPUTS = {"raw.close": Kind.PRICE, "volume": Kind.COUNT, "x": Kind.NUM, "flag": Kind.BOOL, "session": Kind.COUNT}
FEEDBACK = "pos"
BOOK = ("pos", "avg_price", "open_qty", "cash", "equity")
#: Operators that are chosen by name; the exact forms follow from the kinds, ``asof`` from the clock.
NAMES = sorted(name for name in OPERATORS if not name.startswith("grid_") and name not in ("input", "const", "asof"))
MINUTE = 60_000_000

_windows = st.integers(1, 20).map(float)
_PARAMETERS: dict[tuple[str, ...], st.SearchStrategy[tuple[float, ...]]] = {
    (): st.just(()),
    ("w",): st.tuples(_windows),
    ("k",): st.tuples(_windows),
    ("rows",): st.tuples(_windows),
    ("w", "q"): st.tuples(_windows, st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0])),
    ("a",): st.tuples(st.sampled_from([0.01, 0.5, 1.0, 2 / 3])),
    ("min_valid",): st.tuples(st.integers(1, 4).map(float)),
    ("count", "min_valid"): st.tuples(st.integers(1, 4).map(float), st.integers(1, 4).map(float)),
    ("total", "min_valid"): st.tuples(st.sampled_from([0.1, 1.0]), st.integers(1, 4).map(float)),
}


def _params(name: str) -> st.SearchStrategy[tuple[float, ...]]:
    op = OPERATORS[name]
    examples = st.sampled_from([tuple(map(float, one.params)) for one in op.examples])
    return _PARAMETERS.get(tuple(op.parameters), examples)


def _accepted(name: str) -> list[tuple[Kind, ...]]:
    """The kinds of inputs that the tracer takes for an operator."""
    params = tuple(map(float, OPERATORS[name].examples[0].params))
    found = []
    for kinds in itertools.product(Kind, repeat=OPERATORS[name].arity):
        trace = Trace(BASE)
        nodes = [trace.input(f"{place}", kind, BASE) for place, kind in enumerate(kinds)]
        try:
            trace.add(name, nodes, params)
        except TraceError:
            continue
        found.append(kinds)
    return found


ACCEPTED = {name: _accepted(name) for name in NAMES}


@dataclass(frozen=True)
class Made:
    """A program, and which of its outputs depend on other instruments, and which on the book."""

    program: Program
    across: frozenset[str]
    book: frozenset[str]

    @property
    def alone(self) -> frozenset[str]:
        """Outputs that are the instrument's own business."""
        return frozenset(self.program.outputs) - self.across


@st.composite
def programs(
    draw: st.DrawFn, size: int = 12, coarser: Sequence[str] = (COARSE,), book: Sequence[str] = (FEEDBACK,)
) -> Made:
    """Every value on the program's own clock is an output, so that nothing is hidden by what follows."""
    trace = Trace(BASE)
    for domain in (BASE, *coarser):
        for label, kind in INPUTS.items():
            trace.input(label, kind, domain)
    for label in book:
        trace.input(label, Kind.NUM, BASE, feedback=True)
    trace.constant(draw(st.sampled_from([0.0, 1.0, -2.5, 1e-300])))
    for _ in range(draw(st.integers(1, size))):
        _draw_node(draw, trace, coarser)
    outputs = {f"n{node.number}": node.number for node in trace.nodes if node.domain in (BASE, "")}
    program = Program(trace.nodes, outputs, BASE)
    program.verify()
    across = _below_panels(program)
    return Made(
        program,
        frozenset(name for name, number in outputs.items() if number in across),
        frozenset(name for name, number in outputs.items() if number in program.cone),
    )


def _draw_node(draw: st.DrawFn, trace: Trace, coarser: Sequence[str]) -> None:
    domain = draw(st.sampled_from([BASE, BASE, BASE, *coarser]))
    if draw(st.integers(0, 7)) == 7:
        coarse = [node.number for node in trace.nodes if node.domain in coarser]
        age = draw(st.sampled_from([math.inf, 0.0, 5.0 * MINUTE, 14.0 * MINUTE]))
        trace.add("asof", [draw(st.sampled_from(coarse))], (age,), domain=BASE)
        return
    name = draw(st.sampled_from(NAMES))
    kinds = draw(st.sampled_from(ACCEPTED[name]))
    nodes = []
    for kind in kinds:
        known = [node.number for node in trace.nodes if node.domain == domain and node.kind is kind]
        nodes.append(draw(st.sampled_from(known)))
    trace.add(name, nodes, draw(_params(name)))


def _below_panels(program: Program) -> set[int]:
    found: set[int] = set()
    for number, one in enumerate(program.instructions):
        if one.node.op.panel is not None or found & set(one.inputs):
            found.add(number)
    return found


# Rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slice:
    """Rows of one close time by instrument; a row is its columns by name."""

    ts: int
    domain: str
    rows: Mapping[int, Mapping[str, float]]


def market(seed: int, instruments: int, slices: int = 30) -> list[Slice]:
    """Both clocks in order. Instruments start late, end early and have gaps; values are tied, missing, tiny or huge."""
    random = np.random.default_rng(seed)
    first = random.integers(0, slices // 3, instruments)
    last = random.integers(slices // 2, slices + 5, instruments)
    first[random.integers(instruments)] = 0
    found = []
    for n in range(slices):
        for domain in (COARSE, BASE) if n % 3 == 0 else (BASE,):
            there = [i for i in range(instruments) if first[i] <= n <= last[i] and random.random() < 0.9]
            rows = {i: _row(random, session=float(n // 7)) for i in there}
            found.append(Slice(n * 5 * MINUTE, domain, rows))
    return found


def _row(random: np.random.Generator, session: float) -> dict[str, float]:
    number = [
        float(random.integers(-2, 3)), -0.0, float(random.normal()), float(random.normal() * 1e6), 5e-324,
        -2.3e-310, 1e200, math.inf, NAN,
    ]  # fmt: skip
    likely = [0.3, 0.05, 0.3, 0.1, 0.05, 0.05, 0.04, 0.01, 0.1]
    return {
        "raw.close": float(random.integers(9_990, 10_010)) if random.random() < 0.93 else NAN,
        "volume": float(random.integers(0, 4)),
        "x": number[random.choice(len(number), p=likely)],
        "flag": float(random.choice([0.0, 1.0, NAN], p=[0.5, 0.4, 0.1])),
        "session": session if random.random() < 0.97 else NAN,
        FEEDBACK: float(random.integers(-1, 2)),
    }


# Execution -------------------------------------------------------------------------------------

#: What a value is known by: output, close time, instrument.
Values = dict[tuple[str, int, int], str]


@dataclass(frozen=True)
class Universe:
    """Where each instrument stands in an executor: ``order[position]`` is an instrument.

    An id follows from the position, so that another order is another naming; with ``own_names``
    it is the instrument's own.
    """

    order: Sequence[int]
    own_names: bool = False

    def oracle(self, program: Program) -> Oracle:
        scales = [10.0 ** (2 + 2 * (instrument % 2)) for instrument in self.order]
        names = self.order if self.own_names else range(len(self.order))
        return Oracle(program, scales, [InstrumentId(str(name), "NSE") for name in names])


def step(oracle: Oracle, universe: Universe, part: Slice) -> Values:
    """The outputs of one slice, or of a part of one."""
    places = [place for place, instrument in enumerate(universe.order) if instrument in part.rows]
    rows = [part.rows[universe.order[place]] for place in places]
    labels = oracle.program.inputs[part.domain]
    shown = oracle.step(part.ts, places, {label: [row[label] for row in rows] for label in labels}, part.domain)
    return {
        (name, part.ts, universe.order[place]): value
        for name, column in shown.items()
        for place, value in zip(places, bits(column), strict=True)
    }


def execute(made: Made, slices: Sequence[Slice], universe: Universe, oracle: Oracle | None = None) -> Values:
    """The outputs of all slices, slice by slice."""
    one = oracle or universe.oracle(made.program)
    values: Values = {}
    for part in slices:
        values |= step(one, universe, part)
    return values


def row_by_row(slices: Sequence[Slice], universe: Universe) -> Iterator[Slice]:
    """The same rows, each by itself."""
    for part in slices:
        for instrument in universe.order:
            if instrument in part.rows:
                yield replace(part, rows={instrument: part.rows[instrument]})


def tables(slices: Sequence[Slice], universe: Universe) -> dict[str, dict[str, Any]]:
    """By clock, whole columns."""
    found = {}
    for domain in (BASE, COARSE):
        rows = [
            (part.ts, place, part.rows[instrument])
            for part in slices
            if part.domain == domain
            for place, instrument in enumerate(universe.order)
            if instrument in part.rows
        ]
        columns = {label: np.array([row[label] for _, _, row in rows]) for label in (*INPUTS, FEEDBACK)}
        places = {"ts": np.array([ts for ts, _, _ in rows]), "inst": np.array([place for _, place, _ in rows])}
        found[domain] = {**columns, **places}
    return found
