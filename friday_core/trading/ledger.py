"""What changes a book: fills, corporate actions and marks. Money is integer minor units.

At all times, exactly:

    cash + value  = equity
    equity        = capital + realised + unrealised + dividends - charges
    cost of lots  = what the open position paid (negative: received, for a short)

Notionals are rounded half-even to minor units (``Instrument.notional``), once per fill: parts of
an order that fill at one price give the cash of one whole fill, up to that rounding.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.money import MINOR_DIGITS, divide_half_even, to_major
from friday_core.domain.orders import Fill
from friday_core.errors import InvariantError
from friday_core.trading.lots import Lot, close_oldest, split


@dataclass(frozen=True, slots=True)
class Holding:
    """A position that is not flat: its lots, the oldest first, and its mark in price units."""

    instrument: Instrument
    lots: tuple[Lot, ...]
    mark: int


class Book:
    """Cash and lots of one strategy, in one currency. Positions may be short, cash may be owed."""

    def __init__(self, name: str, currency: str, capital_minor: int) -> None:
        self.name = name
        self.currency = currency
        self.capital = capital_minor
        self.cash = capital_minor
        self.realised = 0
        self.dividends = 0
        self.charges = 0
        self._decimals = MINOR_DIGITS[currency]
        self._instruments: dict[InstrumentId, Instrument] = {}
        self._lots: dict[InstrumentId, deque[Lot]] = {}
        self._position: dict[InstrumentId, int] = {}
        self._cost: dict[InstrumentId, int] = {}
        self._mark: dict[InstrumentId, int] = {}

    def position(self, instrument: InstrumentId) -> int:
        """Shares or contracts held, negative for short."""
        return self._position.get(instrument, 0)

    def positions(self) -> dict[InstrumentId, int]:
        """Every position that is not flat, by instrument id; a copy."""
        return dict(sorted(self._position.items())) if len(self._position) > 1 else self._position.copy()

    def lots(self, instrument: InstrumentId) -> tuple[Lot, ...]:
        """Open lots, the oldest first; all of one sign."""
        return tuple(self._lots.get(instrument, ()))

    def price(self, instrument: InstrumentId) -> int:
        """The mark of something held, in price units; ``KeyError`` for anything else."""
        return self._mark[instrument]

    def cost(self, instrument: InstrumentId) -> int:
        """What the open lots of something held cost, in minor units, negative for short; ``KeyError`` for the rest."""
        return self._cost[instrument]

    def value(self, instrument: InstrumentId) -> int:
        """The position at its mark, in minor units, negative for short."""
        held = self._position.get(instrument, 0)
        if held == 0:
            return 0
        return _signed_notional(self._instruments[instrument], self._mark[instrument], held)

    @property
    def worth(self) -> tuple[int, int]:
        """The values of all positions, summed: as they are, and each without its sign."""
        return self.marked(())

    @property
    def equity(self) -> int:
        """Cash plus the value of all positions."""
        return self.cash + self.worth[0]

    @property
    def unrealised(self) -> int:
        """Value less cost of all open lots."""
        return self.equity - self.cash - sum(lot.cost for lots in self._lots.values() for lot in lots)

    def mark(self, instrument: InstrumentId, price_units: int) -> None:
        """The latest price, in price units; ignored for what is not held.

        The fill that opens a position from flat is its first mark; later fills do not move it.
        """
        if instrument in self._position:
            self._mark[instrument] = price_units

    def marked(self, closes: Iterable[tuple[InstrumentId, int]]) -> tuple[int, int]:
        """``worth`` after ``mark`` for each of them that has a price."""
        positions, marks, value, gross = self._position, self._mark, 0, 0
        if not positions:
            return 0, 0
        for instrument, price_units in closes:
            if instrument in positions and price_units != MISSING_PRICE:
                marks[instrument] = price_units
        for instrument, held in positions.items():
            one = self._instruments[instrument]
            if one.price_decimals == self._decimals:  # as of nearly all: no notional is rounded
                worth = marks[instrument] * held
            else:
                worth = _signed_notional(one, marks[instrument], held)
            value += worth
            gross += abs(worth)
        return value, gross

    def apply_fill(self, fill: Fill, instrument: Instrument) -> int:
        """Book a fill; returns the profit it realised, in minor units before charges.

        Lots close first in, first out. A fill that crosses zero closes all lots and opens one with
        the rest; its notional is then split in proportion, the opening part keeping the rounding.
        """
        name, quantity, sign = instrument.id, fill.quantity, fill.side.sign
        self._admit(fill.instrument, instrument)
        if quantity < 1:
            raise InvariantError(f"book {self.name}: fill of {quantity} for order {fill.tag}")
        held, paid = self._position.get(name, 0), sign * fill.notional(instrument)
        closing = min(abs(held), quantity) if held * sign < 0 else 0
        paid_closing = paid if closing == quantity else divide_half_even(paid * closing, quantity) if closing else 0
        lots = self._lots.get(name)
        if lots is None:
            lots = self._lots[name] = deque()
        cost_closed, cost_opened = close_oldest(lots, closing) if closing else 0, paid - paid_closing
        realised = -paid_closing - cost_closed
        if closing < quantity:
            lots.append(Lot(sign * (quantity - closing), cost_opened, fill.ts_event))
        self._cost[name] = self._cost.get(name, 0) - cost_closed + cost_opened
        self.cash -= paid + fill.charges
        self.charges += fill.charges
        self.realised += realised
        self._hold(name, held + sign * quantity)
        if held == 0:
            self.mark(name, fill.price)
        return realised

    def pay(self, amount: int) -> None:
        """Minor units leave the cash without a trade, and count as charges."""
        self.cash -= amount
        self.charges += amount

    def resume(self, cash: int, realised: int, charges: int, holdings: Iterable[Holding]) -> None:
        """Go on from where fills and marks that were booked elsewhere have led."""
        self.cash, self.realised, self.charges = cash, realised, charges
        for held in (self._lots, self._position, self._cost, self._mark):
            held.clear()
        for one in holdings:
            name = one.instrument.id
            self._admit(name, one.instrument)
            self._lots[name] = deque(one.lots)
            self._position[name] = sum(lot.quantity for lot in one.lots)
            self._cost[name] = sum(lot.cost for lot in one.lots)
            self._mark[name] = one.mark

    def apply_action(self, action: CorporateAction, instrument: Instrument) -> None:
        """Book a corporate action on the ex-date, before the session's first fill.

        The dividend is paid in cash on the quantity held before, and charged to a short. A holding
        of ``q`` becomes ``q * numerator // denominator`` (a short's mirrors a long's); the lots
        keep their total cost. With ``rem = q * numerator % denominator``, the fraction is worth
        ``rem / numerator`` old shares: ``rem * mark / numerator`` price units at the last mark,
        rounded half-even, are paid in cash (by a short) and count as realised; if no whole share is
        left, the cost counts against it. The mark becomes the price after the action, rounded
        half-even, so that equity makes no step before the next mark. Nothing happens to a book
        that holds nothing.
        """
        self._admit(action.instrument, instrument)
        held = self.position(instrument.id)
        if held == 0:
            return
        mark, sign = self._mark[instrument.id], 1 if held > 0 else -1
        dividend = _signed_notional(instrument, action.dividend, held)
        whole, rem = divmod(abs(held) * action.numerator, action.denominator)
        fraction = sign * instrument.notional(divide_half_even(rem * mark, action.numerator), 1)
        cost = self._cost[instrument.id]
        self._lots[instrument.id] = split(self._lots[instrument.id], action.numerator, action.denominator)
        self._cost[instrument.id] = sum(lot.cost for lot in self._lots[instrument.id])
        self.cash += dividend + fraction
        self.dividends += dividend
        self.realised += fraction - (cost - self._cost[instrument.id])
        after = max(mark - action.dividend, 0) * action.denominator
        self.mark(instrument.id, divide_half_even(after, action.numerator))
        self._hold(instrument.id, sign * whole)

    def _admit(self, named: InstrumentId, instrument: Instrument) -> None:
        if named != instrument.id or instrument.currency != self.currency:
            raise InvariantError(
                f"book {self.name} in {self.currency}: {named} booked with {instrument.id} in {instrument.currency}"
            )
        self._instruments[instrument.id] = instrument

    def _hold(self, instrument: InstrumentId, quantity: int) -> None:
        if quantity:
            self._position[instrument] = quantity
        else:
            del self._position[instrument], self._lots[instrument], self._cost[instrument], self._mark[instrument]


class Account:
    """The books of all strategies; everything it tells is a sum over them."""

    def __init__(self, books: Iterable[Book]) -> None:
        listed = tuple(books)
        self.books: dict[str, Book] = {book.name: book for book in listed}
        if len(self.books) != len(listed) or len({book.currency for book in listed}) > 1:
            raise InvariantError("books of one account need different names and one currency")

    @property
    def cash(self) -> int:
        return sum(book.cash for book in self.books.values())

    @property
    def equity(self) -> int:
        return sum(book.equity for book in self.books.values())

    def position(self, instrument: InstrumentId) -> int:
        return sum(book.position(instrument) for book in self.books.values())

    def positions(self) -> dict[InstrumentId, int]:
        """What the books hold together, where that is not flat."""
        held = sorted({instrument for book in self.books.values() for instrument in book.positions()})
        return {instrument: quantity for instrument in held if (quantity := self.position(instrument))}

    def price(self, instrument: InstrumentId) -> int:
        """The mark of something that a book holds, in price units; ``KeyError`` for anything else."""
        holder = next((book for book in self.books.values() if book.position(instrument)), None)
        if holder is None:
            raise KeyError(instrument)
        return holder.price(instrument)


class FrozenBook:
    """A book as it is now, for strategies, sizers and rules; no path leads back to the book.

    ``open_quantities`` are what working orders would add (buys) or take away (sells). Money is
    floats in the book's currency. Implements ``BookView``.
    """

    __slots__ = ("_cash", "_cost", "_equity", "_major", "_open", "_position")

    def __init__(self, book: Book, open_quantities: Mapping[InstrumentId, int]) -> None:
        currency, cash = book.currency, book.cash
        self._cash = self._equity = to_major(cash, currency)
        self._position = book._position.copy()
        if self._position:
            self._equity = to_major(book.equity, currency)
        self._cost = book._cost.copy()
        self._major = 10 ** MINOR_DIGITS[currency]
        self._open = dict(open_quantities)

    @property
    def cash(self) -> float:
        return self._cash

    @property
    def equity(self) -> float:
        return self._equity

    def instruments(self) -> frozenset[InstrumentId]:
        return frozenset(self._position.keys() | self._open.keys())

    def position(self, instrument: InstrumentId) -> int:
        return self._position.get(instrument, 0)

    def average_price(self, instrument: InstrumentId) -> float:
        held = self._position.get(instrument, 0)
        return self._cost[instrument] / (held * self._major) if held else math.nan

    def open_quantity(self, instrument: InstrumentId) -> int:
        return self._open.get(instrument, 0)


def _signed_notional(instrument: Instrument, units: int, quantity: int) -> int:
    amount = instrument.notional(units, quantity)
    return amount if quantity >= 0 else -amount
