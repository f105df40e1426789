from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.interfaces.model import NEVER
from friday_core.models.labels import forward_return

NAN = np.nan


def test_the_return_over_one_row_by_hand() -> None:
    found = forward_return(np.array([1, 2, 3]), np.zeros(3), np.array([100.0, 110.0, 99.0]), 1)
    np.testing.assert_allclose(found.values, [0.1, -0.1, NAN], rtol=1e-14)
    assert found.ends.tolist() == [2, 3, NEVER]


def test_the_return_over_two_rows_spans_both() -> None:
    found = forward_return(np.array([10, 20, 30, 40]), np.zeros(4), np.array([100.0, 50.0, 200.0, 25.0]), 2)
    assert found.values[:2].tolist() == [1.0, -0.5]
    assert np.isnan(found.values[2:]).all()
    assert found.ends.tolist() == [30, 40, NEVER, NEVER]


def test_each_instrument_counts_its_own_rows() -> None:
    ts, inst = np.array([1, 1, 2, 3, 3]), np.array([0, 1, 0, 0, 1])
    found = forward_return(ts, inst, np.array([100.0, 10.0, 200.0, 100.0, 30.0]), 1)
    np.testing.assert_array_equal(found.values, [1.0, 2.0, -0.5, NAN, NAN])
    assert found.ends.tolist() == [2, 3, 3, NEVER, NEVER]


def test_a_row_without_a_price_counts_and_has_no_label() -> None:
    found = forward_return(np.arange(4), np.zeros(4), np.array([100.0, NAN, 150.0, 0.0]), 1)
    assert np.isnan(found.values).all()
    assert found.ends.tolist() == [NEVER] * 4
    assert forward_return(np.arange(4), np.zeros(4), np.array([100.0, NAN, 150.0, 0.0]), 2).values[0] == 0.5


@pytest.mark.parametrize("horizon", [3, 4, 100])
def test_a_horizon_as_long_as_the_series_leaves_no_label(horizon: int) -> None:
    assert np.isnan(forward_return(np.arange(3), np.zeros(3), np.ones(3), horizon).values).all()


def test_a_horizon_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row, not 0"):
        forward_return(np.arange(3), np.zeros(3), np.ones(3), 0)


@given(st.data())
def test_a_label_depends_on_no_price_after_its_end(data: st.DataObject) -> None:
    instruments, sessions, horizon = 2, 8, data.draw(st.integers(1, 4))
    ts = np.repeat(np.arange(1, sessions + 1), instruments)
    inst = np.tile(np.arange(instruments), sessions)
    prices = st.lists(st.floats(1.0, 1e6), min_size=len(ts), max_size=len(ts))
    close, scrambled = np.array(data.draw(prices)), np.array(data.draw(prices))
    now = data.draw(st.integers(1, sessions))
    before = forward_return(ts, inst, close, horizon)
    after = forward_return(ts, inst, np.where(ts <= now, close, scrambled), horizon)
    known = before.ends <= now
    assert after.values[known].tobytes() == before.values[known].tobytes()
    assert (after.ends <= now).tolist() == known.tolist()
