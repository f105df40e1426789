"""Where a book stands once its orders have filled, and what one more order takes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.trading.ledger import Book

#: What a fill at a price takes from cash, charges included, in minor units; negative if it brings cash.
CostOf = Callable[[Instrument, Side, int, int], int]


class Claim(msgspec.Struct, frozen=True):
    """An order that works, or may soon, split into what closes a position and what opens one.

    ``price`` is the price at which the order is judged, ``mark`` that of the position, both in price
    units; ``reducing`` and ``adding`` are positive counts. A market order counts as filled. One with
    a price may fill or not: it counts where that is the worse of the two. Answers are minor units.
    """

    order: Order
    instrument: Instrument
    price: int
    mark: int
    reducing: int
    adding: int

    @property
    def _certain(self) -> bool:
        return self.order.type is OrderType.MARKET

    def gross(self, adding: int) -> int:
        """The change of the value of all positions, if so much is opened."""
        opened = self.instrument.notional(self.price, adding)
        change = opened - self.instrument.notional(self.mark, self.reducing)
        return change if self._certain else max(0, change)

    def net(self, adding: int, side: Side) -> int:
        """The change of longs less shorts in the direction of ``side``: of the most there may be, or of the least."""
        if not self._certain and self.order.side is not side:
            return 0
        change = self.instrument.notional(self.price, adding) + self.instrument.notional(self.mark, self.reducing)
        return change if self.order.side is side else -change

    def cash(self, adding: int, buffered: Callable[[int], int], cost_of: CostOf) -> int:
        """The cash that is reserved; negative for what closing a long at market will surely bring."""
        side, quantity = self.order.side, self.reducing + adding
        if side is Side.BUY:
            return cost_of(self.instrument, side, buffered(self.price), quantity) if quantity else 0
        brought = -cost_of(self.instrument, side, self.mark, self.reducing) if self._certain and self.reducing else 0
        return self.opening_cost(adding, cost_of) - max(0, brought)

    def opening_cost(self, adding: int, cost_of: CostOf) -> int:
        """What a sell takes from cash for the short it opens: more than nothing if charges exceed its proceeds."""
        return max(0, cost_of(self.instrument, Side.SELL, self.price, adding)) if adding else 0

    def charges(self, adding: int, cost_of: CostOf) -> int:
        """What the fill will cost besides its notional."""
        side, quantity = self.order.side, self.reducing + adding
        if not quantity:
            return 0
        notional = self.instrument.notional(self.price, quantity)
        return cost_of(self.instrument, side, self.price, quantity) - side.sign * notional


@dataclass(slots=True)
class Exposure:
    """A book with all its working orders, before those of the slice; minor units.

    ``cash`` is what buys may still use: cash less reserves, plus the expected proceeds of sells.
    ``high`` and ``low`` are the most and the least that longs less shorts may come to, ``worth`` is
    the value of each position, either way, ``charges`` what the working orders will cost.
    """

    equity: int
    cash: int
    gross: int = 0
    high: int = 0
    low: int = 0
    charges: int = 0
    worth: dict[InstrumentId, int] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Book, claims: Iterable[Claim], buffered: Callable[[int], int], cost_of: CostOf) -> Exposure:
        """``claims`` are those of the orders that work."""
        values = {instrument: book.value(instrument) for instrument in book.positions()}
        worth = {instrument: abs(value) for instrument, value in values.items()}
        net = sum(values.values())
        exposure = cls(book.equity, book.cash, sum(worth.values()), net, net, 0, worth)
        for claim in claims:
            exposure._take(claim, buffered, cost_of)
        return exposure

    def _take(self, claim: Claim, buffered: Callable[[int], int], cost_of: CostOf) -> None:
        name, gross = claim.order.instrument, claim.gross(claim.adding)
        self.gross += gross
        self.worth[name] = self.worth.get(name, 0) + gross
        self.high += claim.net(claim.adding, Side.BUY)
        self.low -= claim.net(claim.adding, Side.SELL)
        self.cash -= claim.cash(claim.adding, buffered, cost_of)
        self.charges += claim.charges(claim.adding, cost_of)
