"""A program as text, for people: each output as the tree of its operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from friday_core.causal.instructions import Instruction


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instruction stands in a tree: ``depth`` below its output; ``again`` if it stands above too."""

    number: int
    depth: int
    again: bool


def tree(instructions: Sequence[Instruction], outputs: Mapping[str, int], base: str) -> Iterator[str]:
    """A line for each operator, indented below what reads it; what was shown before is named only."""
    shown: set[int] = set()
    for name, number in sorted(outputs.items()):
        yield name
        for place in places(instructions, number, shown):
            yield "  " * (place.depth + 1) + _line(instructions[place.number], place, base)


def places(instructions: Sequence[Instruction], root: int, shown: set[int]) -> Iterator[Place]:
    """The tree below ``root``, each operator before what it reads; ``shown`` grows by what was gone through.

    What is in ``shown`` is not gone through again; columns and constants may stand several times.
    """
    waiting = [(root, 0)]
    while waiting:
        number, depth = waiting.pop()
        inputs = instructions[number].inputs
        again = number in shown and bool(inputs)
        yield Place(number, depth, again)
        if not again:
            shown.add(number)
            waiting += [(given, depth + 1) for given in reversed(inputs)]


def named(one: Instruction, base: str) -> str:
    """The operator with its parameters, the column's name, or the constant."""
    if one.name == "const":
        return f"{one.params[0]:g}"
    node = one.node
    words = [node.label or one.name + _arguments(one)]
    words += [f"on {node.domain}"] if node.domain not in ("", base) else []
    words += ["(the book's)"] if node.label and node.feedback else []
    return " ".join(words)


def _line(one: Instruction, place: Place, base: str) -> str:
    if place.again:
        return f"#{place.number} {one.name}, see above"
    text = named(one, base)
    if one.name == "const":
        return text
    whose = "Friday's gate for " if one.node.is_gate else ""
    return f"#{place.number} {text} [{whose}{one.node.line}]"


def _arguments(one: Instruction) -> str:
    if not one.params:
        return ""
    names = list(one.node.op.parameters)
    names += [""] * (len(one.params) - len(names))
    given = zip(names, one.params, strict=False)
    return f"({', '.join(f'{name} {value:g}'.strip() for name, value in given)})"
