"""Indicators agree with TA-Lib within the tolerances that their docstrings state."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

import numpy as np
import pandas as pd
import pytest
import talib
from unit.causal.indicator_bars import PRICES, Bars, Floats, Formula, facts, random_walk, run

from friday_core.causal import indicators as ta
from friday_core.domain.chunk import Chunk
from friday_plugins.sources.synthetic import SyntheticSettings, SyntheticSource

Theirs = Callable[[Bars], list[Floats]]
FACTS = facts()


@dataclass(frozen=True)
class Case:
    """An indicator with arguments, and the same from the reference."""

    name: str
    ours: Formula
    theirs: Theirs

    def __str__(self) -> str:
        return self.name


def _mid_first(bands: tuple[Floats, Floats, Floats]) -> list[Floats]:
    upper, mid, lower = bands
    return [mid, upper, lower]


def _supertrend(bars: Bars, window: int, width: float) -> list[Floats]:
    line, side = talib.SUPERTREND(bars.high, bars.low, bars.close, window, width)
    return [line, np.where(np.isnan(line), np.nan, side)]


def _adx(bars: Bars, window: int) -> list[Floats]:
    return [one(bars.high, bars.low, bars.close, window) for one in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)]


def _obv(bars: Bars) -> list[Floats]:
    return [talib.OBV(bars.close, bars.volume) - bars.volume[0]]


def _vwap(bars: Bars) -> list[Floats]:
    """One session at a time; TA-Lib says 0 before anything is traded, and Friday NaN."""
    parts = []
    for session in np.unique(bars.session):
        rows = bars.session == session
        part = talib.VWAP(bars.high[rows], bars.low[rows], bars.close[rows], bars.volume[rows])
        parts.append(np.where(np.cumsum(bars.volume[rows]) > 0, part, np.nan))
    return [np.concatenate(parts)]


def _zscore(bars: Bars, window: int) -> list[Floats]:
    rows = pd.Series(bars.close).rolling(window)
    return [((bars.close - rows.mean()) / rows.std()).to_numpy()]


def _averages(window: int) -> list[Case]:
    pairs = ((ta.sma, talib.SMA), (ta.ema, talib.EMA), (ta.wma, talib.WMA), (ta.rma, talib.RMA))
    return [
        Case(ours.__name__, lambda m, f=ours: f(m.close, window), lambda b, f=theirs: [f(b.close, window)])
        for ours, theirs in pairs
    ]


def _of_close(window: int) -> list[Case]:
    return [
        Case("momentum", lambda m: ta.momentum(m.close, window), lambda b: [talib.MOM(b.close, window)]),
        Case("roc", lambda m: ta.roc(m.close, window), lambda b: [talib.ROC(b.close, window)]),
        Case("rsi", lambda m: ta.rsi(m.close, window), lambda b: [talib.RSI(b.close, window)]),
        Case(
            "macd",
            lambda m: ta.macd(m.close, window, 2 * window + 1, 9),
            lambda b: list(talib.MACD(b.close, window, 2 * window + 1, 9)),
        ),
        Case(
            "bollinger",
            lambda m: ta.bollinger(m.close, window, 2.5),
            lambda b: _mid_first(talib.BBANDS(b.close, window, 2.5, 2.5)),
        ),
    ]


def _of_bar(window: int) -> list[Case]:
    return [
        Case(
            "stochastic",
            lambda m: ta.stochastic(m.high, m.low, m.close, window, smooth=3, signal=4),
            lambda b: list(talib.STOCH(b.high, b.low, b.close, window, 3, 0, 4, 0)),
        ),
        Case(
            "williams_r",
            lambda m: ta.williams_r(m.high, m.low, m.close, window),
            lambda b: [talib.WILLR(b.high, b.low, b.close, window)],
        ),
        Case(
            "cci",
            lambda m: ta.cci(m.high, m.low, m.close, window),
            lambda b: [talib.CCI(b.high, b.low, b.close, window)],
        ),
        Case(
            "atr",
            lambda m: ta.atr(m.high, m.low, m.close, window),
            lambda b: [talib.ATR(b.high, b.low, b.close, window)],
        ),
        Case("adx", lambda m: ta.adx(m.high, m.low, m.close, window), lambda b: _adx(b, window)),
        Case(
            "supertrend",
            lambda m: ta.supertrend(m.high, m.low, m.close, window, 1.5),
            lambda b: _supertrend(b, window, 1.5),
        ),
        Case(
            "donchian",
            lambda m: ta.donchian(m.high, m.low, window),
            lambda b: _mid_first(talib.DONCHIAN(b.high, b.low, window)),
        ),
        Case(
            "keltner",
            lambda m: ta.keltner(m.high, m.low, m.close, window, atr_window=10, width=1.5),
            lambda b: _mid_first(talib.KC(b.high, b.low, b.close, window, 10, 1.5)),
        ),
        Case(
            "mfi",
            lambda m: ta.mfi(m.high, m.low, m.close, m.volume, window),
            lambda b: [talib.MFI(b.high, b.low, b.close, b.volume, window)],
        ),
    ]


def _of_spread(window: int) -> list[Case]:
    """Where the references do not say NaN of a constant window, as Friday does: windows that move."""
    return [
        Case("zscore", lambda m: ta.zscore(m.close, window), lambda b: _zscore(b, window)),
        Case(
            "correlation",
            lambda m: ta.correlation(m.close, m.high, window),
            lambda b: [talib.CORREL(b.close, b.high, window)],
        ),
        Case(
            "beta",
            lambda m: ta.beta(m.low.pct_change(), m.close.pct_change(), window),
            lambda b: [talib.BETA(b.close, b.low, window)],
        ),
    ]


WINDOWLESS = [
    Case(
        "true_range",
        lambda m: ta.true_range(m.high, m.low, m.close),
        lambda b: [talib.TRANGE(b.high, b.low, b.close)],
    ),
    Case("psar", lambda m: ta.psar(m.high, m.low), lambda b: [talib.SAR(b.high, b.low)]),
    Case("psar", lambda m: ta.psar(m.high, m.low, 0.3, 0.25), lambda b: [talib.SAR(b.high, b.low, 0.3, 0.25)]),
    Case("obv", lambda m: ta.obv(m.close, m.volume), _obv),
    Case("vwap", lambda m: ta.vwap(m.high, m.low, m.close, m.volume), _vwap),
]
CASES = [
    *WINDOWLESS,
    *chain.from_iterable((*_averages(w), *_of_close(w), *_of_bar(w)) for w in (3, 14, 40)),
    *chain.from_iterable(_of_spread(w) for w in (14, 40)),
]


@pytest.fixture(scope="module")
def walk() -> Bars:
    return random_walk(900, seed=11)


@pytest.fixture(scope="module")
def whole_ticks() -> Bars:
    """Prices that are whole numbers, so that TA-Lib's ties are ties."""
    return random_walk(900, seed=12, first=20_000.0, tick=5.0)


@pytest.fixture(scope="module")
def synthetic() -> Bars:
    """Daily bars of the source ``synthetic`` with splits, gaps and locked sessions, of one instrument."""
    source = SyntheticSource(SyntheticSettings(instruments=1, sessions=500))
    chunks: list[Chunk] = list(source.bars())

    def column(name: str, scale: float) -> Floats:
        return np.concatenate([np.asarray(chunk.columns[name], np.float64) for chunk in chunks]) / scale

    prices = [column(name, 100.0) for name in ("open", "high", "low", "close")]
    return Bars(*prices, column("volume", 1.0), np.arange(500) // 20 + 1.0)


def _assert_agreement(case: Case, bars: Bars, scale: float | None = None) -> None:
    fact = FACTS[case.name]
    ours, theirs = run(case.ours, bars, scale), case.theirs(bars)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert np.isfinite(other).sum() > 400
        first = max(int(np.argmax(np.isfinite(other))), fact.first_row)
        assert np.array_equal(np.isnan(mine[first:]), np.isnan(other[first:]))
        distance = np.nanmax(np.abs(mine[first:] - other[first:])) / np.nanmax(np.abs(other[first:]))
        assert distance <= fact.tolerance


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_indicator_agrees_with_talib_on_plain_prices(case: Case, walk: Bars) -> None:
    _assert_agreement(case, walk)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_indicator_agrees_with_talib_on_exact_prices(case: Case, whole_ticks: Bars) -> None:
    _assert_agreement(case, whole_ticks, scale=1.0)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_indicator_agrees_with_talib_on_synthetic_bars(case: Case, synthetic: Bars) -> None:
    _assert_agreement(case, synthetic)


def test_every_indicator_is_compared() -> None:
    assert {case.name for case in CASES} == set(FACTS)


@pytest.mark.parametrize("case", [case for case in CASES if case.name != "obv"], ids=str)
def test_the_last_column_begins_where_talib_begins(case: Case, walk: Bars) -> None:
    ours, theirs = run(case.ours, walk)[-1], case.theirs(walk)[-1]
    assert np.argmax(~np.isnan(ours)) == np.argmax(~np.isnan(theirs))


def test_most_of_a_wide_tolerance_is_the_rounding_of_the_reference(walk: Bars) -> None:
    close, high = ([Fraction(one) for one in column] for column in (walk.close, walk.high))
    exact = []
    for end in range(14, len(close) + 1):
        x, y = (_deviations(column[end - 14 : end]) for column in (close, high))
        sxx, sxy, syy = (float(_dot(a, b)) for a, b in ((x, x), (x, y), (y, y)))
        exact.append((float(x[-1]) / math.sqrt(sxx / 13.0), sxy / math.sqrt(sxx) / math.sqrt(syy)))
    ours = run(lambda m: (ta.zscore(m.close, 14), ta.correlation(m.close, m.high, 14)), walk)
    theirs = [*_zscore(walk, 14), talib.CORREL(walk.close, walk.high, 14)]
    for mine, other, true in zip(ours, theirs, np.transpose(exact), strict=True):
        assert np.abs(mine[13:] - true).max() < min(1e-12, np.abs(other[13:] - true).max() / 10)


def _deviations(values: list[Fraction]) -> list[Fraction]:
    mean = sum(values, Fraction()) / len(values)
    return [one - mean for one in values]


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((one * other for one, other in zip(a, b, strict=True)), Fraction())


def test_a_tie_of_directional_movement_is_a_tie_on_exact_prices_only() -> None:
    bars = random_walk(600, seed=3)
    cents = Bars(*(np.round(getattr(bars, name) * 100.0) for name in PRICES), bars.volume, bars.session)
    exact = run(lambda m: ta.adx(m.high, m.low, m.close), bars, scale=100.0)[0]
    plain = run(lambda m: ta.adx(m.high, m.low, m.close), bars)[0]
    assert np.nanmax(np.abs(exact - _adx(cents, 14)[0])) < 1e-10
    assert np.nanmax(np.abs(plain - _adx(bars, 14)[0])) < 1e-10
    assert np.nanmax(np.abs(exact - plain)) > 0.1
