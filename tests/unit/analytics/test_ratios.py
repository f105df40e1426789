"""Ratios: against published numbers, by hand, and where they are not defined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.ratios import (
    annual_return,
    annual_volatility,
    calmar,
    deviation,
    regression,
    sharpe,
    sortino,
)

#: ``mixed_returns`` of empyrical's tests, without its leading NaN, and what those tests expect of it.
MIXED = [0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10]
RETURNS = st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=30)


def test_sharpe_sortino_and_volatility_are_those_of_empyrical() -> None:
    assert sharpe(MIXED) == pytest.approx(1.7238613961706866, rel=1e-12)
    assert sortino(MIXED) == pytest.approx(2.605531251673693, rel=1e-12)
    assert annual_volatility(MIXED) == pytest.approx(0.9136465399704637, rel=1e-12)


def test_annual_return_and_calmar_are_those_of_empyrical() -> None:
    # It counts the NaN in front as a session.
    annual = annual_return(math.prod(1 + one for one in MIXED), 9)
    assert annual == pytest.approx(1.9135925373194231, rel=1e-12)
    assert calmar(annual, 0.1) == pytest.approx(19.135925373194233, rel=1e-12)


def test_the_deviation_is_that_of_a_sample() -> None:
    assert deviation([1.0, 3.0]) == pytest.approx(math.sqrt(2.0))


def test_the_downside_is_divided_by_all_returns() -> None:
    # One of four is negative: sqrt(0.04 ** 2 / 4) = 0.02; the mean is 0.01.
    assert sortino([0.04, 0.04, 0.0, -0.04]) == pytest.approx(math.sqrt(252) * 0.01 / 0.02)


def test_ratios_that_nothing_divides_are_not_defined() -> None:
    assert (sharpe([]), sharpe([0.1]), sharpe([0.1, 0.1])) == (None, None, None)
    assert (sortino([]), sortino([0.1, 0.0])) == (None, None)
    assert (calmar(0.1, 0.0), calmar(None, 0.1)) == (None, None)
    assert (deviation([1.0]), annual_volatility([1.0])) == (None, None)


def test_an_annual_return_needs_a_session_and_something_left() -> None:
    assert (annual_return(1.1, 0), annual_return(0.0, 5), annual_return(1e308, 1)) == (None, None, None)


def test_a_regression_by_hand() -> None:
    # r = 0.001 + 2 b without an error: beta 2, alpha 252 * 0.001, correlation 1.
    benchmark = [0.01, -0.02, 0.03]
    found = regression([0.001 + 2 * one for one in benchmark], benchmark)
    assert found is not None
    assert (found.beta, found.alpha, found.correlation) == pytest.approx((2.0, 0.252, 1.0))
    # r - b = 0.001 + b, so the tracking error is the benchmark's volatility.
    assert found.tracking_error == pytest.approx(annual_volatility(benchmark))
    assert found.information_ratio == pytest.approx(252 * (0.001 + 0.02 / 3) / found.tracking_error)


@given(RETURNS, RETURNS)
def test_a_regression_agrees_with_numpy(returns: list[float], benchmark: list[float]) -> None:
    size = min(len(returns), len(benchmark))
    one, two = returns[:size], benchmark[:size]
    found = regression(one, two)
    if found is None or np.std(two) < 1e-3 or np.std(one) < 1e-3:
        return
    slope, intercept = np.polyfit(two, one, 1)
    assert found.beta == pytest.approx(slope, rel=1e-6, abs=1e-6)
    assert found.alpha == pytest.approx(252 * intercept, rel=1e-6, abs=1e-6)
    assert found.correlation == pytest.approx(np.corrcoef(one, two)[0, 1], rel=1e-6, abs=1e-6)


def test_a_benchmark_that_does_not_move_explains_nothing() -> None:
    assert regression([0.1, 0.2], [0.0, 0.0]) is None
    assert regression([0.1], [0.1]) is None


def test_a_run_that_is_its_benchmark_has_no_information_ratio() -> None:
    found = regression([0.1, 0.2], [0.1, 0.2])
    assert found is not None
    assert (found.tracking_error, found.information_ratio) == (0.0, None)


def test_a_run_that_does_not_move_has_no_correlation() -> None:
    found = regression([0.0, 0.0], [0.1, -0.1])
    assert found is not None
    assert (found.beta, found.correlation) == (0.0, None)


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 returns and 1 of the benchmark"):
        regression([0.1, 0.2], [0.1])
