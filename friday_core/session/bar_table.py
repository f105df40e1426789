"""The bars that strategies saw, kept as plain arrays and written as one table."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Int64, Universe
from friday_core.domain.row import PlainRow
from friday_core.session.decimals import prices

#: Rows that are made room for at once: 4 MiB.
_BLOCK = 65_536
_ROW = np.dtype([
    ("ts_event", np.int64),
    ("inst", np.int32),
    ("session", np.int32),
    *((name, np.int64) for name in PRICE_COLUMNS),
    ("volume", np.float64),
    ("factor", np.float64),
])  # fmt: skip
#: What a row has of it by name, in this order.
_VALUES = _ROW.names[2:] if _ROW.names else ()


class BarTable:
    """Takes 64 bytes a row, however the rows come in, until they are let go of."""

    def __init__(self, block: int = _BLOCK) -> None:
        self._size = block
        self._blocks: list[npt.NDArray[np.void]] = []
        self._free = 0
        self._gone = np.zeros(0, np.int64)

    def add(self, rows: Chunk) -> None:
        """Keep the rows of whole slices, in the order in which they come."""
        done = 0
        while done < len(rows):
            self._make_room()
            count = min(self._free, len(rows) - done)
            begin = self._size - self._free
            place, part = self._blocks[-1][begin : begin + count], slice(done, done + count)
            place["ts_event"], place["inst"] = rows.ts_event[part], rows.inst[part]
            for name in _VALUES:
                place[name] = rows[name][part]
            self._free -= count
            done += count

    def add_rows(self, rows: Iterable[PlainRow]) -> None:
        """The same of rows that come alone."""
        for row in rows:
            self._make_room()
            values = (row.values[name] for name in _VALUES)
            self._blocks[-1][self._size - self._free] = (row.ts_event, row.inst, *values)
            self._free -= 1

    def _make_room(self) -> None:
        if not self._free:
            self._blocks.append(np.empty(self._size, _ROW))
            self._free = self._size

    @property
    def kept(self) -> int:
        """Rows that are still here."""
        return len(self._blocks) * self._size - self._free

    def counts(self, instruments: int) -> list[int]:
        """Bars of each instrument, by its position in the universe; also those that were let go of."""
        counts = np.zeros(instruments, np.int64)
        counts[: len(self._gone)] += self._gone
        for block in self._filled():
            counts += np.bincount(block["inst"], minlength=instruments)
        return [int(count) for count in counts]

    def release(self, universe: Universe) -> pa.Table:
        """The table of the rows that are here; they are let go of."""
        counts, table = self.counts(len(universe)), self.table(universe)
        self._gone = np.array(counts, np.int64)
        self._blocks, self._free = [], 0
        return table

    def table(self, universe: Universe) -> pa.Table:
        """One row a bar that is still here: raw prices as exact decimals in the currency, null where one is missing."""
        decimals = np.array([one.price_decimals for one in universe], np.int64)
        names = pa.array([str(one.id) for one in universe], pa.string())
        return pa.concat_tables(_table(block, names, decimals) for block in self._filled() or [np.empty(0, _ROW)])

    def _filled(self) -> list[npt.NDArray[np.void]]:
        return [*self._blocks[:-1], *(last[: self._size - self._free] for last in self._blocks[-1:])]


def _table(block: npt.NDArray[np.void], names: pa.Array, decimals: Int64) -> pa.Table:
    inst, most = block["inst"], int(decimals.max(initial=0)) if len(decimals) else 2
    converted = {name: prices(np.ascontiguousarray(block[name]), decimals[inst], most) for name in PRICE_COLUMNS}
    return pa.table({
        "ts_event": pa.array(np.ascontiguousarray(block["ts_event"]), pa.timestamp("us", tz="UTC")),
        "session": pa.array(np.ascontiguousarray(block["session"]), pa.int32()).cast(pa.date32()),
        "instrument": names.take(pa.array(np.ascontiguousarray(inst), pa.int32())),
        **converted,
        "volume": pa.array(np.ascontiguousarray(block["volume"]), pa.float64()),
        "factor": pa.array(np.ascontiguousarray(block["factor"]), pa.float64()),
    })  # fmt: skip
