"""Whole numbers as exact decimals of Arrow, without a Python object for each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.domain.chunk import MISSING_PRICE, Int64


def decimals(units: Int64, digits: int) -> pa.Array:
    """128-bit decimals of 64-bit integers, read as they lie in memory: the second word is the sign.

    Null where a unit is ``MISSING_PRICE``.
    """
    words, kind = np.column_stack([units, units >> 63]), pa.decimal128(38, digits)
    found = pa.Array.from_buffers(kind, len(units), [None, pa.py_buffer(words)])
    known = units != MISSING_PRICE
    return found if known.all() else pc.if_else(pa.array(known), found, pa.scalar(None, kind))


def prices(units: Int64, digits: Int64, most: int) -> pa.Array:
    """Price units of instruments with so many decimals each, as decimals with ``most`` of them.

    Exact, whatever the units: each group of instruments with as many decimals is brought to the most.
    """
    target = pa.decimal128(38, most)
    groups = [np.flatnonzero(digits == one) for one in np.unique(digits)]
    parts = [decimals(units[rows], int(digits[rows[0]])).cast(target) for rows in groups]
    if len(parts) <= 1:
        return parts[0] if parts else pa.array([], target)
    return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(groups))))
