"""Random walks on the tick grid, in whole numbers only: the same on every machine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from friday_core.domain.chunk import Array, Chunk, Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.schedule import Schedule

SECOND = 1_000_000
MINUTE = 60 * SECOND


class Character(NamedTuple):
    """How an instrument trades: its first price and largest step in ticks, and from when to when.

    ``first`` and ``last`` are shares of the whole time; of ``quiet`` in a hundred bars nothing is
    traded, and in so many the price stands still.
    """

    instrument: Instrument
    price: int
    step: int
    quiet: int = 3
    first: float = 0.0
    last: float = 1.0


def _instrument(symbol: str, **units: int) -> Instrument:
    return Instrument(InstrumentId(symbol, "SIM"), "INR", **units)  # type: ignore[arg-type]


#: One that is there all the time, one that starts late, one that ends, one that hardly moves, and
#: one that is quoted in finer units and lots.
CHARACTERS = (
    Character(_instrument("CALM", tick_size=5), 8_000, 1, quiet=40),
    Character(_instrument("FINE", price_decimals=4, tick_size=25, lot_size=10), 30_000, 200),
    Character(_instrument("GONE", tick_size=5), 12_000, 120, last=0.6),
    Character(_instrument("LATE", tick_size=5), 5_000, 60, first=0.3),
    Character(_instrument("WILD", tick_size=5), 40_000, 900),
)
UNIVERSE = Universe(one.instrument for one in CHARACTERS)


def bars(moments: Int64, seed: int) -> Chunk:
    """A bar of every instrument at each moment of its life, but for some that are left out."""
    parts = [_walk(one, moments, np.random.Generator(np.random.PCG64([seed, n]))) for n, one in enumerate(CHARACTERS)]
    return in_order(Chunk.concat(parts))


def ticks(schedule: Schedule, count: int, seed: int) -> Chunk:
    """Trades at whole seconds within the sessions; many share one second, and some have no volume."""
    draw = np.random.Generator(np.random.PCG64([seed, 99]))
    sessions = schedule.sessions
    which = draw.integers(0, len(sessions.opens), count)
    seconds = (sessions.closes - sessions.opens)[which] // SECOND
    moments = np.sort(sessions.opens[which] + draw.integers(0, 10**9, count) % seconds * SECOND)
    inst = draw.integers(0, len(CHARACTERS), count)
    start = np.array([one.price * one.instrument.tick_size for one in CHARACTERS])[inst]
    tick = np.array([one.instrument.tick_size for one in CHARACTERS])[inst]
    price = start + tick * np.cumsum(draw.integers(-2, 3, count))
    return in_order(Chunk(moments, inst, {"price": price, "volume": draw.integers(0, 50, count)}))


def in_order(chunk: Chunk) -> Chunk:
    """The rows sorted by time and instrument, numbered from 0."""
    return chunk.take(np.lexsort((chunk.inst, chunk.ts_event))).numbered(0)


def minutes(schedule: Schedule, each: int) -> Int64:
    """The closes of the first ``each`` one-minute bars of every session."""
    return np.concatenate([opens + MINUTE * np.arange(1, each + 1) for opens in schedule.sessions.opens.tolist()])


def _walk(one: Character, moments: Int64, draw: np.random.Generator) -> Chunk:
    alive = moments[int(len(moments) * one.first) : int(len(moments) * one.last)]
    alive = alive[draw.integers(0, 50, len(alive)) > 0]
    n, quiet = len(alive), draw.integers(0, 100, len(alive)) < one.quiet
    step = np.where(quiet, 0, draw.integers(-one.step, one.step + 1, n))
    close = one.price + np.cumsum(step)
    close = np.abs(close - 20) + 20
    opened = np.where(quiet, close, close - step + draw.integers(-one.step, one.step + 1, n) // 4)
    opened = np.maximum(opened, 20)
    reach = np.where(quiet, 0, draw.integers(0, 4, (2, n)))
    ticks_of: dict[str, Array] = {
        "open": opened,
        "high": np.maximum(opened, close) + reach[0],
        "low": np.minimum(opened, close) - reach[1],
        "close": close,
    }
    prices: dict[str, Array] = {name: values * one.instrument.tick_size for name, values in ticks_of.items()}
    volume = np.where(quiet, 0, draw.integers(1, 2_000, n) * one.instrument.lot_size)
    inst = np.full(n, UNIVERSE.position(one.instrument.id))
    return Chunk(alive, inst, {**prices, "volume": volume.astype(np.float64)})
