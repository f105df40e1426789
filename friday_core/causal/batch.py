"""Whole columns at once, for research and tests: the same bits as slice by slice."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from friday_core.causal.kinds import Kind
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.causal.tables import Rows, Table
from friday_core.domain.chunk import Float64
from friday_core.errors import SchemaError

__all__ = ["Rows", "WholeColumns", "feed", "run", "tables_of"]


@runtime_checkable
class WholeColumns(Protocol):
    """An executor that takes whole tables: ``tables`` by domain, coarser first, each one whole slices."""

    def columns(self, tables: Mapping[str, Table]) -> dict[str, Float64]: ...


def run(
    program: Program,
    rows: Rows,
    scales: Sequence[float] | None = None,
    *,
    coarser: Mapping[str, Rows] | None = None,
    executor: Callable[[Program, Sequence[float]], Oracle] = Oracle,
) -> dict[str, Float64]:
    """The program's outputs for all rows of its own domain, from its first row on.

    ``coarser`` holds the rows of the other domains by name. ``scales`` are the price units of one
    currency unit for each instrument; a program on exact prices needs them.
    """
    tables = tables_of(program, rows, coarser)
    if scales is None:
        if any(one.node.kind is Kind.PRICE for one in program.instructions):
            raise SchemaError("the program reads exact prices: give the price units of one currency unit as scales")
        scales = [1.0] * (1 + max((int(table.inst.max(initial=0)) for table in tables.values()), default=0))
    return _fed(executor(program, scales), tables)


def feed(oracle: Oracle, rows: Rows, *, coarser: Mapping[str, Rows] | None = None) -> dict[str, Float64]:
    """As ``run``, on an executor that goes on from where it stands."""
    return _fed(oracle, tables_of(oracle.program, rows, coarser))


def _fed(oracle: Oracle, tables: Mapping[str, Table]) -> dict[str, Float64]:
    if isinstance(oracle, WholeColumns):
        return oracle.columns(tables)
    return by_slices(oracle, tables)


def by_slices(oracle: Oracle, tables: Mapping[str, Table]) -> dict[str, Float64]:
    """Slice by slice, as the session does."""
    program = oracle.program
    outputs = {name: np.full(len(tables[program.base]), np.nan) for name in program.outputs}
    for ts, _rank, domain, start, stop in heapq.merge(*(table.slices() for table in tables.values())):
        table = tables[domain]
        columns = {label: column[start:stop].tolist() for label, column in table.columns.items()}
        values = oracle.step(ts, table.inst[start:stop].tolist(), columns, domain)
        for name, column in values.items():
            outputs[name][start:stop] = column
    return outputs


def tables_of(program: Program, rows: Rows, coarser: Mapping[str, Rows] | None) -> dict[str, Table]:
    """By domain, coarser first, the rows as executors take them; ``SchemaError`` if they do not fit the program."""
    given = {program.base: rows, **(coarser or {})}
    unknown = sorted(given.keys() - set(program.domains))
    if unknown:
        raise SchemaError(f"the program reads no rows of {', '.join(unknown)}, only of {', '.join(program.domains)}")
    return {domain: Table(given[domain], program, domain) for domain in program.domains if domain in given}
