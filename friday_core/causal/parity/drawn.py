"""Rows drawn for a program: ties on the tick grid, gaps, NaN, infinities, numbers below the normal range."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from friday_core.causal.domains import parse, repeats
from friday_core.causal.kinds import Kind
from friday_core.causal.parity.rows import RowSet
from friday_core.causal.program import Program
from friday_core.domain.chunk import Array, Float64, Int64
from friday_core.domain.instruments import InstrumentId

#: 2024-01-01 09:15 in India, in microseconds.
_FIRST = 1_704_080_700_000_000
_SECOND = 1_000_000
_OVERNIGHT = 16 * 3_600 * _SECOND
#: Slices of a session, so that there are many; ticks and bars by volume come a second apart, or at one time.
_SESSION = 25
#: Of so many slices one has a bar of the next coarser clock.
_COARSER = 3
_PRICES = ("open", "high", "low", "close")
_TICK = 5.0
#: Numbers of a wild instrument: small ones that tie, both zeros, below the normal range, huge, infinite, none.
_WILD = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, -0.0, 5e-324, -2.3e-310, 1e200, math.inf, math.nan])
_WILD_SHARES = np.array([0.14, 0.14, 0.14, 0.14, 0.14, 0.06, 0.05, 0.05, 0.04, 0.01, 0.09])


def drawn_sets(program: Program, rows: int, instruments: int, seed: int) -> Iterator[RowSet]:
    """One tame and one wild instrument, then a few and ``instruments`` of both; about ``rows`` rows of each.

    There are more where an instrument needs them for twice its warm-up. Equal arguments draw equal rows.
    """
    sizes = [1, 1, *(size for size in dict.fromkeys([min(3, instruments), instruments]) if size > 1)]
    for place, size in enumerate(sizes):
        yield drawn(program, rows, size, seed + place, first_is_wild=place == 1)


def drawn(program: Program, rows: int, instruments: int, seed: int, *, first_is_wild: bool = False) -> RowSet:
    """Every second instrument is wild: its numbers are what no market has, but a program may meet."""
    draw = np.random.Generator(np.random.PCG64([seed, instruments]))
    slices = max(math.ceil(rows / instruments), *(_slices_for(program, domain) for domain in program.domains))
    times = _times(draw, program.base, slices)
    wild = np.arange(instruments) % 2 == (0 if first_is_wild else 1)
    alive = _alive(draw, slices, instruments)
    domains = {}
    for domain in program.domains:
        every = _every(program, domain)
        there = alive[::every] & (draw.random((len(times[::every]), instruments)) < 0.93)
        at, inst = np.nonzero(there)
        market = _Market(draw, np.arange(slices)[::every] // _SESSION, wild)
        domains[domain] = {"ts": times[::every][at], "inst": inst, **market.columns(program, domain, there)}
    kind = f"1 {'wild' if wild[0] else 'tame'} instrument" if instruments == 1 else f"{instruments} instruments"
    ids = tuple(InstrumentId(f"DRAWN{n:03}", "SIM") for n in range(instruments))
    scales = tuple(100.0 if n % 3 else 10_000.0 for n in range(instruments))
    return RowSet(f"drawn, {kind}, seed {seed}", domains, scales, ids)


def _every(program: Program, domain: str) -> int:
    """Of how many slices of the program's own clock one is a slice of this clock too."""
    return int(_COARSER ** (len(program.domains) - 1 - program.domains.index(domain)))


def _slices_for(program: Program, domain: str) -> int:
    return (2 * program.warmup[domain] + 20) * _every(program, domain)


def _times(draw: np.random.Generator, base: str, slices: int) -> Int64:
    """Closes, with a bar missing now and then, and nights between sessions."""
    step = (parse(base).seconds or 1) * _SECOND
    bars = draw.choice([0, 1, 2] if repeats(base) else [1, 1, 1, 1, 2], slices)
    nights = np.where(np.arange(slices) % _SESSION == 0, _OVERNIGHT, 0)
    times: Int64 = _FIRST + np.cumsum(bars * step + nights)
    return times


def _alive(draw: np.random.Generator, slices: int, instruments: int) -> Array:
    """By slice and instrument: some start late, some end early, the first is there all the time."""
    first = draw.integers(0, max(slices // 3, 1), instruments)
    last = draw.integers(2 * slices // 3, 3 * slices // 2 + 1, instruments)
    first[::3], last[::3] = 0, slices
    place = np.arange(slices)[:, None]
    alive: Array = (place >= first) & (place < last)
    return alive


@dataclass(frozen=True, slots=True)
class _Market:
    """Columns of some slices, each drawn by slice and instrument; ``sessions`` are those of the slices."""

    draw: np.random.Generator
    sessions: Int64
    wild: Array

    def columns(self, program: Program, domain: str, there: Array) -> dict[str, Float64]:
        """What the program reads of this clock, of the rows that are there."""
        prices = self._prices()
        kinds = {
            one.node.label: one.node.kind
            for one in program.instructions
            if one.name == "input" and one.node.domain == domain
        }
        return {label: self._column(label, kind, prices)[there] for label, kind in kinds.items()}

    def _column(self, label: str, kind: Kind, prices: Mapping[str, Float64]) -> Float64:
        name = label.removeprefix("raw.")
        if label == "session":
            return self._with_holes(np.broadcast_to(self.sessions[:, None], self._shape).astype(np.float64), 0.0)
        if kind is Kind.PRICE or name in prices or name in ("avg_price", "price"):
            units = prices.get(name, prices["close"])
            return self._with_holes(units if kind is Kind.PRICE else units / 100.0, 0.03)
        if kind is Kind.COUNT:
            return self._either(self._whole(0, 2_000), self._whole(0, 4), 0.01)
        if kind is Kind.BOOL:
            return self._with_holes(self._whole(0, 2), 0.1)
        if name in ("pos", "open_qty"):
            return self._whole(-3, 4) * 10.0
        return self._either(self._whole(-100, 101) / 100.0, self._odd(), 0.08)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.sessions), len(self.wild)

    def _prices(self) -> dict[str, Float64]:
        """Walks on the grid with many ties; of wild instruments leaps, and a price of nothing."""
        steps = self.draw.choice([-3.0, -1.0, 0.0, 0.0, 1.0, 3.0], self._shape)
        walk = 20.0 + np.abs(2_000.0 + np.cumsum(steps, axis=0) - 20.0)
        leaps = np.where(self.draw.random(self._shape) < 0.01, 0.0, 1_990.0 + self._whole(0, 21))
        close = np.where(self.wild, leaps, walk)
        opened = np.where(self.wild, close, close - steps)
        high, low = np.maximum(opened, close) + self._whole(0, 3), np.minimum(opened, close) - self._whole(0, 3)
        of = zip(_PRICES, (opened, high, low, close), strict=True)
        return {name: ticks * _TICK for name, ticks in of}

    def _whole(self, low: int, high: int) -> Float64:
        return self.draw.integers(low, high, self._shape).astype(np.float64)

    def _odd(self) -> Float64:
        odd = self.draw.choice(_WILD, self._shape, p=_WILD_SHARES)
        number: Float64 = np.where(self.draw.random(self._shape) < 0.5, odd, self.draw.normal(0.0, 1e3, self._shape))
        return number

    def _either(self, tame: Float64, wild: Float64, holes: float) -> Float64:
        return self._with_holes(np.where(self.wild, wild, tame), holes)

    def _with_holes(self, values: Float64, share: float) -> Float64:
        """A share of NaN, and of wild instruments some more."""
        missing = self.draw.random(self._shape) < np.where(self.wild, share + 0.04, share)
        found: Float64 = np.where(missing, np.nan, values)
        return found
