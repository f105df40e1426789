"""A slice as strategies and matchers see it: one bar for each instrument that traded."""

from __future__ import annotations

from dataclasses import dataclass

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, RawBar

_FIXED = frozenset({*PRICE_COLUMNS, "volume", "session", "factor"})


@dataclass(frozen=True, slots=True)
class Slice:
    """Bars with one close time, sorted by instrument. ``ordinal`` counts slices from 0."""

    ordinal: int
    ts_event: int
    session: int
    bars: tuple[Bar, ...]
    by_instrument: dict[InstrumentId, Bar]


def slice_of(chunk: Chunk, ordinal: int, universe: Universe) -> Slice:
    """The slice that a chunk of equal close times holds."""
    names = [name for name in chunk.columns if name not in _FIXED]
    added = [chunk[name].tolist() for name in names]
    raw = zip(*(chunk[name].tolist() for name in PRICE_COLUMNS), strict=True)
    volume, session, factor = (chunk[name].tolist() for name in ("volume", "session", "factor"))
    bars = []
    for row, prices in enumerate(raw):
        instrument = universe[int(chunk.inst[row])]
        adjusted = [instrument.price(price) * factor[row] for price in prices]
        columns = {name: values[row] for name, values in zip(names, added, strict=True)}
        bars.append(
            Bar(
                instrument, int(chunk.ts_event[row]), int(session[row]), *adjusted,
                volume[row], factor[row], RawBar(*prices), columns,
            )
        )  # fmt: skip
    return Slice(ordinal, bars[0].ts_event, bars[0].session, tuple(bars), {bar.instrument.id: bar for bar in bars})
