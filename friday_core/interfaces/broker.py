"""Role ``broker``: where orders go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from typing import ClassVar, Literal, Protocol

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.market import Bar
from friday_core.domain.orders import OrderType, Side, WorkingOrder
from friday_core.domain.records import Intent
from friday_core.interfaces.component import Component


class Execution(Protocol):
    """A quantity of a working order that a matcher traded; ``price`` in price units."""

    @property
    def order(self) -> WorkingOrder: ...
    @property
    def quantity(self) -> int: ...
    @property
    def price(self) -> int: ...


class Matcher(Protocol):
    """The exchange of a simulation: fills working orders from bars."""

    @property
    def latency(self) -> int:
        """Slices that pass between the one after the decision and the first that may fill."""
        ...

    def match(
        self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]
    ) -> Generator[Execution, int, None]:
        """Proposes executions on slice ``ordinal``, orders in arrival order.

        Each is booked before the next is asked for, and the answer to it (what ``yield`` gives) is
        the quantity that was booked: less than proposed if the order's book cannot pay for all. The
        matcher moves the orders' status except for fills.
        """
        ...


class Tariff(Component, ABC):
    """Role ``charges``: what an executed order costs, by instrument, product and date.

    Asked before an order is sent, to reserve cash, and as it fills: a fill costs what the order
    costs with it less what it cost before, so that several fills share what is charged per order.
    More shares at one price may not cost less. ``DataError`` for a date without rates.

    A plugin, complete; 20 rupees an order, and 0.1% of what is sold::

        from friday_core.api import ComponentSpec, PluginSettings, Side, Tariff, hookimpl


        class Settings(PluginSettings):
            fee: int = 2_000  # minor units: 20 rupees


        class FeeAndTax(Tariff):
            def __init__(self, settings):
                self.fee = settings.fee

            def charges_of(self, order):
                tax = order.notional // 1_000 if order.side is Side.SELL else 0
                return self.fee + tax


        @hookimpl
        def friday_components():
            return [ComponentSpec("charges", "fee_and_tax", FeeAndTax, Settings)]
    """

    @abstractmethod
    def charges_of(self, order: ExecutedOrder) -> int:
        """Charges in minor units, never negative, for all of an order that has traded."""


class ChargesPlan(Tariff, ABC):
    """Role ``charges``: a tariff that looks at the amount alone.

    Asked before an order is sent, to reserve cash, and for each fill. More shares at one price may
    not cost less.

    A plugin, complete; 0.03% of the notional, but never more than ``most``::

        from friday_core.api import ChargesPlan, ComponentSpec, PluginSettings, hookimpl


        class Settings(PluginSettings):
            most: int = 2_000  # minor units: 20 rupees


        class Discount(ChargesPlan):
            def __init__(self, settings):
                self.most = settings.most

            def charges(self, side, quantity, notional):
                return min(self.most, notional * 3 // 10_000)


        @hookimpl
        def friday_components():
            return [ComponentSpec("charges", "discount", Discount, Settings)]
    """

    @abstractmethod
    def charges(self, side: Side, quantity: int, notional: int) -> int:
        """Charges in minor units, never negative, for a fill of ``notional`` minor units."""

    def charges_of(self, order: ExecutedOrder) -> int:
        return self.charges(order.side, order.quantity, order.notional)


class Broker(Component, ABC):
    """Takes orders. Declares honestly what it can do.

    A placement is never retried here. Failures are ``Refused`` (definite) or ``InDoubt``.
    """

    account: ClassVar[Literal["simulated", "real"]]
    order_types: ClassVar[frozenset[OrderType]]

    @abstractmethod
    def send(self, intents: Sequence[Intent]) -> None:
        """Take intents, in order. Called at the edge, after the intents have been recorded."""


class SimulatedBroker(Broker, ABC):
    """A broker whose fills are computed from the bars instead of received.

    ``send`` is told every intent and need not do anything: the matcher is given every working order.

    A plugin, complete; orders take one slice longer than on paper and trade two ticks worse::

        from friday_core.api import (
            BarMatcher, ComponentSpec, MatchingRules, OrderType, PluginSettings, SimulatedBroker, hookimpl
        )


        class Settings(PluginSettings):
            latency: int = 1


        class Postal(SimulatedBroker):
            order_types = frozenset({OrderType.MARKET, OrderType.LIMIT})

            def __init__(self, settings):
                self.rules = MatchingRules(settings.latency, slippage_ticks=2)

            def matcher(self):
                return BarMatcher(self.rules)

            def send(self, intents):
                pass


        @hookimpl
        def friday_components():
            return [ComponentSpec("broker", "postal", Postal, Settings, provides=Postal.order_types)]
    """

    account = "simulated"
    #: No exchange confirms its fills, and a person has to make them true.
    assumed: ClassVar[bool] = False

    @abstractmethod
    def matcher(self) -> Matcher:
        """A fresh matcher for one session."""

    def results(self) -> Mapping[str, str]:
        """Files that the broker wrote during the session: what they are, and where."""
        return {}
