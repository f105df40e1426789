"""The instruments of one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cached_property

import pyarrow as pa

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataError
from friday_core.market.instruments.contracts import Contracts
from friday_core.market.instruments.listing import Listing, Rows
from friday_core.market.instruments.near import did_you_mean


class Snapshot:
    """What was listed on ``day``; asked for on ``asked``, for which there may be no list of its own.

    Contracts that had expired by ``asked`` are no longer among ``contracts``.
    """

    def __init__(self, day: dt.date, table: pa.Table, asked: dt.date | None = None) -> None:
        self.day = day
        self.asked = day if asked is None else asked
        self.table = table
        self.rows = Rows(table)
        self.contracts = Contracts(self.rows, self.asked, str(self))

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        """``as listed on 2026-08-21``, and how much older than asked for that is."""
        age = (self.asked - self.day).days
        older = f", {age} day{'' if age == 1 else 's'} before {self.asked}" if age else ""
        return f"as listed on {self.day}{older}"

    def resolve(self, exchange: str, symbol: str) -> Listing:
        """The instrument of a trading symbol.

        ``DataError`` with the nearest symbols if there is none, and if there are several, with their tokens.
        """
        row = self._by_symbol.get((exchange, symbol))
        if row is None:
            raise self._unknown(exchange, symbol)
        if row < 0:
            raise self._several(exchange, symbol)
        return self.rows.listing(row)

    def by_token(self, token: int) -> Listing:
        """The instrument that had this token on ``day``; ``DataError`` if none had."""
        row = self._by_token.get(token)
        if row is None:
            why = f"no instrument has token {token} {self}"
            raise DataError(f"{why}\n    mend: tokens change from day to day; ask for the symbol")
        return self.rows.listing(row)

    def instruments(self, ids: Iterable[InstrumentId]) -> tuple[Instrument, ...]:
        """For a run, with tick and lot of the day; ``DataError`` as ``resolve``, and for what cannot be traded."""
        return tuple(self.resolve(one.exchange, one.symbol).instrument() for one in ids)

    @cached_property
    def _by_symbol(self) -> dict[tuple[str, str], int]:
        """Row of each name; -1 for a name that several have."""
        names = list(zip(self.rows.exchanges, self.rows.symbols, strict=True))
        rows = dict(zip(names, range(len(names)), strict=True))
        if len(rows) < len(names):
            seen: set[tuple[str, str]] = set()
            for name in names:
                if name in seen:
                    rows[name] = -1
                seen.add(name)
        return rows

    @cached_property
    def _by_token(self) -> dict[int, int]:
        return {token: row for row, token in enumerate(self.rows.tokens.tolist())}

    def _unknown(self, exchange: str, symbol: str) -> DataError:
        elsewhere = sorted({other for other, name in self._by_symbol if name == symbol})
        if elsewhere:
            hint = f"; it is on {', '.join(elsewhere)}"
        elif self.contracts.has(symbol, exchange):
            hint = "; it is the underlying of contracts there: ask for one by expiry"
        else:
            hint = did_you_mean(symbol, [name for other, name in self._by_symbol if other == exchange])
        return DataError(f"no {symbol!r} on {exchange!r} {self}{hint}\n    mend: write the symbol as the exchange does")

    def _several(self, exchange: str, symbol: str) -> DataError:
        rows = [row for row in range(len(self)) if self.rows.symbols[row] == symbol]
        tokens = [str(self.rows.tokens[row]) for row in rows if self.rows.exchanges[row] == exchange]
        why = f"{len(tokens)} instruments are named {symbol!r} on {exchange!r} {self}"
        return DataError(f"{why}: tokens {', '.join(tokens)}\n    mend: ask for the token")
