"""What a sizer or a risk adjuster is given: a bar with columns, and a book that it need not look at."""

from __future__ import annotations

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.interfaces.strategy import BookView
from friday_core.trading.ledger import Book, FrozenBook

INFY = InstrumentId("INFY", "NSE")
EMPTY: BookView = FrozenBook(Book("one", "INR", 0), {})


def bar(close: float = 100.0, **columns: float) -> Bar:
    """A bar that stays at one price, with what transformers added."""
    units = round(close * 100)
    raw = RawBar(units, units, units, units)
    return Bar(Instrument(INFY, "INR"), 0, 0, close, close, close, close, 1_000.0, 1.0, raw, columns)
