"""Programs in their place in a stream: on a source's rows as they come, or on another stream's slices."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from friday_core.causal.batch import WholeColumns
from friday_core.causal.domains import rank
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import Program
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Array, Chunk, Universe
from friday_core.domain.row import PlainRow, rows_of
from friday_core.errors import InvariantError
from friday_core.flow.align import slice_ends
from friday_core.flow.program_columns import chunk_columns, program_columns, program_table
from friday_core.flow.row_program import RowProgram
from friday_core.interfaces.transformer import Transformer


class ColumnStage(Transformer):
    """Executes a program row after row and adds its outputs as columns.

    Rows count in the order in which they arrive, and each instrument's values depend on its own
    rows only: a program with panels, which need whole slices, has no place here. Many rows are
    executed as whole columns if the executor takes them, with the same bits.
    """

    def __init__(self, program: Program, universe: Universe, executor: Executor = Oracle) -> None:
        self._rows = RowProgram(program, universe, executor)
        self.program = program
        self.inputs = chunk_columns(program.inputs[program.base])
        self.outputs = tuple(program.outputs)

    def transform(self, chunk: Chunk) -> Chunk:
        if len(chunk) != 1:
            return _with(chunk, self._rows.many(chunk))
        values = self._rows.one(next(rows_of(chunk)))
        return chunk.with_columns({name: np.array((values[name],)) for name in self.outputs})

    def added(self, row: PlainRow) -> Mapping[str, float]:
        return self._rows.one(row)

    def snapshot(self) -> bytes:
        return self._rows.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of another program: its rows would start anew."""
        self._rows.restore(snapshot)


class SliceStage(Transformer):
    """Executes a program slice by slice and adds its outputs as columns.

    Instruments may be compared within a slice, and coarser clock domains joined: ``observe`` brings
    their bars before the slices that may see them. Several slices are executed as whole columns if
    the executor takes them, with the same bits.
    """

    def __init__(self, program: Program, universe: Universe, executor: Executor = Oracle) -> None:
        self._scales = universe.scales
        self._executor = executor(program, self._scales.tolist(), [one.id for one in universe])
        self._coarser: list[tuple[int, tuple[int, str], str, Chunk]] = []
        self._labels = program.inputs
        self.program = program
        self.inputs = chunk_columns(self._labels[program.base])
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
        ends = slice_ends(chunk)
        if len(ends) > 1 and isinstance(self._executor, WholeColumns):
            return _with(chunk, self._executor.columns(self._tables(chunk)))
        base = self.program.base
        added: dict[str, list[float]] = {name: [] for name in self.outputs}
        for part in _parts(chunk, ends):
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
        if self._executor.restore(snapshot).cold:
            raise InvariantError("the snapshot is of other columns than these")

    def _tables(self, chunk: Chunk) -> dict[str, Table]:
        """The slices, and the coarser bars that they see: those that closed after the last of them wait."""
        seen = [one for one in self._coarser if one[0] <= chunk.ts_event[-1]]
        del self._coarser[: len(seen)]
        tables = {}
        for domain in self.program.domains:
            parts = [part for _, _, own, part in seen if own == domain] if domain != self.program.base else [chunk]
            if parts:
                tables[domain] = program_table(Chunk.concat(parts), self.program, domain, self._scales)
        return tables

    def _step_coarser(self, until: int) -> None:
        while self._coarser and self._coarser[0][0] <= until:
            _, _, domain, part = self._coarser.pop(0)
            self._step(part, domain)

    def _step(self, part: Chunk, domain: str) -> dict[str, list[float]]:
        columns = program_columns(part, self._labels[domain], self._scales)
        return self._executor.step(part.ts_event[0].item(), part.inst.tolist(), columns, domain)


def _slices(rows: Chunk) -> Iterator[Chunk]:
    yield from _parts(rows, slice_ends(rows))


def _parts(rows: Chunk, ends: Sequence[int]) -> Iterator[Chunk]:
    if len(ends) == 1:
        yield rows
        return
    for start, end in itertools.pairwise([0, *ends]):
        yield rows.take(slice(start, end))


def _with(chunk: Chunk, columns: Mapping[str, Array]) -> Chunk:
    """The chunk with columns that an executor made for it: nobody else writes to them, so none is copied."""
    for column in columns.values():
        column.flags.writeable = False
    return chunk.with_columns(columns)
