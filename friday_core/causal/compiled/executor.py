"""The compiled executor: the oracle in everything but speed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from friday_core.causal.ahead import Ahead
from friday_core.causal.compiled.ahead import CompiledAhead, Split
from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.live import LiveSlices
from friday_core.causal.compiled.machine import Machine, MachineMaker
from friday_core.causal.compiled.whole import WholeTables
from friday_core.causal.domains import rank, repeats
from friday_core.causal.oracle import Columns, Oracle
from friday_core.causal.program import Program
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Float64
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import InvariantError


class CompiledExecutor(Oracle):
    """The oracle's interface, its bits and its snapshots; ``columns`` and ``ahead`` besides, for whole tables.

    Operators without a kernel are stepped as the oracle does, between the driver's stretches.
    ``InvariantError`` for a malformed program, before anything is executed. ``columns`` and what
    ``ahead`` does at once release the interpreter's lock: threads with an executor each run side by side.
    """

    _live: dict[str, LiveSlices]
    _of_rows: LiveSlices | None
    #: Instruments of a slice that were in order.
    _in_order: list[int] | None = None
    _explained: dict[str, LiveSlices]
    _whole: WholeTables | None
    _block: CompiledAhead | None = None

    def __init__(
        self,
        program: Program,
        scales: Sequence[float],
        instruments: Sequence[InstrumentId] | None = None,
        *,
        kernels: Kernels,
    ) -> None:
        program.verify()
        self._kernels, self._entrance = kernels, kernels.entrance()
        self._codes = {domain: kernels.code(program, domain, _shown(program, domain)) for domain in program.domains}
        self._base = program.base
        self._split: Split | None = None
        self._explaining: dict[str, Code] = {}
        super().__init__(program, scales, instruments)
        self._make = MachineMaker(kernels.driver(), np.array(self._scales, np.float64))

    def empty(self, rows: int) -> Float64:
        return self._kernels.room.empty(rows)

    def _link(self, codes: Collection[Code]) -> None:
        addresses = self._kernels.addresses([one for code in codes for one in code.wanted])
        for code in codes:
            code.link(addresses)

    # Live ---------------------------------------------------------------------------------------

    def step(self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None) -> dict[str, list[float]]:
        where, rows = self._base if domain is None else domain, len(inst)
        live = self._live.get(where) or self._made_live(where)
        live.take(columns, rows)
        last = self._last
        if last is not None and ts > last[0] and type(inst) is list and inst == self._in_order:  # as most slices
            self._last = (ts, where, inst[-1])
        else:
            self._advance(ts, where, inst)
        live.run(ts, inst, rows)
        if self._joins[where]:
            self._bring_over(live, ts, inst, where)
        return live.shown(rows) if where == self._base else {}

    def row(self, ts: int, inst: int, values: Mapping[str, float]) -> dict[str, float]:
        live = self._of_rows or self._made_of_rows()
        live.take_row(values)
        if self._last is not None and ts > self._last[0] and 0 <= inst < len(self._place):
            self._last = (ts, self._base, inst)
        else:
            self._advance(ts, self._base, (inst,))
        return live.row(ts, inst)

    def values(
        self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None
    ) -> dict[int, list[float]]:
        """By code of its own, which shows everything; the state is that of ``step``."""
        where = self.program.base if domain is None else domain
        live = self._explained.get(where) or self._made_explained(where)
        live.take(columns, len(inst))
        self._advance(ts, where, inst)
        live.run(ts, inst, len(inst))
        self._bring_over(live, ts, inst, where)
        return {int(n): column for n, column in live.shown(len(inst)).items()}

    def _bring_over(self, live: LiveSlices, ts: int, inst: Sequence[int], domain: str) -> None:
        """What finer clocks read of a coarser one is the latest slice's."""
        for one in self._joins[domain]:
            self._held[inst, one.at] = live.columns[one.inputs[0]][: len(inst)]
            self._held[inst, one.at + 1] = ts

    def _advance(self, ts: int, domain: str, inst: Sequence[int]) -> None:
        """What follows in time is in order, if it is one row."""
        is_known = len(inst) == 1 and 0 <= inst[0] < len(self._place)
        if is_known and self._last is not None and ts > self._last[0]:
            self._last = (ts, domain, inst[-1])
        else:
            super()._advance(ts, domain, inst)
            self._in_order = list(inst) or None

    def _made_live(self, domain: str) -> LiveSlices:
        self._check_free(domain)
        outputs = self.program.outputs if domain == self.program.base else {}
        self._live[domain] = LiveSlices(self._machine(self._codes[domain]), outputs, len(self._scales), self._entrance)
        return self._live[domain]

    def _made_of_rows(self) -> LiveSlices:
        self._of_rows = self._live.get(self._base) or self._made_live(self._base)
        return self._of_rows

    def _made_explained(self, domain: str) -> LiveSlices:
        self._check_free(domain)
        numbers = [n for n, _one in self._by_domain[domain]]
        if domain not in self._explaining:
            self._explaining[domain] = self._kernels.code(self.program, domain, numbers)
        machine, outputs = self._machine(self._explaining[domain]), {str(n): n for n in numbers}
        self._explained[domain] = LiveSlices(machine, outputs, len(self._scales), self._entrance)
        return self._explained[domain]

    def _check_free(self, domain: str) -> None:
        """While slices of a block are to come, there are no live ones."""
        self._check_block()
        if domain not in self._codes:
            raise InvariantError(f"the program reads no slices of {domain}, only of {', '.join(self._codes)}")

    def _machine(self, code: Code) -> Machine:
        return self._make(code, self._held)

    # Whole tables -------------------------------------------------------------------------------

    def columns(self, tables: Mapping[str, Table]) -> dict[str, Float64]:
        """All outputs of the tables' rows, by domain whole tables: the same as slice by slice."""
        self._check_block()
        self._check_order(tables)
        if self._whole is None:
            self._whole = WholeTables(self.program, self._codes, self._machine, self._held, self._kernels.room.empty)
        found = self._whole.run(tables)
        inputs = {n for n, one in enumerate(self.program.instructions) if one.name == "input"}
        return {name: found[n].copy() if n in inputs else found[n] for name, n in self.program.outputs.items()}

    def ahead(self, tables: Mapping[str, Table]) -> Ahead:
        """A block of rows, whose slices follow with the book as it then is."""
        self._check_block()
        if self._split is None:
            self._split = Split(self.program, lambda domain: _shown(self.program, domain))
            self._link(self._split.codes)
        before = self._last
        self._check_order(tables)
        self._live, self._explained, self._of_rows, self._before = {}, {}, None, before
        self._block = None  # its columns make room for those of the next one
        self._block = CompiledAhead(
            self._split, tables, self._held, self._make, self._entrance,
            fused=self._kernels.fused, empty=self._kernels.room.empty,
        )  # fmt: skip
        return self._block

    def _check_block(self) -> None:
        if self._block is not None and not self._block.is_done:
            left = len(self._block) - self._block.done
            raise InvariantError(f"{left} slices of the block are still to be run; run them, or restore a snapshot")

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
        least, most = table.places.bounds
        if least < 0 or most >= len(self._place):
            outside = np.flatnonzero((table.inst < 0) | (table.inst >= len(self._place)))
            self._place_of(int(table.inst[outside[0]]))
        if repeats(table.domain) or table.places.starts is None:
            return
        is_in_order = self._place == list(range(len(self._place)))
        if is_in_order and table.places.is_by_instrument:
            return
        places = table.inst if is_in_order else np.array(self._place, np.int64)[table.inst]
        wrong = (table.ts[1:] == table.ts[:-1]) & (places[1:] <= places[:-1])
        if wrong.any():
            ts = int(table.ts[1:][wrong][0])
            raise InvariantError(f"slice {table.domain} at {ts}: rows must be sorted by instrument, one of each")

    # State --------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """As the oracle's; amid a block, what was done ahead is done again up to the last slice."""
        end = self._last
        if self._block is not None and not self._block.is_done:
            moment = self._block.moment()
            self._last = self._before if moment is None else (moment[0], self.program.base, moment[1])
        try:
            return super().snapshot()
        finally:
            self._last = end

    def admit(self, scale: float, instrument: InstrumentId | None = None) -> int:
        self._check_block()
        return super().admit(scale, instrument)

    def _arena(self) -> Float64:
        if self._block is not None and not self._block.is_done:
            return self._block.arena()
        return self._held.copy()

    def _take_up(self, arena: Float64) -> None:
        self._held = np.ascontiguousarray(arena, np.float64)
        self._live, self._explained, self._of_rows, self._whole = {}, {}, None, None
        if self._block is not None:
            self._block.abandon()
        self._block = None


def _shown(program: Program, domain: str) -> list[int]:
    """The instructions whose columns are wanted whole: outputs, or what is brought over from a coarser clock."""
    if domain == program.base:
        return list(dict.fromkeys(program.outputs.values()))
    sources = {one.inputs[0] for one in program.instructions if one.name == "asof"}
    return sorted(n for n in sources if program.instructions[n].node.domain == domain)
