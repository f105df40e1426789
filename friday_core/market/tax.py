"""Fills to gains by tax category, first in, first out. A calculation from dated rules, no tax advice.

Of a share, what was bought and sold on one day was never delivered: it is speculative, the first
bought against the first sold of that day. What more was sold closes the oldest delivered shares.
Futures and options close the oldest open contracts, long or short. Splits, bonuses, and what was
exercised or delivered from a derivative are not known here.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import divide_half_even
from friday_core.domain.orders import Side
from friday_core.errors import DataError
from friday_core.market.tax_rules import Category, TaxRules

NOTICE = "A calculation from dated rules, no tax advice."
_DERIVATIVES = frozenset({"future", "option"})
_CAPITAL = frozenset({Category.STCG, Category.LTCG})


@dataclass(frozen=True, slots=True)
class TaxFill:
    """A fill on a day: its value, its STT and its other charges in minor units."""

    instrument: Instrument
    side: Side
    quantity: int
    amount: int
    day: dt.date
    charges: int = 0
    stt: int = 0


@dataclass(frozen=True, slots=True)
class Realised:
    """A quantity that was closed: opened and closed on these days, bought for ``cost`` and sold for ``proceeds``.

    Minor units. ``charges`` are those that reduce the gain: STT does in a business, not in capital
    gains. ``turnover`` is that of speculative and of F&O business, else 0.
    """

    instrument: InstrumentId
    category: Category
    quantity: int
    opened: dt.date
    closed: dt.date
    cost: int
    proceeds: int
    charges: int
    turnover: int

    @property
    def days(self) -> int:
        """From the day it was opened to the day it was closed."""
        return (self.closed - self.opened).days

    @property
    def gain(self) -> int:
        """Negative for a loss."""
        return self.proceeds - self.cost - self.charges


@dataclass(frozen=True, slots=True)
class Totals:
    """Gains, losses (a positive number) and turnover of one category in one financial year, minor units."""

    gains: int
    losses: int
    turnover: int


def realise(fills: Iterable[TaxFill], rules: TaxRules) -> list[Realised]:
    """What the fills closed, by instrument, in the order in which it was closed.

    The fills of an instrument come in order of time; ``DataError`` if a day goes back, if more
    shares are sold than were bought, and for a day that the rules do not answer for.
    """
    by_instrument: dict[InstrumentId, list[TaxFill]] = defaultdict(list)
    for fill in fills:
        by_instrument[fill.instrument.id].append(fill)
    found: list[Realised] = []
    for name, group in sorted(by_instrument.items()):
        for before, after in itertools.pairwise(group):
            if after.day < before.day:
                raise DataError(f"fills of {name} are not in order: {after.day} after {before.day}")
        derivative = group[0].instrument.kind in _DERIVATIVES
        found += _contracts(group, rules) if derivative else _shares(group, rules)
    return found


def totals(realised: Iterable[Realised]) -> dict[tuple[str, Category], Totals]:
    """Sums by financial year, such as ``2025-26``, and category, sorted."""
    groups: dict[tuple[str, Category], list[Realised]] = defaultdict(list)
    for one in realised:
        groups[financial_year(one.closed), one.category].append(one)
    return {
        key: Totals(
            sum(max(0, one.gain) for one in group),
            sum(max(0, -one.gain) for one in group),
            sum(one.turnover for one in group),
        )
        for key, group in sorted(groups.items())
    }


def financial_year(day: dt.date) -> str:
    """April to March: ``2025-26`` for 1 April 2025."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}-{(first + 1) % 100:02}"


class _Open:
    """What is left of a fill; a part takes its share of the money, rounded half-even, the rest stays."""

    def __init__(self, fill: TaxFill) -> None:
        self.fill = fill
        self.left = fill.quantity
        self._money = [fill.amount, fill.charges, fill.stt]

    def take(self, quantity: int) -> tuple[int, int, int]:
        """Amount, charges and STT of a part."""
        parts = [divide_half_even(money * quantity, self.left) for money in self._money]
        self._money = [money - part for money, part in zip(self._money, parts, strict=True)]
        self.left -= quantity
        return parts[0], parts[1], parts[2]


def _shares(fills: Sequence[TaxFill], rules: TaxRules) -> Iterator[Realised]:
    held: deque[_Open] = deque()
    for day, group in itertools.groupby(fills, lambda fill: fill.day):
        today = [_Open(fill) for fill in group]
        bought, sold = (deque(one for one in today if one.fill.side is side) for side in (Side.BUY, Side.SELL))
        while bought and sold:
            yield _closed(bought, sold, Category.SPECULATIVE, rules)
        while sold:
            if not held:
                name = sold[0].fill.instrument.id
                raise DataError(f"{name}: {sold[0].left} more sold on {day} than were bought")
            long_term = rules.is_long_term(held[0].fill.day, day)
            yield _closed(held, sold, Category.LTCG if long_term else Category.STCG, rules)
        held += bought


def _contracts(fills: Sequence[TaxFill], rules: TaxRules) -> Iterator[Realised]:
    held: deque[_Open] = deque()
    for fill in fills:
        new = deque([_Open(fill)])
        while new and held and held[0].fill.side is not fill.side:
            yield _closed(held, new, Category.FO, rules)
        held += new


def _closed(first: deque[_Open], second: deque[_Open], category: Category, rules: TaxRules) -> Realised:
    """As much as both have of their oldest; what is used up is dropped."""
    opened, closing = first[0], second[0]
    quantity = min(opened.left, closing.left)
    sides = {one.fill.side: one.take(quantity) for one in (opened, closing)}
    for queue in (first, second):
        if not queue[0].left:
            queue.popleft()
    (cost, *costs), (proceeds, *fees) = sides[Side.BUY], sides[Side.SELL]
    charges, stt = (sum(pair) for pair in zip(costs, fees, strict=True))
    days = sorted((opened.fill.day, closing.fill.day))
    business = category not in _CAPITAL
    turnover = abs(proceeds - cost) if business else 0
    if business and opened.fill.instrument.kind == "option" and rules.counts_option_premium(days[1]):
        turnover += proceeds
    return Realised(
        opened.fill.instrument.id, category, quantity, days[0], days[1],
        cost, proceeds, charges + stt if business else charges, turnover,
    )  # fmt: skip
