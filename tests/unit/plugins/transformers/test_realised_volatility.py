import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.causal import batch
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.domain.chunk import Float64
from friday_plugins.transformers.realised_volatility import RealisedVolatility


def program(**settings: Any) -> Program:
    return trace_program(RealisedVolatility(RealisedVolatility.Settings(**settings)).outputs, adjusted=True)


def volatility(closes: Sequence[float], inst: Sequence[int] | None = None, **settings: Any) -> Float64:
    """Of one row a time, unless ``inst`` says whose rows they are."""
    rows = {"close": np.array(closes, np.float64), "ts": np.arange(len(closes))}
    found = batch.run(program(**settings), rows if inst is None else {**rows, "inst": np.array(inst)})
    return found["volatility"]


def walk(n: int) -> list[float]:
    steps = np.random.Generator(np.random.PCG64(3)).integers(-60, 61, n)
    return [float(close) for close in 10_000 + np.cumsum(steps)]


@pytest.mark.parametrize("window", [2, 5, 20, 63])
def test_values_are_those_of_a_rolling_standard_deviation(window: int) -> None:
    prices = pd.Series(walk(300))
    returns = pd.Series(np.log(prices / prices.shift()))
    expected = math.sqrt(252) * returns.rolling(window).std(ddof=1)
    np.testing.assert_allclose(volatility(walk(300), window=window), expected, rtol=1e-11)


def test_prices_that_grow_evenly_have_no_volatility() -> None:
    assert volatility([100, 200, 400, 800], window=3)[3] == 0.0


def test_a_known_answer() -> None:
    found = volatility([100, 200, 100], window=2, periods_per_year=1)
    assert found[2] == pytest.approx(math.log(2) * math.sqrt(2), rel=1e-15)


def test_a_value_is_known_when_the_window_is_full_of_returns() -> None:
    assert np.isnan(volatility(walk(30), window=20)).tolist() == [True] * 20 + [False] * 10
    assert program(window=20).warmup == {"1d": 20}


def test_instruments_do_not_touch_one_another() -> None:
    mixed = [value for close in walk(50) for value in (close, 777.0)]
    both = volatility(mixed, [0, 1] * 50, window=3)
    assert both[::2].tobytes() == volatility(walk(50), window=3).tobytes()


@pytest.mark.parametrize("absent", [math.nan, 0.0, -5.0])
def test_a_close_that_is_not_above_zero_is_unknown_until_both_its_returns_have_left(absent: float) -> None:
    closes = walk(12)
    closes[5] = absent
    found = volatility(closes, window=2)
    assert np.isnan(found).tolist() == [*[True] * 2, *[False] * 3, *[True] * 3, *[False] * 4]
    assert found[8:].tolist() == pytest.approx(volatility(closes[6:], window=2)[2:].tolist(), rel=1e-12)


def test_two_closes_below_zero_make_no_return() -> None:
    assert np.isnan(volatility([100, -100, -110, -120, -130], window=2)).all()


def test_the_column_s_name_is_a_setting() -> None:
    assert list(program(column="sigma").outputs) == ["sigma"]


@given(st.integers(1, 40))
def test_values_do_not_depend_on_where_the_series_starts(dropped: int) -> None:
    whole, later = (volatility(part, window=4) for part in (walk(80), walk(80)[dropped:]))
    np.testing.assert_allclose(later[4:], whole[dropped + 4 :], rtol=1e-11)


@given(st.integers(0, 60))
def test_a_snapshot_goes_on_with_the_same_bits(at: int) -> None:
    closes, made = np.array(walk(60)), program(window=5)
    first, second = Oracle(made, [1.0]), Oracle(made, [1.0])
    batch.feed(first, {"close": closes[:at], "ts": np.arange(at)})
    second.restore(first.snapshot())
    found = batch.feed(second, {"close": closes[at:], "ts": np.arange(at, 60)})["volatility"]
    assert found.tobytes() == volatility(walk(60), window=5)[at:].tobytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 1}, "greater than or equal to 2"),
        ({"periods_per_year": 0}, "greater than 0"),
        ({"column": ""}, "at least 1 character"),
        ({"span": 20}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RealisedVolatility.Settings(**settings)
