"""At what price and how much an order trades: against the depth when it comes, against prints while it rests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from friday_core.sandbox.kite.account.life import largest_part, may_trade
from friday_core.sandbox.kite.account.orders import KiteOrder, Side
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.values import Print, Snapshot


class Part(NamedTuple):
    """So many trade at a price, in price units, at a time of the market."""

    quantity: int
    price: int
    ts: int


class Depth:
    """The other side of the book, less what was taken from it since it last changed."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[Snapshot, dict[tuple[Side, int], int]]] = {}

    def parts(self, order: KiteOrder, snapshot: Snapshot, most: int) -> Iterator[Part]:
        """What an order takes, the best price first, as far as its limit goes; it counts as taken."""
        known = self._taken.get(snapshot.token)
        if known is None or known[0] != snapshot:
            known = self._taken[snapshot.token] = (snapshot, {})
        taken, left = known[1], most
        for level in snapshot.asks if order.side is Side.BUY else snapshot.bids:
            key = (order.side, level.price)
            free = level.quantity - taken.get(key, 0)
            if left < order.lot or not may_trade(order, order.side, level.price):
                return
            quantity = _lots(min(free, left), order.lot)
            if quantity:
                taken[key] = taken.get(key, 0) + quantity
                left -= quantity
                yield Part(quantity, level.price, snapshot.ts)


class Tape:
    """Prints of one step, and how much of each is still to be had."""

    def __init__(self, prints: Iterable[Print], rules: Rules) -> None:
        self._by_token: dict[int, list[Print]] = defaultdict(list)
        self._left: dict[int, list[int]] = defaultdict(list)
        for one in prints:
            self._by_token[one.token].append(one)
            self._left[one.token].append(-int(-one.quantity * rules.participation // 1))

    def of(self, token: int) -> Sequence[Print]:
        return self._by_token.get(token, ())

    def parts(self, order: KiteOrder, token: int, most: int, *, at_print: bool) -> Iterator[Part]:
        """What a resting order gets at its limit, or ``at_print`` at what printed.

        A print at the limit or through it gives its share; one without volume that goes through gives everything.
        """
        left = most
        for place, one in enumerate(self.of(token)):
            if one.ts <= order.live_since or not may_trade(order, order.side, one.price):
                continue
            through = not order.limit or one.price != order.limit
            free = left if not one.quantity and through else self._left[token][place]
            quantity = _lots(min(free, left), order.lot)
            if not quantity:
                continue
            self._left[token][place] -= quantity if one.quantity else 0
            left -= quantity
            yield Part(quantity, one.price if at_print or not order.limit else order.limit, one.ts)


def first_trigger(order: KiteOrder, prints: Sequence[Print], snapshot: Snapshot | None) -> int:
    """When the price of a stop was first reached after it was live; 0 if it was not."""
    for one in prints:
        if one.ts > order.live_since and (one.price - order.terms.trigger) * order.side.sign >= 0:
            return one.ts
    if snapshot is None or snapshot.last_trade_ts <= order.live_since:
        return 0
    reached = (snapshot.last_price - order.terms.trigger) * order.side.sign >= 0
    return snapshot.last_trade_ts if reached else 0


def in_priority(orders: Iterable[KiteOrder]) -> list[KiteOrder]:
    """The better price first, then the earlier order; without a limit before any."""
    return sorted(
        orders, key=lambda one: (one.side, bool(one.limit), -one.limit * one.side.sign, one.live_since, one.id)
    )


def capped(order: KiteOrder, rules: Rules, wall: int) -> int:
    """How much of an order may trade now."""
    return 0 if order.rests_until > wall else largest_part(order, rules)


def _lots(quantity: int, lot: int) -> int:
    return quantity // lot * lot
