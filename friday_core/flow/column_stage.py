"""Programs in their place in a stream: row by row on a source's rows, slice by slice on another stream's."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import numpy as np

from friday_core.causal.domains import rank
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.errors import InvariantError
from friday_core.flow.align import slice_ends
from friday_core.flow.program_columns import chunk_columns, program_columns
from friday_core.interfaces.transformer import Transformer

_ROWS = struct.Struct("<q")


class ColumnStage(Transformer):
    """Executes a program row by row and adds its outputs as columns.

    Rows pass in the order in which they arrive, and each instrument's values depend on its own
    rows only: a program with panels, which need whole slices, has no place here.
    """

    def __init__(self, program: Program, universe: Universe, executor: Executor = Oracle) -> None:
        self._rows = 0
        self._scales = universe.scales
        self._executor = executor(program, self._scales.tolist(), [one.id for one in universe])
        self._labels = program.inputs[program.base]
        self.program = program
        self.inputs = chunk_columns(self._labels)
        self.outputs = tuple(program.outputs)

    def transform(self, chunk: Chunk) -> Chunk:
        columns = program_columns(chunk, self._labels, self._scales)
        added: dict[str, list[float]] = {name: [] for name in self.outputs}
        for row, inst in enumerate(chunk.inst.tolist()):
            self._rows += 1  # the program's clock: late rows, which align holds back, come here too
            values = self._executor.row(self._rows, inst, {label: column[row] for label, column in columns.items()})
            for name, column in added.items():
                column.append(values[name])
        return chunk.with_columns({name: np.array(values) for name, values in added.items()})

    def snapshot(self) -> bytes:
        return _ROWS.pack(self._rows) + self._executor.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of another program: its rows would start anew."""
        _restore(self._executor, snapshot[_ROWS.size :])
        (self._rows,) = _ROWS.unpack_from(snapshot)


class SliceStage(Transformer):
    """Executes a program slice by slice and adds its outputs as columns.

    Instruments may be compared within a slice, and coarser clock domains joined: ``observe`` brings
    their bars before the slices that may see them.
    """

    def __init__(self, program: Program, universe: Universe, executor: Executor = Oracle) -> None:
        self._scales = universe.scales
        self._executor = executor(program, self._scales.tolist(), [one.id for one in universe])
        self._coarser: list[tuple[int, tuple[int, str], str, Chunk]] = []
        self.program = program
        self.inputs = chunk_columns(program.inputs[program.base])
        self.outputs = tuple(program.outputs)

    def observe(self, coarser: Mapping[str, Chunk]) -> None:
        """Bars of coarser domains that closed up to the end of the slices that come next."""
        for domain in self.program.domains:
            if domain != self.program.base and domain in coarser:
                rows = coarser[domain]
                found = [(int(part.ts_event[0]), rank(domain), domain, part) for part in _slices(rows)]
                self._coarser += found
        self._coarser.sort(key=lambda one: one[:2])

    def transform(self, chunk: Chunk) -> Chunk:
        base = self.program.base
        added: dict[str, list[float]] = {name: [] for name in self.outputs}
        for part in _slices(chunk):
            self._step_coarser(int(part.ts_event[0]))
            for name, values in self._step(part, base).items():
                added[name] += values
        return chunk.with_columns({name: np.array(values, np.float64) for name, values in added.items()})

    def catch_up(self) -> None:
        """The slices that were observed for are over: their coarser bars count, even if no row came here."""
        for _, _, domain, part in self._coarser:
            self._step(part, domain)
        self._coarser.clear()

    def snapshot(self) -> bytes:
        return self._executor.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of another program: its rows would start anew."""
        _restore(self._executor, snapshot)

    def _step_coarser(self, until: int) -> None:
        while self._coarser and self._coarser[0][0] <= until:
            _, _, domain, part = self._coarser.pop(0)
            self._step(part, domain)

    def _step(self, part: Chunk, domain: str) -> dict[str, list[float]]:
        columns = program_columns(part, self.program.inputs[domain], self._scales)
        return self._executor.step(int(part.ts_event[0]), part.inst.tolist(), columns, domain)


def _slices(rows: Chunk) -> Iterator[Chunk]:
    start = 0
    for end in slice_ends(rows):
        yield rows.take(slice(start, end))
        start = end


def _restore(executor: Oracle, snapshot: bytes) -> None:
    if executor.restore(snapshot).cold:
        raise InvariantError("the snapshot is of other columns than these")
