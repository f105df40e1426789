"""Rows of bars by hand: the instruments of the tests, and chunks of what a test writes down."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Array, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId

DAY = 86_400_000_000
HOUR = 3_600_000_000
#: 15:30 in India.
CLOSE = 10 * HOUR

A, B, C = (InstrumentId(symbol, "NSE") for symbol in "ABC")
#: Paise, every tick and every quantity allowed.
UNIVERSE = Universe(Instrument(one, "INR") for one in (A, B, C))
COLUMNS = (*PRICE_COLUMNS, "volume")


class Row(NamedTuple):
    """One bar as it arrives: a session, an instrument, prices in price units.

    Bars of one session have their own close times if ``minute`` says so.
    """

    session: int
    instrument: InstrumentId
    open: int
    high: int
    low: int
    close: int
    volume: float = 1_000_000.0
    minute: int = 0
    code: int = 0

    @property
    def ts_event(self) -> int:
        return self.session * DAY + CLOSE + self.minute * 60_000_000


def flat(session: int, instrument: InstrumentId, price: int, *, minute: int = 0) -> Row:
    """A bar that opens, stays and closes at one price."""
    return Row(session, instrument, price, price, price, price, minute=minute)


def chunk_of(rows: Sequence[Row], universe: Universe = UNIVERSE, first: int = 0) -> Chunk:
    """The rows as one chunk in the given order, numbered from ``first``."""
    columns: dict[str, Array] = {
        name: np.array([getattr(row, name) for row in rows], np.int64) for name in PRICE_COLUMNS
    }
    columns["volume"] = np.array([row.volume for row in rows], np.float64)
    return Chunk(
        np.array([row.ts_event for row in rows], np.int64),
        np.array([universe.position(row.instrument) for row in rows], np.int32),
        columns,
        seq=np.arange(first, first + len(rows)),
        code=np.array([row.code for row in rows], np.uint16),
    )


def cut(chunk: Chunk, at: Iterable[int]) -> list[Chunk]:
    """The chunk in pieces, cut before the given rows."""
    bounds = [0, *sorted({one for one in at if 0 < one < len(chunk)}), len(chunk)]
    return [chunk.take(slice(start, end)) for start, end in itertools.pairwise(bounds)]


def one_by_one(chunk: Chunk) -> list[Chunk]:
    """The chunk in pieces of one row."""
    return cut(chunk, range(len(chunk)))
