"""Instruments by words, the likeliest first."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.domain.chunk import Array
from friday_core.domain.sessions import to_days
from friday_core.errors import DataError
from friday_core.market.instruments.columns import CONTRACTS, INDICES, OPTIONS
from friday_core.market.instruments.listing import Listing
from friday_core.market.instruments.near import did_you_mean
from friday_core.market.instruments.snapshot import Snapshot

_Mask = npt.NDArray[np.bool_]


def search(
    snapshot: Snapshot,
    text: str,
    *,
    exchange: str | None = None,
    expiries: tuple[dt.date, dt.date] | None = None,
    limit: int = 20,
) -> tuple[list[Listing], int]:
    """The likeliest instruments that have every word of ``text`` in symbol, name or type, and how many have.

    ``expiries`` are the first and the last that count. Before others come those of exactly this symbol,
    then of this name, then whose symbol begins so, then whose name does; among equals indices, shares,
    futures and options in this order, then the nearest expiry, then the symbol, then NSE. Capital letters
    make no difference.
    """
    words = text.split()
    table, rows = snapshot.table, snapshot.rows
    found = np.ones(len(rows), bool)
    for word in words:
        found &= _contains(table, word)
    if exchange is not None:
        found &= _mask(pc.equal(table["exchange"].cast(pa.string()), exchange.upper()))
    if expiries is not None:
        found &= (rows.expiries >= to_days(expiries[0])) & (rows.expiries <= to_days(expiries[1]))
    places = np.flatnonzero(found)
    order = _order(snapshot, places, " ".join(words).upper())[:limit]
    return [rows.listing(int(row)) for row in places[order]], len(places)


def require_found(snapshot: Snapshot, text: str, count: int) -> None:
    """``DataError`` with the nearest symbols and names if nothing was found."""
    if not count:
        known = {*snapshot.rows.symbols, *snapshot.rows.names}
        why = f"no instrument has {text!r} in symbol, name or type {snapshot}{did_you_mean(text, known)}"
        raise DataError(f"{why}\n    mend: write fewer words, or leave out --exchange and --expiry")


def _contains(table: pa.Table, word: str) -> _Mask:
    """Rows whose symbol or name has the word in it, or whose type it is."""
    found = _mask(pc.equal(table["instrument_type"].cast(pa.string()), word.upper()))
    for column in ("tradingsymbol", "name"):
        found |= _mask(pc.match_substring(table[column].cast(pa.string()), word, ignore_case=True))
    return found


def _order(snapshot: Snapshot, places: Array, wanted: str) -> Array:
    taken = snapshot.table.take(pa.array(places))
    symbols, names = (pc.utf8_upper(taken[column].cast(pa.string())) for column in ("tradingsymbol", "name"))
    first = wanted.split(" ", maxsplit=1)[0]
    likely = (
        pc.equal(symbols, wanted),
        pc.equal(names, wanted),
        pc.starts_with(symbols, first),
        pc.starts_with(names, first),
    )
    rank = np.select([_mask(one) for one in likely], [0, 1, 2, 3], 4)
    kind = taken["instrument_type"].cast(pa.string())
    contract, option = (_mask(pc.is_in(kind, pa.array(kinds))) for kinds in (CONTRACTS, OPTIONS))
    index = _mask(pc.equal(taken["segment"].cast(pa.string()), INDICES))
    group = np.select([index, ~contract, ~option], [0, 1, 2], 3)
    # The name of a contract is its underlying's: whoever writes it means the share or the index first.
    rank = np.where(contract & (rank == 1), 2, rank)
    elsewhere = ~_mask(pc.is_in(taken["exchange"].cast(pa.string()), pa.array(["NSE", "NFO"])))
    _, by_symbol = np.unique(snapshot.rows.symbols[places].astype(str), return_inverse=True)
    return np.lexsort((elsewhere, by_symbol, snapshot.rows.expiries[places], group, rank))


def _mask(values: pa.ChunkedArray) -> _Mask:
    mask: _Mask = values.to_numpy(zero_copy_only=False).astype(bool)
    return mask
