"""Instructions: a trace laid out for execution, each with its place in the state and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from friday_core.causal.kinds import Kind
from friday_core.causal.op import Params
from friday_core.causal.trace import ANY_DOMAIN, Node


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

    @property
    def slots(self) -> int:
        """float64 slots of its state."""
        return self.node.op.slots(self.params)


def below(nodes: Sequence[Node], outputs: Iterable[int]) -> list[int]:
    """The numbers of these outputs and of all that they are made from, rising."""
    found: set[int] = set()
    waiting = list(outputs)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += nodes[number].inputs
    return sorted(found)


def lay_out(nodes: Sequence[Node]) -> tuple[tuple[Instruction, ...], list[float]]:
    """The instructions, and the first values of one instrument's state."""
    instructions = []
    start: list[float] = []
    for node in nodes:
        priced = bool(node.inputs) and nodes[node.inputs[0]].kind is Kind.PRICE
        instructions.append(Instruction(node, node.inputs, node.params, len(start), priced))
        start += node.op.start(node.params)
    return tuple(instructions), start


def hashes(instructions: Sequence[Instruction]) -> tuple[str, ...]:
    """For each instruction a hash of all that it computes: equal sub-graphs have equal hashes."""
    found: list[str] = []
    for one in instructions:
        node = one.node
        own = (node.op.identity, node.label, node.domain, node.kind.value)
        parts = [*own, ",".join(map(repr, one.params)), ",".join(found[number] for number in one.inputs)]
        found.append(hashlib.sha256("\0".join(parts).encode()).hexdigest())
    return tuple(found)


def warmup_rows(nodes: Sequence[Node]) -> list[int]:
    """For each node the rows of its own domain that pass before it can have a value."""
    rows: list[int] = []
    for node in nodes:
        below = [rows[n] for n in node.inputs if nodes[n].domain in (node.domain, ANY_DOMAIN)]
        rows.append(max(below, default=0) + node.op.warmup(node.params))
    return rows
