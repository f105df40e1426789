"""Prices of no market: every one a function of seed, instrument and time, and believable beside the others.

A share, its contracts and its rows at other exchanges follow one walk: a future costs its carry more, an option
what Black-76 makes of the future.
"""

from __future__ import annotations

import datetime as dt
import statistics
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from friday_core.domain.chunk import Float64, Int64
from friday_core.market.instruments.columns import CONTRACTS, OPTIONS
from friday_core.market.margins.option_prices import black_76
from friday_core.sandbox.kite.market.draws import drawn, key, noise
from friday_core.sandbox.kite.market.hours import Hours, day_number, midnight
from friday_core.sandbox.kite.market.shipped import INDEX_NAMES, LEVELS
from friday_core.sandbox.kite.market.synthetic_prints import PRINTS, bounds, prints_within
from friday_core.sandbox.kite.market.tape import Tick, between, last_of, no_rows
from friday_core.sandbox.kite.values import SECOND, Listed

_MINUTE = 60 * SECOND
_OCTAVES = 16
#: Steps of a walk between the mornings of two days that follow: the day's minutes, and some for the night.
_DAY_STEPS = {"CDS": 490, "BCD": 490, "MCX": 905, "NCO": 905}
_SHARES_STEPS, _WHOLE_DAY = 405, 1_440
#: When exchanges open at the earliest, in minutes of the day.
_MORNING = 540
#: How far a walk goes in a minute, as a part of the price: about 1 % a day of a share.
_PACE = 0.00045
_PACES = {"NIFTY": 0.0003, "BANKNIFTY": 0.0003, "SENSEX": 0.0003, "USDINR": 0.0001, "INDIAVIX": 0.001}
_VOLATILITY, _CARRY = 0.16, 0.065
#: A walk stays above this part of where it begins.
_LEAST = 0.05
_LISTED_BEFORE = 100
_MINUTE_TURNOVER = 2_000_000.0
_CONTRACT_LOTS = 400
#: Paths that are kept, of some minutes each as a rule.
_PATHS = 64


class Path(NamedTuple):
    """An underlying by the minute, in rupees."""

    open: Float64
    high: Float64
    low: Float64
    close: Float64


class Synthetic:
    """A tape of every instrument that it is asked for; ``rows`` tell the level of underlyings that nobody knows."""

    def __init__(self, seed: int, hours: Hours, rows: Iterable[Listed] = ()) -> None:
        self._seed, self._hours = seed, hours
        self._paths: dict[tuple[str, int, int, int], Path] = {}
        self._levels = {**_middle_strikes(rows), **LEVELS}

    def prints(self, listed: Listed, after: int, upto: int) -> Int64:
        name = key(self._seed, listed.key)
        rows = self._table(listed, *self._minutes(listed, after, upto))
        return between(prints_within(name, rows, max(listed.tick, 1), max(listed.lot, 1)), after, upto)

    def rows(self, listed: Listed, first: int, last: int) -> Int64:
        table = self._table(listed, *self._minutes(listed, first, last))
        return table[(table[:, 1] >= first) & (table[:, 1] <= last)]

    def last(self, listed: Listed, ts: int) -> Tick | None:
        day = day_number(ts)
        for one in (day, self._hours.last_session(listed, day)):
            spans = self._hours.trading(listed, one)
            begun = [span for span in spans if span.open <= ts]
            if begun:
                end = min(ts, begun[-1].close - 1)
                found = last_of(self.prints(listed, end - 2 * _MINUTE, end))
                if found is not None:
                    return found
        return None

    def spot(self, root: str, day: dt.date) -> float:
        """What an underlying costs as a day begins, in rupees."""
        step = _ordinal((day - dt.date(1970, 1, 1)).days) * _SHARES_STEPS
        return float(self._path(root, np.array([step])).open[0])

    def _minutes(self, listed: Listed, first: int, last: int) -> tuple[Int64, Int64]:
        """When each minute of trading begins that has a moment from ``first`` to ``last``, and its step of the walk."""
        stride, morning = _DAY_STEPS.get(listed.exchange, _SHARES_STEPS), _MORNING
        if self._hours.always_open:
            stride, morning = _WHOLE_DAY, 0
        minutes, steps = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        since, until = _listed_between(listed)
        for day in range(max(day_number(first), since), min(day_number(last), until) + 1):
            ordinal = day if self._hours.always_open else _ordinal(day)
            for span in self._hours.trading(listed, day):
                count = (span.close - span.open) // _MINUTE
                begin = (span.open - midnight(day)) // _MINUTE - morning
                begin = begin if begin + count <= stride else 0
                start, end = (one - span.open for one in (first, last))
                inside = np.arange(max(start // _MINUTE, 0), min(end // _MINUTE + 1, count))
                minutes.append(span.open + inside * _MINUTE)
                steps.append(ordinal * stride + begin + inside)
        return np.concatenate(minutes), np.concatenate(steps)

    def _table(self, listed: Listed, minutes: Int64, steps: Int64) -> Int64:
        if not len(minutes):
            return no_rows()
        name = key(self._seed, listed.key)
        prices = self._priced(listed, self._shared_path(_root(listed), steps), minutes)
        first, last = bounds(name, minutes)
        volume, oi = self._volume(listed, name, minutes), self._interest(listed, name, steps)
        return np.stack([first, last, *prices, volume, oi], axis=1)

    def _shared_path(self, root: str, steps: Int64) -> Path:
        """The contracts of an underlying are asked for one after the other, each for the same time."""
        which = (root, int(steps[0]), int(steps[-1]), len(steps))
        if which not in self._paths:
            if len(self._paths) >= _PATHS:
                self._paths.clear()
            self._paths[which] = self._path(root, steps)
        return self._paths[which]

    def _path(self, root: str, steps: Int64) -> Path:
        """Each step opens where the one before closed, and reaches beyond both by less than a step."""
        name = key(self._seed, root)
        pace = _PACES.get(root, _PACE)
        level = self._levels.get(root) or 100 + name % 1_900
        ends = np.maximum(1.0 + noise(name, np.concatenate([steps, steps + 1]), _OCTAVES) * pace, _LEAST) * level
        opened, closed = ends[: len(steps)], ends[len(steps) :]
        reach = drawn(name, steps)
        up, down = ((reach >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16))
        part = level * pace / 2**17
        high = np.maximum(opened, closed) + up.astype(np.float64) * part
        low = np.minimum(opened, closed) - down.astype(np.float64) * part
        return Path(opened, high, low, closed)

    def _priced(self, listed: Listed, path: Path, minutes: Int64) -> list[Int64]:
        """Open, high, low and close in price units, in whole ticks."""
        scale, tick = 10.0**listed.decimals, max(listed.tick, 1)
        values = list(path)
        if listed.kind in CONTRACTS and listed.expiry is not None:
            left = (np.datetime64(listed.expiry, "D").astype(np.int64) - (minutes + 1) // (86_400 * SECOND)) / 365.0
            values = [one * (1.0 + _CARRY * left) for one in values]
            if listed.kind in OPTIONS:
                values = _options(listed, values, left)
        return [np.maximum(np.floor(one * scale / tick + 0.5), 1.0).astype(np.int64) * tick for one in values]

    def _volume(self, listed: Listed, name: int, minutes: Int64) -> Int64:
        """Of whole lots, at least one a print."""
        if listed.is_index:
            return np.zeros(len(minutes), np.int64)
        lots = _CONTRACT_LOTS
        if listed.kind not in CONTRACTS:
            lots = int(_MINUTE_TURNOVER / (self._levels.get(_root(listed)) or 1_000) / max(listed.lot, 1))
        busy = (drawn(name + 1, minutes // _MINUTE) >> np.uint64(58)).astype(np.int64)
        return np.maximum(lots * (16 + busy) // 48, PRINTS) * max(listed.lot, 1)

    def _interest(self, listed: Listed, name: int, steps: Int64) -> Int64:
        if listed.kind not in CONTRACTS:
            return np.zeros(len(steps), np.int64)
        base = 5_000 + name % 20_000
        moved = noise(name + 2, steps >> 4, 8) / 64.0
        return np.maximum(np.floor(base * (1.0 + moved)), 0.0).astype(np.int64) * max(listed.lot, 1)


def _options(listed: Listed, values: list[Float64], left: Float64) -> list[Float64]:
    """What an option is worth along the path of its future; where that is high, a put is low."""
    sign = 1 if listed.kind == OPTIONS[0] else -1
    strike = listed.rupees(listed.strike)
    deviations = [_VOLATILITY * max(years, 0.2 / 365.0) ** 0.5 for years in left.tolist()]
    worth = [
        np.array([black_76(at, strike, one, sign) for at, one in zip(path.tolist(), deviations, strict=True)])
        for path in values
    ]
    opened, high, low, closed = worth
    return [opened, high, low, closed] if sign > 0 else [opened, low, high, closed]


def _root(listed: Listed) -> str:
    """The walk that it follows: of a contract that of its underlying."""
    if listed.kind in CONTRACTS:
        return listed.name
    return INDEX_NAMES.get(listed.symbol, listed.symbol)


def _ordinal(day: int) -> int:
    """Days counted from Monday to Friday; whatever trades at a weekend comes sixth."""
    week, weekday = divmod(day + 3, 7)
    return week * 6 + min(weekday, 5)


def _listed_between(listed: Listed) -> tuple[int, int]:
    """The first and the last day of an instrument: a contract begins some months before it expires."""
    if listed.expiry is None:
        return 0, sys.maxsize
    expiry = (listed.expiry - dt.date(1970, 1, 1)).days
    return expiry - _LISTED_BEFORE, expiry


def _middle_strikes(rows: Iterable[Listed]) -> Mapping[str, float]:
    strikes: dict[str, list[float]] = {}
    for row in rows:
        if row.kind in OPTIONS:
            strikes.setdefault(row.name, []).append(row.rupees(row.strike))
    return {name: statistics.median(found) for name, found in strikes.items()}
