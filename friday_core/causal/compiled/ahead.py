"""A block of rows on the driver: the part that does not read the book at once, the cone slice by slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from friday_core.causal.ahead import Ahead
from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.entrance import Entrance
from friday_core.causal.compiled.fused import Shape, shape_of
from friday_core.causal.compiled.machine import Machine
from friday_core.causal.compiled.whole import Bound, WholeTables
from friday_core.causal.compiled.words import FIRST, ROWS
from friday_core.causal.program import DECISIONS, Program
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Float64, Int64
from friday_core.errors import InvariantError


class Split:
    """A program in two: ``free``, by clock, what does not depend on the book, and the ``cone``, which does."""

    def __init__(self, program: Program, shown: Callable[[str], list[int]]) -> None:
        free, cone = program.split()
        instructions = program.instructions
        read = {given for n in cone for given in instructions[n].inputs}
        constants = {n for n in read if instructions[n].name == "const"}
        base = program.base
        self.cone = Code(
            program, base, [n for n in shown(base) if n in program.cone], {*cone, *constants}, is_run_again=True
        )
        wanted = [n for n in shown(base) if n not in program.cone] + self.cone.given
        self.free = {
            domain: Code(program, domain, wanted if domain == base else shown(domain), frozenset(free))
            for domain in program.domains
        }
        decides = next((program.outputs[name] for name in DECISIONS if name in program.outputs), None)
        #: The cone as one function; ``None`` where it cannot be one, or what decides does not depend on the book.
        self.shape = None if decides is None else shape_of(self.cone, decides)
        self.slots = np.array([slot for n in cone for slot in _slots(program, n)], np.int64)

    @property
    def codes(self) -> list[Code]:
        return [*self.free.values(), self.cone]


def _slots(program: Program, n: int) -> range:
    one = program.instructions[n]
    return range(one.at, one.at + one.slots)


class CompiledAhead(Ahead):
    """On the executor's arena ``state``; ``make`` makes machines of code and an arena.

    ``fused`` has the address of a function of so many rows, if that is worth it; ``empty`` gives memory for columns.
    """

    def __init__(
        self,
        split: Split,
        tables: Mapping[str, Table],
        state: Float64,
        make: Callable[[Code, Float64], Machine],
        entrance: Entrance,
        *,
        fused: Callable[[Shape, int], int | None],
        empty: Callable[[int], Float64],
    ) -> None:
        program = split.cone.program
        table = tables[program.base]
        super().__init__(program, table)
        self._split, self._tables, self._make, self._empty = split, tables, make, empty
        self._state, self._before = state, state.copy()
        self._is_abandoned = False
        free = self._free(state).run(tables)
        self._cone = make(split.cone, state)
        columns = self._bind(table, free)
        self.outputs = {name: columns[n] for name, n in program.outputs.items()}
        context: Any = self._cone.context
        self._rows = memoryview(context)
        self._enter = self._cone.whole(entrance)
        if split.shape is not None and self._enter is not None:
            self.until = fused(split.shape, len(table))

    def _free(self, state: Float64) -> WholeTables:
        program, codes = self._split.cone.program, self._split.free
        return WholeTables(program, codes, lambda code: self._make(code, state), state, self._empty)

    def _bind(self, table: Table, free: Bound) -> Bound:
        code = self._split.cone
        given = {n: table.columns[label] for label, n in code.labels.items()} | {n: free[n] for n in code.given}
        shown = {n: self._empty(len(table)) for n in code.shown if n not in given}
        for column in shown.values():
            column.fill(np.nan)
        self._cone.bind(given | shown)
        self._cone.times_and_instruments(table.ts, table.inst)
        return {**free, **given, **shown}

    # Slices -------------------------------------------------------------------------------------

    @property
    def row(self) -> int:
        return int(self._rows[ROWS])

    @property
    def slots(self) -> Int64:
        return self._split.slots

    @property
    def context(self) -> int | None:
        return self._cone.address()

    def run(self, start: int, stop: int) -> None:
        if self._is_abandoned:
            raise InvariantError("the executor has left this block")
        if self._enter is None:
            self._cone.run(start, stop)
        else:
            self._rows[FIRST], self._rows[ROWS] = start, stop
            self._enter()

    def abandon(self) -> None:
        """Its slices are not run any more."""
        self._is_abandoned = True

    # State --------------------------------------------------------------------------------------

    @property
    def is_done(self) -> bool:
        return bool(self._rows[ROWS] == len(self.ts))

    def moment(self) -> tuple[int, int] | None:
        """Time and instrument of the last row that was run."""
        rows = int(self._rows[ROWS])
        return (int(self.ts[rows - 1]), int(self.inst[rows - 1])) if rows else None

    def arena(self) -> Float64:
        """The state after the slices that were run: what was done ahead is done again, up to there."""
        rows = int(self._rows[ROWS])
        if rows not in self.bounds:
            raise InvariantError(f"the slice that begins before row {rows} was run in part")
        arena = self._before.copy()
        if rows:
            latest = self.ts[rows - 1]
            stops = {domain: int(np.searchsorted(one.ts, latest, "right")) for domain, one in self._tables.items()}
            self._free(arena).run(self._tables, {**stops, self._split.cone.program.base: rows})
        arena[:, self._split.slots] = self._state[:, self._split.slots]
        return arena
