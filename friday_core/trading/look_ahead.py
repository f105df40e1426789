"""A program's outputs for a whole block of slices at once, and for each of them when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from friday_core.causal.ahead import Ahead, LooksAhead, SliceBySlice, book_columns
from friday_core.causal.batch import WholeColumns, by_slices
from friday_core.causal.oracle import Oracle
from friday_core.causal.tables import Places, Table
from friday_core.domain.chunk import Chunk, Float64, Int64, Universe
from friday_core.flow.program_columns import program_table

#: A column of the book by its name, a value for each row of a slice.
OfBook = Callable[[str], Sequence[float]]


class LookAhead:
    """``outputs`` have a value for each row, NaN where the instrument is not ``seen`` (by position; ``None``: all are).

    The executor has then seen the block; the program must not read the book. ``coarser`` are the bars of
    coarser domains that closed by the last row, ``places`` those of the rows where they are known already.
    """

    def __init__(
        self,
        executor: Oracle,
        universe: Universe,
        rows: Chunk,
        coarser: Mapping[str, Chunk],
        seen: npt.NDArray[np.bool_] | None,
        *,
        places: Places | None = None,
    ) -> None:
        tables = _tables(executor, universe, {**coarser, executor.program.base: rows}, seen, places)
        found = executor.columns(tables) if isinstance(executor, WholeColumns) else by_slices(executor, tables)
        self._mask = None if seen is None else seen[rows.inst]
        self.outputs = {name: self._spread(column, len(rows)) for name, column in found.items()}
        self._row = 0

    def go_to(self, row: int) -> None:
        """The slice that begins at this row comes next."""
        self._row = row

    def take(self, rows: int, book: OfBook) -> dict[str, list[float]]:  # noqa: ARG002 - only a cone reads it
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


class BookAhead:
    """As ``LookAhead``, of a program that reads the book: what does not depend on it at once, the cone slice by slice.

    ``cone`` has the rows whose instrument is seen; ``places`` says how many of them stand before each row
    of the block, and before its end, ``None`` where all are seen. Kernels may run slices of ``cone`` too:
    of these the outputs are taken as they are.
    """

    def __init__(
        self,
        executor: Oracle,
        universe: Universe,
        rows: Chunk,
        coarser: Mapping[str, Chunk],
        seen: npt.NDArray[np.bool_] | None,
        *,
        places: Places | None = None,
    ) -> None:
        program = executor.program
        tables = _tables(executor, universe, {**coarser, program.base: rows}, seen, places)
        self.cone: Ahead = (
            executor.ahead(tables) if isinstance(executor, LooksAhead) else SliceBySlice(executor, tables)
        )
        self.places: Int64 | None = None if seen is None else np.append(0, np.cumsum(seen[rows.inst], dtype=np.int64))
        self._row = 0

    def go_to(self, row: int) -> None:
        """The slice that begins at this row comes next."""
        self._row = row if self.places is None else int(self.places[row])

    def take(self, rows: int, book: OfBook) -> dict[str, list[float]]:
        """The outputs of the next slice, of which so many rows are seen; it is run unless it was."""
        start, self._row = self._row, self._row + rows
        if self.cone.row <= start:
            for label, column in self.cone.feedback.items():
                column[start : self._row] = book(label)
            self.cone.run(start, self._row)
        return {name: column[start : self._row].tolist() for name, column in self.cone.outputs.items()}

    def at(self, rows: Int64) -> dict[str, Float64]:
        """The outputs at rows of the block that were run; where a row is not seen, those of another one."""
        own = rows if self.places is None else np.minimum(self.places[rows], len(self.cone.ts) - 1)
        if not len(self.cone.ts):
            return {name: np.full(len(rows), np.nan) for name in self.cone.outputs}
        return {name: column[own] for name, column in self.cone.outputs.items()}


def _tables(
    executor: Oracle,
    universe: Universe,
    given: Mapping[str, Chunk],
    seen: npt.NDArray[np.bool_] | None,
    places: Places | None,
) -> dict[str, Table]:
    program = executor.program
    book = dict.fromkeys(program.domains, ()) | {program.base: book_columns(program)}
    own = {program.base: places} if seen is None else {}
    return {
        domain: program_table(
            _seen(given[domain], seen),
            program,
            domain,
            universe.scales,
            later=book[domain],
            places=own.get(domain),
            empty=executor.empty,
        )
        for domain in program.domains
        if domain in given
    }


def _seen(rows: Chunk, seen: npt.NDArray[np.bool_] | None) -> Chunk:
    return rows if seen is None else rows.take(seen[rows.inst])
