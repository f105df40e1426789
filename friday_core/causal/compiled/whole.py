"""Whole tables of all clocks: coarser ones first, and what they bring over to the program's own."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.machine import Machine
from friday_core.causal.compiled.words import JOIN_COUNT, JOIN_INSTS, JOIN_TAKEN, JOIN_TIMES, JOIN_VALUES
from friday_core.causal.instructions import Instruction
from friday_core.causal.program import Program
from friday_core.causal.tables import Table
from friday_core.causal.trace import ANY_DOMAIN
from friday_core.domain.chunk import Float64

#: The columns of bound instructions.
Bound = Mapping[int, Float64]


class WholeTables:
    """Executes the ``codes`` of a program's clocks on whole tables, with the machines of ``make``.

    ``state`` is the arena that these work on, ``empty`` gives the memory of columns.
    """

    def __init__(
        self,
        program: Program,
        codes: Mapping[str, Code],
        make: Callable[[Code], Machine],
        state: Float64,
        empty: Callable[[int], Float64],
    ) -> None:
        self._program = program
        self._machines = {domain: make(code) for domain, code in codes.items()}
        self._state, self._empty = state, empty
        self._has_clockless_state = any(one.slots and one.node.domain == ANY_DOMAIN for one in program.instructions)

    def run(self, tables: Mapping[str, Table], stops: Mapping[str, int] | None = None) -> Bound:
        """The columns of the program's own clock, and the state after the tables' rows, or those before ``stops``."""
        ends = {domain: len(table) for domain, table in tables.items()} if stops is None else stops
        columns = {domain: self._bound(table) for domain, table in tables.items()}
        joins = [
            (machine.code.join_words[n], self._program.instructions[n])
            for machine in self._machines.values()
            for n in machine.code.joins
        ]
        for words, one in joins:
            words[:] = 0
            source = self._source(one)
            if source.node.domain in tables:
                table, values = tables[source.node.domain], columns[source.node.domain][one.inputs[0]]
                words[JOIN_TIMES], words[JOIN_INSTS] = table.ts.ctypes.data, table.inst.ctypes.data
                words[JOIN_VALUES], words[JOIN_COUNT] = values.ctypes.data, ends[table.domain]
        for domain, start, stop in self._turns(tables, ends):
            self._machines[domain].run(start, stop)
        for words, one in joins:
            if words[JOIN_COUNT]:
                table, rest = tables[self._source(one).node.domain], slice(int(words[JOIN_TAKEN]), words[JOIN_COUNT])
                self._state[table.inst[rest], one.at] = columns[table.domain][one.inputs[0]][rest]
                self._state[table.inst[rest], one.at + 1] = table.ts[rest]
            words[:] = 0
        return columns[self._program.base]

    def _source(self, join: Instruction) -> Instruction:
        return self._program.instructions[join.inputs[0]]

    def _bound(self, table: Table) -> Bound:
        machine = self._machines[table.domain]
        code = machine.code
        given = {n: table.columns[label] for label, n in code.labels.items()}
        columns = {n: self._empty(len(table)) for n in code.bound if n not in given and n not in code.constants} | given
        machine.bind(columns)
        machine.times_and_instruments(table.ts, table.inst, table.places.period)
        return columns | {n: np.full(len(table), value) for n, value in code.constants.items() if n in code.shown}

    def _turns(self, tables: Mapping[str, Table], ends: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
        """Each clock at once, coarser first; slice by slice only if one state is that of several clocks."""
        if len(tables) == 1 or not self._has_clockless_state:
            yield from ((domain, 0, ends[domain]) for domain in self._program.domains if domain in tables)
            return
        for _ts, _rank, domain, start, stop in heapq.merge(*(table.slices() for table in tables.values())):
            if stop <= ends[domain]:
                yield domain, start, stop
