"""What a book is worth on slices on which it trades nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import msgspec
import numpy as np

from friday_core.domain.chunk import Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import MINOR_DIGITS, to_major
from friday_core.interfaces.strategy import BookView
from friday_core.session.quiet.block import Block, Closes
from friday_core.trading.ledger import Book, FrozenBook

#: Amounts up to here, some hundred of them summed, stay within 64 bits.
LARGEST = 2**55


class _Position(msgspec.Struct, frozen=True, gc=False):
    """``mark`` is the book's when the stretch begins, in price units."""

    instrument: Instrument
    quantity: int
    mark: int
    closes: Closes


class Held:
    """A book from a slice of a block on, for as long as it trades nothing; no path leads back to the book."""

    def __init__(self, book: Book, frozen: FrozenBook, block: Block, universe: Universe) -> None:
        self.frozen = frozen
        self.currency = book.currency
        self._cash = book.cash
        self._start = block.at
        self._positions: list[_Position] = []
        most = abs(book.cash)
        for name, quantity in book.positions().items():
            at = universe.position(name)
            instrument, mark, closes = universe[at], book.price(name), block.closes(at)
            self._positions.append(_Position(instrument, quantity, mark, closes))
            most += _factor(instrument) * abs(quantity) * max(closes.largest, abs(mark))
        self.is_flat = not self._positions
        #: Whether no amount can leave 64 bits.
        self.is_small = most <= LARGEST

    def views(self, start: int, stop: int) -> Iterator[BookView]:
        """The book as strategies see it on slices from ``start`` up to before ``stop``; each stays as it is."""
        if self.is_flat:
            return repeat(self.frozen, stop - start)
        return map(MarkedBook, repeat(self), range(start, stop))

    def equity(self, number: int) -> int:
        """Cash and value on a slice, in minor units."""
        worth = (
            one.instrument.notional(self._mark(one, number), one.quantity) * (1 if one.quantity > 0 else -1)
            for one in self._positions
        )
        return self._cash + sum(worth)

    def values(self, start: int, stop: int) -> tuple[Int64, Int64]:
        """By slice the value of all positions, and the sum of their sizes, in minor units."""
        value, gross = np.zeros(stop - start, np.int64), np.zeros(stop - start, np.int64)
        for one in self._positions:
            before = one.mark if start == self._start else self._mark(one, start - 1)
            worth = notionals(one.instrument, one.closes.marks(start, stop, before), one.quantity)
            value += worth if one.quantity > 0 else -worth
            gross += np.abs(worth)
        return value, gross

    def mark(self, book: Book, last: int) -> None:
        """The book is marked as of a slice."""
        for one in self._positions:
            book.mark(one.instrument.id, self._mark(one, last))

    def _mark(self, one: _Position, number: int) -> int:
        return one.closes.mark(self._start, number, one.mark)


class MarkedBook(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A book on one slice of a stretch: its equity is reckoned when it is asked for. Implements ``BookView``."""

    _held: Held
    _number: int

    @property
    def cash(self) -> float:
        return self._held.frozen.cash

    @property
    def equity(self) -> float:
        return to_major(self._held.equity(self._number), self._held.currency)

    def instruments(self) -> frozenset[InstrumentId]:
        return self._held.frozen.instruments()

    def position(self, instrument: InstrumentId) -> int:
        return self._held.frozen.position(instrument)

    def average_price(self, instrument: InstrumentId) -> float:
        return self._held.frozen.average_price(instrument)

    def open_quantity(self, instrument: InstrumentId) -> int:
        return self._held.frozen.open_quantity(instrument)


def _shift(instrument: Instrument) -> int:
    return instrument.price_decimals - MINOR_DIGITS[instrument.currency]


def _factor(instrument: Instrument) -> int:
    factor: int = 10 ** max(0, -_shift(instrument))
    return factor


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
