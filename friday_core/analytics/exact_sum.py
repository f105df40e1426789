"""The sum of floats, correctly rounded, however many there are and however they come."""

from __future__ import annotations

import numpy as np

from friday_core.domain.chunk import Float64, Int64

_BITS = 53
#: No exponent of a float is below this, less than zero.
_LEAST = 1_100
_LOW = (1 << 26) - 1


class ExactSum:
    """What ``math.fsum`` of all values would be, of values that come in arrays. They must be finite.

    Each is ``m * 2 ** e`` with a whole ``m`` of 53 bits: the ``m`` of one ``e`` are added as integers.
    """

    def __init__(self) -> None:
        self._wholes: dict[int, int] = {}

    def add(self, values: Float64) -> None:
        """Some more values."""
        mantissa, exponent = np.frexp(values[values != 0.0])
        whole = np.ldexp(mantissa, _BITS).astype(np.int64)
        for power in (np.flatnonzero(np.bincount(exponent + _LEAST)) - _LEAST).tolist():
            found = whole_sum(whole[exponent == power])
            self._wholes[power] = self._wholes.get(power, 0) + found

    @property
    def value(self) -> float:
        """The sum so far."""
        if not self._wholes:
            return 0.0
        least = min(self._wholes)
        total = sum(whole << (power - least) for power, whole in self._wholes.items())
        shift = least - _BITS
        return float(total << shift) if shift >= 0 else total / (1 << -shift)


def whole_sum(values: Int64) -> int:
    """The sum of 64-bit integers, whatever its size."""
    return (int((values >> 26).sum()) << 26) + int((values & _LOW).sum())
