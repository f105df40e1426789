"""What a book is worth on slices on which it trades nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

import msgspec
import numpy as np

from friday_core.domain.chunk import Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import MINOR_DIGITS, to_major
from friday_core.interfaces.strategy import BookView
from friday_core.session.quiet.block import Block, Closes
from friday_core.trading.ledger import Book

#: Amounts up to here, some hundred of them summed, stay within 64 bits.
LARGEST = 2**55


class Position(msgspec.Struct, frozen=True, gc=False):
    """What is held of an instrument; ``cost`` and ``mark`` are the book's when the stretch begins."""

    instrument: Instrument
    quantity: int
    cost: int
    mark: int
    closes: Closes


class Held(msgspec.Struct, frozen=True, gc=False):
    """A book from slice ``start`` of a block on, for as long as it trades nothing; no path leads back to the book.

    ``open_quantities`` are what working orders would add (buys) or take away (sells).
    """

    currency: str
    cash: int
    start: int
    positions: Sequence[Position]
    open_quantities: Mapping[InstrumentId, int]

    @classmethod
    def of(cls, book: Book, open_quantities: Mapping[InstrumentId, int], block: Block, universe: Universe) -> Held:
        """A book as it is, from the slice at hand on."""
        positions = [
            Position(universe[at], held, book.cost(name), book.price(name), block.closes(at))
            for name, held in book.positions().items()
            for at in (universe.position(name),)
        ]
        return cls(book.currency, book.cash, block.at, positions, open_quantities)

    @property
    def is_flat(self) -> bool:
        return not self.positions

    @property
    def is_small(self) -> bool:
        """Whether no amount can leave 64 bits."""
        most = abs(self.cash)
        for one in self.positions:
            most += _factor(one.instrument) * abs(one.quantity) * max(one.closes.largest, abs(one.mark))
        return most <= LARGEST

    def position(self, instrument: InstrumentId) -> Position | None:
        """What is held of it, if anything is."""
        return next((one for one in self.positions if one.instrument.id == instrument), None)

    def view(self, number: int) -> BookView:
        """The book as strategies see it on a slice; it stays as it is."""
        return MarkedBook(self, number)

    def views(self, start: int, stop: int) -> Iterator[BookView]:
        """``view`` of each slice from ``start`` up to before ``stop``."""
        if not self.positions:
            return repeat(MarkedBook(self, start), stop - start)
        return map(MarkedBook, repeat(self), range(start, stop))

    def equity(self, number: int) -> int:
        """Cash and value on a slice, in minor units."""
        worth = (
            one.instrument.notional(self._mark(one, number), one.quantity) * (1 if one.quantity > 0 else -1)
            for one in self.positions
        )
        return self.cash + sum(worth)

    def values(self, start: int, stop: int) -> tuple[Int64, Int64]:
        """By slice the value of all positions, and the sum of their sizes, in minor units."""
        value, gross = np.zeros(stop - start, np.int64), np.zeros(stop - start, np.int64)
        for one in self.positions:
            before = one.mark if start == self.start else self._mark(one, start - 1)
            worth = notionals(one.instrument, one.closes.marks(start, stop, before), one.quantity)
            value += worth if one.quantity > 0 else -worth
            gross += np.abs(worth)
        return value, gross

    def mark(self, book: Book, last: int) -> None:
        """The book is marked as of a slice."""
        for one in self.positions:
            book.mark(one.instrument.id, self._mark(one, last))

    def _mark(self, one: Position, number: int) -> int:
        return one.closes.mark(self.start, number, one.mark)


class MarkedBook(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A book on one slice of a stretch: its equity is reckoned when it is asked for. Implements ``BookView``."""

    _held: Held
    _number: int

    @property
    def cash(self) -> float:
        return to_major(self._held.cash, self._held.currency)

    @property
    def equity(self) -> float:
        return to_major(self._held.equity(self._number), self._held.currency)

    def instruments(self) -> frozenset[InstrumentId]:
        return frozenset(one.instrument.id for one in self._held.positions) | self._held.open_quantities.keys()

    def position(self, instrument: InstrumentId) -> int:
        one = self._held.position(instrument)
        return 0 if one is None else one.quantity

    def average_price(self, instrument: InstrumentId) -> float:
        one = self._held.position(instrument)
        return math.nan if one is None else one.cost / (one.quantity * 10 ** MINOR_DIGITS[self._held.currency])

    def open_quantity(self, instrument: InstrumentId) -> int:
        return self._held.open_quantities.get(instrument, 0)


def _shift(instrument: Instrument) -> int:
    return instrument.price_decimals - MINOR_DIGITS[instrument.currency]


def _factor(instrument: Instrument) -> int:
    shift = _shift(instrument)
    return 1 if shift >= 0 else 10**-shift


def notionals(instrument: Instrument, units: Int64, quantity: int | Int64) -> Int64:
    """``Instrument.notional`` at each price, of one quantity or of each its own."""
    shift = _shift(instrument)
    size = abs(quantity) if isinstance(quantity, int) else np.abs(quantity)
    amounts: Int64 = units * (size * _factor(instrument))
    if shift <= 0:
        return amounts
    whole, rest = np.divmod(amounts, 10**shift)
    up = (2 * rest > 10**shift) | ((2 * rest == 10**shift) & (whole % 2 == 1))
    rounded: Int64 = whole + up
    return rounded
