"""What a summary tells of a session: counted block by block, so that the rows need not be kept."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from friday_core.analytics.account_tally import AccountTally
from friday_core.analytics.exact_sum import whole_sum
from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.money import MINOR_DIGITS
from friday_core.domain.orders import NettedFill, OrderStatus, Side
from friday_core.session.columns import Block, Coded
from friday_core.session.row_layout import ROW_CLASS
from friday_core.trading.codes import Code

_CODES = frozenset(code.value for code in Code)
#: Below this a price times a quantity does not leave 64 bits.
_ROOM = 2.0**62


class Tallies:
    """Counts and sums of a session; ``capital`` of all books at the start, in minor units."""

    def __init__(self, universe: Universe, capital: int) -> None:
        self._universe = universe
        self.account = AccountTally(capital)
        #: Decisions by instrument and code.
        self.decisions: Counter[tuple[InstrumentId, str]] = Counter()
        #: Orders that ended by Friday's own code of the reason.
        self.ends: Counter[str] = Counter()
        #: Orders, and those of the account, by status.
        self.orders: Counter[str] = Counter()
        self.account_orders: Counter[str] = Counter()
        #: Fills by strategy and instrument.
        self.fills: Counter[tuple[str, InstrumentId]] = Counter()
        self.assumed_fills = 0
        self.account_fills = 0
        #: Minor units: what all fills were worth, and what books bought from each other.
        self.traded = 0
        self.crossed = 0
        self.nettings = 0
        self.conflicts = 0

    def take(self, table: str, block: Block, *, so_far: bool = False) -> None:
        """More rows of a table; of orders only those that are over, unless all count as they stand ``so_far``."""
        match table:
            case "equity":
                names = ("ts_event", "session", "equity", "gross")
                self.account.take(*(block.array(name) for name in names))
            case "decisions":
                self.decisions.update(_counts(block.coded("instrument"), block.coded("code")))
            case "ended":
                ends = _counts(block.coded("reason").heads()).items()
                self.ends.update(_sums((code, count) for (code,), count in ends if code in _CODES))
            case "fills":
                self._take_fills(block)
            case "orders":
                self.orders.update(_statuses(block, so_far))
            case "account_orders":
                self.account_orders.update(_statuses(block, so_far))
            case "account_fills":
                self.account_fills += len(block)
            case "nettings":
                self.nettings += len(block)
                self.conflicts += int(((block.array("bought") > 0) & (block.array("sold") > 0)).sum())

    def copy(self) -> Tallies:
        """One that goes on from here by itself."""
        return copy.deepcopy(self)

    def codes(self, instrument: InstrumentId | None = None) -> Counter[str]:
        """Decisions by code, of one instrument or of all."""
        found: Counter[str] = Counter()
        for (one, code), count in self.decisions.items():
            if instrument in (None, one):
                found[code] += count
        return found

    def fills_of(self, strategy: str) -> int:
        return sum(count for (name, _), count in self.fills.items() if name == strategy)

    def fills_in(self, instrument: InstrumentId) -> int:
        return sum(count for (_, one), count in self.fills.items() if one == instrument)

    def _take_fills(self, block: Block) -> None:
        self.fills.update(_counts(block.coded("strategy"), block.coded("instrument")))
        self.assumed_fills += int(block.array("assumed").sum())
        self.traded += self._notional(block)
        kinds, parents, sides = (block.coded(name) for name in (ROW_CLASS, "account_order", "side"))
        crosses = _where(kinds, lambda kind: kind is NettedFill) & _where(parents, lambda tag: not tag)
        bought = np.flatnonzero(crosses & _where(sides, lambda side: side is Side.BUY))
        if len(bought):
            self.crossed += self._notional(block.take(bought)) + whole_sum(block.array("rounding")[bought])

    def _notional(self, fills: Block) -> int:
        """What fills were worth by price and quantity, each rounded as ``Instrument.notional`` does."""
        ids, prices, quantities = fills.coded("instrument"), fills.array("price"), fills.array("quantity")
        traded = [self._universe.instrument(one) for one in ids.values]
        shifts = {one.price_decimals - MINOR_DIGITS[one.currency] for one in traded}
        is_small = float(prices.max(initial=0)) * float(quantities.max(initial=0)) < _ROOM
        if is_small and len(shifts) == 1 and (shift := shifts.pop()) <= 0 <= prices.min(initial=0):
            return whole_sum(prices * quantities) * int(10**-shift)
        rows = zip(ids.codes.tolist(), prices.tolist(), quantities.tolist(), strict=True)
        values: list[int] = [traded[inst].notional(price, quantity) for inst, price, quantity in rows]
        return sum(values)


def _counts(*columns: Coded) -> Counter[tuple[Any, ...]]:
    """Rows by their values in some columns, in the order in which these first occur."""
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        key = key * len(column.values) + column.codes
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    order = np.argsort(first)
    values = zip(*(column.at(first[order]) for column in columns), strict=True)
    return _sums(zip(values, counts[order].tolist(), strict=True))


def _sums(counted: Iterable[tuple[Any, int]]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for value, count in counted:
        found[value] += count
    return found


def _statuses(block: Block, so_far: bool) -> Counter[str]:
    found = _counts(block.coded("status")).items()
    return _sums((str(status), count) for (status,), count in found if so_far or OrderStatus(status).terminal)


def _where(column: Coded, wanted: Callable[[Any], bool]) -> Any:
    """On which rows the value is wanted."""
    return np.array([wanted(value) for value in column.values], np.bool_)[column.codes]
