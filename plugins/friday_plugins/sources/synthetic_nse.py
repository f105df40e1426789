"""Source ``synthetic_nse``: made-up prices in real sessions, with real lots, ticks and expiries; needs no data.

Its prices mean nothing. Sessions are the calendar's, what contracts are like is in the dated facts.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from friday_core.api import (
    Calendar,
    Chunk,
    ComponentSpec,
    DataError,
    DataSourceError,
    Float64,
    HistoricalData,
    Instrument,
    InstrumentId,
    Int64,
    PluginSettings,
    hookimpl,
    instrument_facts,
    monthly_expiry,
    to_date,
)

_MINUTE = 60_000_000
_MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1d": 1440}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: A chunk is of whole sessions, as many as it takes to come to so many rows.
_CHUNK_ROWS = 4_096
#: Paise before the first session: a share in each band of ticks.
_FIRST = (180_00, 640_00, 2_400_00, 7_200_00)
#: Of a future's price a year, above the index.
_CARRY = 0.065
#: No exchange is closed for longer, in days.
_FORTNIGHT = 14

# Every price draws from streams of its own, one for each purpose, always in the same order.
_SESSIONS, _INSIDE = range(2)


class SyntheticNseSettings(PluginSettings):
    """Settings of the source ``synthetic_nse``."""

    seed: int = Field(11, ge=0, description="The same seed is the same market, to the bit.")
    shares: int = Field(4, ge=1, le=99, description="SYN01, SYN02, ... on NSE, from 180 to 7,200 rupees in turns.")
    underlying: str = Field("NIFTY", min_length=1, description="Index of the futures on NFO, as in their symbols.")
    level: int = Field(25_000, ge=1, description="The index before the first session.")
    listed: int = Field(2, ge=1, le=3, description="Futures that trade at the same time, the nearest first.")
    start: dt.date = Field(dt.date(2025, 10, 1), description="First date.")
    end: dt.date = Field(dt.date(2026, 4, 30), description="Last date.")
    interval: Literal["1m", "5m", "15m", "1d"] = Field("15m", description="Length of a bar.")
    facts: Path | None = Field(None, description="A file of facts about instruments of your own, before those shipped.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}")
        return self


@dataclass(frozen=True, slots=True)
class _Walk:
    """A price in every session: open, close and tick in price units, and how much it moves in one."""

    open: Int64
    close: Int64
    tick: Int64
    deviation: float


@dataclass(frozen=True, slots=True)
class _Traded:
    """An instrument, the number of the walk that it follows, and the places of its first and last session."""

    instrument: Instrument
    walk: int
    first: int
    last: int
    expiry: dt.date | None = None

    def carried(self, day: dt.date) -> float:
        """Its price in terms of its walk: a future meets the index on its last day."""
        return 1.0 if self.expiry is None else 1.0 + _CARRY * (self.expiry - day).days / 365


class SyntheticNse(HistoricalData):
    """Random walks on the tick grid of their month: shares of NSE, and futures on an index that moves them.

    A future trades at the index and its carry, in the lot that the facts say. An instrument has one tick for
    the whole run, the finest of its months. ``front`` is 1.0 on rows of shares, and of the nearest future that
    expires neither in this session nor in the next; 0.0 on other rows. There are no corporate actions, and a
    session in pieces has bars from its first open to its last close. Bars of each length open and close a
    session at the same prices. Only additions, multiplications and square roots are used on the generator's
    bits, so that every machine computes the same.
    """

    Settings = SyntheticNseSettings
    columns = (*HistoricalData.columns, "front")

    def __init__(self, settings: SyntheticNseSettings, calendar: Calendar) -> None:
        self._settings = settings
        self._facts = instrument_facts(settings.facts)
        self._schedule = calendar.schedule()
        first, last = (int(np.datetime64(day).astype(np.int64)) for day in (settings.start, settings.end))
        self._sessions = self._schedule.between(first, last)
        self._dates = [to_date(int(day)) for day in self._sessions.dates]
        after = self._schedule.between(first, max(last, min(last + _FORTNIGHT, self._schedule.last))).dates
        #: The session after each one; after the last that is known, none.
        self._next = [*map(to_date, after[1 : len(self._dates) + 1].tolist()), dt.date.max]
        length = _MINUTES[settings.interval] * _MINUTE
        #: Bars of each session; the last one may be shorter.
        self._bars = -((self._sessions.opens - self._sessions.closes) // length)
        self.interval = settings.interval

    def instruments(self) -> Sequence[Instrument]:
        return [one.instrument for one in self._traded]

    def row_count(self) -> int | None:
        return sum(int(self._bars[one.first : one.last + 1].sum()) for one in self._traded)

    def bars(self) -> Iterator[Chunk]:
        inside = [self._generator(number, _INSIDE) for number in range(1 + self._settings.shares)]
        delivered, sessions = 0, list[Chunk]()
        for place in range(len(self._dates)):
            drawn = np.stack([generator.random((self._bars[place], 7)) for generator in inside])
            sessions.append(self._chunk(place, drawn))
            if place + 1 == len(self._dates) or sum(map(len, sessions)) >= _CHUNK_ROWS:
                chunk = Chunk.concat(sessions).numbered(delivered)
                delivered, sessions = delivered + len(chunk), []
                yield chunk

    def _generator(self, number: int, purpose: int) -> np.random.Generator:
        """Of the index, number 0, or of a share."""
        sequence = np.random.SeedSequence(self._settings.seed, spawn_key=(number, purpose))
        return np.random.Generator(np.random.PCG64(sequence))

    @cached_property
    def _traded(self) -> list[_Traded]:
        """All that trades in some session, by id."""
        if not self._dates:
            what = f"no session from {self._settings.start} to {self._settings.end}"
            raise DataSourceError(f"source synthetic_nse: {what}\n    mend: take other dates")
        try:
            shares = [self._share(number, walk) for number, walk in enumerate(self._walks) if number]
            return sorted([*shares, *self._futures()], key=lambda one: one.instrument.id)
        except DataError as error:
            raise DataSourceError(f"source synthetic_nse: {error}") from error

    def _share(self, number: int, walk: _Walk) -> _Traded:
        tick = int(np.gcd.reduce(walk.tick))
        instrument = Instrument(InstrumentId(f"SYN{number:02d}", "NSE"), "INR", tick_size=tick)
        return _Traded(instrument, number, 0, len(self._dates) - 1)

    @cached_property
    def _walks(self) -> list[_Walk]:
        """The index, then the shares, which it moves."""
        count, settings = len(self._dates), self._settings
        market = self._generator(0, _SESSIONS).random((count, 8))
        walks = [self._walk(market, _bell(market[:, 4:]), settings.level * 100, "index_future", 0.008)]
        for number in range(1, 1 + settings.shares):
            generator = self._generator(number, _SESSIONS)
            character, own = generator.random(2).tolist(), generator.random((count, 8))
            first = round(_FIRST[(number - 1) % len(_FIRST)] * (0.9 + 0.2 * character[0]))
            moves = 0.6 * _bell(market[:, 4:]) + 0.8 * _bell(own[:, 4:])
            walks.append(self._walk(own, moves, first, "share", 0.011 + 0.006 * character[1]))
        return walks

    def _walk(
        self, drawn: Float64, moves: Float64, first: int, kind: Literal["share", "index_future"], deviation: float
    ) -> _Walk:
        """Each session opens near the last close, on the tick of the close before its month."""
        gaps, month, tick, price = _bell(drawn[:, :4]), 0, 1, first
        rows: list[tuple[int, int, int]] = []
        for day, gap, move in zip(self._dates, gaps.tolist(), moves.tolist(), strict=True):
            if day.month != month:
                month = day.month
                tick = int(self._facts.tick_size(kind, Decimal(price).scaleb(-2), day).scaleb(2))
            opened = max(tick, round(price * (1 + 0.003 * gap) / tick) * tick)
            price = max(tick, round(opened * (1 + 0.0004 + deviation * move) / tick) * tick)
            rows.append((opened, price, tick))
        opens, closes, ticks = np.array(rows, np.int64).T
        return _Walk(opens, closes, ticks, deviation)

    def _futures(self) -> Iterator[_Traded]:
        """Month by month; so many are listed that one begins to trade when an earlier one has expired."""
        begins = [0] * self._settings.listed
        year, month = self._dates[0].year, self._dates[0].month
        while begins[0] < len(self._dates):
            expiry = monthly_expiry(self._facts, self._settings.underlying, year, month, self._schedule)
            if expiry >= self._dates[0]:
                first, after = begins.pop(0), sum(day <= expiry for day in self._dates)
                begins.append(after)
                yield self._future(f"{year % 100:02d}{_MONTHS[month - 1]}", expiry, first, after - 1)
            year, month = year + month // 12, month % 12 + 1

    def _future(self, month: str, expiry: dt.date, first: int, last: int) -> _Traded:
        name = InstrumentId(f"{self._settings.underlying}{month}FUT", "NFO")
        lots = [self._facts.lot_size(self._settings.underlying, expiry, day) for day in self._dates[first : last + 1]]
        changed = next((n for n, lot in enumerate(lots) if lot != lots[0]), 0)
        if changed:
            what = f"the lot of {name} changes from {lots[0]} to {lots[changed]} on {self._dates[first + changed]}"
            raise DataError(f"{what}, and an instrument has one a run\n    mend: begin then, end before, or list fewer")
        tick = int(np.gcd.reduce(self._walks[0].tick[first : last + 1]))
        return _Traded(Instrument(name, "INR", 2, tick, lots[0], "future"), 0, first, last, expiry)

    def _chunk(self, place: int, drawn: Float64) -> Chunk:
        """The bars of a session: bridges from each open to its close, with uniform draws by walk, bar and use."""
        there = [(n, one) for n, one in enumerate(self._traded) if one.first <= place <= one.last]
        expiries = [one.expiry for _, one in there if one.expiry is not None and one.expiry > self._next[place]]
        opened, closed = int(self._sessions.opens[place]), int(self._sessions.closes[place])
        count, rows = int(self._bars[place]), []
        for _, one in there:
            front = one.expiry is None or one.expiry == min(expiries, default=None)
            lots = (3_000 if one.expiry is None else 40) * (1.0 if front else 0.2) * (closed - opened) / count / _MINUTE
            prices = _bridge(self._walks[one.walk], place, drawn[one.walk], one.carried(self._dates[place]))
            volume = np.floor(lots * (0.5 + drawn[one.walk][:, 6])) * one.instrument.lot_size
            rows.append([*prices, volume, np.full(count, float(front))])
        by_bar = np.stack([np.stack(columns) for columns in rows], axis=2)
        times = np.minimum(opened + np.arange(1, count + 1) * _MINUTES[self.interval] * _MINUTE, closed)
        columns = {name: values.ravel() for name, values in zip(self.columns, by_bar, strict=True)}
        return Chunk(np.repeat(times, len(there)), np.tile([n for n, _ in there], count), columns)


def _bridge(walk: _Walk, place: int, drawn: Float64, carried: float) -> tuple[Float64, Float64, Float64, Float64]:
    """Open, high, low and close of each bar, on the tick, from the session's open to its close."""
    count, tick = len(drawn), int(walk.tick[place])
    start, end = float(walk.open[place]), float(walk.close[place])
    step = start * walk.deviation / math.sqrt(count)
    part = np.arange(count + 1) / count
    steps = np.concatenate([[0.0], np.cumsum(_bell(drawn[:, :4]))])
    points = (start + (end - start) * part + (steps - part * steps[-1]) * step * 0.6) * carried
    on_tick = np.maximum(np.rint(points / tick), 1.0) * tick
    opens, closes = on_tick[:-1], on_tick[1:]
    above, below = (np.rint(drawn[:, use] * step * 0.5 / tick) * tick for use in (4, 5))
    return opens, np.maximum(opens, closes) + above, np.maximum(np.minimum(opens, closes) - below, tick), closes


def _bell(uniform: Float64) -> Float64:
    """Four uniform draws as one of mean 0 and variance 1, at most 3.5."""
    return (uniform[..., 0] + uniform[..., 1] + uniform[..., 2] + uniform[..., 3] - 2.0) * math.sqrt(3.0)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"calendar": "calendar"}
    return [ComponentSpec("source", "synthetic_nse", SyntheticNse, SyntheticNse.Settings, requires)]
