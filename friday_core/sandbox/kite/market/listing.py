"""The instruments of a day: by name, by token, and as the list that Kite gives out."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from friday_core.errors import DataError
from friday_core.market.instruments.columns import CONTRACTS, OFFICIAL
from friday_core.market.instruments.kite_list import read_kite
from friday_core.market.instruments.near import did_you_mean
from friday_core.sandbox.kite.values import DECIMALS, Listed

#: Where the contracts on the shares of an exchange are.
_SHARES_OF = {"NFO": "NSE", "BFO": "BSE"}


class Listing:
    """Instruments with tokens and names of their own; ``DataError`` where two of them share one."""

    def __init__(self, rows: Iterable[Listed]) -> None:
        given = list(rows)
        self._rows = {row.key: row for row in given}
        self._by_token = {row.token: row for row in given}
        if len(self._by_token) < len(given) or len(self._rows) < len(given):
            raise DataError(f"{_shared(given)}\n    mend: give each instrument a name and a token of its own")
        #: Shares on which there are contracts, as ``NSE:INFY``.
        self.with_derivatives = frozenset(
            f"{_SHARES_OF[row.exchange]}:{row.name}"
            for row in given
            if row.kind in CONTRACTS and row.exchange in _SHARES_OF
        )

    def __len__(self) -> int:
        return len(self._rows)

    def by_key(self, key: str) -> Listed | None:
        """The instrument of a name such as ``NSE:INFY``."""
        return self._rows.get(key)

    def by_token(self, token: int) -> Listed | None:
        """The instrument that has the token today."""
        return self._by_token.get(token)

    def named(self, key: str) -> Listed:
        """As ``by_key``; ``LookupError`` with the nearest name for an unknown one."""
        found = self._rows.get(key)
        if found is None:
            raise LookupError(f"{key} is not listed{did_you_mean(key, list(self._rows))}")
        return found

    def rows(self, exchange: str | None = None) -> list[Listed]:
        """All of an exchange, or of every one, in the order of the list."""
        return [row for row in self._rows.values() if exchange in (None, row.exchange)]

    def csv(self, exchange: str | None, last_prices: Mapping[int, int]) -> bytes:
        """As Kite's ``/instruments``; ``last_prices`` by token in price units, 0.0 stands where there is none."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(OFFICIAL)
        for row in self.rows(exchange):
            writer.writerow(_written(row, row.rupees(last_prices.get(row.token, 0))))
        return text.getvalue().encode()

    def reissue(self, key: str) -> Listed:
        """Give an instrument another token, as a share that changes its series has; nobody has the old one then.

        It is the next of its segment, so that the same in the same order gives the same tokens again.
        ``LookupError`` for an unknown name.
        """
        old = self.named(key)
        segment = old.token & 0xFF
        numbers = [row.exchange_token for row in self._rows.values() if row.token & 0xFF == segment]
        new = msgspec.structs.replace(old, token=(max(numbers) + 1) << 8 | segment)
        del self._by_token[old.token]
        self._rows[key] = self._by_token[new.token] = new
        return new


def kite_rows(path: Path, day: dt.date) -> list[Listed]:
    """From a list of Kite's of a day; a name that comes again is left out. ``DataSourceError`` as ``read_kite``."""
    columns = [name for name in OFFICIAL if name not in ("exchange_token", "last_price")]
    table = read_kite(path, day).table.select(columns)
    found: dict[str, Listed] = {}
    for batch in table.to_batches(max_chunksize=8_192):
        for values in batch.to_pylist():
            row = _listed(values)
            found.setdefault(row.key, row)
    return list(found.values())


def _listed(values: Mapping[str, Any]) -> Listed:
    token = values["instrument_token"]
    scale = 10.0 ** DECIMALS.get(token & 0xFF, 2)
    return Listed(
        token=token,
        exchange=values["exchange"],
        symbol=values["tradingsymbol"],
        name=values["name"],
        segment=values["segment"],
        kind=values["instrument_type"],
        tick=round(values["tick_size"] * scale),
        lot=values["lot_size"],
        expiry=values["expiry"],
        strike=round(values["strike"] * scale),
    )


def _written(row: Listed, last_price: float) -> tuple[object, ...]:
    expiry = "" if row.expiry is None else row.expiry.isoformat()
    numbers = (last_price, expiry, row.rupees(row.strike), row.rupees(row.tick), row.lot)
    return (row.token, row.exchange_token, row.symbol, row.name, *numbers, row.kind, row.segment, row.exchange)


def _shared(rows: Iterable[Listed]) -> str:
    seen: dict[object, Listed] = {}
    for row in rows:
        for name in (row.key, row.token):
            if name in seen:
                return f"{name} is the name or token of {seen[name].key} and of {row.key}"
            seen[name] = row
    raise AssertionError("nothing is shared")
