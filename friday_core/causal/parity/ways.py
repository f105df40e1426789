"""The ways in which rows reach an executor; all must give the oracle's bits."""

from __future__ import annotations

import enum
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from friday_core.causal.batch import WholeColumns, by_slices
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.parity.rows import Key, RowSet
from friday_core.causal.program import Program
from friday_core.causal.snapshot import Snapshot
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Float64

#: Into how many parts rows are cut: few long ones, and many short ones.
_FEW, _MANY = 4, 40


class Feeding(enum.Enum):
    """What an executor is handed at a time."""

    SLICES = "slice by slice"
    ROWS = "row by row"
    COLUMNS = "whole columns"


@dataclass(frozen=True, slots=True)
class Executors:
    """What is compared: ``compiled`` is ``None`` where there is no compiler."""

    compiled: Executor | None
    oracle: Executor = Oracle


@dataclass(frozen=True, slots=True)
class Case:
    """A program, the rows that it is executed on, and what executes it."""

    program: Program
    rows: RowSet
    executors: Executors


@dataclass(frozen=True, slots=True)
class Ran:
    """The outputs of all rows, and the executor after the last of them."""

    columns: Mapping[str, Float64]
    last: Oracle

    @property
    def state(self) -> Float64:
        """A row of slots for each instrument."""
        return Snapshot.unpack(self.last.snapshot()).state


@dataclass(frozen=True, slots=True)
class Way:
    """One way to execute: ``turns`` says, part by part and over again, whether the compiled executor does it.

    If it ``restores``, each part but the first is done by a new executor that takes up the snapshot
    of the one before it. If it ``shows_all``, every instruction is an output, so that none is hidden
    by what reads it.
    """

    name: str
    feeding: Feeding
    turns: tuple[bool, ...]
    cuts: tuple[Key, ...] = ()
    restores: bool = False
    shows_all: bool = False

    @property
    def compiled(self) -> bool:
        return any(self.turns)

    def run(self, case: Case) -> Ran:
        program, rows, executors = case.program, case.rows, case.executors
        makers = [executors.compiled if turn else executors.oracle for turn in self.turns]
        one: Oracle | None = None
        found = []
        for number, part in enumerate(rows.parts(self.cuts)):
            make = makers[number % len(makers)] or executors.oracle
            if one is None:
                one = rows.executor(make, program)
            elif self.restores:
                snapshot, one = one.snapshot(), rows.executor(make, program)
                one.restore(snapshot)
            found.append(_fed(one, part.tables(program), self.feeding))
        assert one is not None
        return Ran({name: np.concatenate([part[name] for part in found]) for name in program.outputs}, one)


#: What every other way is compared with.
REFERENCE = Way("oracle, slice by slice", Feeding.SLICES, (False,))


def ways(case: Case, seed: int) -> Iterator[Way]:
    """Every way but the reference; rows one by one only where instruments are not compared."""
    few, many = case.rows.cuts(_FEW - 1, seed), case.rows.cuts(_MANY - 1, seed)
    if case.executors.compiled is not None:
        yield Way("compiled, slice by slice", Feeding.SLICES, (True,))
        if not case.program.has_panels:
            yield Way("compiled, row by row", Feeding.ROWS, (True,))
        yield Way("compiled, whole columns", Feeding.COLUMNS, (True,))
        yield Way("compiled, every operator shown", Feeding.COLUMNS, (True,), shows_all=True)
        yield Way(f"compiled, {_FEW} parts", Feeding.COLUMNS, (True,), few)
        yield Way(f"compiled, {_MANY} parts", Feeding.COLUMNS, (True,), many)
        yield Way("compiled, restored in each part", Feeding.COLUMNS, (True,), many, restores=True)
        yield Way("in turn, restored into each other", Feeding.COLUMNS, (True, False), many, restores=True)
    yield Way("oracle, restored in each part", Feeding.SLICES, (False,), few, restores=True)


def _fed(one: Oracle, tables: Mapping[str, Table], feeding: Feeding) -> Mapping[str, Float64]:
    if feeding is Feeding.ROWS:
        return _row_by_row(one, tables)
    if feeding is Feeding.COLUMNS and isinstance(one, WholeColumns):
        return one.columns(tables)
    return by_slices(one, tables)


def _row_by_row(one: Oracle, tables: Mapping[str, Table]) -> Mapping[str, Float64]:
    """Rows of the program's own clock by themselves, coarser slices whole."""
    base = one.program.base
    outputs = {name: np.full(len(tables[base]), np.nan) for name in one.program.outputs}
    for ts, _rank, domain, start, stop in heapq.merge(*(table.slices() for table in tables.values())):
        table = tables[domain]
        columns = {label: column[start:stop].tolist() for label, column in table.columns.items()}
        inst = table.inst[start:stop].tolist()
        if domain != base:
            one.step(ts, inst, columns, domain)
            continue
        for row, position in enumerate(inst):
            values = one.row(ts, position, {label: column[row] for label, column in columns.items()})
            for name, value in values.items():
                outputs[name][start + row] = value
    return outputs
