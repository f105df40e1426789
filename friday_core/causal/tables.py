"""Whole columns of one clock domain, checked once and ready for any executor."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
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


#: Of so many rows each is later than the one before, where rows are of one instrument.
_SOME = 64


class Places:
    """Times and instruments of rows, and where slices begin: what many need to know of them, found once.

    ``starts`` are the first rows of slices, ``None`` where each row is later than the one before;
    ``is_sorted`` says that no row is earlier. Neither array may change afterwards.
    """

    def __init__(self, ts: Int64, inst: Int64) -> None:
        self.ts, self.inst = ts, inst
        self.starts: Int64 | None = None
        self.is_sorted = _rises(ts[:_SOME]) and _rises(ts)
        if not self.is_sorted:
            later = np.flatnonzero(ts[1:] != ts[:-1]) + 1
            self.is_sorted = bool((ts[later] > ts[later - 1]).all())
            self.starts = np.append(0, later)

    def __len__(self) -> int:
        return len(self.ts)

    @cached_property
    def period(self) -> int:
        """How many rows each slice has, where all slices have the same instruments in the same order; else 0."""
        starts, inst = self.starts, self.inst
        if starts is None or len(starts) < 2 or len(inst) % starts[1]:
            return 0
        width = int(starts[1])
        is_even = len(starts) * width == len(inst) and bool((np.diff(starts) == width).all())
        return width if is_even and np.array_equal(inst[width:], inst[:-width]) else 0

    @cached_property
    def is_by_instrument(self) -> bool:
        """Whether slices are sorted by instrument, each there once."""
        if self.starts is None or self.period:
            return _rises(self.inst[: self.period])
        is_next = self.inst[1:] > self.inst[:-1]
        is_next[self.starts[1:] - 1] = True
        return bool(is_next.all())

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """The least instrument and the greatest, of rows that there are."""
        inst = self.inst[: self.period] if self.period else self.inst
        return int(inst.min()), int(inst.max())


def _rises(values: Int64) -> bool:
    return bool((values[1:] > values[:-1]).all())


class Table:
    """The columns that a program reads in one domain, as contiguous float64, with times and instruments.

    ``SchemaError`` for columns that are missing, hold no numbers, or differ in length, and for rows
    that are not sorted by time. ``places`` stand for ``ts`` and ``inst`` of the rows, which may then be
    columns like any other.
    """

    def __init__(self, rows: Rows, program: Program, domain: str, places: Places | None = None) -> None:
        labels = program.inputs[domain]
        missing = [label for label in labels if label not in rows]
        if missing:
            raise SchemaError(f"the rows of {domain} have no column {', '.join(map(repr, missing))}")
        self.domain = domain
        self.columns = {label: _floats(np.asarray(rows[label])) for label in labels}
        lengths = {label: len(column) for label, column in self.columns.items()}
        if places is None:
            count = len(rows["ts"]) if "ts" in rows else max(lengths.values(), default=0)
            ts = _integers(rows["ts"] if "ts" in rows else np.arange(count))
            inst = _integers(rows["inst"] if "inst" in rows else np.zeros(count))
        else:
            ts, inst = places.ts, places.inst
        wrong = {name: n for name, n in (lengths | {"inst": len(inst)}).items() if n != len(ts)}
        if wrong:
            raise SchemaError(f"columns of {domain} differ in length from its {len(ts)} rows: {wrong}")
        #: Its rows' own, or those that were given.
        self.places = Places(ts, inst) if places is None else places
        if not self.places.is_sorted:
            raise SchemaError(f"the rows of {domain} are not sorted by ts")
        self.ts, self.inst = ts, inst

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
