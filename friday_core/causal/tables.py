"""Whole columns of one clock domain, checked once and ready for any executor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from friday_core.causal.domains import rank, repeats
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


class Table:
    """The columns that a program reads in one domain, as contiguous float64, with times and instruments.

    ``SchemaError`` for columns that are missing, hold no numbers, or differ in length, and for rows
    that are not sorted by time. ``places``, times and instruments, stand for ``ts`` and ``inst`` of the
    rows, which may then be columns like any other.
    """

    def __init__(
        self, rows: Rows, program: Program, domain: str, places: tuple[npt.NDArray[Any], npt.NDArray[Any]] | None = None
    ) -> None:
        labels = program.inputs[domain]
        missing = [label for label in labels if label not in rows]
        if missing:
            raise SchemaError(f"the rows of {domain} have no column {', '.join(map(repr, missing))}")
        self.domain = domain
        self.columns = {label: _floats(np.asarray(rows[label])) for label in labels}
        lengths = {label: len(column) for label, column in self.columns.items()}
        where: Rows = rows if places is None else dict(zip(("ts", "inst"), places, strict=True))
        count = len(where["ts"]) if "ts" in where else max(lengths.values(), default=0)
        self.ts = _integers(where["ts"] if "ts" in where else np.arange(count))
        self.inst = _integers(where["inst"] if "inst" in where else np.zeros(count))
        wrong = {name: n for name, n in (lengths | {"inst": len(self.inst)}).items() if n != count}
        if wrong:
            raise SchemaError(f"columns of {domain} differ in length from its {count} rows: {wrong}")
        #: Whether every row is later than the one before.
        self.rises = bool((self.ts[1:] > self.ts[:-1]).all())
        if not self.rises and (self.ts[1:] < self.ts[:-1]).any():
            raise SchemaError(f"the rows of {domain} are not sorted by ts")

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def first_slice(self) -> int:
        """How many rows its first slice has."""
        if not len(self) or repeats(self.domain):
            return min(len(self), 1)
        return int(np.searchsorted(self.ts, self.ts[0], side="right"))

    def slices(self) -> Iterator[tuple[int, tuple[int, str], str, int, int]]:
        """Time, rank, domain, first row and the row after the last."""
        new = np.ones(len(self), bool)
        if not repeats(self.domain):
            new[1:] = self.ts[1:] != self.ts[:-1]
        starts = np.flatnonzero(new).tolist()
        for start, stop in zip(starts, [*starts[1:], len(self.ts)], strict=False):
            yield int(self.ts[start]), rank(self.domain), self.domain, start, stop


def _integers(values: Any) -> Int64:
    return np.ascontiguousarray(np.asarray(values), np.int64)


def _floats(values: npt.NDArray[Any]) -> Float64:
    """float64; a price that is missing in an integer column is NaN."""
    if values.dtype.kind not in "iufb":
        raise SchemaError(f"a column of {values.dtype} holds no numbers")
    if values.dtype.kind != "i":
        return np.ascontiguousarray(values, np.float64)
    found = values.astype(np.float64)
    found[values == MISSING_PRICE] = np.nan
    return found
