"""Five indicators to a signal, three ways: traced columns, a loop by hand, and pandas."""

# ruff: noqa: PLR0912, PLR0917 - one long loop is what is compared with

from __future__ import annotations

import math
from typing import Any

import numpy as np

from friday_core.api import Market, indicators, where
from friday_core.causal.columns import Col
from friday_core.causal.program import Program, trace_program

#: Rows before the slowest indicator, the signal line of MACD, has a value.
WARM_UP = 33
#: Price units of one currency unit.
SCALE = 100.0


def columns(m: Market) -> dict[str, Col]:
    close = m.close
    window = close.rolling(20)
    z = (close - window.mean()) / window.std()
    macd, rsi = indicators.macd(close), indicators.rsi(close)
    moves = indicators.atr(m.high, m.low, close) > 0.01
    buy = (z < -0.5) & (rsi < 45.0) & (macd.line > macd.signal) & moves
    sell = (z > 0.5) & (rsi > 55.0) & (macd.line < macd.signal) & moves
    return {"signal": where(buy, 1.0, where(sell, -1.0, 0.0))}


def program() -> Program:
    """On exact prices, as they traded."""
    return trace_program(columns, base="1m", adjusted=False)


def prices(rows: int, instruments: int) -> dict[str, Any]:
    """A random walk for each instrument, in price units, sorted by time and instrument."""
    random = np.random.default_rng(7)
    each = rows // instruments
    close = np.round(1e4 * np.exp(np.cumsum(random.normal(0, 3e-4, (each, instruments)), axis=0)))
    high = close + random.integers(0, 9, close.shape)
    low = close - random.integers(0, 9, close.shape)
    ts = np.repeat(np.arange(each, dtype=np.int64) * 60_000_000, instruments)
    inst = np.tile(np.arange(instruments, dtype=np.int64), each)
    found = {"raw.close": close.ravel(), "raw.high": high.ravel(), "raw.low": low.ravel()}
    return {**found, "ts": ts, "inst": inst}


def by_hand(close: Any, high: Any, low: Any, out: Any) -> None:
    """What a good programmer writes for one instrument: one loop, everything in local variables."""
    ring, place = np.zeros(20), 0
    total = square = before = 0.0
    quick = slow = line_mean = rises = falls = true_range = 0.0
    for row in range(len(close)):
        c = close[row]
        total += c - ring[place]
        square += c * c - ring[place] * ring[place]
        ring[place] = c
        place = place + 1 if place < 19 else 0
        x = c / 100.0
        if row >= 26:
            quick = quick + (2.0 / 13.0) * (x - quick)
            slow = slow + (2.0 / 27.0) * (x - slow)
        else:
            slow = slow + (x - slow) / (row + 1.0)
            if row >= 14:
                quick = quick + (x - quick) / (row - 13.0)
        line = quick - slow
        if row >= 34:
            line_mean = line_mean + 0.2 * (line - line_mean)
        elif row >= 25:
            line_mean = line_mean + (line - line_mean) / (row - 24.0)
        if row >= 1:
            change = (c - before) / 100.0
            rise, fall = max(change, 0.0), max(-change, 0.0)
            reach = max(high[row] - low[row], abs(high[row] - before), abs(low[row] - before)) / 100.0
            if row >= 15:
                rises = rises + (1.0 / 14.0) * (rise - rises)
                falls = falls + (1.0 / 14.0) * (fall - falls)
                true_range = true_range + (1.0 / 14.0) * (reach - true_range)
            else:
                rises = rises + (rise - rises) / row
                falls = falls + (fall - falls) / row
                true_range = true_range + (reach - true_range) / row
        before = c
        if row < WARM_UP:
            out[row] = math.nan
            continue
        mean = total / 2000.0
        deviation = math.sqrt((20.0 * square - total * total) / 3_800_000.0)
        z = (x - mean) / deviation
        moved = rises + falls
        rsi = 100.0 * (rises / moved) if moved != 0.0 else 0.0
        if true_range > 0.01 and z < -0.5 and rsi < 45.0 and line > line_mean:
            out[row] = 1.0
        elif true_range > 0.01 and z > 0.5 and rsi > 55.0 and line < line_mean:
            out[row] = -1.0
        else:
            out[row] = 0.0


def by_hand_interleaved(inst: Any, close: Any, high: Any, low: Any, out: Any, state: Any, ring: Any) -> None:
    """The same for many instruments sorted by time: ``state[inst]`` keeps what was local, ``ring[inst]`` the window."""
    for row in range(len(close)):
        i, c = inst[row], close[row]
        seen, place, before = state[i, 0], int(state[i, 1]), state[i, 10]
        total = state[i, 2] + (c - ring[i, place])
        square = state[i, 3] + (c * c - ring[i, place] * ring[i, place])
        quick, slow, line_mean = state[i, 4], state[i, 5], state[i, 6]
        rises, falls, true_range = state[i, 7], state[i, 8], state[i, 9]
        ring[i, place] = c
        state[i, 0], state[i, 1] = seen + 1.0, place + 1.0 if place < 19 else 0.0
        state[i, 2], state[i, 3], state[i, 10] = total, square, c
        x = c / 100.0
        if seen >= 26:
            quick = quick + (2.0 / 13.0) * (x - quick)
            slow = slow + (2.0 / 27.0) * (x - slow)
        else:
            slow = slow + (x - slow) / (seen + 1.0)
            if seen >= 14:
                quick = quick + (x - quick) / (seen - 13.0)
        line = quick - slow
        if seen >= 34:
            line_mean = line_mean + 0.2 * (line - line_mean)
        elif seen >= 25:
            line_mean = line_mean + (line - line_mean) / (seen - 24.0)
        if seen >= 1:
            change = (c - before) / 100.0
            rise, fall = max(change, 0.0), max(-change, 0.0)
            reach = max(high[row] - low[row], abs(high[row] - before), abs(low[row] - before)) / 100.0
            if seen >= 15:
                rises = rises + (1.0 / 14.0) * (rise - rises)
                falls = falls + (1.0 / 14.0) * (fall - falls)
                true_range = true_range + (1.0 / 14.0) * (reach - true_range)
            else:
                rises = rises + (rise - rises) / seen
                falls = falls + (fall - falls) / seen
                true_range = true_range + (reach - true_range) / seen
        state[i, 4], state[i, 5], state[i, 6] = quick, slow, line_mean
        state[i, 7], state[i, 8], state[i, 9] = rises, falls, true_range
        if seen < WARM_UP:
            out[row] = math.nan
            continue
        z = (x - total / 2000.0) / math.sqrt((20.0 * square - total * total) / 3_800_000.0)
        moved = rises + falls
        rsi = 100.0 * (rises / moved) if moved != 0.0 else 0.0
        if true_range > 0.01 and z < -0.5 and rsi < 45.0 and line > line_mean:
            out[row] = 1.0
        elif true_range > 0.01 and z > 0.5 and rsi > 55.0 and line < line_mean:
            out[row] = -1.0
        else:
            out[row] = 0.0


def in_a_window(bars: Any) -> float:
    """What most write live: pandas on the last rows of one instrument, of which the last value is used."""
    close, before = bars["close"], bars["close"].shift()
    window = close.rolling(20)
    z = (close - window.mean()) / window.std()
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    signal = line.ewm(span=9, adjust=False).mean()
    change = close.diff()
    rises = change.clip(lower=0.0).ewm(alpha=1 / 14, adjust=False).mean()
    falls = (-change).clip(lower=0.0).ewm(alpha=1 / 14, adjust=False).mean()
    rsi = 100.0 * rises / (rises + falls)
    reach = np.maximum(
        bars["high"] - bars["low"], np.maximum((bars["high"] - before).abs(), (bars["low"] - before).abs())
    )
    moves = reach.ewm(alpha=1 / 14, adjust=False).mean() > 0.01
    buy = (z < -0.5) & (rsi < 45.0) & (line > signal) & moves
    sell = (z > 0.5) & (rsi > 55.0) & (line < signal) & moves
    return float(np.where(buy, 1.0, np.where(sell, -1.0, 0.0))[-1])
