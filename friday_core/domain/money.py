"""Integer money: amounts are whole minor units (paise, cents) of one currency."""

from __future__ import annotations

from collections.abc import Iterable

#: Decimal digits of the minor unit (ISO 4217) of the currencies that Friday knows.
MINOR_DIGITS = {"INR": 2, "USD": 2, "EUR": 2, "GBP": 2, "SGD": 2, "AED": 2, "CHF": 2, "JPY": 0}


def divide_half_even(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` rounded to the nearest integer, ties to even.

    Exact for integers of any size. ``denominator`` must be positive.
    """
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2 == 1):
        return quotient + 1
    return quotient


def to_major(minor: int, currency: str) -> float:
    """Minor units as a float in the currency's major unit; for display and for authors."""
    digits = MINOR_DIGITS[currency]
    return float(minor) / 10.0**digits


def format_money(minor: int, currency: str) -> str:
    """``1234567`` paise as ``12,345.67 INR``."""
    digits = MINOR_DIGITS[currency]
    sign, whole = ("-" if minor < 0 else ""), abs(minor)
    if digits == 0:
        return f"{sign}{whole:,} {currency}"
    major, rest = divmod(whole, 10**digits)
    return f"{sign}{major:,}.{rest:0{digits}d} {currency}"


def format_amounts(minors: Iterable[int], currency: str) -> list[str]:
    """``format_money`` of each."""
    digits = MINOR_DIGITS[currency]
    unit = 10**digits
    if digits == 0:
        return [format_money(minor, currency) for minor in minors]
    return [
        f"{minor // unit:,}.{minor % unit:0{digits}d} {currency}" if minor >= 0 else format_money(minor, currency)
        for minor in minors
    ]
