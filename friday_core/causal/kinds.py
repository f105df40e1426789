"""What a column's numbers are."""

from __future__ import annotations

import enum


class Kind(enum.StrEnum):
    """Every column is float64; its kind says what that means.

    ``PRICE`` and ``COUNT`` are *grid* kinds: exact integers, of the instrument's price unit and of
    one. Sums of them are exact below ``2 ** 53``. ``NUM`` is any float, prices in the currency.
    ``BOOL`` is 1, 0 or NaN for unknown.
    """

    PRICE = "price"
    COUNT = "count"
    NUM = "num"
    BOOL = "bool"

    @property
    def is_grid(self) -> bool:
        return self in (Kind.PRICE, Kind.COUNT)
