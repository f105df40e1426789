"""One company under its names: a history goes on under the new symbol, and never under another company's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from friday_core.errors import DataError
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.instruments.symbol_changes import SymbolChange, read_symbol_changes, shipped_changes

_DAY = dt.timedelta(days=1)


class Named(NamedTuple):
    """A symbol of a company from ``first`` to ``last``, both included; ``None`` where nothing is known of a change."""

    symbol: str
    first: dt.date | None
    last: dt.date | None

    def covers(self, day: dt.date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class SymbolHistory:
    """Which symbols are names of one company.

    A symbol that was given up and taken by somebody else has two companies, one after the other: they are
    never joined. Two ISINs that differ in their first seven letters, the issuer's, are not joined either.
    """

    def __init__(self, changes: Iterable[SymbolChange]) -> None:
        self._leaving: dict[str, list[SymbolChange]] = {}
        self._taking: dict[str, list[SymbolChange]] = {}
        for one in sorted(set(changes)):
            self._leaving.setdefault(one.old, []).append(one)
            self._taking.setdefault(one.new, []).append(one)

    def names(self, symbol: str, asof: dt.date, isin: str = "") -> tuple[Named, ...]:
        """All names of the company that is called ``symbol`` on ``asof``, the oldest first."""
        first, earlier = self._back(symbol, asof, isin)
        last, later = self._on(symbol, asof, isin)
        return (*earlier, Named(symbol, first, last), *later)

    def symbol_on(self, day: dt.date, symbol: str, asof: dt.date, isin: str = "") -> str:
        """What the company that is called ``symbol`` on ``asof`` is called on ``day``.

        ``DataError`` for a day on which the symbol was another company's.
        """
        for one in self.names(symbol, asof, isin):
            if one.covers(day):
                return one.symbol
        raise DataError(
            f"nothing is known of {symbol} of {asof} on {day}: the symbol was another company's\n"
            "    mend: add the change of its symbol to a file of your own"
        )

    def _back(self, symbol: str, day: dt.date, isin: str) -> tuple[dt.date | None, tuple[Named, ...]]:
        """Since when the symbol is the company's, and its names before."""
        taken = _latest(self._taking.get(symbol, ()), day)
        left = _latest(self._leaving.get(symbol, ()), day)
        if taken is not None and (left is None or taken.first >= left.first) and _one_company(isin, taken.isin):
            until = taken.first - _DAY
            first, earlier = self._back(taken.old, until, taken.isin or isin)
            return taken.first, (*earlier, Named(taken.old, first, until))
        return max((one.first for one in (taken, left) if one is not None), default=None), ()

    def _on(self, symbol: str, day: dt.date, isin: str) -> tuple[dt.date | None, tuple[Named, ...]]:
        """How long the symbol is the company's, and its names after."""
        left = _next(self._leaving.get(symbol, ()), day)
        taken = _next(self._taking.get(symbol, ()), day)
        if left is not None and (taken is None or left.first <= taken.first) and _one_company(isin, left.isin):
            last, later = self._on(left.new, left.first, left.isin or isin)
            return left.first - _DAY, (Named(left.new, left.first, last), *later)
        return min((one.first - _DAY for one in (taken, left) if one is not None), default=None), ()


def symbol_history(own: Path | None = None) -> SymbolHistory:
    """The changes that come with Friday and those of one's own.

    Where both know of a change, or what became of a symbol on a day, one's own counts. ``DataSourceError``
    for a file that cannot be read or has faults.
    """
    mine = [] if own is None else read_symbol_changes(own)
    said = {part for one in mine for part in ((one.first, one.old), (one.first, one.new), (one.old, one.new))}
    shipped = shipped_changes(instrument_facts())
    return SymbolHistory(
        [
            *mine,
            *(one for one in shipped if not {(one.first, one.old), (one.first, one.new), (one.old, one.new)} & said),
        ]
    )


def _latest(changes: Iterable[SymbolChange], day: dt.date) -> SymbolChange | None:
    return max((one for one in changes if one.first <= day), default=None)


def _next(changes: Iterable[SymbolChange], day: dt.date) -> SymbolChange | None:
    return min((one for one in changes if one.first > day), default=None)


def _one_company(isin: str, other: str) -> bool:
    """Whether two numbers can be one company's; one that is not known can be anybody's."""
    return not isin or not other or isin[:7] == other[:7]
