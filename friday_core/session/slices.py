"""Slices as strategies and matchers see them: one bar for each instrument that traded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Chunk, Float64, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.flow.stamps import STAMPED_COLUMNS

_FIXED = frozenset({*PRICE_COLUMNS, "volume", *STAMPED_COLUMNS})


@dataclass(frozen=True, slots=True)
class Slice:
    """Bars with one close time, sorted by instrument. ``ordinal`` counts slices from 0."""

    ordinal: int
    ts_event: int
    session: int
    bars: tuple[Bar, ...]
    by_instrument: dict[InstrumentId, Bar]


def slices_of(chunk: Chunk, first: int, universe: Universe) -> Iterator[Slice]:
    """The slices of a chunk that holds them whole, sorted by time and instrument.

    ``first`` is the ordinal of the first one.
    """
    bars = _bars(chunk, universe)
    ends = [*(np.flatnonzero(np.diff(chunk.ts_event)) + 1).tolist(), len(bars)]
    start = 0
    for ordinal, end in enumerate(ends, first):
        part = tuple(bars[start:end])
        by_instrument = {bar.instrument.id: bar for bar in part}
        yield Slice(ordinal, part[0].ts_event, part[0].session, part, by_instrument)
        start = end


def _bars(chunk: Chunk, universe: Universe) -> list[Bar]:
    """One bar a row; whole columns are converted at once, which is what makes it cheap."""
    names = [name for name in chunk.columns if name not in _FIXED]
    added = zip(*(chunk[name].tolist() for name in names), strict=True) if names else iter([()] * len(chunk))
    scale = np.array([10.0**one.price_decimals for one in universe])[chunk.inst]
    own = zip(
        chunk.inst.tolist(),
        chunk.ts_event.tolist(),
        chunk["session"].astype(np.int64).tolist(),
        chunk["volume"].tolist(),
        chunk["factor"].tolist(),
        zip(*(_adjusted(chunk, name, scale).tolist() for name in PRICE_COLUMNS), strict=True),
        map(RawBar, *(chunk[name].tolist() for name in PRICE_COLUMNS)),
        added,
        strict=True,
    )
    bars = []
    for inst, ts_event, session, volume, factor, (opened, high, low, close), raw, values in own:
        columns = dict(zip(names, values, strict=True))
        bars.append(Bar(universe[inst], ts_event, session, opened, high, low, close, volume, factor, raw, columns))
    return bars


def _adjusted(chunk: Chunk, name: str, scale: Float64) -> Float64:
    """Raw price times factor in the currency, NaN where the price is missing."""
    raw = chunk[name]
    adjusted: Float64 = np.where(raw == MISSING_PRICE, np.nan, raw) / scale * chunk["factor"]
    return adjusted
