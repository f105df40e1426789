"""Indicators: known answers, edges, and what their docstrings promise."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from unit.causal.indicator_bars import Bars, Floats, Formula, computed, constant, facts, random_walk, run, traced

from friday_core.causal import batch
from friday_core.causal import indicators as ta
from friday_core.causal.columns import Col
from friday_core.causal.market import Market
from friday_core.causal.oracle import Oracle
from friday_core.errors import TraceError

FACTS = facts()
NAN = np.nan
#: The column of the market that stands for an argument; others are named as there.
COLUMNS = {"column": "close", "a": "close", "b": "volume", "returns": "close", "market": "high"}
#: RSI at StockCharts, "Relative Strength Index", and the closes of QQQQ from 14 December 2009 that it is made from.
QQQQ = (
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328,
    45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515,
    45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
)  # fmt: skip
QQQQ_RSI = (
    70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87, 45.46,
    37.30, 33.08, 37.77,
)  # fmt: skip


def _call(name: str, given: Mapping[str, Any]) -> Formula:
    """An indicator on the columns that its arguments are named after."""
    function: Callable[..., Any] = getattr(ta, name)
    names = [n for n, one in inspect.signature(function).parameters.items() if one.annotation == "Col"]
    return lambda m: function(*(getattr(m, COLUMNS.get(n, n)) for n in names), **given)


def _settings(name: str, window: int) -> dict[str, int]:
    """Every count of rows of an indicator: the window as asked, the others as they come."""
    found = inspect.signature(getattr(ta, name)).parameters
    return {
        n: window if n == "window" else one.default
        for n, one in found.items()
        if one.annotation == "int" and (n == "window" or one.default is not inspect.Parameter.empty)
    }


def _bars(close: tuple[float, ...]) -> Bars:
    prices = np.array(close)
    return Bars(prices, prices, prices, prices, np.ones(len(prices)), np.ones(len(prices)))


def _close(formula: Callable[[Col], Col], *close: float) -> list[float]:
    return list(run(lambda m: formula(m.close), _bars(close))[0])


@pytest.mark.parametrize("window", [2, 5, 14])
@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_warm_up_is_the_one_of_the_docstring_and_of_the_program(name: str, window: int) -> None:
    settings = _settings(name, window)
    program = traced(_call(name, settings))
    said = eval(FACTS[name].warmup, {"max": max}, {**settings, "w": window})
    # Volumes above 0 and prices that move: nothing but the warm-up is NaN.
    bars = replace(random_walk(80, seed=2), volume=np.arange(80) + 1.0)
    moving = {n: column + 0.3 * np.arange(80) ** 1.5 for n, column in bars.adjusted().items()}
    firsts = [int(np.argmax(~np.isnan(column))) for column in computed(program, {**moving, "session": bars.session})]
    assert (program.warmup["1d"], max(firsts)) == (said, said)


def test_every_indicator_has_its_facts() -> None:
    functions = {name for name in ta.__all__ if inspect.isfunction(getattr(ta, name))}
    assert set(FACTS) == functions
    assert [one.name for one in FACTS.values() if not one.formula.startswith(("`", "k: `"))] == []


# Known answers ----------------------------------------------------------------------------------


def test_rsi_is_that_of_the_published_example() -> None:
    assert np.round(_close(ta.rsi, *QQQQ)[14:], 2).tolist() == list(QQQQ_RSI)


def test_an_ema_starts_with_the_mean_of_its_window() -> None:
    # (2 + 4) / 2 = 3, then two thirds of the way to 9 and to 1.
    assert _close(lambda c: ta.ema(c, 2), 2, 4, 9, 1) == pytest.approx([NAN, 3, 7, 3], nan_ok=True)


def test_an_rma_goes_one_w_th_of_the_way() -> None:
    assert _close(lambda c: ta.rma(c, 4), 1, 2, 3, 6, 7, 0) == pytest.approx([NAN, NAN, NAN, 3, 4, 3], nan_ok=True)


def test_a_wma_weighs_the_latest_row_most() -> None:
    assert _close(lambda c: ta.wma(c, 3), 1, 2, 6, 0)[2:] == pytest.approx([(1 + 4 + 18) / 6, (2 + 12 + 0) / 6])


def test_bollinger_divides_by_the_window() -> None:
    mid, upper, lower = (c[-1] for c in run(lambda m: ta.bollinger(m.close, 4), _bars((2, 4, 4, 6))))
    assert (mid, upper, lower) == pytest.approx((4, 4 + 2 * 2**0.5, 4 - 2 * 2**0.5))


def test_a_zscore_takes_the_sample_deviation() -> None:
    assert _close(lambda c: ta.zscore(c, 3), 1, 2, 3)[-1] == pytest.approx(1.0)


def test_beta_is_the_slope_on_the_market() -> None:
    bars = replace(_bars((1, 3, 2, 5)), high=np.array([1.0, 2.0, 1.5, 3.0]))
    assert run(lambda m: ta.beta(m.close, m.high, 4), bars)[0][-1] == pytest.approx(2.0)


def test_true_range_reaches_to_the_close_before() -> None:
    bars = replace(_bars((9, 15, 3)), high=np.array([10.0, 16.0, 4.0]), low=np.array([8.0, 14.0, 2.0]))
    assert run(lambda m: ta.true_range(m.high, m.low, m.close), bars)[0].tolist()[1:] == [7, 13]


def test_vwap_starts_anew_with_a_session() -> None:
    volume, session = np.array([1.0, 3.0, 5.0, 5.0]), np.array([1.0, 1.0, 2.0, 2.0])
    bars = replace(_bars((10, 20, 30, 50)), volume=volume, session=session)
    assert run(lambda m: ta.vwap(m.high, m.low, m.close, m.volume), bars)[0].tolist() == [10, 17.5, 30, 40]


def test_obv_adds_volume_on_rises_and_takes_it_on_falls() -> None:
    bars = replace(_bars((10, 11, 11, 9)), volume=np.array([7.0, 2.0, 3.0, 5.0]))
    assert run(lambda m: ta.obv(m.close, m.volume), bars)[0].tolist()[1:] == [2, 2, -3]


def test_a_side_of_the_supertrend_turns_on_a_close_beyond_its_line() -> None:
    close = (10, 11, 12, 13, 14, 9, 8, 7, 12, 14)
    line, side = run(lambda m: ta.supertrend(m.high, m.low, m.close, 2, 1.0), _bars(close))
    assert side.tolist()[2:] == [1, 1, 1, -1, -1, -1, 1, 1]
    assert all((np.array(close)[2:] - line[2:]) * side[2:] >= 0)


def test_the_histogram_is_the_line_less_its_signal() -> None:
    line, signal, histogram = run(lambda m: ta.macd(m.close), random_walk(60, seed=4))
    assert np.array_equal(histogram, line - signal, equal_nan=True)


# Edges ------------------------------------------------------------------------------------------

STILL = {
    "adx": (0, 0, 0), "atr": (0,), "beta": (NAN,), "bollinger": (123.45,) * 3, "cci": (0,), "correlation": (NAN,),
    "donchian": (123.45,) * 3, "ema": (123.45,), "keltner": (123.45,) * 3, "macd": (0, 0, 0), "mfi": (0,),
    "momentum": (0,), "obv": (0,), "psar": (123.45,), "rma": (123.45,), "roc": (0,), "rsi": (0,), "sma": (123.45,),
    "stochastic": (0, 0), "supertrend": (123.45, 1), "true_range": (0,), "vwap": (123.45,), "williams_r": (0,),
    "wma": (123.45,), "zscore": (NAN,),
}  # fmt: skip


@pytest.mark.parametrize("scale", [None, 100.0], ids=["plain", "exact"])
@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_price_that_stands_still_has_a_stated_answer(name: str, scale: float | None) -> None:
    last = [column[-1] for column in run(_call(name, _settings(name, 7)), constant(60), scale)]
    assert last == pytest.approx(list(STILL[name]), rel=1e-14, abs=0, nan_ok=True)


@pytest.mark.parametrize("name", ["sma", "ema", "wma", "rma"])
def test_an_average_of_one_row_is_the_row(name: str) -> None:
    assert _close(lambda c: getattr(ta, name)(c, 1), 3, 1, 4) == [3, 1, 4]


@pytest.mark.parametrize(
    ("name", "last"),
    [("rsi", 100), ("atr", 4), ("williams_r", -25), ("cci", 0), ("mfi", 100), ("momentum", 2), ("roc", 20)],
)
def test_a_window_of_one_row_looks_at_that_row(name: str, last: float) -> None:
    bars = Bars(*(np.array(p, float) for p in ((10, 11), (11, 13), (9, 9), (10, 12))), np.ones(2), np.ones(2))
    assert run(_call(name, {"window": 1}), bars)[0][-1] == pytest.approx(last)


@pytest.mark.parametrize("name", ["bollinger", "zscore", "correlation", "beta"])
def test_a_deviation_needs_two_rows(name: str) -> None:
    with pytest.raises(TraceError, match=rf"{name}\(window=1\): window counts rows; use a whole number, at least 2"):
        traced(_call(name, {"window": 1}))


@pytest.fixture(scope="module")
def gap() -> Bars:
    """Bars of which row 60 knows no price."""
    walk = random_walk(160, seed=6)
    prices = [np.where(np.arange(160) == 60, NAN, getattr(walk, name)) for name in ("open", "high", "low", "close")]
    return Bars(*prices, walk.volume + 1.0, walk.session)


#: Rows that are NaN because of one NaN row, by window w: those of a window, of a change, of both; else the row itself.
MISSING = {
    "sma": "w", "wma": "w", "bollinger": "w", "donchian": "w", "zscore": "w", "correlation": "w", "beta": "w",
    "williams_r": "w", "cci": "w", "mfi": "w + 1", "momentum": "ends", "roc": "ends", "stochastic": "w + 4",
    "rsi": "2", "atr": "2", "true_range": "2", "adx": "2", "obv": "2", "keltner": "2", "supertrend": "2",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_missing_row_is_missing_for_as_long_as_the_formula_sees_it(name: str, gap: Bars) -> None:
    last = run(_call(name, _settings(name, 7)), gap)[-1]
    rule = MISSING.get(name, "1")
    rows = [60, 67] if rule == "ends" else list(range(60, 60 + eval(rule, {"w": 7})))
    assert (np.flatnonzero(np.isnan(last[50:])) + 50).tolist() == rows


def test_a_seeded_average_waits_for_its_first_values() -> None:
    assert _close(lambda c: ta.ema(c, 2), NAN, 2, NAN, 4, 9) == pytest.approx([NAN, NAN, NAN, 3, 7], nan_ok=True)


def test_a_row_without_price_takes_no_part_in_vwap() -> None:
    bars = replace(_bars((10, NAN, 20)), volume=np.array([1.0, 100.0, 1.0]))
    assert run(lambda m: ta.vwap(m.high, m.low, m.close, m.volume), bars)[0].tolist()[::2] == [10, 15]


def test_vwap_is_unknown_until_the_session_has_traded() -> None:
    bars = replace(_bars((10, 20)), volume=np.array([0.0, 4.0]))
    assert np.array_equal(
        run(lambda m: ta.vwap(m.high, m.low, m.close, m.volume), bars)[0], [NAN, 20.0], equal_nan=True
    )


@pytest.mark.parametrize("name", sorted(FACTS))
def test_exact_and_plain_prices_agree_where_both_are_exact(name: str) -> None:
    # Quarters are exact as floats and as paise, so ties are ties in both.
    bars = random_walk(200, seed=8, tick=0.25)
    formula = _call(name, _settings(name, 7))
    for exact, plain in zip(run(formula, bars, 100.0), run(formula, bars), strict=True):
        assert np.array_equal(np.isnan(exact), np.isnan(plain))
        assert np.nanmax(np.abs(exact - plain)) <= 1e-9 * np.nanmax(np.abs(plain))


def test_mfi_takes_rounding_of_equal_prices_for_no_move() -> None:
    # (0.1 + 0.2) + 0.3 is not (0.2 + 0.3) + 0.1 in floats.
    high, low, close = np.array([[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]])
    assert high[0] + low[0] + close[0] != high[1] + low[1] + close[1]
    bars = Bars(close, high, low, close, np.ones(2), np.ones(2))
    assert run(lambda m: ta.mfi(m.high, m.low, m.close, m.volume, 1), bars)[0][-1] == 0.0


def test_a_zscore_follows_pandas() -> None:
    bars: Floats = random_walk(120, seed=9).close
    rows = pd.Series(bars).rolling(20)
    expected = ((bars - rows.mean()) / rows.std()).to_numpy()
    assert _close(ta.zscore, *bars) == pytest.approx(expected.tolist(), abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_run_that_is_cut_and_restored_has_the_bits_of_one_that_is_not(name: str) -> None:
    bars = random_walk(90, seed=10)
    program = traced(_call(name, _settings(name, 7)), adjusted=False)
    columns = bars.exact(100.0)
    whole = batch.run(program, columns, [100.0])
    first, second = Oracle(program, [100.0]), Oracle(program, [100.0])
    rows = {"ts": np.arange(90), **columns}
    before = batch.feed(first, {n: column[:41] for n, column in rows.items()})
    second.restore(first.snapshot())
    after = batch.feed(second, {n: column[41:] for n, column in rows.items()})
    for output, values in whole.items():
        assert np.array_equal(np.concatenate([before[output], after[output]]), values, equal_nan=True)


# Mistakes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda m: ta.rsi(m.close, 0), r"rsi\(window=0\): window counts rows; use a whole number, at least 1"),
        (lambda m: ta.ema(m.close, 2.5), r"ema\(window=2.5\): window counts rows"),
        (lambda m: ta.atr(m.high, m.low, m.close, True), r"atr\(window=True\): window counts rows"),
        (lambda m: ta.sma([1.0, 2.0], 2), r"sma\(column=list\): column must be a column, such as m.close"),
        (lambda m: ta.psar(m.high, 3.0), r"psar\(low=3.0\): low must be a column"),
        (lambda m: ta.bollinger(m.close, width=-1.0), r"bollinger\(width=-1.0\): width must be a positive number"),
        (lambda m: ta.macd(m.close, 26, 12), r"macd\(fast=26, slow=12\): fast must be shorter than slow"),
    ],
)
def test_a_wrong_argument_is_named_with_the_authors_line(formula: Formula, message: str) -> None:
    with pytest.raises(TraceError, match=rf"test_indicators\.py:\d+: {message}"):
        traced(formula)


def test_a_forgotten_argument_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="missing a required argument: 'window'"):
        traced(lambda m: ta.sma(m.close))  # type: ignore[call-arg]


def test_indicators_of_a_coarser_domain_are_joined_by_asof() -> None:
    def outputs(m: Market) -> Col:
        return ta.rsi(m.at("1d").close).asof() - ta.rsi(m.close)

    assert traced(outputs, base="1h").warmup == {"1d": 14, "1h": 14}
