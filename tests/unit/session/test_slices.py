"""Bars of a chunk: what strategies see of a row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from fakes.bars import UNIVERSE, A, B, C, Row, chunk_of, flat
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import MISSING_PRICE, Chunk, Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.row import rows_of
from friday_core.flow.coarser import Slices
from friday_core.session.slices import Slice, slice_of, slices_of

#: Paise, a hundredth of a paisa, and whole rupees.
MIXED = Universe(Instrument(one, "INR", decimals) for one, decimals in ((A, 2), (B, 4), (C, 0)))


def stamped(rows: list[Row], factor: float = 1.0, **columns: Any) -> Chunk:
    n = len(rows)
    stamps = {"session": np.array([float(row.session) for row in rows]), "factor": np.full(n, factor)}
    return chunk_of(rows).with_columns({**stamps, **{name: np.array(values) for name, values in columns.items()}})


def slices(chunk: Chunk, first: int = 0, universe: Universe = UNIVERSE) -> list[Slice]:
    return list(slices_of(Slices(chunk, {}), first, universe))


def test_rows_of_one_close_time_are_one_slice() -> None:
    made = slices(stamped([flat(1, A, 100), flat(1, C, 100), flat(2, B, 100), flat(2, B, 90, minute=1)]), first=5)
    assert [(one.ordinal, one.session, [bar.instrument.id for bar in one.bars]) for one in made] == [
        (5, 1, [A, C]),
        (6, 2, [B]),
        (7, 2, [B]),
    ]
    assert made[0].by_instrument == {A: made[0].bars[0], C: made[0].bars[1]}
    assert made[1].ts_event == flat(2, B, 1).ts_event


def test_a_bar_has_adjusted_prices_in_the_currency_and_raw_ones_in_units() -> None:
    ((bar,),) = (one.bars for one in slices(stamped([Row(1, A, 100, 120, 90, 110, 7.0)], factor=2.0)))
    assert (bar.open, bar.high, bar.low, bar.close) == (2.0, 2.4, 1.8, 2.2)
    assert tuple(bar.raw) == (100, 120, 90, 110)
    assert (bar.volume, bar.factor, bar.session) == (7.0, 2.0, 1)


def test_added_columns_are_at_hand_by_name() -> None:
    ((bar,),) = (one.bars for one in slices(stamped([flat(1, A, 100)], volatility=[0.25], trend=[math.nan])))
    assert bar["volatility"] == 0.25
    assert math.isnan(bar["trend"])
    assert set(bar.columns) == {"volatility", "trend"}


def test_a_missing_price_is_nan_for_authors_and_stays_what_it_is_in_units() -> None:
    ((bar,),) = (one.bars for one in slices(stamped([Row(1, A, 100, MISSING_PRICE, 100, 100)])))
    assert (bar.open, math.isnan(bar.high), bar.raw.high) == (1.0, True, MISSING_PRICE)


@pytest.mark.parametrize("lasts", [1, 5, 40, 200])
def test_each_row_has_its_own_session_and_factor_however_long_they_last(lasts: int) -> None:
    rows = [flat(1 + number // lasts, A, 100, minute=number % lasts) for number in range(100)]
    factors = [2.0 ** (number // 30) for number in range(100)]
    bars = [one.bars[0] for one in slices(stamped(rows).with_columns({"factor": np.array(factors)}))]
    assert [(bar.session, bar.factor) for bar in bars] == list(zip([row.session for row in rows], factors, strict=True))


def test_values_are_plain_numbers() -> None:
    ((bar,),) = (one.bars for one in slices(stamped([flat(1, A, 100)], extra=[1.5])))
    kinds = {type(value) for value in (bar.open, bar.volume, bar.factor, bar["extra"])}
    assert (kinds, {type(value) for value in (*bar.raw, bar.session, bar.ts_event)}) == ({float}, {int})


@given(
    st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(1, 10**12)), min_size=1, max_size=20),
    st.floats(0.01, 100),
)
def test_whole_columns_give_the_bits_of_converting_one_price_after_the_other(
    prices: list[tuple[Any, int]], factor: float
) -> None:
    rows = [flat(day, one, price) for day, (one, price) in enumerate(prices)]
    bars = [bar for one in slices(stamped(rows, factor), universe=MIXED) for bar in one.bars]
    assert [bar.close for bar in bars] == [MIXED.instrument(one).price(price) * factor for one, price in prices]


prices = st.integers(-5, 10**15) | st.just(MISSING_PRICE)
volumes = st.sampled_from([0.0, 1e6, math.nan])


@given(
    st.lists(st.tuples(prices, prices, prices, prices, volumes, st.floats()), min_size=3, max_size=3),
    st.sampled_from([1.0, 0.5, 1 / 3, 1e-9]),
)
def test_a_slice_of_rows_has_the_bits_of_one_of_their_chunk(values: list[Any], factor: float) -> None:
    rows = [Row(1, name, *given[:5]) for name, given in zip((A, B, C), values, strict=True)]
    chunk = stamped(rows, factor, added=[given[5] for given in values])
    (expected,) = slices(chunk, 7, MIXED)
    assert repr(slice_of(list(rows_of(chunk)), 7, MIXED)) == repr(expected)
