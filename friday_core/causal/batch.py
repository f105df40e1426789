"""Whole columns at once, for research and tests: slice by slice through an executor, the same bits."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from friday_core.causal.domains import rank, repeats
from friday_core.causal.kinds import Kind
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import MISSING_PRICE, Float64, Int64
from friday_core.errors import SchemaError


class Rows(Protocol):
    """Columns by name, all of one length: a dict of arrays, or a data frame.

    ``ts`` is the close time in microseconds, ``inst`` the instrument's position; rows are sorted
    by both. Without ``inst`` there is one instrument, without ``ts`` rows are numbered.
    """

    def __contains__(self, name: object, /) -> bool: ...

    def __getitem__(self, name: str, /) -> Any: ...


def run(
    program: Program, rows: Rows, scales: Sequence[float] | None = None, *, coarser: Mapping[str, Rows] | None = None
) -> dict[str, Float64]:
    """The program's outputs for all rows of its own domain, from its first row on.

    ``coarser`` holds the rows of the other domains by name. ``scales`` are the price units of one
    currency unit for each instrument; a program on exact prices needs them.
    """
    if scales is None:
        if any(one.node.kind is Kind.PRICE for one in program.instructions):
            raise SchemaError("the program reads exact prices: give the price units of one currency unit as scales")
        tables = (_Table(one, program, domain) for domain, one in _by_domain(program, rows, coarser).items())
        scales = [1.0] * (1 + max((int(table.inst.max(initial=0)) for table in tables), default=0))
    return feed(Oracle(program, scales), rows, coarser=coarser)


def feed(oracle: Oracle, rows: Rows, *, coarser: Mapping[str, Rows] | None = None) -> dict[str, Float64]:
    """As ``run``, on an executor that goes on from where it stands."""
    program = oracle.program
    tables = {d: _Table(one, program, d) for d, one in _by_domain(program, rows, coarser).items()}
    outputs = {name: np.full(len(tables[program.base].ts), np.nan) for name in program.outputs}
    for ts, _rank, domain, start, stop in heapq.merge(*(table.slices(name) for name, table in tables.items())):
        table = tables[domain]
        columns = {label: column[start:stop] for label, column in table.columns.items()}
        values = oracle.step(ts, table.inst[start:stop].tolist(), columns, domain)
        for name, column in values.items():
            outputs[name][start:stop] = column
    return outputs


def _by_domain(program: Program, rows: Rows, coarser: Mapping[str, Rows] | None) -> dict[str, Rows]:
    tables = {program.base: rows, **(coarser or {})}
    unknown = sorted(tables.keys() - set(program.domains))
    if unknown:
        raise SchemaError(f"the program reads no rows of {', '.join(unknown)}, only of {', '.join(program.domains)}")
    return tables


class _Table:
    """The rows of one domain as Python floats."""

    def __init__(self, rows: Rows, program: Program, domain: str) -> None:
        labels = program.inputs[domain]
        missing = [label for label in labels if label not in rows]
        if missing:
            raise SchemaError(f"the rows of {domain} have no column {', '.join(map(repr, missing))}")
        self.columns = {label: _floats(np.asarray(rows[label])).tolist() for label in labels}
        lengths = {label: len(column) for label, column in self.columns.items()}
        count = len(rows["ts"]) if "ts" in rows else max(lengths.values(), default=0)
        self.ts = _integers("ts", rows, np.arange(count))
        self.inst = _integers("inst", rows, np.zeros(count))
        wrong = {name: n for name, n in (lengths | {"inst": len(self.inst)}).items() if n != count}
        if wrong:
            raise SchemaError(f"columns of {domain} differ in length from its {count} rows: {wrong}")
        if (np.diff(self.ts) < 0).any():
            raise SchemaError(f"the rows of {domain} are not sorted by ts")

    def slices(self, domain: str) -> Iterator[tuple[int, tuple[int, str], str, int, int]]:
        """Time, rank, domain, first row and the row after the last."""
        new = np.ones(len(self.ts), bool)
        if not repeats(domain):
            new[1:] = np.diff(self.ts) != 0
        starts = np.flatnonzero(new).tolist()
        for start, stop in zip(starts, [*starts[1:], len(self.ts)], strict=False):
            yield int(self.ts[start]), rank(domain), domain, start, stop


def _integers(name: str, rows: Rows, default: npt.NDArray[Any]) -> Int64:
    given = rows[name] if name in rows else default  # noqa: SIM401 - a protocol without get()
    return np.asarray(given).astype(np.int64)


def _floats(values: npt.NDArray[Any]) -> Float64:
    """float64; a price that is missing in an integer column is NaN."""
    if values.dtype.kind not in "iufb":
        raise SchemaError(f"a column of {values.dtype} holds no numbers")
    found = values.astype(np.float64)
    if values.dtype.kind == "i":
        found[values == MISSING_PRICE] = np.nan
    return found
