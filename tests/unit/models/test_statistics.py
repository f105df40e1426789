from __future__ import annotations

import math

import numpy as np
import pytest

from friday_core.models.statistics import correlation, newey_west, ranks


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    assert ranks(np.array([30.0, 10.0, 20.0, 20.0])).tolist() == [4.0, 1.0, 2.5, 2.5]


def test_pearson_by_hand() -> None:
    # x - mx = -1, 0, 1 and y - my = -4/3, -1/3, 5/3: 3 / sqrt(2 * 42 / 9)
    found = correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    assert found == pytest.approx(3.0 / math.sqrt(2.0 * 42.0 / 9.0), rel=1e-15)


def test_spearman_is_pearson_of_ranks_by_hand() -> None:
    # Without ties 1 - 6 * sum d^2 / (n (n^2 - 1)); d = 1, -1, 0, 0
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 1.0, 60.0, 700.0])
    assert correlation(ranks(x), ranks(y)) == pytest.approx(1 - 6 * 2 / (4 * 15), rel=1e-15)


@pytest.mark.parametrize("x", [[0.1, 0.1, 0.1], [0.3] * 3])
def test_what_does_not_vary_has_no_correlation(x: list[float]) -> None:
    assert correlation(np.array(x), np.array([1.0, 2.0, 3.0])) is None


def test_a_line_has_correlation_one() -> None:
    x = np.linspace(0.1, 0.9, 7)
    assert correlation(x, 3 * x) == pytest.approx(1.0, rel=1e-15)
    assert correlation(x, -x) == pytest.approx(-1.0, rel=1e-15)


def test_without_lags_t_is_the_usual_one_with_ddof_zero() -> None:
    found = newey_west(np.array([1.0, 2.0, 3.0, 6.0]), 0)
    assert (found.mean, found.n) == (3.0, 4)
    assert found.t == pytest.approx(3.0 / math.sqrt(3.5 / 4), rel=1e-15)


def test_newey_west_with_one_lag_by_hand() -> None:
    # deviations -2, -1, 0, 3: g0 = 14/4, g1 = (2 + 0 + 0)/4, weight 1/2: S = 3.5 + 2 * 0.5 * 0.5
    assert newey_west(np.array([1.0, 2.0, 3.0, 6.0]), 1).t == pytest.approx(3.0 / math.sqrt(4.0 / 4), rel=1e-15)


def test_newey_west_with_two_lags_by_hand() -> None:
    # g2 = (0 - 3)/4, weights 2/3 and 1/3: S = 3.5 + 2 * (2/3 * 0.5 - 1/3 * 0.75)
    spread = 3.5 + 2.0 * (2.0 / 3.0 * 0.5 - 1.0 / 3.0 * 0.75)
    assert newey_west(np.array([1.0, 2.0, 3.0, 6.0]), 2).t == pytest.approx(3.0 / math.sqrt(spread / 4), rel=1e-14)


def test_more_lags_than_values_are_cut() -> None:
    values = np.array([1.0, 2.0, 3.0, 6.0])
    assert newey_west(values, 50) == newey_west(values, 3)


def test_overlap_makes_t_smaller() -> None:
    steps = np.random.Generator(np.random.PCG64(3)).normal(0.1, 1.0, 600)
    overlapping = np.convolve(steps, np.ones(10), mode="valid")
    naive, honest = newey_west(overlapping, 0).t, newey_west(overlapping, 10).t
    assert naive is not None
    assert honest is not None
    assert 2.0 < naive / honest < math.sqrt(10)


@pytest.mark.parametrize("values", [[0.1, 0.1, 0.1], [2.0]])
def test_values_that_do_not_vary_have_a_mean_and_no_t(values: list[float]) -> None:
    found = newey_west(np.array(values), 2)
    assert found.t is None
    assert found.mean == pytest.approx(values[0])


def test_no_value_has_no_mean() -> None:
    assert newey_west(np.array([]), 2) == (None, None, 0)
