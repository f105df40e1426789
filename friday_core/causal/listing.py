"""A program as text, for people: each output as the tree of its operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from friday_core.causal.instructions import Instruction


def tree(instructions: Sequence[Instruction], outputs: Mapping[str, int], base: str) -> Iterator[str]:
    """A line for each operator, indented below what reads it; what was shown before is named only."""
    shown: set[int] = set()
    for name, number in sorted(outputs.items()):
        yield name
        yield from _branch(instructions, number, base, shown)


def _branch(instructions: Sequence[Instruction], root: int, base: str, shown: set[int]) -> Iterator[str]:
    waiting = [(root, 1)]
    while waiting:
        number, depth = waiting.pop()
        one = instructions[number]
        indent = "  " * depth
        if number in shown and one.inputs:
            yield f"{indent}#{number} {one.name}, see above"
            continue
        shown.add(number)
        yield f"{indent}{_line(one, number, base)}"
        waiting += [(given, depth + 1) for given in reversed(one.inputs)]


def _line(one: Instruction, number: int, base: str) -> str:
    if one.name == "const":
        return f"{one.params[0]:g}"
    node = one.node
    words = [f"#{number}", node.label or one.name + _arguments(one)]
    words += [f"on {node.domain}"] if node.domain not in ("", base) else []
    words += ["(the book's)"] if node.label and node.feedback else []
    return " ".join([*words, f"[{node.line}]"])


def _arguments(one: Instruction) -> str:
    if not one.params:
        return ""
    names = list(one.node.op.parameters)
    names += [""] * (len(one.params) - len(names))
    given = zip(names, one.params, strict=False)
    return f"({', '.join(f'{name} {value:g}'.strip() for name, value in given)})"
