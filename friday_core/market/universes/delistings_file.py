"""Last sessions of shares that are listed no more, from a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from friday_core.market.text_table import TextTable
from friday_core.market.universes.membership_file import read_table
from friday_core.market.written_dates import dates

_REQUIRED, _OPTIONAL = ("symbol", "last"), ("price",)


@dataclass(frozen=True, slots=True)
class Delisting:
    """``last`` is the last session, ``price`` what a share then brings in the currency, if that is known."""

    last: dt.date
    price: Decimal | None = None


def read_delistings(path: Path, names: Mapping[str, str] | None = None) -> dict[str, Delisting]:
    """By symbol, from a CSV or Parquet file with the columns ``symbol,last`` and, where it has one, ``price``.

    A symbol may name its exchange, as ``YESBANK.NSE``. ``names`` is what the file calls columns that it calls
    otherwise. ``DataSourceError`` names line, column, value and mend for what cannot be read, and for a symbol that
    comes twice.
    """
    file = read_table(path, _REQUIRED, _OPTIONAL, names, of="delisted share", what="a file of delisted shares")
    for column in _REQUIRED:
        file.refuse_blank(column)
    symbols, last = file["symbol"].to_pylist(), dates(file, "last").to_pylist()
    prices = _prices(file) if "price" in file else iter([None] * len(file))
    found: dict[str, Delisting] = {}
    for row, (symbol, day, price) in enumerate(zip(symbols, last, prices, strict=True)):
        if symbol in found:
            raise file.error(f"{symbol} comes a second time", "keep one of both lines", row=row, column="symbol")
        found[symbol] = Delisting(day, price)
    return found


def _prices(file: TextTable) -> Iterator[Decimal | None]:
    for row, text in enumerate(file["price"].to_pylist()):
        try:
            price = Decimal(text) if text else None
        except InvalidOperation:
            price = Decimal("NaN")
        if price is not None and not (price.is_finite() and price >= 0):
            mend = "write the price in the currency, such as 12.50, or nothing"
            raise file.error(f"{text!r} is no price", mend, row=row, column="price")
        yield price
