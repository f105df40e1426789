"""The prints within synthetic minutes: when, at what prices, and how much each."""

from __future__ import annotations

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.sandbox.kite.market.draws import drawn
from friday_core.sandbox.kite.market.tape import no_prints
from friday_core.sandbox.kite.values import SECOND

#: Prints a minute, one every three seconds.
PRINTS = 20
_EVERY = 60 // PRINTS
_MINUTE = 60 * SECOND
_PLACES = np.arange(PRINTS)


def bounds(name: int, minutes: Int64) -> tuple[Int64, Int64]:
    """When the first and the last print of each minute stand."""
    times = _times(name, minutes)
    return times[:, 0], times[:, -1]


def prints_within(name: int, rows: Int64, tick: int, lot: int) -> Int64:
    """Of each minute from open to close by the low and the high, the nearer one first, in whole ticks between.

    Their extremes, their volume and their ends are the row's.
    """
    if not len(rows):
        return no_prints()
    first, _, opened, high, low, close, volume, oi = rows.T
    minutes = first // _MINUTE * _MINUTE
    low_first = opened - low <= high - opened
    corners = (opened, np.where(low_first, low, high), np.where(low_first, high, low), close)
    prices = _line([one // tick for one in corners], _corner_places(name, minutes)) * tick
    quantities = _parts(name, minutes, volume // lot) * lot
    interest = np.repeat(oi, PRINTS).reshape(-1, PRINTS)
    return np.stack([_times(name, minutes), prices, quantities, interest], axis=2).reshape(-1, 4)


def _times(name: int, minutes: Int64) -> Int64:
    late = _bits(name, minutes) % _EVERY
    times: Int64 = minutes[:, None] + (_PLACES * _EVERY + late) * SECOND
    return times


def _bits(name: int, minutes: Int64) -> Int64:
    """Sixteen bits for each print."""
    places = (minutes // _MINUTE)[:, None] * PRINTS + _PLACES
    return (drawn(name, places) >> np.uint64(48)).astype(np.int64)


def _corner_places(name: int, minutes: Int64) -> list[Int64]:
    luck = (drawn(name + 3, minutes // _MINUTE) >> np.uint64(40)).astype(np.int64)
    begin = np.zeros(len(minutes), np.int64)
    return [begin, 4 + luck % 5, 11 + luck // 8 % 5, begin + PRINTS - 1]


def _line(corners: list[Int64], places: list[Int64]) -> Int64:
    """Ticks at every place, straight from corner to corner."""
    at: Int64 = np.repeat(corners[0], PRINTS).reshape(-1, PRINTS)
    for leg in range(len(corners) - 1):
        start, end = places[leg][:, None], places[leg + 1][:, None]
        before, after = corners[leg][:, None], corners[leg + 1][:, None]
        line = before + (after - before) * (_PLACES - start) // (end - start)
        at = np.where((start < _PLACES) & (end >= _PLACES), line, at)
    return at


def _parts(name: int, minutes: Int64, lots: Int64) -> Int64:
    """A volume in as many parts as there are prints; the last one has what is left."""
    weights = 1 + _bits(name + 4, minutes) % 256
    spare = np.maximum(lots - PRINTS, 0)[:, None]
    parts: Int64 = (lots[:, None] > 0) * (1 + spare * weights // weights.sum(axis=1)[:, None])
    parts[:, -1] += lots - parts.sum(axis=1)
    return parts
