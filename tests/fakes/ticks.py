"""Ticks: by hand, and a seeded market of several instruments at irregular times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from fakes.bars import DAY, UNIVERSE, A

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId

SECOND = 1_000_000
MINUTE = 60 * SECOND
#: 09:15 and 15:30 in India, in the time of day of UTC.
OPENS, CLOSES = 225 * MINUTE, 600 * MINUTE


def at(clock: str, session: int = 1) -> int:
    """``"09:15:30"`` or ``"09:15"`` of a session in India, as microseconds UTC."""
    hours, minutes, seconds = (*map(float, clock.split(":")), 0.0)[:3]
    return session * DAY + int(((hours * 60 + minutes) * 60 + seconds) * SECOND) - 330 * MINUTE


class Tick(NamedTuple):
    """One trade as it arrives, ``price`` in price units; ``received`` defaults to its time."""

    ts_event: int
    price: int
    volume: float = 1.0
    instrument: InstrumentId = A
    received: int | None = None


def ticks_of(ticks: Sequence[Tick], universe: Universe = UNIVERSE) -> Chunk:
    """The ticks as one chunk in the given order, numbered from 0."""
    return Chunk(
        np.array([one.ts_event for one in ticks], np.int64),
        np.array([universe.position(one.instrument) for one in ticks], np.int32),
        {
            "price": np.array([one.price for one in ticks], np.int64),
            "volume": np.array([one.volume for one in ticks], np.float64),
        },
        ts_recv=np.array([one.ts_event if one.received is None else one.received for one in ticks], np.int64),
    )


def market(seed: int, rows: int, *, sessions: int = 1, disorder: int = 0, fractions: bool = False) -> Chunk:
    """Random walks of the universe, numbered in the order of trading.

    Times lie on quarters of a second, so that many are equal and some are exactly the end of a
    bar; there are pauses of some minutes, and trades half an hour before and after the session.
    Rows arrive up to ``disorder`` microseconds out of order. Volumes are whole numbers, some of
    them 0, unless ``fractions`` are asked for.
    """
    rng = np.random.default_rng(seed)
    clock = rng.integers(OPENS - 30 * MINUTE, CLOSES + 30 * MINUTE, rows) // (SECOND // 4) * (SECOND // 4)
    pause = (clock // (7 * MINUTE)) % 4 == 0
    clock = np.where(pause, clock // MINUTE * MINUTE, clock)
    ts = np.sort((1 + rng.integers(0, sessions, rows)) * DAY + clock)
    volume = rng.gamma(1.0, 40.0, rows) if fractions else rng.integers(0, 100, rows).astype(np.float64)
    inst = rng.integers(0, len(UNIVERSE), rows)
    price = 10_000 * (1 + inst) + np.cumsum(rng.integers(-5, 6, rows))
    chunk = Chunk(ts, inst, {"price": price, "volume": volume})
    arrival = ts + rng.integers(0, disorder + 1, rows)
    return chunk.take(np.argsort(arrival, kind="stable"))


def shuffled(chunk: Chunk, seed: int, within: int) -> Chunk:
    """The rows in another order of arrival, none more than ``within`` microseconds out of order."""
    arrival = chunk.ts_event + np.random.default_rng(seed).integers(0, within + 1, len(chunk))
    return chunk.take(np.lexsort((np.random.default_rng(seed + 1).random(len(chunk)), arrival)))
