"""A program's outputs for a whole block of slices at once, and for each of them when its turn comes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from friday_core.causal.batch import WholeColumns, by_slices
from friday_core.causal.oracle import Oracle
from friday_core.domain.chunk import Chunk, Float64, Universe
from friday_core.flow.program_columns import program_table


class LookAhead:
    """``outputs`` have a value for each row, NaN where the instrument is not ``seen`` (by position; ``None``: all are).

    The executor has then seen the block; the program must not read the book. ``coarser`` are the bars of
    coarser domains that closed by the last row.
    """

    def __init__(
        self,
        executor: Oracle,
        universe: Universe,
        rows: Chunk,
        coarser: Mapping[str, Chunk],
        seen: npt.NDArray[np.bool_] | None,
    ) -> None:
        program = executor.program
        given = {**coarser, program.base: rows}
        tables = {
            domain: program_table(_seen(given[domain], seen), program, domain, universe.scales)
            for domain in program.domains
            if domain in given
        }
        found = executor.columns(tables) if isinstance(executor, WholeColumns) else by_slices(executor, tables)
        self._mask = None if seen is None else seen[rows.inst]
        self.outputs = {name: self._spread(column, len(rows)) for name, column in found.items()}
        self._row = 0

    def go_to(self, row: int) -> None:
        """The slice that begins at this row comes next."""
        self._row = row

    def take(self, rows: int) -> dict[str, list[float]]:
        """The outputs of the next slice, of which so many rows are seen."""
        if self._mask is None:
            start, self._row = self._row, self._row + rows
            picked: slice | npt.NDArray[np.intp] = slice(start, self._row)
        else:
            picked = np.flatnonzero(self._mask[self._row :])[:rows] + self._row
        return {name: column[picked].tolist() for name, column in self.outputs.items()}

    def _spread(self, column: Float64, rows: int) -> Float64:
        if self._mask is None:
            return column
        spread = np.full(rows, np.nan)
        spread[self._mask] = column
        return spread


def _seen(rows: Chunk, seen: npt.NDArray[np.bool_] | None) -> Chunk:
    return rows if seen is None else rows.take(seen[rows.inst])
