"""The compiled executor: the oracle in everything but speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from friday_core.causal.batch import by_slices
from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.live import LiveSlices
from friday_core.causal.compiled.machine import Machine
from friday_core.causal.compiled.words import JOIN_COUNT, JOIN_INSTS, JOIN_TAKEN, JOIN_TIMES, JOIN_VALUES
from friday_core.causal.domains import rank, repeats
from friday_core.causal.oracle import Columns, Oracle
from friday_core.causal.program import Program
from friday_core.causal.tables import Table
from friday_core.causal.trace import ANY_DOMAIN
from friday_core.domain.chunk import Float64
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import InvariantError


class CompiledExecutor(Oracle):
    """The oracle's interface, its bits and its snapshots; ``columns`` besides, for whole tables.

    Operators without a kernel are stepped as the oracle does, between the driver's stretches.
    ``InvariantError`` for a malformed program, before anything is executed.
    """

    def __init__(
        self,
        program: Program,
        scales: Sequence[float],
        instruments: Sequence[InstrumentId] | None = None,
        *,
        kernels: Kernels,
    ) -> None:
        program.verify()
        self._driver, self._entrance = kernels.driver(), kernels.entrance()
        self._codes = {domain: Code(program, domain, _shown(program, domain)) for domain in program.domains}
        addresses = kernels.addresses([one for code in self._codes.values() for one in code.wanted])
        for code in self._codes.values():
            code.link(addresses)
        super().__init__(program, scales, instruments)

    # Live ---------------------------------------------------------------------------------------

    def step(self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None) -> dict[str, list[float]]:
        where, rows = self.program.base if domain is None else domain, len(inst)
        live = self._live.get(where) or self._made_live(where)
        live.take(columns, rows)
        self._advance(ts, where, inst)
        live.run(ts, inst, rows)
        if where == self.program.base:
            return live.shown(rows)
        for one in self._joins[where]:
            self._held[inst, one.at] = live.columns[one.inputs[0]][:rows]
            self._held[inst, one.at + 1] = ts
        return {}

    def row(self, ts: int, inst: int, values: Mapping[str, float]) -> dict[str, float]:
        base = self.program.base
        live = self._live.get(base) or self._made_live(base)
        live.take_row(values)
        if self._last is not None and ts > self._last[0] and 0 <= inst < len(self._place):
            self._last = (ts, base, inst)
        else:
            self._advance(ts, base, (inst,))
        return live.row(ts, inst)

    def values(
        self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None
    ) -> dict[int, list[float]]:
        """By an oracle that takes the state and gives it back."""
        oracle = Oracle(self.program, self._scales, self._ids)
        oracle.restore(self.snapshot())
        found = oracle.values(ts, inst, columns, domain)
        self.restore(oracle.snapshot())
        return found

    def _advance(self, ts: int, domain: str, inst: Sequence[int]) -> None:
        """What follows in time, in one row, is in order."""
        if len(inst) == 1 and self._last is not None and ts > self._last[0] and 0 <= inst[0] < len(self._place):
            self._last = (ts, domain, inst[0])
        else:
            super()._advance(ts, domain, inst)

    def _made_live(self, domain: str) -> LiveSlices:
        if domain not in self._codes:
            raise InvariantError(f"the program reads no slices of {domain}, only of {', '.join(self._codes)}")
        outputs = self.program.outputs if domain == self.program.base else {}
        self._live[domain] = LiveSlices(self._machine(domain), outputs, len(self._scales), self._entrance)
        return self._live[domain]

    def _machine(self, domain: str) -> Machine:
        scales = np.array(self._scales, np.float64)
        return Machine(self._codes[domain], self._driver, self._held, scales, len(self._scales))

    # Whole tables -------------------------------------------------------------------------------

    def columns(self, tables: Mapping[str, Table]) -> dict[str, Float64]:
        """All outputs of the tables' rows, by domain whole tables: the same as slice by slice."""
        if self._has_clockless_state() and len(tables) > 1:
            return by_slices(self, tables)
        self._check_order(tables)
        base = self.program.base
        sources = {domain: self._coarse(table) for domain, table in tables.items() if domain != base}
        machine, table = self._batch_machine(base), tables[base]
        for n in machine.code.joins:
            source = self.program.instructions[self.program.instructions[n].inputs[0]]
            self._join(machine, n, tables.get(source.node.domain), sources)
        shown = {n: np.empty(len(table)) for n in _shown(self.program, base)}
        columns = self._executed(machine, table, shown)
        for n in machine.code.joins:
            self._take_over_the_rest(machine, n, tables, sources)
        return {name: self._output(n, columns, len(table)) for name, n in self.program.outputs.items()}

    def _coarse(self, table: Table) -> dict[int, Float64]:
        shown = {n: np.empty(len(table)) for n in _shown(self.program, table.domain)}
        return self._executed(self._batch_machine(table.domain), table, shown)

    def _batch_machine(self, domain: str) -> Machine:
        if domain not in self._batch:
            self._batch[domain] = self._machine(domain)
        return self._batch[domain]

    @staticmethod
    def _executed(machine: Machine, table: Table, shown: Mapping[int, Float64]) -> dict[int, Float64]:
        """The columns of all bound instructions."""
        given = {n: table.columns[label] for label, n in machine.code.labels.items()}
        columns = {**shown, **given}
        machine.bind(columns)
        machine.times_and_instruments(table.ts, table.inst)
        machine.run(len(table))
        return columns

    def _output(self, n: int, columns: Mapping[int, Float64], rows: int) -> Float64:
        one = self.program.instructions[n]
        if one.name == "const":
            return np.full(rows, one.params[0])
        return columns[n].copy() if one.name == "input" else columns[n]

    def _join(
        self, machine: Machine, n: int, table: Table | None, sources: Mapping[str, Mapping[int, Float64]]
    ) -> None:
        words = machine.code.join_words[n]
        words[:] = 0
        if table is not None:
            values = sources[table.domain][self.program.instructions[n].inputs[0]]
            words[JOIN_TIMES], words[JOIN_INSTS] = table.ts.ctypes.data, table.inst.ctypes.data
            words[JOIN_VALUES], words[JOIN_COUNT] = values.ctypes.data, len(table)

    def _take_over_the_rest(
        self, machine: Machine, n: int, tables: Mapping[str, Table], sources: Mapping[str, Mapping[int, Float64]]
    ) -> None:
        """Coarser rows after the last row of the program's own clock."""
        words, one = machine.code.join_words[n], self.program.instructions[n]
        source = self.program.instructions[one.inputs[0]]
        if words[JOIN_COUNT]:
            table, rest = tables[source.node.domain], slice(int(words[JOIN_TAKEN]), None)
            inst = table.inst[rest]
            self._held[inst, one.at] = sources[table.domain][one.inputs[0]][rest]
            self._held[inst, one.at + 1] = table.ts[rest]
        words[:] = 0

    def _has_clockless_state(self) -> bool:
        return any(one.slots and one.node.domain == ANY_DOMAIN for one in self.program.instructions)

    # Order --------------------------------------------------------------------------------------

    def _check_order(self, tables: Mapping[str, Table]) -> None:
        """As slice by slice, but of all rows before the first is executed."""
        given = [table for table in tables.values() if len(table)]
        for table in given:
            self._check_rows(table)
        if given:
            first = min(given, key=lambda table: (int(table.ts[0]), rank(table.domain)))
            self._advance(int(first.ts[0]), first.domain, first.inst[: first.first_slice].tolist())
            last = max(given, key=lambda table: (int(table.ts[-1]), rank(table.domain)))
            self._last = (int(last.ts[-1]), last.domain, int(last.inst[-1]))

    def _check_rows(self, table: Table) -> None:
        if table.inst.min() < 0 or table.inst.max() >= len(self._place):
            outside = np.flatnonzero((table.inst < 0) | (table.inst >= len(self._place)))
            self._place_of(int(table.inst[outside[0]]))
        if repeats(table.domain):
            return
        is_in_order = self._place == list(range(len(self._place)))
        places = table.inst if is_in_order else np.array(self._place, np.int64)[table.inst]
        wrong = (table.ts[1:] == table.ts[:-1]) & (places[1:] <= places[:-1])
        if wrong.any():
            ts = int(table.ts[1:][wrong][0])
            raise InvariantError(f"slice {table.domain} at {ts}: rows must be sorted by instrument, one of each")

    # State --------------------------------------------------------------------------------------

    def _arena(self) -> Float64:
        return self._held.copy()

    def _take_up(self, arena: Float64) -> None:
        self._held = np.ascontiguousarray(arena, np.float64)
        self._live: dict[str, LiveSlices] = {}
        self._batch: dict[str, Machine] = {}


def _shown(program: Program, domain: str) -> list[int]:
    """The instructions whose columns are wanted whole: outputs, or what is brought over from a coarser clock."""
    if domain == program.base:
        return list(dict.fromkeys(program.outputs.values()))
    sources = {one.inputs[0] for one in program.instructions if one.name == "asof"}
    return sorted(n for n in sources if program.instructions[n].node.domain == domain)
