"""Programs that read the book, over rows that are known: what does not depend on it ahead, the rest slice by slice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from friday_core.causal.batch import tables_of
from friday_core.causal.domains import repeats
from friday_core.causal.oracle import Columns, Oracle
from friday_core.causal.program import Program
from friday_core.causal.tables import Rows, Table
from friday_core.domain.chunk import Float64, Int64
from friday_core.errors import InvariantError, SchemaError

__all__ = ["Ahead", "LooksAhead", "ahead"]


class Ahead(ABC):
    """A block of rows, whose slices follow one another, each with the book as it then is.

    ``bounds`` are the first row of each slice and, last, the number of rows. ``feedback`` are the
    book's columns that the program reads, ``outputs`` the program's; both have a value for every
    row. A slice's rows of ``feedback`` are filled in before it is run; afterwards, and not before,
    its rows of ``outputs`` hold.

    Until its last slice was run, the executor takes no other rows and no further instruments. A
    snapshot may be taken after any slice and is exact; ``restore`` abandons the block.
    ``InvariantError`` for a slice of a block that was abandoned or is done.

    ``until`` is the address of a function that does the same up to the first row that decides, if there is one.
    """

    until: int | None = None

    def __init__(self, program: Program, table: Table) -> None:
        self.ts, self.inst = table.ts, table.inst
        self._table = table
        self.feedback: Mapping[str, Float64] = {label: table.columns[label] for label in book_columns(program)}
        self.outputs: Mapping[str, Float64] = {}

    @cached_property
    def bounds(self) -> Int64:
        return _bounds(self._table)

    def __len__(self) -> int:
        """Slices."""
        return len(self.bounds) - 1

    @property
    @abstractmethod
    def row(self) -> int:
        """The first row that was not run."""

    @property
    def done(self) -> int:
        """Slices that were run."""
        return int(np.searchsorted(self.bounds, self.row))

    @property
    def slots(self) -> Int64:
        """Which slots of an instrument's state the slices change, where there is a ``context`` for kernels."""
        return np.empty(0, np.int64)

    @property
    def context(self) -> int | None:
        """By what address kernels run the slices without Python, ``run_rows(context, first, stop)``; or ``None``."""
        return None

    def slice(self, feedback: Columns) -> dict[str, list[float]]:
        """Runs the next slice on the book's columns, a value a row; its outputs, likewise.

        ``SchemaError`` for a column that is missing or of another length.
        """
        number = self.done
        if number == len(self):
            raise InvariantError(f"all {len(self)} slices of the block were run")
        start, stop = int(self.bounds[number]), int(self.bounds[number + 1])
        for label, column in self.feedback.items():
            column[start:stop] = _values(feedback, label, stop - start)
        self.run(start, stop)
        return {name: column[start:stop].tolist() for name, column in self.outputs.items()}

    @abstractmethod
    def run(self, start: int, stop: int) -> None:
        """The next slice, whose rows these are and whose ``feedback`` is there."""


@runtime_checkable
class LooksAhead(Protocol):
    """An executor that has a way of its own."""

    def ahead(self, tables: Mapping[str, Table]) -> Ahead: ...


def ahead(oracle: Oracle, rows: Rows, *, coarser: Mapping[str, Rows] | None = None) -> Ahead:
    """A block of rows for an executor that goes on from where it stands; ``rows`` need no columns of the book.

    ``coarser`` holds the rows of the other domains by name. The bits are those of slice by slice,
    whatever executor it is and however rows are cut into blocks.
    """
    tables = tables_of(oracle.program, _WithBook(oracle.program, rows), coarser)
    return oracle.ahead(tables) if isinstance(oracle, LooksAhead) else SliceBySlice(oracle, tables)


def book_columns(program: Program) -> tuple[str, ...]:
    """The names of the book's columns that a program reads."""
    inputs = [one.node for one in program.instructions if one.name == "input"]
    return tuple(node.label for node in inputs if node.feedback)


class SliceBySlice(Ahead):
    """By an executor that knows slices only: nothing is done ahead."""

    def __init__(self, oracle: Oracle, tables: Mapping[str, Table]) -> None:
        base = oracle.program.base
        super().__init__(oracle.program, tables[base])
        self.outputs = {name: np.full(len(self.ts), np.nan) for name in oracle.program.outputs}
        self._oracle = oracle
        self._waiting = [(table, deque(table.slices())) for domain, table in tables.items() if domain != base]
        self._row = 0
        self._finish()

    @property
    def row(self) -> int:
        return self._row

    def run(self, start: int, stop: int) -> None:
        ts = int(self.ts[start])
        self._observe(ts)
        found = self._oracle.step(ts, self.inst[start:stop].tolist(), _part(self._table, start, stop))
        for name, column in found.items():
            self.outputs[name][start:stop] = column
        self._row = stop
        self._finish()

    def _finish(self) -> None:
        if self._row == len(self.ts):
            self._observe(None)

    def _observe(self, until: int | None) -> None:
        """What closed on coarser clocks by then, or all of it."""
        for (ts, _rank, domain, start, stop), table in sorted(self._due(until), key=lambda due: due[0][:2]):
            self._oracle.step(ts, table.inst[start:stop].tolist(), _part(table, start, stop), domain)

    def _due(self, until: int | None) -> Iterator[tuple[tuple[int, tuple[int, str], str, int, int], Table]]:
        for table, slices in self._waiting:
            while slices and (until is None or slices[0][0] <= until):
                yield slices.popleft(), table


class _WithBook:
    """The rows, with columns of the book to fill in."""

    def __init__(self, program: Program, rows: Rows) -> None:
        self._rows = rows
        known = ("ts", "inst", *program.inputs[program.base])
        count = next((len(rows[name]) for name in known if name in rows), 0)
        self._book = {label: np.full(count, np.nan) for label in book_columns(program)}

    def __contains__(self, name: object, /) -> bool:
        return name in self._book or name in self._rows

    def __getitem__(self, name: str, /) -> object:
        return self._book[name] if name in self._book else self._rows[name]


def _bounds(table: Table) -> Int64:
    """The first row of each slice and, last, the number of rows."""
    if repeats(table.domain):
        return np.arange(len(table) + 1)
    changes = np.flatnonzero(table.ts[1:] != table.ts[:-1]) + 1
    return np.concatenate([np.zeros(min(len(table), 1), np.int64), changes, np.array([len(table)])])


def _part(table: Table, start: int, stop: int) -> dict[str, list[float]]:
    return {label: column[start:stop].tolist() for label, column in table.columns.items()}


def _values(columns: Columns, label: str, rows: int) -> Float64:
    if label not in columns:
        raise SchemaError(f"the book's column {label!r} is missing; there is {', '.join(columns) or 'none'}")
    if len(columns[label]) != rows:
        raise SchemaError(f"column {label!r} has {len(columns[label])} values for {rows} rows")
    try:
        return np.array(columns[label], np.float64)
    except (TypeError, ValueError):
        raise SchemaError(f"column {label!r} holds something that is no number") from None
