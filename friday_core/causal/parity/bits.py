"""Equal to the last bit."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Float64


def differing(one: Float64, other: Float64) -> npt.NDArray[np.bool_]:
    """Where two arrays of one shape differ in a bit; all NaN are one, and zero is not minus zero."""
    same = np.ascontiguousarray(one).view(np.int64) == np.ascontiguousarray(other).view(np.int64)
    found: npt.NDArray[np.bool_] = ~(same | (np.isnan(one) & np.isnan(other)))
    return found


def hexadecimal(value: float) -> str:
    """The bits of a value, sign first: sixteen digits."""
    return struct.pack(">d", value).hex()
