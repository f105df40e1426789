"""Operators of plugins in one host: each sound by itself, and no two of one name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from friday_core.causal.op import Op
from friday_core.causal.operators import OPERATORS
from friday_core.causal.own_operators import operator_faults
from friday_core.errors import ProblemKind
from friday_core.plugin.discovery import OWN_DISTRIBUTION, InstalledPlugin
from friday_core.plugin.unusable import Unusable

_MEND = "correct what friday_operators() returns"


class OperatorTable:
    """The operators that plugins have registered, and who did."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[Op, InstalledPlugin]] = {}

    def join(self, answers: Sequence[Any], plugin: InstalledPlugin) -> tuple[Op, ...]:
        """What a module's hooks returned; ``Unusable`` if it cannot be used, and then none of it is kept."""
        operators: list[Op] = []
        for answer in answers:
            if not isinstance(answer, list | tuple) or not all(isinstance(one, Op) for one in answer):
                mend = "return a list of what @operator(...) made of your functions"
                raise Unusable(ProblemKind.BAD_REGISTRATION, f"friday_operators() returned {answer!r:.80}", mend)
            operators += answer
        for op in operators:
            self._require_sole(op, plugin)
            for fault in operator_faults(op):
                raise Unusable(ProblemKind.BAD_REGISTRATION, f"operator {op.name!r}: {fault}", _MEND)
        found = {op.name: op for op in operators}
        if any(found[op.name] is not op for op in operators):
            raise Unusable(
                ProblemKind.DUPLICATE_COMPONENT, f"it registers two operators of one name: {', '.join(found)}", _MEND
            )
        self._owners.update({op.name: (op, plugin) for op in operators if op.name not in self._owners})
        return tuple(operators)

    def _require_sole(self, op: Op, plugin: InstalledPlugin) -> None:
        """Programs, states and kernels are known by the names of their operators: no two may be alike."""
        if op.name in OPERATORS:
            other, mend = OWN_DISTRIBUTION, f"rename it; the mend is {plugin.distribution}'s"
        elif op.name in self._owners and self._owners[op.name][0] is not op:
            owner = self._owners[op.name][1]
            other = f"{owner.origin} ({owner.entry_point.value})"
            mend = f"rename one of them, or take the plugins of {plugin.distribution} or {owner.distribution} out"
        else:
            return
        own = f"{plugin.origin} ({plugin.entry_point.value})"
        message = f"the operator {op.name!r} is registered by {own} and by {other}"
        raise Unusable(ProblemKind.DUPLICATE_COMPONENT, message, mend)
