"""A program: the instructions that an author's columns are made of, ready for any executor."""

from __future__ import annotations

import hashlib
import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from friday_core.causal.answer import columns_of
from friday_core.causal.columns import Operand
from friday_core.causal.domains import parse, rank
from friday_core.causal.instructions import below, hashes, lay_out, warmup_rows
from friday_core.causal.kinds import Kind
from friday_core.causal.listing import tree
from friday_core.causal.market import Market
from friday_core.causal.op import NAN
from friday_core.causal.trace import ANY_DOMAIN, Node, Trace, line_of
from friday_core.causal.verification import faults, oversized
from friday_core.errors import InvariantError, TraceError

#: Outputs that are decisions: NaN, for no decision, until an instrument has warmed up.
DECISIONS = ("signal", "target", "order", "cancel")


class Program:
    """Instructions in an order in which they can be computed, and what leads in and out.

    ``inputs`` are the columns that each clock domain must bring, ``outputs`` the instruction of
    each named output, ``state_size`` the float64 slots of one instrument, ``start`` their first
    values. ``warmup`` gives, by domain, the rows of an instrument before every output can have a
    value. ``key`` is equal for programs that compute the same with the same operator versions.
    ``domains`` stand in the order in which rows of one time are taken: coarser first.
    ``TraceError`` for nodes whose state would be larger than any program needs.
    """

    #: Bit-exact in research, backtest and live, by construction.
    grade: Literal["A"] = "A"

    def __init__(self, nodes: Sequence[Node], outputs: Mapping[str, int], base: str) -> None:
        if fault := oversized(nodes):
            raise TraceError(fault)
        self.base = base
        self.instructions, self.start = lay_out(nodes)
        self.outputs = dict(outputs)
        #: What was found to be sound.
        self._sound: tuple[object, ...] = ()
        self.state_size = len(self.start)
        self.hashes = hashes(self.instructions)
        named = [f"{name}={self.hashes[number]}" for name, number in sorted(outputs.items())]
        self.key = hashlib.sha256("\n".join([base, *named]).encode()).hexdigest()
        self.domains = tuple(sorted({node.domain for node in nodes} - {ANY_DOMAIN} | {base}, key=rank))
        rows = warmup_rows(nodes)
        self.warmup = {
            domain: max((rows[node.number] for node in nodes if node.domain == domain), default=0)
            for domain in self.domains
        }

    def again(self) -> Program:
        """An equal program with an outside of its own."""
        other = object.__new__(Program)
        vars(other).update(vars(self), outputs=dict(self.outputs), start=[*self.start], warmup=dict(self.warmup))
        return other

    @property
    def inputs(self) -> dict[str, tuple[str, ...]]:
        """By clock domain, the columns that its rows must bring."""
        return {
            domain: tuple(
                one.node.label for one in self.instructions if one.name == "input" and one.node.domain == domain
            )
            for domain in self.domains
        }

    @property
    def cone(self) -> frozenset[int]:
        """The instructions that depend on the book."""
        return frozenset(n for n, one in enumerate(self.instructions) if one.node.feedback)

    def split(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The instructions that can run in whole blocks, and the cone, which follows slice by slice.

        Both are in an order in which they can be computed, the first without the second.
        """
        cone = self.cone
        return tuple(n for n in range(len(self.instructions)) if n not in cone), tuple(sorted(cone))

    @property
    def has_panels(self) -> bool:
        """Whether rows of one time must be computed together."""
        return any(one.node.op.panel is not None for one in self.instructions)

    @property
    def slots(self) -> dict[str, tuple[int, int]]:
        """Place and size in the state of each instruction that has one, by its hash."""
        stateful = [(n, one) for n, one in enumerate(self.instructions) if one.slots]
        return {self.hashes[n]: (one.at, one.slots) for n, one in stateful}

    def verify(self) -> None:
        """``InvariantError`` with all that is malformed: an executor may rely on the rest."""
        asked = (self.instructions, dict(self.outputs), self.domains, tuple(self.start))
        if asked == self._sound:
            return
        found = list(faults(*asked))
        if found:
            raise InvariantError(f"malformed program {self.key[:8]}: {'; '.join(found)}")
        self._sound = asked

    def describe(self, reasons: Mapping[str, str] | None = None) -> str:
        """The program for people: what it reads, its warm-up, and each output as a tree of operators.

        ``reasons`` says by operator and version why some have no kernel, as ``Kernels.reasons`` does.
        """
        rows = ", ".join(f"{domain} {count}" for domain, count in self.warmup.items())
        reads = "; ".join(f"{domain}: {', '.join(labels) or 'nothing'}" for domain, labels in self.inputs.items())
        size = f"{len(self.instructions)} operators, {self.state_size} slots of state"
        plain = {one.node.op.identity: one.name for one in self.instructions}
        return "\n".join([
            f"program {self.key[:8]} on {self.base}, grade {self.grade}: {size}",
            f"reads {reads}",
            f"warm-up rows: {rows}",
            *(f"{plain[name]} runs in plain Python: {why}" for name, why in (reasons or {}).items() if name in plain),
            *tree(self.instructions, self.outputs, self.base),
        ])  # fmt: skip


def trace_program(
    outputs: Callable[[Market], Mapping[str, Operand]],
    columns: Sequence[str] = (),
    *,
    base: str = "1d",
    adjusted: bool = True,
) -> Program:
    """Call an author's ``outputs(m)`` once, on columns without data, and record what it computes.

    Raises ``LookaheadError``, ``TraceError`` or ``ClockDomainError`` with the author's line and
    the mend. Decisions pass a gate that holds them back until an instrument has warmed up.
    """
    where = line_of(inspect.unwrap(outputs))
    base = parse(base, where).name
    trace = Trace(base)
    try:
        answer = outputs(Market(trace, columns, base, adjusted=adjusted))
    except RecursionError:
        raise TraceError(
            f"{where}: outputs(m) calls itself without end; a value that depends on its own past is "
            "latch(), ratchet(), ewm() or cumsum()"
        ) from None
    found = columns_of(answer, trace, where)
    found |= _gated(trace, found)
    return _made(trace.nodes, found, base)


#: Programs by all that they follow from, the oldest first; nobody else has them.
_MADE: dict[tuple[object, ...], Program] = {}
#: How many are kept, and of at most how many slots of state.
_MOST_KEPT, _MOST_SLOTS_KEPT = 64, 4_096


def _made(nodes: Sequence[Node], outputs: Mapping[str, int], base: str) -> Program:
    """The program, verified. That of an equal trace is known: to lay out and to verify takes longer than to trace."""
    traced = _traced(nodes, outputs, base)
    known = _MADE.get(traced)
    if known is not None:
        return known.again()
    program = _without_dead_nodes(nodes, outputs, base)
    program.verify()
    if program.state_size <= _MOST_SLOTS_KEPT:
        _MADE[traced] = program.again()
        for oldest in list(_MADE)[:-_MOST_KEPT]:
            _MADE.pop(oldest, None)
    return program


def _traced(nodes: Sequence[Node], outputs: Mapping[str, int], base: str) -> tuple[object, ...]:
    """All that a program follows from. An operator that is kept keeps its id; zero is not equal to a negative one."""
    told = [
        (id(one.op), one.inputs, repr(one.params), one.kind, one.domain, one.label, one.line, one.feedback, one.is_gate)
        for one in nodes
    ]
    return base, *outputs.items(), *told


def _without_dead_nodes(nodes: Sequence[Node], outputs: Mapping[str, int], base: str) -> Program:
    kept = below(nodes, outputs.values())
    place = {number: n for n, number in enumerate(kept)}
    if len(kept) < len(nodes):
        nodes = [replace(nodes[n], number=place[n], inputs=tuple(place[i] for i in nodes[n].inputs)) for n in kept]
    return Program(nodes, {name: place[number] for name, number in outputs.items()}, base)


def _gated(trace: Trace, outputs: Mapping[str, int]) -> dict[str, int]:
    """The decisions, NaN until every output can have a value, on every clock that it is made from."""
    rows = warmup_rows(trace.nodes)
    most = float(max(rows[number] for number in outputs.values()))
    gated = {name: outputs[name] for name in DECISIONS if name in outputs}
    conditions = list(_coarse_warm(trace, rows, outputs.values())) if gated else []
    for name, number in gated.items():
        node = trace.nodes[number]
        if node.kind is Kind.BOOL:
            raise TraceError(f"{node.line}: {name} is a true/false column; write where(condition, 1.0, 0.0)")
        with trace.on_behalf(node.line, gate=True):
            value = number
            for warm in conditions:
                value = trace.add("where", [warm, value, trace.constant(NAN)], domain=trace.base)
            gated[name] = trace.add("ready", [value], (most,), domain=trace.base)
    return gated


def _coarse_warm(trace: Trace, rows: Sequence[int], outputs: Iterable[int]) -> Iterator[int]:
    """For each value that is brought over from a coarser clock: whether it has had its warm-up rows there."""
    joins = [trace.nodes[n] for n in below(trace.nodes, outputs) if trace.nodes[n].op.name == "asof"]
    lines = {join.inputs[0]: join.line for join in reversed(joins)}
    for source in dict.fromkeys(join.inputs[0] for join in joins):
        if rows[source] > 0:
            with trace.on_behalf(lines[source], gate=True):
                count = trace.add("rows", [source])
                joined = trace.add("asof", [count], (math.inf,), domain=trace.base)
                warm = trace.add("gt", [joined, trace.constant(float(rows[source]), Kind.COUNT)])
            yield warm
