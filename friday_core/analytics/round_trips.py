"""Round trips: what was opened, and what closed it, first in, first out, to the last minor unit.

Over a run, exactly, with values at the last mark:

    sum of net of the trips + sum of (value - cost + income - charges) of the open lots
        = equity at the end - capital
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from friday_core.domain.money import divide_half_even
from friday_core.trading.lots import Lot, split


class Traded(msgspec.Struct, frozen=True):
    """A fill. ``quantity`` is negative for a sale, ``value`` and ``charges`` minor units, not negative."""

    ts_event: int
    session: int
    strategy: str
    instrument: str
    quantity: int
    price: float
    value: int
    charges: int


class Adjusted(msgspec.Struct, frozen=True):
    """A corporate action on a position; ``cash`` is what the book was paid for it, in minor units."""

    session: int
    strategy: str
    instrument: str
    numerator: int
    denominator: int
    cash: int


class OpenLot(msgspec.Struct, frozen=True):
    """What is still open. ``cost`` has the quantity's sign, as a ledger's lot has; prices as traded."""

    strategy: str
    instrument: str
    quantity: int
    ts_opened: int
    entry_price: float
    cost: int
    income: int
    charges: int


class RoundTrip(msgspec.Struct, frozen=True):
    """A lot, or a part of one, and the fill that closed it. Money in minor units.

    ``quantity`` is negative for a short, and counts shares at the exit, after splits. ``cost`` is what
    the lot paid, ``proceeds`` what closing it brought; a short has both negative. ``income`` is
    dividends and cash for fractions of shares, ``charges`` those of both fills, in proportion. A lot
    that a corporate action left without a share has ``exit_price`` 0.
    """

    strategy: str
    instrument: str
    quantity: int
    ts_opened: int
    ts_closed: int
    entry_price: float
    exit_price: float
    cost: int
    proceeds: int
    income: int
    charges: int

    @property
    def gross(self) -> int:
        """Proceeds less cost: profit of the price alone."""
        return self.proceeds - self.cost

    @property
    def net(self) -> int:
        """Profit after charges, with dividends."""
        return self.gross + self.income - self.charges

    @property
    def net_return(self) -> float:
        """``net`` as a fraction of what the lot cost, 0 for a lot that cost nothing."""
        return self.net / abs(self.cost) if self.cost else 0.0


def round_trips(fills: Iterable[Traded], actions: Iterable[Adjusted]) -> tuple[list[RoundTrip], list[OpenLot]]:
    """All trips in the order in which they were closed, and the lots that are open at the end.

    Both inputs in the order in which they were booked; the actions of a session before its fills.
    """
    books: dict[tuple[str, str], _Lots] = {}
    trips: list[RoundTrip] = []
    events: list[Traded | Adjusted] = [*actions, *fills]
    for event in sorted(events, key=lambda one: (one.session, isinstance(one, Traded))):
        lots = books.setdefault((event.strategy, event.instrument), _Lots(event.strategy, event.instrument))
        trips += lots.trade(event) if isinstance(event, Traded) else lots.adjust(event)
    return trips, [lot for book in books.values() for lot in book.open()]


@dataclass(frozen=True, slots=True)
class _Lot:
    quantity: int
    ts_opened: int
    entry_price: float
    cost: int
    income: int
    charges: int

    def part(self, quantity: int) -> _Lot:
        """So many of the shares, with their part of the money, rounded half-even as the ledger does."""
        held = abs(self.quantity)
        amounts = {name: _part(getattr(self, name), quantity, held) for name in ("cost", "income", "charges")}
        return replace(self, quantity=quantity if self.quantity > 0 else -quantity, **amounts)

    def without(self, part: _Lot) -> _Lot:
        left = {n: getattr(self, n) - getattr(part, n) for n in ("quantity", "cost", "income", "charges")}
        return replace(self, **left)


class _Lots:
    """Open lots of one strategy in one instrument, the oldest first; all of one sign."""

    def __init__(self, strategy: str, instrument: str) -> None:
        self._whose = (strategy, instrument)
        self._lots: deque[_Lot] = deque()
        self._ts = 0

    def open(self) -> Iterator[OpenLot]:
        for lot in self._lots:
            yield OpenLot(*self._whose, lot.quantity, lot.ts_opened, lot.entry_price, lot.cost, lot.income, lot.charges)

    def trade(self, fill: Traded) -> list[RoundTrip]:
        self._ts = fill.ts_event
        size, sign = abs(fill.quantity), 1 if fill.quantity > 0 else -1
        held = sum(lot.quantity for lot in self._lots)
        closing = min(abs(held), size) if held * sign < 0 else 0
        paid = sign * fill.value
        paid_closing, charged = _part(paid, closing, size), _part(fill.charges, closing, size)
        trips = list(self._close(fill, closing, -paid_closing, charged))
        if closing < size:
            lot = _Lot(
                sign * (size - closing), fill.ts_event, fill.price, paid - paid_closing, 0, fill.charges - charged
            )
            self._lots.append(lot)
        return trips

    def _close(self, fill: Traded, closing: int, proceeds: int, charges: int) -> Iterator[RoundTrip]:
        done = 0
        while done < closing:
            lot = self._lots.popleft()
            taken = lot.part(min(abs(lot.quantity), closing - done))
            if taken.quantity != lot.quantity:
                self._lots.appendleft(lot.without(taken))
            before, done = done, done + abs(taken.quantity)
            share = {
                name: _part(total, done, closing) - _part(total, before, closing)
                for name, total in (("proceeds", proceeds), ("charges", charges))
            }
            yield self._trip(taken, fill.ts_event, fill.price, share["proceeds"], share["charges"])

    def adjust(self, action: Adjusted) -> list[RoundTrip]:
        """Cash by shares held before; then a split, by the ledger's own rule."""
        held, done = sum(abs(lot.quantity) for lot in self._lots), 0
        paid: list[_Lot] = []
        for lot in self._lots:
            before, done = done, done + abs(lot.quantity)
            share = _part(action.cash, done, held) - _part(action.cash, before, held)
            paid.append(replace(lot, income=lot.income + share))
        if action.numerator == action.denominator:
            self._lots = deque(paid)
            return []
        self._lots = _split(paid, action.numerator, action.denominator)
        return [] if self._lots else [self._trip(lot, self._ts, 0.0, 0, 0) for lot in paid]

    def _trip(self, lot: _Lot, ts_closed: int, price: float, proceeds: int, charges: int) -> RoundTrip:
        return RoundTrip(
            *self._whose, lot.quantity, lot.ts_opened, ts_closed, lot.entry_price, price,
            lot.cost, proceeds, lot.income, lot.charges + charges,
        )  # fmt: skip


def _split(lots: list[_Lot], numerator: int, denominator: int) -> deque[_Lot]:
    """Each amount follows the shares as the ledger's cost does; ``ts_opened`` carries the lot's position."""
    shares = {
        name: split(
            deque(Lot(lot.quantity, getattr(lot, name), position) for position, lot in enumerate(lots)),
            numerator,
            denominator,
        )
        for name in ("cost", "income", "charges")
    }
    rows = zip(shares["cost"], shares["income"], shares["charges"], strict=True)
    return deque(
        replace(lots[cost.ts_opened], quantity=cost.quantity, cost=cost.cost, income=income.cost, charges=charges.cost)
        for cost, income, charges in rows
    )


def _part(amount: int, count: int, of: int) -> int:
    """``amount * count / of``, rounded half-even; 0 of nothing."""
    return divide_half_even(amount * count, of) if of else 0
