"""One listed instrument, and the rows of a day as columns that give one in microseconds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from friday_core.domain.chunk import Array
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.sessions import to_date
from friday_core.errors import DataError
from friday_core.market.instruments.columns import FUTURE, INDICES, OPTIONS

#: Parts of a rupee that every strike is whole in.
STRIKE_UNITS = 10_000
_NAT = np.iinfo(np.int32).min
_FEWEST_DECIMALS = 2


class Listing(msgspec.Struct, frozen=True):
    """A row of a day's list.

    ``name`` is the underlying of a contract, the company of a share. ``strike`` and ``tick_size`` are in
    rupees, ``lot_size`` is as listed: units on NSE and BSE and of their contracts.
    ``token`` is that of this day; tokens of contracts are given anew after their expiry.
    """

    token: int
    exchange: str
    symbol: str
    name: str
    kind: str
    segment: str
    expiry: dt.date | None
    strike: Decimal | None
    tick_size: Decimal
    lot_size: int
    tradable: bool

    @property
    def id(self) -> InstrumentId:
        return InstrumentId(self.symbol, self.exchange)

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}"

    def instrument(self) -> Instrument:
        """The instrument for a run, in rupees.

        Prices have the decimals of the tick, at least two. An index has kind ``index`` and a tick of one
        unit, for it is looked at and not traded. ``DataError`` for anything else that cannot be traded.
        """
        if self.segment == INDICES:
            return Instrument(self.id, "INR", tick_size=1, kind="index")
        if not self.tradable:
            raise DataError(f"{self} of segment {self.segment!r} cannot be traded\n    mend: take another instrument")
        exponent = self.tick_size.normalize().as_tuple().exponent
        decimals = max(_FEWEST_DECIMALS, -exponent if isinstance(exponent, int) else 0)
        tick = int(self.tick_size.scaleb(decimals))
        return Instrument(self.id, "INR", decimals, tick, self.lot_size, _kind(self.kind))


def _kind(kind: str) -> str:
    return "future" if kind == FUTURE else "option" if kind in OPTIONS else "equity"


def strike_key(strike: Decimal | float | str) -> int:
    """A strike in parts of a rupee; ``DataError`` if it is no number."""
    try:
        return round(Decimal(str(strike)) * STRIKE_UNITS)
    except (ArithmeticError, ValueError) as error:
        raise DataError(f"{strike!r:.40} is not a strike\n    mend: give rupees, for example 22500") from error


class Rows:
    """The columns of a day's table as arrays."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.tokens: Array = table["instrument_token"].to_numpy()
        self.strikes: Array = table["strike"].to_numpy()
        days = table["expiry"].cast(pa.int32()).fill_null(_NAT)
        #: Days since 1970-01-01; far before it where there is none.
        self.expiries: Array = days.to_numpy()
        self.symbols = _objects(table["tradingsymbol"])
        self.names = _objects(table["name"])
        self.kinds = _objects(table["instrument_type"])
        self.exchanges = _objects(table["exchange"])
        self._segments = _objects(table["segment"])
        self._ticks: Array = table["tick_size"].to_numpy()
        self._lots: Array = table["lot_size"].to_numpy()
        self._tradable: Array = table["tradable"].to_numpy(zero_copy_only=False)

    def __len__(self) -> int:
        return len(self.tokens)

    def expiry(self, row: int) -> dt.date | None:
        days = int(self.expiries[row])
        return None if days == _NAT else to_date(days)

    def listing(self, row: int) -> Listing:
        kind = self.kinds[row]
        return Listing(
            int(self.tokens[row]),
            self.exchanges[row],
            self.symbols[row],
            self.names[row],
            kind,
            self._segments[row],
            self.expiry(row),
            Decimal(repr(float(self.strikes[row]))).normalize() + 0 if kind in OPTIONS else None,
            Decimal(repr(float(self._ticks[row]))),
            int(self._lots[row]),
            bool(self._tradable[row]),
        )


def _objects(column: pa.ChunkedArray) -> Any:
    """Text as an array of Python strings, each different one made once where the column is a dictionary."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        words = np.array([*array.dictionary.to_pylist(), None], object)[:-1]
        return words[array.indices.to_numpy()]
    return array.to_numpy(zero_copy_only=False)
