"""Source ``synthetic``: a market made of a seed, shaped like the NSE; needs no data.

Its prices mean nothing. Its sessions are weekdays, which is not the exchange's calendar.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from pydantic import Field

from friday_core.api import (
    MISSING_PRICE,
    PRICE_COLUMNS,
    Chunk,
    ComponentSpec,
    CorporateAction,
    Float64,
    HistoricalData,
    Instrument,
    InstrumentId,
    Int64,
    PluginSettings,
    RowCode,
    Universe,
    hookimpl,
)

_TICK = 5
_BARS = {"1d": 1, "1m": 375}
_MINUTE = 60_000_000
_DAY = 1440 * _MINUTE
#: 15:30 in India, which has no summer time, as minutes after midnight UTC.
_CLOSE_UTC = 10 * 60
_ROWS = 65_536

# Chances per instrument and session.
_SPLIT, _DIVIDEND, _CIRCUIT = 1 / 250, 1 / 125, 1 / 100
#: Companies split shares that have become dear: from 200 rupees.
_SPLIT_FROM = 20_000

# Every instrument draws from streams of its own, one for each purpose, always in the same order:
# neither more instruments nor more sessions change what is there already.
_CHARACTER, _SESSIONS, _INSIDE, _DIRT = range(4)
_DIRTS = ("duplicate", "high below low", "off grid", "missing", "zero", "decimal point")


class SyntheticSettings(PluginSettings):
    """Settings of the source ``synthetic``."""

    seed: int = Field(7, ge=0, description="The same seed is the same market, to the bit.")
    instruments: int = Field(5, ge=1, description="SYN01, SYN02, ...; every fourth is listed late.")
    sessions: int = Field(252, ge=1, description="Weekdays from start on.")
    start: dt.date = Field(dt.date(2024, 1, 1), description="First session.")
    interval: Literal["1d", "1m"] = Field("1d", description="Daily bars, or 375 one-minute bars a session.")
    dirt: float = Field(0.0, ge=0, le=1, description="Share of rows made faulty, to try validators.")


@dataclass(frozen=True, slots=True)
class _Sessions:
    """What is known of every session (row) of every instrument (column), in price units."""

    open: Int64
    close: Int64
    lower: Int64
    upper: Int64
    locked: Int64
    actions: tuple[CorporateAction, ...]


class SyntheticSource(HistoricalData):
    """Random walks on the tick grid within circuit limits, with gaps, splits and dividends.

    On a locked session all trade, thin, is at the limit of 10% or 20%. A split of 1 to 2..5 lets
    the raw price drop by its ratio and is announced as a ``CorporateAction``, as is a dividend.
    Daily bars and minute bars of one seed open and close each session at the same prices. Only
    additions, multiplications and square roots are used on the generator's bits, so that every
    machine computes the same. With ``dirt``, some rows are doubled, inconsistent, off the grid or
    without a price; all others are those of the clean market.
    """

    Settings = SyntheticSettings

    def __init__(self, settings: SyntheticSettings) -> None:
        self._settings = settings
        self.interval = settings.interval
        self._bars = _BARS[settings.interval]
        ids = {InstrumentId(f"SYN{n + 1:02d}", "NSE"): n for n in range(settings.instruments)}
        self._universe = Universe(Instrument(one, "INR", price_decimals=2, tick_size=_TICK) for one in ids)
        #: Number of the instrument at each place of the universe.
        self._numbers = [ids[one.id] for one in self._universe]
        start = np.busday_offset(settings.start, 0, roll="forward")
        self._days = np.busday_offset(start, np.arange(settings.sessions)).astype(np.int64)

        character = np.stack([generator.random(5) for generator in self._generators(_CHARACTER)])
        self._first_price = _on_tick(10_000 + 290_000 * character[:, 0])
        self._deviation = 0.01 + 0.01 * character[:, 1]
        self._volume = 50_000 + 2_000_000 * character[:, 2]
        self._band = np.where(character[:, 3] < 0.5, 10, 20)
        late = np.array(self._numbers) % 4 == 3
        self._listed = np.where(late, 5 + (55 * character[:, 4]).astype(np.int64), 0)

    def instruments(self) -> Sequence[Instrument]:
        return tuple(self._universe)

    def corporate_actions(self) -> Sequence[CorporateAction]:
        return self._sessions.actions

    def row_count(self) -> int | None:
        if self._settings.dirt:
            return None
        return self._bars * int(np.maximum(self._settings.sessions - self._listed, 0).sum())

    def bars(self) -> Iterator[Chunk]:
        inside, dirt = self._generators(_INSIDE), self._generators(_DIRT)
        delivered = 0
        block = max(1, _ROWS // (self._bars * len(self._universe)))
        for first in range(0, self._settings.sessions, block):
            sessions = slice(first, min(first + block, self._settings.sessions))
            chunk = self._chunk(sessions, self._drawn(inside, sessions, 7))
            if self._settings.dirt:
                chunk = _soiled(chunk, self._drawn(dirt, sessions, 2).reshape(-1, 2), self._settings.dirt)
            listed = np.repeat(np.arange(sessions.start, sessions.stop), self._bars)[:, None] >= self._listed
            present = chunk.take(listed.ravel()[chunk.seq])
            if len(present):
                yield present.numbered(delivered)
                delivered += len(present)

    def _generators(self, purpose: int) -> list[np.random.Generator]:
        seed = self._settings.seed
        return [
            np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(number, purpose))))
            for number in self._numbers
        ]

    def _drawn(self, generators: list[np.random.Generator], sessions: slice, draws: int) -> Float64:
        """Uniform draws by session, bar, instrument and use."""
        count = sessions.stop - sessions.start
        drawn = [generator.random((count, self._bars, draws)) for generator in generators]
        return np.stack(drawn, axis=2)

    @cached_property
    def _sessions(self) -> _Sessions:
        draws = np.stack([one.random((self._settings.sessions, 12)) for one in self._generators(_SESSIONS)], axis=1)
        shape = draws.shape[:2]
        opens, closes, lower, upper, locked = (np.zeros(shape, np.int64) for _ in range(5))
        actions: list[CorporateAction] = []
        previous = self._first_price
        for n, drawn in enumerate(draws):
            seasoned = n > self._listed
            split = seasoned & (drawn[:, 0] < _SPLIT) & (previous >= _SPLIT_FROM)
            pays = seasoned & (drawn[:, 0] > 1 - _DIVIDEND)
            ratio = np.where(split, 2 + (4 * drawn[:, 1]).astype(np.int64), 1)
            dividend = np.where(pays, np.maximum(_on_tick(previous * (0.003 + 0.017 * drawn[:, 1])), _TICK), 0)
            actions += self._announced(n, ratio, dividend, previous)
            reference = np.maximum(_on_tick(previous / ratio) - dividend, _TICK)
            upper[n] = reference * (100 + self._band) // (100 * _TICK) * _TICK
            lower[n] = np.maximum(-(reference * (self._band - 100) // (100 * _TICK)) * _TICK, _TICK)
            locked[n] = seasoned & ~split & ~pays & (drawn[:, 2] < _CIRCUIT)
            limit = np.where(drawn[:, 3] < 0.5, upper[n], lower[n])
            opened = np.clip(_on_tick(reference * (1 + 0.004 * _bell(drawn[:, 4:8]))), lower[n], upper[n])
            moved = opened * (1 + 0.0003 + self._deviation * _bell(drawn[:, 8:12]))
            opens[n] = np.where(locked[n], limit, opened)
            closes[n] = np.where(locked[n], limit, np.clip(_on_tick(moved), lower[n], upper[n]))
            previous = np.where(n >= self._listed, closes[n], previous)
        return _Sessions(opens, closes, lower, upper, locked, tuple(actions))

    def _announced(self, n: int, ratio: Int64, dividend: Int64, previous: Int64) -> Iterator[CorporateAction]:
        """The actions of session ``n``; ``previous`` are the closes before it."""
        for place in np.flatnonzero((ratio > 1) | (dividend > 0)):
            one, day = self._universe[int(place)].id, int(self._days[n])
            if ratio[place] > 1:
                yield CorporateAction(one, day, numerator=int(ratio[place]), factor=float(ratio[place]))
            else:
                paid, before = int(dividend[place]), int(previous[place])
                yield CorporateAction(one, day, dividend=paid, factor=before / max(before - paid, _TICK))

    def _chunk(self, sessions: slice, drawn: Float64) -> Chunk:
        """The clean bars of some sessions: bridges from each open to its close."""
        known = self._sessions
        start, end, lower, upper = (
            one[sessions][:, None, :] for one in (known.open, known.close, known.lower, known.upper)
        )
        moving = 1 - known.locked[sessions][:, None, :]
        part = np.arange(1, self._bars + 1)[None, :, None] / self._bars
        walk = np.cumsum(_bell(drawn[..., :4]), axis=1)
        step = moving * start * self._deviation / math.sqrt(self._bars)
        points = start + (end - start) * part + (walk - part * walk[:, -1:, :]) * step * 0.6
        closes = np.clip(_on_tick(points), lower, upper)
        closes[:, -1:, :] = end
        opens = np.concatenate([start, closes[:, :-1, :]], axis=1)
        highs = np.maximum(opens, closes) + _on_tick(drawn[..., 4] * step * 0.5)
        lows = np.minimum(opens, closes) - _on_tick(drawn[..., 5] * step * 0.5)
        volume = np.floor(self._volume / self._bars * (0.5 + drawn[..., 6]) * np.where(moving, 1.0, 0.02)) + 1
        columns = {"open": opens, "high": np.minimum(highs, upper), "low": np.maximum(lows, lower), "close": closes}
        minute = np.arange(self._bars)[None, :] - self._bars + 1
        closed = self._days[sessions][:, None] * _DAY + (_CLOSE_UTC + minute) * _MINUTE
        return Chunk(
            np.repeat(closed.ravel(), len(self._universe)),
            np.tile(np.arange(len(self._universe)), closed.size),
            {**{name: values.ravel() for name, values in columns.items()}, "volume": volume.ravel()},
        )


def _bell(uniform: Float64) -> Float64:
    """Four uniform draws as one of mean 0 and variance 1, at most 3.5: no tail leaves the limits."""
    return (uniform[..., 0] + uniform[..., 1] + uniform[..., 2] + uniform[..., 3] - 2.0) * math.sqrt(3.0)


def _on_tick(prices: Float64) -> Int64:
    return np.rint(prices / _TICK).astype(np.int64) * _TICK


def _soiled(chunk: Chunk, drawn: Float64, share: float) -> Chunk:
    """The chunk with a share of its rows made faulty, each in one way; ``seq`` is kept."""
    fault = np.where(drawn[:, 0] < share, (len(_DIRTS) * drawn[:, 1]).astype(np.int64), -1)
    at = {name: fault == n for n, name in enumerate(_DIRTS)}
    columns = {name: chunk[name].copy() for name in PRICE_COLUMNS}
    columns["high"][at["high below low"]] = chunk["low"][at["high below low"]] - _TICK
    columns["close"][at["missing"]] = MISSING_PRICE
    columns["close"][at["zero"]] = 0
    columns["close"][at["decimal point"]] *= 10
    code = np.select([at["off grid"], at["missing"]], [int(RowCode.OFF_GRID), int(RowCode.MISSING_PRICE)], 0)
    whole = {**columns, "volume": chunk["volume"]}
    return Chunk(chunk.ts_event, chunk.inst, whole, code=code).take(
        np.repeat(np.arange(len(chunk)), 1 + at["duplicate"])
    )


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("source", "synthetic", SyntheticSource, SyntheticSource.Settings)]
