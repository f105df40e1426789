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
from friday_plugins.strategies.moving_average_cross import MovingAverageCross


def program(*, adjusted: bool = True, **settings: int) -> Program:
    strategy = MovingAverageCross(MovingAverageCross.Settings(**settings))
    return trace_program(strategy.outputs, adjusted=adjusted)


def outputs(closes: Sequence[float], **settings: int) -> dict[str, Float64]:
    return batch.run(program(**settings), {"close": np.array(closes, np.float64)})


def walk(rows: int, seed: int = 5) -> list[float]:
    """Rupees on a grid of ticks: averages that are equal are common."""
    steps = np.random.Generator(np.random.PCG64(seed)).integers(-3, 4, rows)
    return [float(close) for close in np.round(100 + np.cumsum(steps) * 0.05, 2)]


def same(ours: Float64, theirs: Sequence[float]) -> bool:
    return np.array_equal(ours, np.array(theirs, np.float64), equal_nan=True)


def test_a_known_answer() -> None:
    found = outputs([10, 10, 10, 13, 10, 7, 7, 10], fast=2, slow=3)
    assert same(found["signal"], [math.nan, math.nan, 0, 1, 1, 0, 0, 1])
    assert same(found["fast"], [math.nan, 10, 10, 11.5, 11.5, 8.5, 7, 8.5])
    assert same(found["slow"], [math.nan, math.nan, 10, 11, 11, 10, 8, 8])


@pytest.mark.parametrize(("fast", "slow"), [(1, 2), (5, 12), (20, 50)])
def test_signals_are_those_of_rolling_means_where_these_differ(fast: int, slow: int) -> None:
    closes = walk(2_000)
    found = outputs(closes, fast=fast, slow=slow)["signal"]
    ticks = pd.Series(np.rint(np.array(closes) * 20))
    # In whole ticks and multiplied out: equal averages are equal.
    lead = ticks.rolling(fast).sum() * slow - ticks.rolling(slow).sum() * fast
    assert same(found, (lead > 0).astype(float).where(lead.notna()).tolist())
    assert (lead == 0).any()


def test_nothing_is_signalled_before_the_slow_average_is_known() -> None:
    found = outputs(walk(60), fast=20, slow=50)["signal"]
    assert np.isnan(found).tolist() == [True] * 49 + [False] * 11
    assert program(fast=20, slow=50).warmup == {"1d": 49}


@pytest.mark.parametrize("price", [0.05, 100.1, 347.15, 1e7 / 3])
def test_a_price_that_stands_still_is_flat(price: float) -> None:
    assert set(outputs([price] * 40, fast=3, slow=7)["signal"][6:].tolist()) == {0.0}


def test_a_close_that_is_not_known_is_no_signal_until_it_has_left_both_averages() -> None:
    closes = [10.0, 11.0, 12.0, math.nan, 13.0, 14.0, 15.0, 16.0]
    assert same(outputs(closes, fast=2, slow=3)["signal"], [math.nan, math.nan, 1, *[math.nan] * 3, 1, 1])


def test_instruments_do_not_touch_one_another() -> None:
    one, other = walk(100, seed=1), walk(100, seed=2)
    mixed = np.column_stack([one, other]).ravel()
    rows = {"close": mixed, "inst": np.tile([0, 1], 100), "ts": np.repeat(np.arange(100), 2)}
    found = batch.run(program(fast=3, slow=7), rows)["signal"]
    assert same(found[::2], outputs(one, fast=3, slow=7)["signal"].tolist())
    assert same(found[1::2], outputs(other, fast=3, slow=7)["signal"].tolist())


@given(st.integers(1, 40))
def test_signals_do_not_depend_on_where_the_data_begin(dropped: int) -> None:
    closes = walk(200)
    whole, later = (outputs(part, fast=3, slow=7)["signal"] for part in (closes, closes[dropped:]))
    assert same(later[6:], whole[dropped + 6 :].tolist())


def test_prices_that_were_never_adjusted_signal_the_same() -> None:
    closes = np.array(walk(300))
    exact = batch.run(program(adjusted=False, fast=3, slow=7), {"raw.close": np.rint(closes * 100)}, [100.0])
    assert same(exact["signal"], outputs(closes.tolist(), fast=3, slow=7)["signal"].tolist())


@given(st.integers(0, 120))
def test_a_snapshot_goes_on_with_the_same_bits(at: int) -> None:
    closes, made = np.array(walk(120)), program(fast=3, slow=7)
    first, second = Oracle(made, [1.0]), Oracle(made, [1.0])
    batch.feed(first, {"close": closes[:at], "ts": np.arange(at)})
    second.restore(first.snapshot())
    rest = {"close": closes[at:], "ts": np.arange(at, 120)}
    expected = outputs(closes.tolist(), fast=3, slow=7)
    assert all(values.tobytes() == expected[name][at:].tobytes() for name, values in batch.feed(second, rest).items())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fast": 50, "slow": 50}, r"fast \(50\) must be smaller than slow \(50\)"),
        ({"fast": 0}, "greater than or equal to 1"),
        ({"fast": 1, "slow": 1}, "greater than or equal to 2"),
        ({"fast": 2.5}, "valid integer"),
        ({"quick": 3}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MovingAverageCross.Settings(**settings)


def test_a_position_is_held_only_where_the_column_is_above_0() -> None:
    strategy = MovingAverageCross(MovingAverageCross.Settings(fast=2, slow=3, only="front"))
    closes = np.array([10, 10, 10, 13, 10, 14, 15, 10], np.float64)
    front = np.array([1, 1, 1, 1, 0, 0, 1, 1], np.float64)
    found = batch.run(trace_program(strategy.outputs, ("front",)), {"close": closes, "front": front})
    assert same(found["signal"], [math.nan, math.nan, 0, 1, 0, 0, 1, 0])
