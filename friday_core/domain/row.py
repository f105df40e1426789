"""One row of a stream by itself, as plain numbers: what comes alone needs no arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from keyword import iskeyword
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import PRICES, Array, Chunk, unmarked

#: Up to so many rows of a chunk pass as numbers where no stage needs arrays, which is then cheaper than numpy's calls.
FEW = 16


class PlainRow(msgspec.Struct, frozen=True, gc=False):
    """What a chunk has of one row: ``values`` by column, prices as whole price units, all others as floats.

    Its source did not mark it.
    """

    ts_event: int
    inst: int
    ts_recv: int
    seq: int
    values: Mapping[str, float]

    def with_values(self, added: Mapping[str, float]) -> PlainRow:
        """The same row with values added or replaced."""
        return PlainRow(self.ts_event, self.inst, self.ts_recv, self.seq, {**self.values, **added})


class FewRows(msgspec.Struct, frozen=True):
    """The numbers of a few rows that their source did not mark, by column: what ``PlainRow`` has, for several.

    ``ts_recv`` is ``ts_event`` itself where the chunk's is. Nothing of it is ever changed.
    """

    ts_event: list[int]
    inst: list[int]
    ts_recv: list[int]
    seq: list[int]
    columns: Mapping[str, list[Any]]

    def __len__(self) -> int:
        return len(self.inst)

    @property
    def is_moment(self) -> bool:
        """Whether all rows have one time."""
        return self.ts_event.count(self.ts_event[0]) == len(self.ts_event)

    def rows(self) -> tuple[PlainRow, ...]:
        """The rows one by one."""
        values = _values_maker(tuple(self.columns))(*self.columns.values())
        return tuple(map(PlainRow, self.ts_event, self.inst, self.ts_recv, self.seq, values))

    def with_columns(self, added: Mapping[str, list[float]]) -> FewRows:
        """The same rows with columns added or replaced."""
        return FewRows(self.ts_event, self.inst, self.ts_recv, self.seq, {**self.columns, **added})

    def chunk(self) -> Chunk:
        """The same rows as a chunk."""
        ts_event = _column(self.ts_event, np.int64)
        return Chunk._with(
            {name: _column(values, _kind(name)) for name, values in self.columns.items()},
            ts_event=ts_event,
            inst=_column(self.inst, np.int32),
            ts_recv=ts_event if self.ts_recv == self.ts_event else _column(self.ts_recv, np.int64),
            seq=_column(self.seq, np.int64),
            code=unmarked(len(self.inst)),
        )


def joined(parts: Sequence[FewRows]) -> FewRows:
    """The rows of all parts, which have the same columns, one after the other."""
    whole = parts[0]
    for part in parts[1:]:
        received_then = whole.ts_recv is whole.ts_event and part.ts_recv is part.ts_event
        ts_event, columns = whole.ts_event + part.ts_event, part.columns
        whole = FewRows(
            ts_event,
            whole.inst + part.inst,
            ts_event if received_then else whole.ts_recv + part.ts_recv,
            whole.seq + part.seq,
            {name: values + columns[name] for name, values in whole.columns.items()},
        )
    return whole


def only_row(chunk: Chunk) -> PlainRow | None:
    """The row of a chunk that has one which its source did not mark, made once; ``None`` of any other chunk."""
    row: PlainRow | FewRows | None = chunk._alone
    if row is None and len(chunk.code) == 1 and not chunk.code.item():
        row = _single(chunk)
        object.__setattr__(chunk, "_alone", row)
    return row if type(row) is PlainRow else None


def few_rows(chunk: Chunk) -> FewRows | None:
    """The numbers of a chunk of 2 to ``FEW`` rows none of which is marked, read once; ``None`` of any other chunk."""
    few: PlainRow | FewRows | None = chunk._alone
    if few is None and 1 < len(chunk.code) <= FEW and not any(chunk.code.tolist()):
        few = _several(chunk)
        object.__setattr__(chunk, "_alone", few)
    return few if type(few) is FewRows else None


def rows_of(chunk: Chunk) -> Iterator[PlainRow]:
    """The rows of a chunk, one by one; its marks are not looked at."""
    ts_event = chunk.ts_event
    if len(ts_event) == 1:
        return iter((chunk._alone or _single(chunk),))
    columns = (column.tolist() for column in chunk.columns.values())
    each = map(dict, map(zip, repeat(tuple(chunk.columns)), zip(*columns, strict=True)))
    return map(PlainRow, ts_event.tolist(), chunk.inst.tolist(), chunk.ts_recv.tolist(), chunk.seq.tolist(), each)


@lru_cache(maxsize=64)
def _values_maker(names: tuple[str, ...]) -> Callable[..., Iterable[dict[str, float]]]:
    """Makes of columns, which have these names, the values of each row."""
    if any(not one.isidentifier() or one[0] == "_" or iskeyword(one) for one in names):
        return lambda *columns: map(dict, map(zip, repeat(names), zip(*columns, strict=True)))
    each = msgspec.defstruct("Values", names, gc=False)  # whose dictionaries take half as long as those of pairs
    return lambda *columns: map(msgspec.structs.asdict, map(each, *columns))


def _single(chunk: Chunk) -> PlainRow:
    ts: int = chunk.ts_event.item()
    received = ts if chunk.ts_recv is chunk.ts_event else chunk.ts_recv.item()
    values = {name: column.item() for name, column in chunk.columns.items()}
    return PlainRow(ts, chunk.inst.item(), received, chunk.seq.item(), values)


def _several(chunk: Chunk) -> FewRows:
    ts_event = chunk.ts_event.tolist()
    return FewRows(
        ts_event,
        chunk.inst.tolist(),
        ts_event if chunk.ts_recv is chunk.ts_event else chunk.ts_recv.tolist(),
        chunk.seq.tolist(),
        {name: column.tolist() for name, column in chunk.columns.items()},
    )


def chunk_of(rows: Sequence[PlainRow]) -> Chunk:
    """The rows as a chunk; there is at least one, and all have the same columns."""
    ts_event = _column([row.ts_event for row in rows], np.int64)
    received_then = all(row.ts_recv == row.ts_event for row in rows)
    chunk = Chunk._with(
        {name: _column([row.values[name] for row in rows], _kind(name)) for name in rows[0].values},
        ts_event=ts_event,
        inst=_column([row.inst for row in rows], np.int32),
        ts_recv=ts_event if received_then else _column([row.ts_recv for row in rows], np.int64),
        seq=_column([row.seq for row in rows], np.int64),
        code=unmarked(len(rows)),
    )
    if len(rows) == 1:
        object.__setattr__(chunk, "_alone", rows[0])
    return chunk


def in_chunk(rows: Sequence[PlainRow] | FewRows) -> Chunk:
    """Rows as a chunk, however they are kept."""
    return rows.chunk() if isinstance(rows, FewRows) else chunk_of(rows)


def one_by_one(rows: Sequence[PlainRow] | FewRows) -> Sequence[PlainRow]:
    """Rows one by one, however they are kept."""
    return rows.rows() if isinstance(rows, FewRows) else rows


def _kind(name: str) -> Any:
    return np.int64 if name in PRICES else np.float64


def _column(values: Sequence[float], dtype: Any) -> Array:
    array = np.array(values, dtype)
    array.setflags(write=False)
    return array
