"""One row of a stream by itself, as plain numbers: what comes alone needs no arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    """The numbers of several rows that their source did not mark, by column.

    ``ts_recv`` is ``ts_event`` itself where the chunk's is.
    """

    names: tuple[str, ...]
    ts_event: list[int]
    inst: list[int]
    ts_recv: list[int]
    seq: list[int]
    columns: list[list[float]]


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


def values_maker(names: tuple[str, ...]) -> Callable[..., Iterable[dict[str, float]]]:
    """Makes of columns, which have these names, the values of each row; of names that come twice the last counts."""
    if len(set(names)) < len(names) or any(not one.isidentifier() or one[0] == "_" or iskeyword(one) for one in names):
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
        tuple(chunk.columns),
        ts_event,
        chunk.inst.tolist(),
        ts_event if chunk.ts_recv is chunk.ts_event else chunk.ts_recv.tolist(),
        chunk.seq.tolist(),
        [column.tolist() for column in chunk.columns.values()],
    )


def chunk_of(rows: Sequence[PlainRow]) -> Chunk:
    """The rows as a chunk; there is at least one, and all have the same columns."""
    ts_event = _column([row.ts_event for row in rows], np.int64)
    received_then = all(row.ts_recv == row.ts_event for row in rows)
    chunk = Chunk._with(
        {
            name: _column([row.values[name] for row in rows], np.int64 if name in PRICES else np.float64)
            for name in rows[0].values
        },
        ts_event=ts_event,
        inst=_column([row.inst for row in rows], np.int32),
        ts_recv=ts_event if received_then else _column([row.ts_recv for row in rows], np.int64),
        seq=_column([row.seq for row in rows], np.int64),
        code=unmarked(len(rows)),
    )
    if len(rows) == 1:
        object.__setattr__(chunk, "_alone", rows[0])
    return chunk


def _column(values: Sequence[float], dtype: Any) -> Array:
    array = np.array(values, dtype)
    array.setflags(write=False)
    return array
