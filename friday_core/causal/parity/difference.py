"""The first operator whose bits differ: what it read, what it answered, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from friday_core.causal.domains import rank
from friday_core.causal.instructions import below
from friday_core.causal.listing import named
from friday_core.causal.parity.mends import mend
from friday_core.causal.parity.spots import Spot, in_outputs, in_state, shown, spot
from friday_core.causal.parity.ways import REFERENCE, Case, Way
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import PluginContractError


@dataclass(frozen=True, slots=True)
class Given:
    """What an operator read on a row."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Difference:
    """An operator, the ``number``-th of its program, that read the same and answered otherwise.

    ``row`` counts from 0 in the rows of its clock ``domain``; ``ts`` is the close in microseconds UTC.
    ``outputs`` are the columns that depend on it, ``line`` is the author's. With a ``slot``, all values
    agree, and ``expected`` and ``found`` are what stands in that slot of its state after the last row.
    ``state`` is the operator's before the row's slice.
    """

    way: str
    rows: str
    number: int
    operator: str
    line: str
    outputs: tuple[str, ...]
    domain: str
    row: int
    ts: int
    instrument: InstrumentId
    inputs: tuple[Given, ...]
    state: tuple[float, ...]
    expected: float
    found: float
    slot: int | None
    mend: str


def first_difference(case: Case, wrong: Sequence[Way], every: Sequence[Way]) -> Difference:
    """Of the ways that are ``wrong``, the first that shows which operator it is; else the first output.

    Operators are told apart by programs of which every instruction is an output. ``PluginContractError``
    if no way differs any more.
    """
    for way in wrong:
        found = spot(case, way)
        if found is not None:
            return _told(case, found, way, mend(case.program, found, wrong, every))
    for way in wrong:
        found = in_outputs(case, way) or in_state(case, way)
        if found is not None:
            return _told(case, found, way, mend(case.program, found, wrong, every, alone=False))
    names = ", ".join(way.name for way in wrong)
    raise PluginContractError(
        f"program {case.program.key[:8]} does not answer twice the same ({names}): an operator keeps something that is "
        "not in its state"
    )


def _told(case: Case, found: Spot, way: Way, what_to_do: str) -> Difference:
    program, rows = case.program, case.rows
    one = program.instructions[found.number]
    columns = rows.domains[found.domain]
    ts, position = int(columns["ts"][found.row]), int(columns["inst"][found.row])
    closes = rows.closes if found.domain == program.base else None
    nodes = [each.node for each in program.instructions]
    return Difference(
        way=way.name,
        rows=rows.name,
        number=found.number,
        operator=named(one, program.base),
        line="Friday's gate" if one.node.is_gate else one.node.line,
        outputs=tuple(name for name, n in program.outputs.items() if found.number in below(nodes, [n])),
        domain=found.domain,
        row=found.row,
        ts=ts if closes is None else int(closes[found.row]),
        instrument=rows.instruments[position],
        inputs=_inputs(case, found),
        state=_state(case, found),
        expected=found.expected,
        found=found.got,
        slot=found.slot,
        mend=what_to_do,
    )


def _inputs(case: Case, found: Spot) -> tuple[Given, ...]:
    """By the oracle; what is brought over from a coarser clock stands in the state instead."""
    program = case.program
    one = program.instructions[found.number]
    if one.name == "asof":
        return ()
    values = REFERENCE.run(shown(case, found.domain)).columns
    return tuple(
        Given(f"#{n} {named(program.instructions[n], program.base)}", float(values[str(n)][found.row]))
        for n in one.inputs
    )


def _state(case: Case, found: Spot) -> tuple[float, ...]:
    one, columns = case.program.instructions[found.number], case.rows.domains[found.domain]
    if not one.slots:
        return ()
    before, *_ = case.rows.parts([(int(columns["ts"][found.row]), rank(found.domain))])
    state = REFERENCE.run(replace(case, rows=before)).state
    return tuple(state[int(columns["inst"][found.row])][one.at : one.at + one.slots].tolist())
