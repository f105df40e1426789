"""Rows of a list that are kept though something is wrong with them, and which rows can be traded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.market.instruments.columns import (
    CONTRACTS,
    OPTIONS,
    SHARE,
    SHOWN_SEGMENTS,
    TRADED_SEGMENTS,
)

_Mask = npt.NDArray[np.bool_]


class Oddity(NamedTuple):
    """Something that so many ``rows`` have in common; the first is ``symbol``, in ``line`` of the file."""

    what: str
    rows: int
    symbol: str
    line: int

    def __str__(self) -> str:
        return f"{self.rows} x {self.what}, first {self.symbol} in line {self.line}"


def odd_rows(rows: pa.Table) -> tuple[_Mask, list[tuple[str, _Mask]]]:
    """Which rows can be traded, and what is odd about which; an index is neither."""
    kind, segment = rows["instrument_type"], rows["segment"]
    known = _mask(pc.is_in(segment, pa.array(sorted(TRADED_SEGMENTS))))
    shown = _mask(pc.is_in(segment, pa.array(sorted(SHOWN_SEGMENTS))))
    contract = _mask(pc.is_in(kind, pa.array(CONTRACTS)))
    option = _mask(pc.is_in(kind, pa.array(OPTIONS)))
    share = _mask(pc.equal(kind, SHARE))
    dated = _mask(pc.is_valid(rows["expiry"]))
    barred = {
        f"of a segment that Friday does not know{_named(segment, ~known & ~shown)}, not tradable": ~known & ~shown,
        "of a type that Friday does not know, not tradable": known & ~share & ~contract,
        "lot size 0, not tradable": known & (rows["lot_size"].to_numpy() == 0),
        "tick size 0, not tradable": known & (rows["tick_size"].to_numpy() == 0),
        "a contract without an expiry, not tradable": known & contract & ~dated,
        "an option without a strike, not tradable": known & option & (rows["strike"].to_numpy() == 0),
    }
    kept = {
        "a contract whose underlying is not named": known & contract & _mask(pc.equal(rows["name"], "")),
        "the same symbol on the same exchange again, to be asked for by token": _shared(rows),
    }
    tradable = known.copy()
    for mask in barred.values():
        tradable &= ~mask
    return tradable, [(what, mask) for what, mask in {**barred, **kept}.items() if mask.any()]


def _mask(values: pa.ChunkedArray) -> _Mask:
    mask: _Mask = values.to_numpy(zero_copy_only=False).astype(bool)
    return mask


def _named(segment: pa.ChunkedArray, unknown: _Mask) -> str:
    names = sorted(name or "none" for name in set(segment.filter(pa.array(unknown)).to_pylist()))
    return f" ({', '.join(names[:5])})" if names else ""


def _shared(rows: pa.Table) -> _Mask:
    """Rows whose exchange and symbol an earlier row with another token has too."""
    keys = pc.binary_join_element_wise(rows["exchange"], rows["tradingsymbol"], ":").combine_chunks()
    codes = keys.dictionary_encode().indices.to_numpy()
    _, first = np.unique(codes, return_index=True)
    seen = np.ones(len(codes), bool)
    seen[first] = False
    repeated = np.unique(rows["instrument_token"].to_numpy(), return_index=True)[1]
    original = np.zeros(len(codes), bool)
    original[repeated] = True
    return seen & original
