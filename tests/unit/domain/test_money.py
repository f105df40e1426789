"""Integer money: exact division, and amounts as people read them."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.money import MINOR_DIGITS, divide_half_even, format_amounts, format_money, to_major

_ENOUGH_DIGITS = Context(prec=120, rounding=ROUND_HALF_EVEN)


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (0, 7, 0), (9, 3, 3)],
)
def test_ties_go_to_the_even_neighbour_on_both_sides_of_zero(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_even(numerator, denominator) == quotient


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**12))
def test_division_equals_decimal_half_even(numerator: int, denominator: int) -> None:
    exact = _ENOUGH_DIGITS.divide(Decimal(numerator), Decimal(denominator))
    expected = int(exact.quantize(Decimal(1), context=_ENOUGH_DIGITS))
    assert divide_half_even(numerator, denominator) == expected


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**6))
def test_division_of_the_negative_is_the_negative_of_the_division(numerator: int, denominator: int) -> None:
    assert divide_half_even(-numerator, denominator) == -divide_half_even(numerator, denominator)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123_456_789, "INR", "1,234,567.89 INR"),
        (-5, "USD", "-0.05 USD"),
        (0, "EUR", "0.00 EUR"),
        (-1_234, "JPY", "-1,234 JPY"),
    ],
)
def test_money_prints_with_the_digits_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert format_money(minor, currency) == text


@given(st.lists(st.integers(-(10**15), 10**15), max_size=5), st.sampled_from(sorted(MINOR_DIGITS)))
def test_amounts_print_as_each_does(minors: list[int], currency: str) -> None:
    assert format_amounts(minors, currency) == [format_money(one, currency) for one in minors]


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(MINOR_DIGITS)))
def test_major_units_are_the_nearest_float(minor: int, currency: str) -> None:
    assert to_major(minor, currency) == float(Decimal(minor).scaleb(-MINOR_DIGITS[currency]))
