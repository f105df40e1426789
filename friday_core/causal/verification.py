"""What an executor takes for granted about a program, checked before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from friday_core.causal.domains import is_coarser
from friday_core.causal.instructions import Instruction
from friday_core.causal.trace import ANY_DOMAIN

#: Operators that have neither step nor panel: the executor carries them out itself.
EXECUTORS_OWN = frozenset({"input", "const", "asof"})

#: Parameters that a state's size follows from, and the most that they may be.
_SIZES = frozenset({"w", "k"})
_MOST_ROWS = 2.0**31


def faults(
    instructions: Sequence[Instruction], outputs: Mapping[str, int], domains: Sequence[str], start: Sequence[float]
) -> Iterator[str]:
    """Each way in which the program is malformed; nothing for a sound one."""
    taken = 0
    for number, one in enumerate(instructions):
        where = f"instruction {number} ({one.name})"
        unsized = list(_parameters(one))
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


def _parameters(one: Instruction) -> Iterator[str]:
    """Sizes are taken from them: a kernel could not tell a wrong one from a right one."""
    op = one.node.op
    if len(one.params) != len(op.parameters):
        yield f"takes {len(op.parameters)} parameters, not {len(one.params)}"
        return
    for name, value in zip(op.parameters, one.params, strict=True):
        if not isinstance(value, float):
            yield f"{name} is {value!r}, which is no float64"
        elif name in _SIZES and op.fixed_slots is None and not (value.is_integer() and 1.0 <= value <= _MOST_ROWS):
            yield f"{name} is {value}, not a whole number of rows from 1 to {_MOST_ROWS:.0f}"
        elif name == "q" and not 0.0 <= value <= 1.0:
            yield f"q is {value}, not in [0, 1]"


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
