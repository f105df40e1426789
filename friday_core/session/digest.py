"""The digest of a session, taken block by block, however the rows were cut into blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from friday_core.domain.chunk import Array
from friday_core.session.columns import Block, Coded

_JSON = msgspec.json.Encoder()
#: Bytes in which the length of a value is told.
_COUNT = 4
#: Values that were encoded, by identity, and what came of them.
Known = dict[int, tuple[Sequence[Any], pa.LargeBinaryArray]]
#: The tables in whose rows two runs may not differ.
TABLES = ("decisions", "fills", "ended", "equity", "nettings", "account_fills")


class LogDigest:
    """SHA-256 over the tables of a session: one over each column, in the order of its rows, and one over them all.

    A column of whole numbers counts as 64-bit integers, of numbers as 64-bit floats (every NaN as
    the same one, -0 is not 0), of flags as bytes, all little-endian; of anything else as the JSON of each
    value after its length in four bytes.
    """

    def __init__(self) -> None:
        self._columns: dict[tuple[str, str], Any] = {}

    def take(self, table: str, block: Block, known: Known | None = None) -> None:
        """The next rows of a table; those of a table that does not count are ignored.

        ``known``, empty at first, spares blocks with the same texts to encode these again.
        """
        if table not in TABLES:
            return
        known = {} if known is None else known
        for name, column in block.columns.items():
            found = self._columns.setdefault((table, name), hashlib.sha256())
            found.update(_texts(column, known) if isinstance(column, Coded) else _numbers(column))

    def copy(self) -> LogDigest:
        """One that goes on from here by itself."""
        other = LogDigest()
        other._columns = {key: column.copy() for key, column in self._columns.items()}
        return other

    def hexdigest(self) -> str:
        """64 digits."""
        whole = hashlib.sha256()
        for (table, name), column in sorted(self._columns.items()):
            whole.update(f"{table}.{name}\n".encode() + column.digest())
        return whole.hexdigest()


def _numbers(column: Array) -> Any:
    if column.dtype.kind == "f":
        column = np.where(np.isnan(column), np.nan, column)
    return np.ascontiguousarray(column.astype(column.dtype.newbyteorder("<"), copy=False))


def _texts(column: Coded, known: Known) -> Any:
    values = column.values
    if id(values) not in known:
        known[id(values)] = values, _counted(values)
    counted = known[id(values)][1]
    if len(values) == 1:
        return counted[0].as_buffer().to_pybytes() * len(column)
    rows = counted.take(pa.array(column.codes))
    _, offsets, data = rows.buffers()
    begin, end = np.frombuffer(offsets, np.int64)[[rows.offset, rows.offset + len(rows)]]
    return memoryview(data)[begin:end] if data is not None else b""


def _counted(values: Sequence[Any]) -> pa.LargeBinaryArray:
    """The JSON of each value after its length."""
    if values and isinstance(values[0], type):
        values = [value.__name__ for value in values]
    lines = np.frombuffer(_JSON.encode_lines(values), np.uint8)
    is_text = lines != ord("\n")
    lengths = np.diff(np.flatnonzero(~is_text), prepend=-1) - 1
    offsets = np.concatenate([[0], np.cumsum(lengths + _COUNT)])
    counts = offsets[:-1, None] + np.arange(_COUNT)
    counted, is_count = np.empty(int(offsets[-1]), np.uint8), np.zeros(int(offsets[-1]), np.bool_)
    is_count[counts] = True
    counted[counts] = lengths.astype("<u4").view(np.uint8).reshape(-1, _COUNT)
    counted[~is_count] = lines[is_text]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(counted)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(lengths), buffers)
