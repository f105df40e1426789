"""From a weight to whole lots, exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import MINOR_DIGITS
from friday_core.trading.sizing import quantity_for_weight

INFY = InstrumentId("INFY", "NSE")


@pytest.mark.parametrize(
    ("ppm", "equity", "price", "lot", "quantity"),
    [
        (500_000, 10_000, 100, 1, 50),
        (500_000, 10_099, 100, 1, 50),
        (500_000, 10_199, 100, 1, 50),
        (500_000, 10_200, 100, 1, 51),
        (-500_000, 10_199, 100, 1, -50),
        (370_000, 10_000, 100, 10, 30),
        (-370_000, 10_000, 100, 10, -30),
        (99_999, 10_000, 100, 10, 0),
        (0, 10_000, 100, 1, 0),
        (2_000_000, 10_000, 100, 1, 200),
        (500_000, 0, 100, 1, 0),
        (500_000, -1, 100, 1, 0),
        (500_000, 10_000, 0, 1, 0),
        (500_000, 10_000, -5, 1, 0),
    ],
)
def test_a_weight_becomes_whole_lots_rounded_toward_zero(
    ppm: int, equity: int, price: int, lot: int, quantity: int
) -> None:
    assert quantity_for_weight(ppm, equity, price, Instrument(INFY, "INR", lot_size=lot)) == quantity


@given(
    ppm=st.integers(-3_000_000, 3_000_000),
    equity=st.integers(1, 10**15),
    price=st.integers(1, 10**9),
    lot=st.integers(1, 500),
    decimals=st.integers(0, 8),
    currency=st.sampled_from(["INR", "JPY"]),
)
def test_the_quantity_is_the_largest_whose_value_the_weight_covers(
    *, ppm: int, equity: int, price: int, lot: int, decimals: int, currency: str
) -> None:
    quantity = quantity_for_weight(ppm, equity, price, Instrument(INFY, currency, decimals, lot_size=lot))
    share = Fraction(abs(ppm), 1_000_000) * Fraction(equity, 10 ** MINOR_DIGITS[currency])
    one_lot = Fraction(price * lot, 10**decimals)
    assert quantity % lot == 0
    assert abs(quantity) // lot == share // one_lot
    assert quantity == 0 or (quantity > 0) == (ppm > 0)
