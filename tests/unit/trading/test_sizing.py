"""From a weight to whole lots, exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import MINOR_DIGITS
from friday_core.trading.sizing import LARGEST, quantity_for_weight, units_worth

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


def test_the_largest_quantity_fits_and_one_more_is_an_error_that_says_so() -> None:
    # A paisa a share: the quantity is the equity, and is worth it.
    penny = Instrument(INFY, "INR")
    assert quantity_for_weight(1_000_000, LARGEST, 1, penny) == LARGEST
    assert quantity_for_weight(-1_000_000, LARGEST, 1, penny) == -LARGEST
    with pytest.raises(OverflowError, match=r"9223372036854775808 of INFY\.NSE, worth 9223372036854775808 minor"):
        quantity_for_weight(1_000_000, LARGEST + 1, 1, penny)


def test_a_value_that_does_not_fit_is_an_error_though_its_quantity_does() -> None:
    with pytest.raises(OverflowError, match="do not fit into 64 bits"):
        quantity_for_weight(2_000_000, LARGEST, 1_000_000, Instrument(INFY, "INR"))


def test_nothing_on_the_way_to_a_quantity_is_cut_to_64_bits() -> None:
    # 1,000 times the equity: weight x equity alone has 94 bits.
    assert quantity_for_weight(10**9, 10**15, 10**9, Instrument(INFY, "INR")) == 10**9


@given(st.integers(-10, 10**12), st.integers(-10, 10**9), st.integers(0, 8), st.sampled_from(["INR", "JPY"]))
def test_the_units_that_an_amount_buys_are_the_most(amount: int, price: int, decimals: int, currency: str) -> None:
    quantity = units_worth(amount, price, Instrument(INFY, currency, decimals))
    if amount <= 0 or price <= 0:
        assert quantity == 0
        return
    assert quantity == Fraction(amount, 10 ** MINOR_DIGITS[currency]) // Fraction(price, 10**decimals)
