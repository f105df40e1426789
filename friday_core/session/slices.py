"""Slices as strategies and matchers see them: one bar for each instrument that traded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, CoarseSlice, RawBar
from friday_core.flow.align import slice_ends
from friday_core.flow.coarser import Slices
from friday_core.flow.plans import BAR_COLUMNS
from friday_core.flow.program_columns import adjusted_prices
from friday_core.flow.stamps import STAMPED_COLUMNS

_FIXED = frozenset({*BAR_COLUMNS, *STAMPED_COLUMNS})


@dataclass(frozen=True, slots=True)
class Slice:
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
    bars = _bars(slices.rows, universe)
    coarser = _coarse_slices(slices.coarser, universe)
    start = seen = 0
    for ordinal, end in enumerate(slice_ends(slices.rows), first):
        part = tuple(bars[start:end])
        ts_event, start, begin = part[0].ts_event, end, seen
        while seen < len(coarser) and coarser[seen].ts_event <= ts_event:
            seen += 1
        by_instrument = {bar.instrument.id: bar for bar in part}
        yield Slice(ordinal, ts_event, part[0].session, part, by_instrument, tuple(coarser[begin:seen]))


def _coarse_slices(coarser: Mapping[str, Chunk], universe: Universe) -> list[CoarseSlice]:
    """In the order in which programs take them: by time, coarser domains first."""
    found: list[CoarseSlice] = []
    for domain, rows in coarser.items():
        bars, start = _bars(rows, universe), 0
        for end in slice_ends(rows):
            part, start = tuple(bars[start:end]), end
            found.append(CoarseSlice(domain, part[0].ts_event, part))
    return sorted(found, key=lambda one: one.ts_event)


def _bars(chunk: Chunk, universe: Universe) -> list[Bar]:
    """One bar a row; whole columns are converted at once, which is what makes it cheap."""
    names = [name for name in chunk.columns if name not in _FIXED]
    added = zip(*(chunk[name].tolist() for name in names), strict=True) if names else iter([()] * len(chunk))
    own = zip(
        chunk.inst.tolist(),
        chunk.ts_event.tolist(),
        chunk["session"].astype(np.int64).tolist(),
        chunk["volume"].tolist(),
        chunk["factor"].tolist(),
        zip(*(adjusted_prices(chunk, name, universe.scales).tolist() for name in PRICE_COLUMNS), strict=True),
        map(RawBar, *(chunk[name].tolist() for name in PRICE_COLUMNS)),
        added,
        strict=True,
    )
    bars = []
    for inst, ts_event, session, volume, factor, (opened, high, low, close), raw, values in own:
        columns = dict(zip(names, values, strict=True))
        bars.append(Bar(universe[inst], ts_event, session, opened, high, low, close, volume, factor, raw, columns))
    return bars
