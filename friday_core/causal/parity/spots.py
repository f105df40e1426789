"""Where the bits of two ways begin to differ: in time, then in the order of the operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from friday_core.causal.domains import rank, repeats
from friday_core.causal.instructions import below
from friday_core.causal.parity.bits import differing
from friday_core.causal.parity.ways import REFERENCE, Case, Way
from friday_core.causal.program import Program
from friday_core.causal.trace import ANY_DOMAIN
from friday_core.domain.chunk import Array, Float64

_Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Spot:
    """An instruction and a row of its clock: what the oracle has there, and what the other way has.

    A ``slot`` says that it is one of the instruction's state after the last row.
    """

    number: int
    domain: str
    row: int
    expected: float
    got: float
    slot: int | None = None


def spot(case: Case, way: Way) -> Spot | None:
    """The earliest, in programs that show every instruction; ``None`` if those agree.

    All instructions that this one reads agree in its slice, for they come before it.
    """
    found, rows = [], case.rows
    for domain in case.program.domains:
        every = shown(case, domain)
        expected, got = (one.run(every).columns for one in (REFERENCE, way))
        place = _earliest(expected, got, rows.domains[domain], domain)
        if place is not None:
            name, row = place
            key = int(rows.domains[domain]["ts"][row]), rank(domain)
            found.append((key, Spot(int(name), domain, row, float(expected[name][row]), float(got[name][row]))))
    return min(found, key=lambda one: one[0])[1] if found else None


def in_outputs(case: Case, way: Way) -> Spot | None:
    """The earliest output of the program as it is."""
    program = case.program
    expected, got = (one.run(case).columns for one in (REFERENCE, way))
    place = _earliest(expected, got, case.rows.domains[program.base], program.base)
    if place is None:
        return None
    name, row = place
    return Spot(program.outputs[name], program.base, row, float(expected[name][row]), float(got[name][row]))


def in_state(case: Case, way: Way) -> Spot | None:
    """The first slot that differs after the last row, and the instrument's last row."""
    expected, got = (one.run(case).state for one in (REFERENCE, way))
    marks = differing(expected, got)
    for number, one in enumerate(case.program.instructions):
        places = np.argwhere(marks[:, one.at : one.at + one.slots])
        if len(places):
            position, slot = places[0].tolist()
            domain = one.node.domain or case.program.base
            of_instrument = np.flatnonzero(case.rows.domains[domain]["inst"] == position)
            row, at = int(of_instrument[-1]) if len(of_instrument) else 0, one.at + slot
            return Spot(number, domain, row, float(expected[position, at]), float(got[position, at]), slot)
    return None


def shown(case: Case, domain: str) -> Case:
    """A program of one clock's instructions, each an output by its number, and of what they are made of."""
    program = case.program
    rows = case.rows if domain == program.base else case.rows.only(domain)
    nodes = [one.node for one in program.instructions]
    chosen = [node.number for node in nodes if node.domain in (ANY_DOMAIN, domain)]
    kept = below(nodes, chosen)
    place = {number: n for n, number in enumerate(kept)}
    renumbered = [replace(nodes[n], number=place[n], inputs=tuple(place[i] for i in nodes[n].inputs)) for n in kept]
    every = Program(renumbered, {str(number): place[number] for number in chosen}, domain)
    return Case(every, rows, case.executors)


def _earliest(
    expected: Mapping[str, Float64], got: Mapping[str, Float64], rows: Mapping[str, Array], domain: str
) -> tuple[str, int] | None:
    """The column and the row: of the first slice that differs, the first column; of that, the first row."""
    marks = {name: differing(column, got[name]) for name, column in expected.items()}
    firsts = [int(np.argmax(one)) for one in marks.values() if one.any()]
    if not firsts:
        return None
    start, stop = _slice_at(rows["ts"], min(firsts), domain)
    return _first(marks, start, stop)


def _first(marks: Mapping[str, _Marks], start: int, stop: int) -> tuple[str, int]:
    return next((name, start + int(np.argmax(one[start:stop]))) for name, one in marks.items() if one[start:stop].any())


def _slice_at(times: Sequence[int] | Array, row: int, domain: str) -> tuple[int, int]:
    if repeats(domain):
        return row, row + 1
    start, stop = (int(np.searchsorted(times, times[row], side=side)) for side in ("left", "right"))
    return start, stop
