"""Drawdowns: by hand, and as properties of any series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.drawdowns import Drawdown, drawdowns, underwater


def test_each_fall_has_its_peak_trough_and_recovery() -> None:
    #     0    1    2   3    4   5    6
    found = drawdowns([100, 120, 90, 96, 120, 150, 135])
    assert found == [Drawdown(1, 2, 4, 0.25), Drawdown(5, 6, None, pytest.approx(0.1))]


def test_a_fall_begins_at_the_last_position_of_its_peak() -> None:
    assert drawdowns([100, 100, 80, 100]) == [Drawdown(1, 2, 3, pytest.approx(0.2))]


def test_the_trough_is_the_first_of_two_that_are_equally_low() -> None:
    assert [one.trough for one in drawdowns([100, 80, 90, 80, 100])] == [1]


def test_the_deepest_comes_first() -> None:
    assert [one.trough for one in drawdowns([100, 99, 100, 50, 100, 90])] == [3, 5, 1]


def test_a_series_that_only_rises_has_none() -> None:
    assert drawdowns([1, 2, 2, 3]) == []


def test_a_series_without_values_has_none() -> None:
    assert drawdowns([]) == []


def test_equity_below_zero_is_more_than_all_of_it() -> None:
    assert drawdowns([100, -50])[0].depth == pytest.approx(1.5)


def test_without_a_positive_peak_nothing_falls() -> None:
    assert underwater([-1, -2, 4, 2]).tolist() == [0, 0, 0, -0.5]


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=40))
def test_falls_do_not_overlap_and_hold_every_position_below_a_peak(equity: list[int]) -> None:
    found = sorted(drawdowns(equity), key=lambda one: one.peak)
    ends = [len(equity) if one.recovery is None else one.recovery for one in found]
    assert all(end <= after.peak for end, after in zip(ends, found[1:], strict=False))
    inside = {at for one, end in zip(found, ends, strict=True) for at in range(one.peak + 1, end)}
    assert inside == set(np.flatnonzero(underwater(equity) < 0).tolist())
    assert max((one.depth for one in found), default=0.0) == -underwater(equity).min()
