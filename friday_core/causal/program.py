"""A program: the instructions that an author's columns are made of, ready for any executor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from friday_core.causal.columns import Operand
from friday_core.causal.domains import seconds
from friday_core.causal.market import Market, columns_of
from friday_core.causal.op import Params
from friday_core.causal.trace import ANY_DOMAIN, Node, Trace

#: Outputs that are decisions: NaN, for no decision, until an instrument has warmed up.
DECISIONS = ("signal", "target")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operator of a program; ``inputs`` are earlier instructions, ``at`` its place in the state.

    ``priced`` says that its first input is in price units.
    """

    node: Node
    inputs: tuple[int, ...]
    params: Params
    at: int
    priced: bool

    @property
    def name(self) -> str:
        return self.node.op.name


class Program:
    """Instructions in an order in which they can be computed, and what leads in and out.

    ``inputs`` are the columns that each clock domain must bring, ``outputs`` the instruction of
    each named output, ``state_size`` the float64 slots of one instrument, ``start`` their first
    values. ``warmup`` gives, by domain, the rows of an instrument before every output can have a
    value. ``key`` is equal for programs that compute the same with the same operator versions.
    """

    def __init__(self, nodes: Sequence[Node], outputs: Mapping[str, int], base: str) -> None:
        self.base = base
        self.instructions, self.start = _lay_out(nodes)
        self.outputs = dict(outputs)
        self.state_size = len(self.start)
        self.hashes = _hashes(self.instructions)
        named = [f"{name}={self.hashes[number]}" for name, number in sorted(outputs.items())]
        self.key = hashlib.sha256("\n".join([base, *named]).encode()).hexdigest()
        self.warmup = _warmup(self.instructions)
        domains = {one.node.domain for one in self.instructions} - {ANY_DOMAIN} | {base}
        #: Coarser first: the order in which rows of one time are taken.
        self.domains = tuple(sorted(domains, key=seconds, reverse=True))

    @property
    def inputs(self) -> dict[str, tuple[str, ...]]:
        """By clock domain, the columns that its rows must bring."""
        found: dict[str, list[str]] = {domain: [] for domain in self.domains}
        for one in self.instructions:
            if one.name == "input":
                found[one.node.domain].append(one.node.label)
        return {domain: tuple(labels) for domain, labels in found.items()}

    @property
    def cone(self) -> frozenset[int]:
        """The instructions that depend on the book: they run slice by slice."""
        return frozenset(n for n, one in enumerate(self.instructions) if one.node.feedback)

    @property
    def has_panels(self) -> bool:
        """Whether rows of one time must be computed together."""
        return any(one.node.op.panel is not None for one in self.instructions)


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
    trace = Trace(base)
    found = columns_of(outputs(Market(trace, columns, base, adjusted=adjusted)), trace)
    rows = _warmup_of_nodes(trace.nodes)
    for name in DECISIONS:
        if name in found:
            found[name] = trace.add("ready", [found[name]], (float(max(rows[n] for n in found.values())),))
    return _reachable(trace.nodes, found, base)


def _reachable(nodes: Sequence[Node], outputs: Mapping[str, int], base: str) -> Program:
    """The program without what no output needs."""
    needed: set[int] = set()
    waiting = list(outputs.values())
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting += nodes[number].inputs
    kept = [node for node in nodes if node.number in needed]
    place = {node.number: n for n, node in enumerate(kept)}
    renumbered = [
        Node(
            place[n.number],
            n.op,
            tuple(place[i] for i in n.inputs),
            n.params,
            n.kind,
            n.domain,
            n.feedback,
            n.label,
            n.line,
        )
        for n in kept
    ]
    return Program(renumbered, {name: place[number] for name, number in outputs.items()}, base)


def _lay_out(nodes: Sequence[Node]) -> tuple[tuple[Instruction, ...], list[float]]:
    instructions = []
    start: list[float] = []
    for node in nodes:
        priced = bool(node.inputs) and nodes[node.inputs[0]].kind == "price"
        instructions.append(Instruction(node, node.inputs, node.params, len(start), priced))
        first = list(node.op.start(node.params))
        if len(first) != node.op.slots(node.params):
            raise ValueError(f"operator {node.op.name}: start and slots disagree")
        start += first
    return tuple(instructions), start


def _hashes(instructions: Sequence[Instruction]) -> tuple[str, ...]:
    """For each instruction a hash of all that it computes: equal sub-graphs have equal hashes."""
    found: list[str] = []
    for one in instructions:
        node = one.node
        below = [found[number] for number in one.inputs]
        parts = [node.op.identity, node.label, node.domain, node.kind, *map(repr, one.params), *below]
        found.append(hashlib.sha256("\0".join(parts).encode()).hexdigest())
    return tuple(found)


def _warmup_of_nodes(nodes: Sequence[Node]) -> list[int]:
    """For each node the rows of its own domain that pass before it can have a value."""
    rows: list[int] = []
    for node in nodes:
        below = [rows[n] for n in node.inputs if nodes[n].domain in (node.domain, ANY_DOMAIN)]
        rows.append(max(below, default=0) + node.op.warmup(node.params))
    return rows


def _warmup(instructions: Sequence[Instruction]) -> dict[str, int]:
    nodes = [one.node for one in instructions]
    rows = _warmup_of_nodes(nodes)
    found: dict[str, int] = {}
    for node, count in zip(nodes, rows, strict=True):
        if node.domain != ANY_DOMAIN:
            found[node.domain] = max(found.get(node.domain, 0), count)
    return found
