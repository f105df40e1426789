"""Futures and options of a day by underlying, expiry, strike and type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import NoReturn

import numpy as np
import pyarrow as pa

from friday_core.domain.chunk import Array
from friday_core.domain.sessions import to_date, to_days
from friday_core.errors import DataError
from friday_core.market.instruments.columns import CALL, CONTRACTS, FUTURE, OPTIONS, PUT
from friday_core.market.instruments.contract_names import Expiry, is_monthly
from friday_core.market.instruments.listing import STRIKE_UNITS, Listing, Rows, strike_key
from friday_core.market.instruments.near import did_you_mean, nearest_dates

_Key = tuple[int, int, str]


class Contracts:
    """The contracts among a day's rows; what had expired by ``today`` is no longer among them."""

    def __init__(self, rows: Rows, today: dt.date, listed: str) -> None:
        self._rows = rows
        self._today = to_days(today)
        self._listed = listed
        self._keys: dict[tuple[str, str], dict[_Key, int]] = {}

    def has(self, underlying: str, exchange: str = "NFO") -> bool:
        """Whether there are contracts of it."""
        return (underlying, exchange) in self._groups

    def expiries(self, underlying: str, exchange: str = "NFO") -> tuple[Expiry, ...]:
        """All that are listed, the nearest first; ``DataError`` for an underlying without contracts."""
        symbols = {to_date(key[0]): self._rows.symbols[row] for key, row in self._of(underlying, exchange).items()}
        days = sorted(symbols)
        months = [(day.year, day.month) for day in days]
        last = [month != after for month, after in pairwise([*months, (0, 0)])]
        named = [is_monthly(symbols[day], day) for day in days]
        return tuple(map(Expiry, days, last if None in named else map(bool, named)))

    def next_expiry(self, underlying: str, exchange: str = "NFO", *, monthly: bool = False) -> dt.date:
        """The nearest expiry, or the nearest monthly one."""
        return next(one.date for one in self.expiries(underlying, exchange) if one.monthly or not monthly)

    def future(self, underlying: str, expiry: dt.date, exchange: str = "NFO") -> Listing:
        """``DataError`` names the expiries that futures have."""
        return self._one(underlying, exchange, (to_days(expiry), 0, FUTURE))

    def option(
        self, underlying: str, expiry: dt.date, strike: Decimal | float | str, kind: str, exchange: str = "NFO"
    ) -> Listing:
        """A call (``CE``) or put (``PE``); ``DataError`` names the nearest expiries or strikes that there are."""
        if kind not in OPTIONS:
            raise DataError(f"{kind!r} is no type of option\n    mend: {CALL} for a call, {PUT} for a put")
        return self._one(underlying, exchange, (to_days(expiry), strike_key(strike), kind))

    def futures(self, underlying: str, exchange: str = "NFO") -> pa.Table:
        """One row an expiry, the nearest first: expiry, symbol, token, lot_size, tick_size, tradable."""
        found = self._of(underlying, exchange)
        return self._table([found[key] for key in sorted(found) if key[2] == FUTURE])

    def option_chain(
        self,
        underlying: str,
        expiry: dt.date,
        exchange: str = "NFO",
        *,
        around: Decimal | float | None = None,
        strikes: int = 10,
    ) -> pa.Table:
        """One row a strike, the lowest first: strike, call, call_token, put, put_token, lot_size, tick_size.

        With ``around`` only the strike nearest to that price (of two the lower) and ``strikes`` of them on
        either side. A call or a put that is not listed is null.
        """
        day = to_days(expiry)
        found = self._of(underlying, exchange)
        there = sorted({strike for of, strike, kind in found if of == day and kind in OPTIONS})
        if not there:
            self._refuse_expiry(underlying, exchange, day, OPTIONS)
        if around is not None:
            middle = min(range(len(there)), key=lambda place: (abs(there[place] - strike_key(around)), place))
            there = there[max(0, middle - strikes) : middle + strikes + 1]
        calls, puts = ([found.get((day, strike, kind)) for strike in there] for kind in OPTIONS)
        either = [put if call is None else call for call, put in zip(calls, puts, strict=True)]
        table = self._rows.table.take(pa.array(either))
        call_rows, put_rows = (self._rows.table.take(pa.array(rows, pa.int64())) for rows in (calls, puts))
        return pa.table(
            {
                "strike": table["strike"],
                "call": call_rows["tradingsymbol"],
                "call_token": call_rows["instrument_token"],
                "put": put_rows["tradingsymbol"],
                "put_token": put_rows["instrument_token"],
                "lot_size": table["lot_size"],
                "tick_size": table["tick_size"],
            }
        )

    def _table(self, rows: list[int]) -> pa.Table:
        taken = self._rows.table.take(pa.array(rows, pa.int64()))
        names = {"tradingsymbol": "symbol", "instrument_token": "token"}
        columns = ("expiry", "tradingsymbol", "instrument_token", "lot_size", "tick_size", "tradable")
        return pa.table({names.get(column, column): taken[column] for column in columns})

    @cached_property
    def _groups(self) -> dict[tuple[str, str], Array]:
        """Rows of contracts that have not expired, by underlying and exchange."""
        rows = self._rows
        kept = np.flatnonzero(np.isin(rows.kinds.astype(str), CONTRACTS) & (rows.expiries >= self._today))
        groups: dict[tuple[str, str], list[int]] = {}
        for row, name, exchange in zip(kept.tolist(), rows.names[kept], rows.exchanges[kept], strict=True):
            groups.setdefault((name, exchange), []).append(row)
        return {key: np.array(found) for key, found in groups.items()}

    def _of(self, underlying: str, exchange: str) -> dict[_Key, int]:
        """Row by expiry, strike and type."""
        place = (underlying, exchange)
        if place not in self._keys:
            group = self._groups.get(place)
            if group is None:
                self._refuse_underlying(underlying, exchange)
            rows = self._rows
            kinds = rows.kinds[group]
            strikes = np.where(kinds == FUTURE, 0, np.rint(rows.strikes[group] * STRIKE_UNITS)).astype(np.int64)
            keys = zip(rows.expiries[group].tolist(), strikes.tolist(), kinds, strict=True)
            self._keys[place] = dict(zip(keys, group.tolist(), strict=True))
        return self._keys[place]

    def _one(self, underlying: str, exchange: str, key: _Key) -> Listing:
        found = self._of(underlying, exchange)
        row = found.get(key)
        if row is None:
            day, strike, kind = key
            there = sorted(one for of, one, typ in found if of == day and typ == kind)
            if not there:
                self._refuse_expiry(underlying, exchange, day, (kind,))
            close = sorted(sorted(there, key=lambda one: abs(one - strike))[:4])
            raise DataError(
                f"no {kind} of {underlying} with strike {strike / STRIKE_UNITS:g} for {to_date(day)} "
                f"{self._listed}; near are {', '.join(f'{one / STRIKE_UNITS:g}' for one in close)}\n"
                "    mend: take a strike that is listed"
            )
        return self._rows.listing(row)

    def _refuse_expiry(self, underlying: str, exchange: str, day: int, kinds: tuple[str, ...]) -> NoReturn:
        days = {to_date(of) for of, _, kind in self._of(underlying, exchange) if kind in kinds}
        what = " or ".join(kinds)
        there = f"near are {nearest_dates(to_date(day), days)}" if days else "there is none at all"
        raise DataError(
            f"no {what} of {underlying} on {exchange} expires on {to_date(day)} {self._listed}; {there}\n"
            "    mend: take an expiry that is listed"
        )

    def _refuse_underlying(self, underlying: str, exchange: str) -> NoReturn:
        elsewhere = sorted(other for name, other in self._groups if name == underlying)
        names = {name for name, other in self._groups if other == exchange}
        hint = f"; there are on {', '.join(elsewhere)}" if elsewhere else did_you_mean(underlying, names)
        raise DataError(
            f"no contract of {underlying!r} on {exchange} {self._listed}{hint}\n"
            "    mend: name the underlying and the exchange as the list does"
        )
