"""From columns of Arrow to arrays, whole columns at a time."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.data.bar_times import Origin
from friday_core.domain.chunk import MISSING_PRICE, Array, Float64, Int64

#: Names under which a table may have the time, the first that is there.
TIMES = ("ts", "timestamp", "date", "datetime")
#: Rows that are converted at once: four arrays of them stay in the processor's cache.
_BLOCK = 16_384
# As in ``data.frames``: the noise of single precision, in which several vendors keep prices.
_NOISE, _MOST_NOISE = 2.0**-23, 0.05
#: Below this a difference is noise of a price of any size above one unit.
_SURELY_NOISE = 2.0**-24


def arrow_table(given: Any, origin: Origin) -> pa.Table:
    """A table of pandas, polars or Arrow, or columns by name, as one of Arrow; what can be shared is."""
    if isinstance(given, pd.DataFrame):
        if isinstance(given.index, pd.DatetimeIndex):
            name = given.index.name or TIMES[0]
            given = given if name in given.columns else given.assign(**{str(name): given.index})
        return _of_frame(given)
    if isinstance(given, pa.RecordBatch):
        return pa.Table.from_batches([given])
    if isinstance(given, pa.Table):
        return given
    if isinstance(given, Mapping):
        return pa.table(dict(given))
    if hasattr(given, "__arrow_c_stream__"):
        return pa.table(given)
    if hasattr(given, "to_arrow"):
        return given.to_arrow()
    what = f"a {type(given).__name__} is no table"
    raise origin.error(what, "hand over a frame of pandas or polars, an Arrow table, columns by name, or a Chunk")


def _of_frame(frame: pd.DataFrame) -> pa.Table:
    """Columns of float64 are shared as they are: nobody looks for missing values in them twice."""
    if not frame.columns.is_unique:
        return pa.Table.from_pandas(frame, preserve_index=False)
    floats = {str(name): column.to_numpy() for name, column in frame.items() if column.dtype == np.float64}
    others = pa.Table.from_pandas(frame[[one for one in frame.columns if str(one) not in floats]], preserve_index=False)
    found = {str(name): others[str(name)] if str(name) not in floats else floats[str(name)] for name in frame.columns}
    return pa.table(found)


class Columns:
    """The columns of a table by Friday's names; ``renamed`` maps these to the table's own."""

    def __init__(self, table: pa.Table, renamed: Mapping[str, str], origin: Origin) -> None:
        self.table = table
        self.origin = origin
        self._renamed = renamed
        self._known = {name.lower().strip(): name for name in reversed(table.column_names)}

    def __contains__(self, name: str) -> bool:
        return self._name(name) in self.table.column_names

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """A column; one that is written with capitals is found too. ``DataSourceError`` names those that there are."""
        found = self._name(name)
        if found not in self.table.column_names:
            near = difflib.get_close_matches(found.lower(), self._known, 1)
            offer = self._known[near[0]] if near else "its name there"
            there = ", ".join(map(repr, self.table.column_names))
            raise self.origin.error(
                f"there is no column {found!r}; it has {there}", f'give Bars(table, columns={{"{name}": "{offer}"}})'
            )
        return self.table[found]

    def numbers(self, name: str) -> Float64:
        """A column as float64, NaN where nothing stands."""
        column = self[name]
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            what = f"a column of {kind}" if len(column) else "an empty column"
            raise self.origin.error(f"{what}, and not of numbers", "convert it to numbers", column=self._name(name))
        values = column if kind == pa.float64() else column.cast(pa.float64())
        array: Float64 = values.to_numpy()
        return array

    def codes(self, name: str) -> tuple[npt.NDArray[np.int32], list[Any]]:
        """For each row the position of its value among the distinct ones; ``DataSourceError`` where one is missing."""
        column = self[name]
        if not pa.types.is_dictionary(column.type):
            column = pc.dictionary_encode(column)
        whole = column.unify_dictionaries().combine_chunks()
        if isinstance(whole, pa.ChunkedArray):
            whole = whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
        if whole.null_count:
            row = int(np.argmax(whole.is_null().to_numpy(zero_copy_only=False)))
            raise self.origin.error(f"the {name} is missing", "name it on every row", line=row)
        return whole.indices.to_numpy().astype(np.int32, copy=False), whole.dictionary.to_pylist()

    def _name(self, name: str) -> str:
        if name in self._renamed:
            return self._renamed[name]
        known: str = self._known.get(name, name)
        return known


def price_units(prices: Float64, scale: float | Float64, refuse: Callable[[int], Exception]) -> tuple[Int64, bool]:
    """Prices in whole units, ``MISSING_PRICE`` where one is not finite, and whether one is missing.

    ``scale`` is units of one unit of the currency, of all rows or of each. Raises what ``refuse`` makes of the
    first row whose price lies between two units.
    """
    units = np.empty(len(prices), np.int64)
    # Memory of its own for each block would have to come from the system, again and again.
    room = np.empty((3, min(_BLOCK, len(prices))))
    is_missing = False
    for start in range(0, len(prices), _BLOCK):
        rows = slice(start, start + _BLOCK)
        exact, whole, off = room[:, : len(prices[rows])]
        np.multiply(prices[rows], scale if isinstance(scale, float) else scale[rows], exact)
        np.rint(exact, whole)
        with np.errstate(invalid="ignore"):
            np.abs(np.subtract(exact, whole, off), off)
        if not float(off.max()) <= _SURELY_NOISE:
            there = np.isfinite(exact)
            off[~there] = 0.0
            beyond = off > np.minimum(np.abs(np.where(there, exact, 0.0)) * _NOISE, _MOST_NOISE)
            if beyond.any():
                raise refuse(start + int(np.argmax(beyond)))
            whole[~there] = MISSING_PRICE
            is_missing |= not there.all()
        units[rows] = whole
    return units, is_missing


def runs_of(values: Array) -> tuple[Int64, Int64]:
    """Where each stretch of equal values begins, and how long it is."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return starts, np.diff(starts, append=len(values))
