"""The orders that still work, in arrival order, and the tags that name orders for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import repeat

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, WorkingOrder
from friday_core.domain.records import CancelOrder, Intent

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = np.frombuffer(_DIGITS.encode(), np.uint8)


@lru_cache(maxsize=4_096)
def base36(number: int, width: int) -> str:
    """``number``, not negative, in base 36, padded with zeros to ``width``."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text.rjust(width, "0")


#: Characters of a tag, unless a counter outgrows its place.
_TAG = 12
#: Stands in the tags of the account's orders where those of strategies have their number.
ACCOUNT = 36**2 - 1


class Tags:
    """``F`` + session date + strategy + counter, at most 20 alphanumerics: derived, never drawn.

    The same records give the same tags. The counter starts anew with each session date. Dates
    before 1970 wrap round to the end of the four digits.
    """

    def __init__(self) -> None:
        self._counters: dict[tuple[int, int], int] = {}
        self._latest, self._prefix = (-1, -1), ""

    def next(self, session: int, strategy: int) -> str:
        key = session, strategy
        counter = self._counters[key] = self._counters.get(key, 0) + 1
        if key != self._latest:
            self._latest, self._prefix = key, _prefix(session, strategy)
        return f"{self._prefix}{base36(counter, 5)}"

    def pass_over(self, tag: str, strategy: int) -> None:
        """Somebody has used a tag already: if it could become one of this strategy's, those up to it are left out."""
        if len(tag) != _TAG or tag[0] != "F" or tag[5:7] != base36(strategy, 2) or not tag.isalnum():
            return
        counter = int(tag[7:], 36)
        session = int(tag[1:5], 36)
        self._counters[session, strategy] = max(counter, self._counters.get((session, strategy), 0))

    def count(self, session: int, strategy: int) -> int:
        """How many there are."""
        return self._counters.get((session, strategy), 0)

    def resume(self, sessions: Iterable[int], strategy: int, counts: Iterable[int]) -> None:
        """So many there are by now in each of these sessions."""
        self._counters.update(zip(zip(sessions, repeat(strategy), strict=False), counts, strict=True))


def tag_of(session: int, strategy: int, counter: int) -> str:
    """The name of a strategy's order with this number, from 1, in a session."""
    return f"{_prefix(session, strategy)}{base36(counter, 5)}"


def _prefix(session: int, strategy: int) -> str:
    return f"F{base36(session % 36**4, 4)}{base36(strategy, 2)}"


def tags_of(sessions: Int64, strategies: Int64, counters: Int64) -> list[str]:
    """``tag_of`` of many orders."""
    letters = np.full((len(counters), 12), ord("F"), np.uint8)
    end = 1
    for numbers, width in ((sessions % 36**4, 4), (strategies, 2), (counters, 5)):
        end += width
        rest = numbers
        for place in range(end - 1, end - 1 - width, -1):
            rest, digits = np.divmod(rest, 36)
            letters[:, place] = _LETTERS[digits]
        if rest.any():  # more digits than there is room for
            return list(map(tag_of, sessions.tolist(), strategies.tolist(), counters.tolist()))
    tags: list[str] = letters.view("S12")[:, 0].astype("U12").tolist()
    return tags


def cancelled(reason: str, orders: Iterable[WorkingOrder]) -> list[Intent]:
    """Ends orders, or asks for it where a broker has them; the cancels that are to be sent."""
    return [CancelOrder(one.order.tag, reason) for one in orders if one.withdraw(reason)]


class WorkingOrders:
    """Every order that is not at its end, with the price at which cash was reserved for it."""

    def __init__(self, *, elsewhere: bool = False) -> None:
        self._orders: dict[str, WorkingOrder] = {}
        #: Whether a broker has to confirm the end of each.
        self.elsewhere = elsewhere

    def get(self, tag: str) -> WorkingOrder | None:
        """The order of a tag, unless it has ended or never was."""
        return self._orders.get(tag)

    def add(self, order: Order, active_from: int, reference: int) -> WorkingOrder:
        """A new order joins the end of the queue; ``reference`` in price units."""
        working = WorkingOrder(order, active_from, reference, is_elsewhere=self.elsewhere)
        self._orders[order.tag] = working
        return working

    def resume(self, orders: Iterable[WorkingOrder]) -> None:
        """These work now, in order of their arrival, and no others."""
        self._orders = {one.order.tag: one for one in orders}

    @property
    def oldest(self) -> WorkingOrder:
        """The first that arrived of those that work; there has to be one."""
        return next(iter(self._orders.values()))

    def __iter__(self) -> Iterator[WorkingOrder]:
        return iter(list(self._orders.values()))

    def __len__(self) -> int:
        return len(self._orders)

    def __getitem__(self, tag: str) -> WorkingOrder:
        return self._orders[tag]

    def of(self, strategy: str, instrument: InstrumentId | None = None) -> list[WorkingOrder]:
        """A strategy's orders that are not at their end, in one instrument or in all."""
        return [
            working
            for working in self._orders.values()
            if working.order.strategy == strategy
            and instrument in (None, working.order.instrument)
            and not working.status.terminal
        ]

    def open_quantities(self, strategy: str) -> dict[InstrumentId, int]:
        """What a strategy's orders would still add (buys) or take away (sells); of twins one counts."""
        totals: dict[InstrumentId, int] = {}
        for working in self.of(strategy):
            if working.is_alternative:
                continue
            order = working.order
            totals[order.instrument] = totals.get(order.instrument, 0) + order.side.sign * working.remaining
        return totals

    def drop_ended(self) -> list[WorkingOrder]:
        """Orders that reached their end; they no longer work."""
        orders = self._orders
        ended = [working for working in orders.values() if working.status.terminal] if orders else []
        for working in ended:
            del orders[working.order.tag]
        return ended
