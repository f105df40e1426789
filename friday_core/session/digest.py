"""The digest of a session, taken block by block, however the rows were cut into blocks."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import Array
from friday_core.session.columns import Block, Coded

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

    def take(self, table: str, block: Block) -> None:
        """The next rows of a table; those of a table that does not count are ignored."""
        if table not in TABLES:
            return
        for name, column in block.columns.items():
            found = self._columns.setdefault((table, name), hashlib.sha256())
            found.update(_texts(column) if isinstance(column, Coded) else _numbers(column))

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


def _texts(column: Coded) -> bytes:
    parts = [_counted(value) for value in column.values]
    if len(parts) == 1:
        return parts[0] * len(column)
    return b"".join(map(parts.__getitem__, column.codes.tolist()))


def _counted(value: Any) -> bytes:
    shown = msgspec.json.encode(value.__name__ if isinstance(value, type) else value)
    return len(shown).to_bytes(4, "little") + shown
