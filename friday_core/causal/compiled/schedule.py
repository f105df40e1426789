"""In which order instructions run: those that wait for their own last row stand side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from friday_core.causal.compiled.words import WIDEST
from friday_core.causal.instructions import Instruction

#: Instructions that one kernel executes: one, or ``WIDEST`` of the same operator.
Group = Sequence[tuple[int, Instruction]]


def scheduled(instructions: Iterable[tuple[int, Instruction]], gates: Mapping[int, int]) -> list[Group]:
    """All of them, each after what it reads and after its gate.

    A recursive operator takes as long as its chain of roundings, and four of them, independent of
    one another, hardly longer than one: they are put off until nothing else can run.
    """
    waiting = dict(instructions)
    needs = {n: {*_needs(one), gates.get(n)} for n, one in waiting.items()}
    found: list[Group] = []
    while waiting:
        ready = [(n, one) for n, one in waiting.items() if needs[n].isdisjoint(waiting)]
        chosen = [[pair] for pair in ready if not _is_recursive(pair[1])] or [_together(ready)]
        for group in chosen:
            found.append(group)
            for n, _one in group:
                del waiting[n]
    return found


def _needs(one: Instruction) -> Sequence[int]:
    return () if one.name == "asof" else one.inputs


def _is_recursive(one: Instruction) -> bool:
    op = one.node.op
    return op.arity == 1 and op.step is not None and bool(op.fixed_slots)


def _together(ready: Sequence[tuple[int, Instruction]]) -> list[tuple[int, Instruction]]:
    """``WIDEST`` of the first operator that has so many, else the first instruction."""
    for _, first in ready:
        alike = [pair for pair in ready if pair[1].node.op.identity == first.node.op.identity]
        if len(alike) >= WIDEST:
            return alike[:WIDEST]
    return [ready[0]]
