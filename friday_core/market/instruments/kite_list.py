"""Kite's list of instruments of one day: read, judged as a whole, and made one table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.domain.chunk import Float64, Int64
from friday_core.market.csv_text import read_csv
from friday_core.market.instruments.columns import CONTRACTS, FUTURE, MONTH_OF_EXPIRY, OFFICIAL
from friday_core.market.instruments.contract_names import names_month_of, underlying
from friday_core.market.instruments.day_check import check_day
from friday_core.market.instruments.oddities import Oddity, odd_rows
from friday_core.market.instruments.stored_columns import SCHEMA
from friday_core.market.instruments.tokens import exchange_tokens, first_of_repeats, read_tokens
from friday_core.market.text_table import TextTable
from friday_core.market.written_dates import dates
from friday_core.market.written_numbers import decimal_numbers, refuse_negative, whole_numbers

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DayList:
    """What was listed on ``day``: rows in the columns of ``stored_columns.SCHEMA``, sorted by exchange and symbol.

    ``oddities`` is what was kept though something is wrong with it. ``source`` and ``sha256`` are the
    name and the digest of the file.
    """

    day: dt.date
    table: pa.Table
    oddities: tuple[Oddity, ...]
    source: str
    sha256: str


def read_kite(
    path: Path, day: dt.date, *, form: str | None = None, advance: Callable[[str], None] = lambda _step: None
) -> DayList:
    """The list of ``day`` from a file of Kite's, as Kite wrote it or as a spreadsheet saved it.

    How dates and numbers are written is told from whole columns; ``form`` says how dates are written
    if they alone do not. ``advance`` is called with the name of each step before it.
    ``DataSourceError`` with line, column, value and mend for what cannot be read, and for a file of
    another day: one with contracts that had expired by ``day``, or none that expires soon after it.
    """
    advance("reading")
    file = read_csv(path, OFFICIAL, what="a list of Kite's instruments")
    if not len(file):
        raise file.error("there are no rows", "get the file anew")
    advance("judging")
    tokens, odd_tokens = read_tokens(file)
    expiry = dates(file, "expiry", form=form, evidence=_month_in_symbol(file))
    check_day(file, expiry, day)
    columns = _columns(file, tokens, expiry)
    rows = pa.table(columns)
    tradable, odd = odd_rows(rows)
    first = first_of_repeats(file, rows, tokens)
    found = [("the same row again, left out", ~first), ("token and exchange token do not agree", odd_tokens), *odd]
    oddities = tuple(_oddity(file, what, mask) for what, mask in found if mask.any())
    kept = rows.append_column("tradable", pa.array(tradable)).filter(pa.array(first))
    in_order = kept.sort_by([(name, "ascending") for name in ("exchange", "tradingsymbol", "instrument_token")])
    return DayList(day, in_order.cast(SCHEMA).combine_chunks(), oddities, path.name, file.sha256)


def _month_in_symbol(file: TextTable) -> Callable[[int, dt.date], bool]:
    symbols, exchanges = file["tradingsymbol"].to_pylist(), file["exchange"].to_pylist()
    return lambda row, date: exchanges[row] not in MONTH_OF_EXPIRY or names_month_of(symbols[row], date)


def _columns(file: TextTable, tokens: Int64, expiry: pa.Array) -> dict[str, pa.Array]:
    lots, rounded = whole_numbers(file, "lot_size", blank=0)
    if rounded.any():
        row = int(np.argmax(rounded))
        value = file["lot_size"][row].as_py()
        raise file.error(f"{value!r} has lost digits", "get the file anew", row=row, column="lot_size")
    numbers = {name: decimal_numbers(file, name, blank=0.0) for name in ("last_price", "strike", "tick_size")}
    refuse_negative(file, "lot_size", lots)
    for name, values in numbers.items():
        refuse_negative(file, name, values)
    return {
        "instrument_token": pa.array(tokens),
        "exchange_token": exchange_tokens(file),
        "tradingsymbol": file["tradingsymbol"],
        "name": _names(file, expiry, numbers["strike"]),
        "last_price": pa.array(numbers["last_price"]),
        "expiry": expiry,
        "strike": pa.array(numbers["strike"]),
        "tick_size": pa.array(numbers["tick_size"]),
        "lot_size": pa.array(lots),
        "instrument_type": file["instrument_type"],
        "segment": file["segment"],
        "exchange": file["exchange"],
    }


def _names(file: TextTable, expiry: pa.Array, strikes: Float64) -> pa.Array:
    """Names, and of contracts without one what their symbol says; old files have none."""
    contract = pc.is_in(file["instrument_type"], pa.array(CONTRACTS))
    nameless = pc.and_(pc.and_(pc.equal(file["name"], ""), contract), pc.is_valid(expiry))
    rows = np.flatnonzero(nameless.to_numpy(zero_copy_only=False))
    if not len(rows):
        return file["name"]
    names = file["name"].to_pylist()
    for row in rows:
        kind = file["instrument_type"][int(row)].as_py()
        symbol = file["tradingsymbol"][int(row)].as_py()
        names[row] = underlying(symbol, expiry[int(row)].as_py(), 0.0 if kind == FUTURE else float(strikes[row]), kind)
    return pa.array(names)


def _oddity(file: TextTable, what: str, mask: _Mask) -> Oddity:
    row = int(np.argmax(mask))
    return Oddity(what, int(mask.sum()), file["tradingsymbol"][row].as_py(), file.line(row))
