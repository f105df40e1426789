"""What to do about bits that differ: which ways do, and which do not, tells whose fault it is."""

from __future__ import annotations

from collections.abc import Sequence

from friday_core.causal.instructions import Instruction
from friday_core.causal.parity.spots import Spot
from friday_core.causal.parity.ways import Way
from friday_core.causal.program import Program

_FRIDAY = "friday_core"
_IN_SLOTS = "all that {} remembers must be in its slots, state[at:at + slots]"


def mend(program: Program, found: Spot, wrong: Sequence[Way], every: Sequence[Way], *, alone: bool = True) -> str:
    """One sentence. ``alone`` says that the operator differs too where every operator is shown."""
    one = program.instructions[found.number]
    report = f"report it to {_owner(one)} with what --json prints"
    if not alone and found.slot is None:
        return f"with every operator shown the bits agree: it is how they are put together, not one of them; {report}"
    if not any(way.compiled for way in wrong):
        return f"plain Python itself goes on otherwise after a restore: {_IN_SLOTS.format(one.name)}"
    uncut = [way for way in wrong if not way.cuts]
    if not uncut:
        return f"{_after_cuts(one, wrong)}; {report}"
    agree = [way.name for way in every if way.compiled and not way.cuts and way not in uncut]
    if agree and not all(way.shows_all for way in wrong):
        return f"{', '.join(agree)} agrees: it is not the operator's step but how its rows are run through; {report}"
    if one.node.op.kernel is not None:
        return f"the kernel of {one.name} is not its step: make both answer the same to the bit, or {report}"
    return f"{one.name} does not compute compiled what its step computes in Python; {report}"


def _after_cuts(one: Instruction, wrong: Sequence[Way]) -> str:
    if all(way.restores for way in wrong):
        return (
            "it differs after a restore only, so a snapshot does not hold all, or not all of it is taken up; "
            + _IN_SLOTS.format(one.name)
        )
    return f"uncut rows agree, so what {one.name} remembers is lost between two parts"


def _owner(one: Instruction) -> str:
    op = one.node.op
    code = op.kernel or op.step or op.panel
    module = getattr(code, "__module__", _FRIDAY)
    return "Friday" if module.partition(".")[0] == _FRIDAY else f"the author of {module}"
