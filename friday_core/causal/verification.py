"""What an executor takes for granted about a program, checked before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from friday_core.causal.domains import is_coarser
from friday_core.causal.instructions import Instruction
from friday_core.causal.op import Op, Params
from friday_core.causal.trace import ANY_DOMAIN, Node

#: Operators that have neither step nor panel: the executor carries them out itself.
EXECUTORS_OWN = frozenset({"input", "const", "asof"})

#: Parameters that a state's size follows from.
_SIZES = frozenset({"w", "k"})
#: The most float64 values that the state of one instrument may have, 128 MB, and so the longest window.
MOST_SLOTS = 2**24
_FEWER = "use shorter windows, or a coarser clock, as m.at('1d')"


def oversized(nodes: Iterable[Node]) -> str | None:
    """Of the first node that the state has no room for, the author's line, what it asks for, and the mend."""
    taken = 0
    for node in nodes:
        for fault in _parameters(node.op, node.params):
            return f"{node.line}: {node.op.name}: {fault}; {_FEWER}"
        slots = node.op.slots(node.params)
        taken += slots
        if taken > MOST_SLOTS:
            return f"{node.line}: {node.op.name} keeps {slots:,} values: {_too_many(taken)}"
    return None


def _too_many(slots: int) -> str:
    return f"the state of each instrument would have {slots:,}, and {MOST_SLOTS:,} (128 MB) are the most; {_FEWER}"


def faults(
    instructions: Sequence[Instruction], outputs: Mapping[str, int], domains: Sequence[str], start: Sequence[float]
) -> Iterator[str]:
    """Each way in which the program is malformed; nothing for a sound one."""
    taken = 0
    for number, one in enumerate(instructions):
        where = f"instruction {number} ({one.name})"
        unsized = list(_parameters(one.node.op, one.params))
        if not unsized and one.slots > MOST_SLOTS:
            unsized = [f"{one.node.line}: {_too_many(one.slots)}"]
        state = [] if unsized else list(_state(one, taken, start))
        for fault in (*_shape(one, number), *unsized, *state, *_clock(one, instructions, number, domains)):
            yield f"{where}: {fault}"
        taken = taken if unsized else one.at + one.slots
    if taken != len(start):
        yield f"the state has {len(start)} slots, the instructions use {taken}"
    for name, number in outputs.items():
        if not 0 <= number < len(instructions):
            yield f"output {name!r} is instruction {number} of {len(instructions)}"
        elif instructions[number].node.domain not in (ANY_DOMAIN, domains[-1]):
            yield f"output {name!r} is on the clock {instructions[number].node.domain}, not on {domains[-1]}"


def _shape(one: Instruction, number: int) -> Iterator[str]:
    op = one.node.op
    if len(one.inputs) != op.arity:
        yield f"takes {op.arity} inputs, not {len(one.inputs)}"
    late = [given for given in one.inputs if not 0 <= given < number]
    if late:
        yield f"reads {', '.join(map(str, late))}, which is not earlier"
    if op.step is None and op.panel is None and op.name not in EXECUTORS_OWN:
        yield "has neither step nor panel"
    if op.name == "input" and not one.node.label:
        yield "has no column to read"
    if one.node.number != number:
        yield f"is node {one.node.number} of the trace"


def _parameters(op: Op, params: Params) -> Iterator[str]:
    """Sizes are taken from them: a kernel could not tell a wrong one from a right one."""
    if len(params) != len(op.parameters):
        yield f"takes {len(op.parameters)} parameters, not {len(params)}"
        return
    for name, value in zip(op.parameters, params, strict=True):
        if not isinstance(value, float):
            yield f"{name} is {value!r}, which is no float64"
        elif name in _SIZES and op.fixed_slots is None and not (value.is_integer() and 1.0 <= value <= MOST_SLOTS):
            yield f"{name} is {value:.12g}, not a whole number of rows from 1 to {MOST_SLOTS:,}"
        elif name == "q" and not 0.0 <= value <= 1.0:
            yield f"q is {value}, not in [0, 1]"
    if not _has_warmup(op, params):
        yield f"has no number of rows to warm up with the parameters {', '.join(map(str, params))}"


def _has_warmup(op: Op, params: Params) -> bool:
    try:
        op.warmup(params)
    except (ArithmeticError, ValueError, TypeError):
        return False
    return True


def _state(one: Instruction, taken: int, start: Sequence[float]) -> Iterator[str]:
    if one.at != taken:
        yield f"its state is at {one.at}, not at {taken}"
    if one.at < 0 or one.at + one.slots > len(start):
        yield f"its state ends at {one.at + one.slots}, beyond {len(start)}"
    if len(one.node.op.start(one.params)) != one.slots:
        yield "its start values and its slots differ in number"


def _clock(one: Instruction, instructions: Sequence[Instruction], number: int, domains: Sequence[str]) -> Iterator[str]:
    domain = one.node.domain
    if domain not in (ANY_DOMAIN, *domains):
        yield f"is on the unknown clock {domain!r}"
        return
    for given in one.inputs:
        source = instructions[given].node.domain if 0 <= given < number else domain
        if one.name == "asof":
            if source not in domains or domain != domains[-1] or not is_coarser(source, domain):
                yield f"joins the clock {source!r} to {domain!r}: only coarse to fine"
        elif source not in (ANY_DOMAIN, domain):
            yield f"mixes the clocks {source!r} and {domain!r}"
