"""A program on rows as they come: its executor, its clock and its state."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np

from friday_core.causal.batch import WholeColumns
from friday_core.causal.oracle import Executor
from friday_core.causal.program import Program
from friday_core.domain.chunk import Array, Chunk, Universe
from friday_core.domain.row import PlainRow
from friday_core.errors import InvariantError
from friday_core.flow.program_columns import SingleRow, program_columns, program_table

#: Up to so many rows are executed one by one, which is then cheaper than to prepare whole columns.
FEW = 20
_ROWS = struct.Struct("<q")


class RowProgram:
    """Executes a program row after row.

    Rows count in the order in which they arrive, late ones too, and each instrument's values depend on
    its own rows only: a program with panels, which need whole slices, has no place here. Many rows are
    executed as whole columns if the executor takes them, with the same bits.
    """

    def __init__(self, program: Program, universe: Universe, executor: Executor) -> None:
        self.program = program
        self._rows = 0
        self._scales = universe.scales
        self._executor = executor(program, self._scales.tolist(), [one.id for one in universe])
        self._whole = self._executor if isinstance(self._executor, WholeColumns) else None
        self._labels = program.inputs[program.base]
        self._single = SingleRow(self._labels, self._scales)

    def one(self, row: PlainRow) -> Mapping[str, float]:
        """The outputs of one row: live, rows come alone."""
        self._rows += 1
        return self._executor.row(self._rows, row.inst, self._single(row.values, row.inst))

    def many(self, chunk: Chunk) -> Mapping[str, Array]:
        """The outputs of any chunk, a value a row, in arrays that nobody else has."""
        if self._whole is None or len(chunk) <= FEW:
            return self._row_by_row(chunk)
        return self._at_once(self._whole, chunk)

    def snapshot(self) -> bytes:
        return _ROWS.pack(self._rows) + self._executor.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of another program: its rows would start anew."""
        if self._executor.restore(snapshot[_ROWS.size :]).cold:
            raise InvariantError("the snapshot is of other columns than these")
        (self._rows,) = _ROWS.unpack_from(snapshot)

    def _at_once(self, executor: WholeColumns, chunk: Chunk) -> Mapping[str, Array]:
        times = np.arange(self._rows + 1, self._rows + 1 + len(chunk))
        table = program_table(chunk, self.program, self.program.base, self._scales, times)
        columns = executor.columns({self.program.base: table})
        self._rows += len(chunk)
        return columns

    def _row_by_row(self, chunk: Chunk) -> dict[str, Array]:
        columns = program_columns(chunk, self._labels, self._scales)
        found: dict[str, list[float]] = {name: [] for name in self.program.outputs}
        for row, inst in enumerate(chunk.inst.tolist()):
            self._rows += 1
            values = self._executor.row(self._rows, inst, {label: column[row] for label, column in columns.items()})
            for name, column in found.items():
                column.append(values[name])
        return {name: np.array(values, np.float64) for name, values in found.items()}
