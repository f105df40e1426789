"""The account's figures, block by block, and exact sums."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.account_tally import AccountTally, SessionClose
from friday_core.analytics.exact_sum import ExactSum, whole_sum

floats = st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300), max_size=20)


@given(st.lists(floats, max_size=4))
def test_the_sum_is_that_of_fsum_however_it_is_cut(parts: list[list[float]]) -> None:
    total = ExactSum()
    for part in parts:
        total.add(np.array(part))
    assert total.value == math.fsum(value for part in parts for value in part)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9))
def test_whole_numbers_are_summed_beyond_64_bits(values: list[int]) -> None:
    assert whole_sum(np.array(values, np.int64)) == sum(values)


rows = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(-5, 20), st.integers(0, 20)), max_size=12)


@given(rows, st.sets(st.integers(0, 30)))
def test_any_cuts_give_the_same(moves: list[tuple[int, int, int, int]], cuts: set[int]) -> None:
    ts = session = 0
    made = []
    for books, days, equity, gross in moves:
        ts, session = ts + 1, session + days
        made += [(ts, session, equity + n, gross) for n in range(books)]
    whole, cut = AccountTally(10), AccountTally(10)
    table = np.array(made, np.int64).reshape(-1, 4)
    whole.take(*table.T)
    for part in np.split(table, sorted(one for one in cuts if one <= len(table))):
        cut.take(*part.T)
    assert (whole.closed().closes, whole.slices, whole.equities) == (cut.closed().closes, cut.slices, cut.equities)
    assert (whole.exposure, whole.drawdown) == (cut.exposure, cut.drawdown)


def test_a_session_closes_with_its_last_slice() -> None:
    tally = AccountTally(100)
    tally.take(*np.array([[1, 5, 100, 0], [2, 5, 80, 0], [3, 6, 90, 0]]).T)
    assert tally.closed().closes == {5: SessionClose(2, 80), 6: SessionClose(3, 90)}
    assert [tally.session_at(ts) for ts in (0, 2, 3, 4)] == [5, 5, 6, None]
