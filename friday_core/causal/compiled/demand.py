"""Which values nobody sees unless a condition holds: a slice on which it does not hold need not have them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from friday_core.causal.instructions import Instruction

_CONDITION, _YES, _NO = range(3)


def gates(instructions: Sequence[tuple[int, Instruction]], shown: Collection[int]) -> dict[int, int]:
    """By panel instruction one such condition, which is known before it runs.

    ``instructions`` rise, and are all that read one another but for those in ``shown``, which are seen on every row.
    """
    own = dict(instructions)
    seen: dict[int, frozenset[int]] = {n: frozenset() for n in shown}
    found: dict[int, int] = {}
    for n, one in reversed(instructions):
        conditions = seen.get(n, frozenset())
        if one.node.op.panel is not None:
            gate = _known_first(n, conditions, own)
            conditions = frozenset() if gate is None else frozenset({gate})
            found |= {} if gate is None else {n: gate}
        elif one.slots:
            conditions = frozenset()
        for given, under in _read(one, conditions):
            seen[given] = seen[given] & under if given in seen else under
    return found


def _read(one: Instruction, conditions: frozenset[int]) -> Iterable[tuple[int, frozenset[int]]]:
    """What an instruction reads, and which conditions hold wherever what it reads of that is seen."""
    if one.name != "where":
        return [(given, conditions) for given in one.inputs]
    condition, yes, no = (one.inputs[place] for place in (_CONDITION, _YES, _NO))
    return [(condition, conditions), (yes, conditions | {condition}), (no, conditions)]


def _known_first(n: int, conditions: Collection[int], own: Mapping[int, Instruction]) -> int | None:
    """A column that arrives, else what stands earlier in the program: neither can wait for this one."""
    arrive = [one for one in conditions if one in own and own[one].name == "input"]
    return min(arrive or [one for one in conditions if one in own and one < n], default=None)
