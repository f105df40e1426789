"""What can be traded, and the one place where prices as people write them meet exact integers."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

import msgspec

from friday_core.domain.money import MINOR_DIGITS, divide_half_even


class InstrumentId(msgspec.Struct, frozen=True, order=True):
    """Symbol and exchange; prints ``INFY.NSE`` and sorts by symbol, then exchange."""

    symbol: str
    exchange: str

    def __str__(self) -> str:
        return f"{self.symbol}.{self.exchange}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """``"INFY.NSE"`` to an id; the exchange follows the last dot."""
        symbol, dot, exchange = text.rpartition(".")
        if not (symbol and dot and exchange):
            raise ValueError(f"{text!r} is not an instrument: write SYMBOL.EXCHANGE, for example INFY.NSE")
        return cls(symbol, exchange)


def check_id(instrument: object) -> None:
    """``ValueError`` unless it is an ``InstrumentId``."""
    if not isinstance(instrument, InstrumentId):
        hint = ", write bar.instrument.id" if isinstance(instrument, Instrument) else ""
        raise ValueError(f"{instrument!r:.80} is not an InstrumentId{hint}")


class Instrument(msgspec.Struct, frozen=True):
    """An instrument and its units.

    A price unit is ``10 ** -price_decimals`` of the currency (a paisa for NSE shares); prices in
    chunks, orders and fills are whole numbers of it. ``tick_size`` is in price units,
    ``lot_size`` in shares or contracts.
    """

    id: InstrumentId
    currency: str
    price_decimals: int = 2
    tick_size: int = 1
    lot_size: int = 1
    kind: str = "equity"

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"{self.id}: unknown currency {self.currency!r}; known are {', '.join(MINOR_DIGITS)}")
        if self.tick_size < 1 or self.lot_size < 1 or not 0 <= self.price_decimals <= 8:
            raise ValueError(f"{self.id}: tick size and lot size must be at least 1, price decimals 0 to 8")

    def units(self, price: Decimal | float | str) -> int:
        """From a price in the currency to price units, exactly: ``units("1505.55")`` is 150555 with two decimals.

        ``ValueError`` if it lies between two units, or is no number.
        """
        try:
            exact = Decimal(str(price)).scaleb(self.price_decimals)
            whole = int(exact)
        except (ArithmeticError, ValueError):
            raise ValueError(f"{self.id}: {price!r} is not a price") from None
        if whole != exact:
            raise ValueError(f"{self.id}: price {price} is finer than {self.price_decimals} decimals")
        return whole

    def price(self, units: int) -> float:
        """From price units to a float in the currency, the way back: ``price(150555)`` is 1505.55."""
        return float(units) / 10.0**self.price_decimals

    def average(self, notional: int, quantity: int) -> int:
        """The price units at which ``quantity`` trade for ``notional`` minor units, rounded half-even."""
        shift = self.price_decimals - MINOR_DIGITS[self.currency]
        if shift >= 0:
            return divide_half_even(notional * 10**shift, quantity)
        return divide_half_even(notional, quantity * 10**-shift)

    def notional(self, units: int, quantity: int) -> int:
        """``price x |quantity|`` in minor units of the currency, rounded half-even."""
        shift = self.price_decimals - MINOR_DIGITS[self.currency]
        amount = units * abs(quantity)
        if shift == 0:
            return amount
        return amount * 10**-shift if shift < 0 else divide_half_even(amount, 10**shift)
