"""Role ``strategy``: from what is known to what is wanted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Protocol

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Fill, Order, OrderEnded, OrderType
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.interfaces.component import Component

#: What a strategy is told: bars of the current slice, and what became of its orders.
Event = Bar | Fill | OrderEnded
#: What it may answer. A signal is sized, a target is weighed, an order goes to risk as it is.
Decision = Signal | Target | Order | Cancel


class BookView(Protocol):
    """A strategy's own book, read-only: for the strategy as it was before the slice's decisions,
    for risk rules with the orders that were admitted since.

    Money is in the account's currency, as floats for convenience; the books themselves are exact.
    """

    @property
    def cash(self) -> float: ...

    @property
    def equity(self) -> float:
        """Cash plus the value of all positions at the latest closes."""
        ...

    def instruments(self) -> frozenset[InstrumentId]:
        """Everything that is held or has a working order."""
        ...

    def position(self, instrument: InstrumentId) -> int:
        """Shares or contracts held, negative for short."""
        ...

    def average_price(self, instrument: InstrumentId) -> float:
        """What a share of the position was bought for, or sold short, on average over its open lots.

        As it traded, in the currency, without charges; after a split for a share of now. NaN if
        the position is flat. Closed shares leave first in, first out.
        """
        ...

    def open_quantity(self, instrument: InstrumentId) -> int:
        """Shares or contracts that working orders would still add (buys) less those that they would take away.

        ``position + open_quantity`` is what is held once all of them have filled.
        """
        ...


class Strategy(Component, ABC):
    """Decides. It has no clock, no data but what it is told, and no way to trade round risk.

    An exception stops this strategy, is reported, and cancels its working orders; others go on.

    A plugin, complete; it buys what closed lower three times in a row, until it no longer falls::

        from friday_core.api import Bar, ComponentSpec, Strategy, Target, hookimpl


        class BuyTheDip(Strategy):
            def __init__(self):
                self.last = {}

            def on_event(self, event, book):
                if isinstance(event, Bar):
                    close, falls = self.last.get(event.instrument.id, (event.close, 0))
                    falls = falls + 1 if event.close < close else 0
                    self.last[event.instrument.id] = event.close, falls
                    yield Target(event.instrument.id, 0.1 if falls >= 3 else 0.0)


        @hookimpl
        def friday_components():
            return [ComponentSpec("strategy", "buy_the_dip", BuyTheDip)]
    """

    #: Order types it may use; a broker that lacks one is refused before the session starts.
    order_types: frozenset[OrderType] = frozenset({OrderType.MARKET})
    #: Columns that its bars must carry; checked before the session starts.
    inputs: tuple[str, ...] = ()

    @abstractmethod
    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        """Called for fills and ended orders first, then for each bar of the slice, by instrument.

        Every bar of a slice sees the same book. No decision trades before the next slice.
        """
