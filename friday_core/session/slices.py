"""Slices as strategies and matchers see them: one bar for each instrument that traded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Array, Chunk, Float64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, CoarseSlice, RawBar
from friday_core.domain.row import PlainRow
from friday_core.flow.align import slice_ends
from friday_core.flow.coarser import Slices
from friday_core.flow.plans import BAR_COLUMNS
from friday_core.flow.program_columns import adjusted_prices
from friday_core.flow.stamps import STAMPED_COLUMNS

_FIXED = frozenset({*BAR_COLUMNS, *STAMPED_COLUMNS})
_NAN = float("nan")
_PRICES = itemgetter(*PRICE_COLUMNS)
#: Rows whose columns are converted at once.
_PART = 2_048
#: A column whose values last so many rows on average is converted stretch by stretch.
_STRETCH = 16


class Slice(msgspec.Struct, frozen=True):
    """Bars with one close time, sorted by instrument. ``ordinal`` counts slices from 0.

    ``coarser`` are the slices of coarser clock domains that closed since the slice before, up to
    this one's close, in the order in which programs take them.
    """

    ordinal: int
    ts_event: int
    session: int
    bars: tuple[Bar, ...]
    by_instrument: dict[InstrumentId, Bar]
    coarser: tuple[CoarseSlice, ...] = ()


def slices_of(slices: Slices, first: int, universe: Universe) -> Iterator[Slice]:
    """Each slice with the coarser ones that it is the first to see; ``first`` is the ordinal of the first one."""
    bars = bars_of(slices.rows, universe)
    coarser = _coarse_slices(slices.coarser, universe)
    start = seen = 0
    for ordinal, end in enumerate(slice_ends(slices.rows), first):
        part = tuple(islice(bars, end - start))
        ts_event, start, begin = part[0].ts_event, end, seen
        while seen < len(coarser) and coarser[seen].ts_event <= ts_event:
            seen += 1
        by_instrument = {bar.instrument.id: bar for bar in part}
        yield Slice(ordinal, ts_event, part[0].session, part, by_instrument, tuple(coarser[begin:seen]))


def slice_of(rows: Sequence[PlainRow], ordinal: int, universe: Universe) -> Slice:
    """The one slice of these rows: what ``slices_of`` gives of their chunk, without arrays."""
    others = [name for name in rows[0].values if name not in _FIXED]
    bars = tuple([bar_of(row, universe[row.inst], others) for row in rows])
    return Slice(ordinal, bars[0].ts_event, bars[0].session, bars, {bar.instrument.id: bar for bar in bars})


def bar_of(row: PlainRow, instrument: Instrument, others: Sequence[str] = ()) -> Bar:
    """The bar of a row, with ``others`` of its columns."""
    values, scale = row.values, 10.0**instrument.price_decimals
    factor = values["factor"]
    units = RawBar(*_PRICES(values))
    o, h, low, c = (float(one) / scale * factor if one != MISSING_PRICE else _NAN for one in units)
    added, session = {name: values[name] for name in others}, int(values["session"])
    return Bar(instrument, row.ts_event, session, o, h, low, c, values["volume"], factor, units, added)


def _coarse_slices(coarser: Mapping[str, Chunk], universe: Universe) -> list[CoarseSlice]:
    """In the order in which programs take them: by time, coarser domains first."""
    found: list[CoarseSlice] = []
    for domain, rows in coarser.items():
        bars, start = bars_of(rows, universe), 0
        for end in slice_ends(rows):
            part, start = tuple(islice(bars, end - start)), end
            found.append(CoarseSlice(domain, part[0].ts_event, part))
    return sorted(found, key=lambda one: one.ts_event)


def bars_of(chunk: Chunk, universe: Universe) -> Iterator[Bar]:
    """One bar a row, made when it is asked for, of columns that are converted some thousand rows at a time."""
    parts = (chunk.take(slice(start, start + _PART)) for start in range(0, len(chunk), _PART))
    return chain.from_iterable(_bars(part, tuple(universe), universe.scales) for part in parts)


def _bars(chunk: Chunk, instruments: tuple[Instrument, ...], scales: Float64) -> Iterator[Bar]:
    """No step of this is Python's, but for columns of the whole part."""
    names = [name for name in chunk.columns if name not in _FIXED]
    values = zip(*(chunk[name].tolist() for name in names), strict=True)
    return map(
        Bar,
        map(instruments.__getitem__, chunk.inst.tolist()) if len(instruments) > 1 else repeat(instruments[0]),
        chunk.ts_event.tolist(),
        _each(chunk["session"].astype(np.int64)),
        *(adjusted_prices(chunk, name, scales).tolist() for name in PRICE_COLUMNS),
        chunk["volume"].tolist(),
        _each(chunk["factor"]),
        map(RawBar, *(chunk[name].tolist() for name in PRICE_COLUMNS)),
        map(dict, map(zip, repeat(names), values)) if names else map(dict.copy, repeat({})),
    )


def _each(column: Array) -> Iterable[Any]:
    """The values of a column that seldom changes: one object for each stretch of equal ones."""
    starts = [0, *(np.flatnonzero(column[1:] != column[:-1]) + 1).tolist()]
    if len(starts) > len(column) // _STRETCH:
        values: list[Any] = column.tolist()
        return values
    lengths = np.diff([*starts, len(column)]).tolist()
    return chain.from_iterable(map(repeat, column[starts].tolist(), lengths))
