"""Members of an index without prices: a test that leaves them out knows who survived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from friday_core.market.instruments.identity import SymbolHistory
from friday_core.market.universes.membership import Membership

_DAY = dt.timedelta(days=1)
Span = tuple[dt.date, dt.date]


class Unpriced(NamedTuple):
    """Days of membership for which a symbol has no prices; ``priced`` is the span that it has, if any."""

    symbol: str
    first: dt.date
    last: dt.date
    priced: Span | None

    def __str__(self) -> str:
        there = f"prices from {self.priced[0]} to {self.priced[1]}" if self.priced else "no prices"
        return f"{self.symbol}: a member from {self.first} to {self.last}, {there}"


def unpriced(
    membership: Membership,
    index: str,
    span: Span,
    prices: Mapping[str, Span],
    *,
    names: SymbolHistory | None = None,
    named_on: dt.date | None = None,
    slack: int = 7,
) -> tuple[Unpriced, ...]:
    """Members of an index in a span of days, by symbol, where their prices do not reach.

    ``prices`` has the first and the last day of each symbol's; with ``names`` those of a company's other
    symbols count too; a membership that was made later and calls members as they were called then, says so with
    ``named_on``. Fewer than ``slack`` missing days at an end are week-ends and holidays. ``DataError`` for an index
    that there is not.
    """
    found = []
    for symbol, first, last in _stays(membership, index, span):
        spans = [prices[name] for name in _names(symbol, names, {first, named_on or first}) if name in prices]
        if not spans:
            found.append(Unpriced(symbol, first, last, None))
            continue
        there = (min(one[0] for one in spans), max(one[1] for one in spans))
        if (there[0] - first).days >= slack:
            found.append(Unpriced(symbol, first, min(last, there[0] - _DAY), there))
        if (last - there[1]).days >= slack:
            found.append(Unpriced(symbol, max(first, there[1] + _DAY), last, there))
    return tuple(found)


def _names(symbol: str, names: SymbolHistory | None, days: set[dt.date]) -> set[str]:
    if names is None:
        return {symbol}
    return {one.symbol for day in days for one in names.names(symbol, day)}


def _stays(membership: Membership, index: str, span: Span) -> list[tuple[str, dt.date, dt.date]]:
    """Symbol, first and last day in the span; spells that follow one another made one."""
    stays: list[tuple[str, dt.date, dt.date]] = []
    for spell in membership.of(index):
        first, last = max(spell.first, span[0]), min(spell.last or span[1], span[1])
        if first > last:
            continue
        if stays and stays[-1][0] == spell.symbol and stays[-1][2] + _DAY == first:
            stays[-1] = (spell.symbol, stays[-1][1], last)
        else:
            stays.append((spell.symbol, first, last))
    return stays
