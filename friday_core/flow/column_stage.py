"""A transformer that is written in columns, in its place in a stream."""

from __future__ import annotations

import struct

import numpy as np

from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk, Float64, Universe
from friday_core.errors import InvariantError
from friday_core.interfaces.transformer import Transformer

_ROWS = struct.Struct("<q")
_ADJUSTED = ("open", "high", "low", "close")


class ColumnStage(Transformer):
    """Executes a program row by row and adds its outputs as columns.

    Rows pass in the order in which they arrive, and each instrument's values depend on its own
    rows only: a program with panels, which need whole slices, has no place here.
    """

    def __init__(self, program: Program, universe: Universe) -> None:
        self._rows = 0
        self._scales = np.array([10.0**one.price_decimals for one in universe])
        self._oracle = Oracle(program, self._scales.tolist(), [one.id for one in universe])
        self._labels = program.inputs[program.base]
        self.inputs = tuple(label for label in self._labels if label not in _ADJUSTED and "." not in label)
        self.outputs = tuple(program.outputs)

    def transform(self, chunk: Chunk) -> Chunk:
        columns = {label: self._column(chunk, label).tolist() for label in self._labels}
        added: dict[str, list[float]] = {name: [] for name in self.outputs}
        for row, inst in enumerate(chunk.inst.tolist()):
            self._rows += 1  # the program's clock: late rows, which align holds back, come here too
            values = self._oracle.row(self._rows, inst, {label: column[row] for label, column in columns.items()})
            for name, column in added.items():
                column.append(values[name])
        return chunk.with_columns({name: np.array(values) for name, values in added.items()})

    def snapshot(self) -> bytes:
        return _ROWS.pack(self._rows) + self._oracle.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of another program: its rows would start anew."""
        if self._oracle.restore(snapshot[_ROWS.size :]).cold:
            raise InvariantError("the snapshot is of other columns than these")
        (self._rows,) = _ROWS.unpack_from(snapshot)

    def _column(self, chunk: Chunk, label: str) -> Float64:
        if label.startswith("raw."):
            return chunk[label.removeprefix("raw.")].astype(np.float64)
        if label in _ADJUSTED:
            adjusted: Float64 = chunk[label] / self._scales[chunk.inst] * chunk["factor"]
            return adjusted
        return chunk[label]
