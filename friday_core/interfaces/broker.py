"""Role ``broker``: where orders go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import ClassVar, Literal, Protocol

import msgspec

from friday_core.domain.bill_terms import BillTerms
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.market import Bar
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import OrderType, Side, WorkingOrder
from friday_core.domain.records import Intent
from friday_core.interfaces.component import Component


class Execution(msgspec.Struct, frozen=True):
    """A quantity of a working order that a matcher proposes to trade; ``price`` in price units."""

    order: WorkingOrder
    quantity: int
    price: int


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
    More shares at one price may not cost less. ``DataError`` for a date without rates; one that
    overrides ``known`` has a run refused at its start instead of at its first order.

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

    def known(self, instruments: Sequence[Instrument]) -> KnownDates | None:  # noqa: ARG002 - for those who override it
        """The dates on which all of these have rates; ``None``, unless overridden, for any date.

        Asked before a run, of all its instruments; one that never has rates makes no difference.
        """
        return None

    def shares(self) -> tuple[tuple[int, int], ...] | None:
        """For kernels: charges that are shares of an order's notional, and of nothing else.

        Each share is a numerator and a denominator, of the one before or of the notional, rounded half-even
        to the minor unit; without any, nothing is charged. ``None``, unless overridden, for other charges. It
        must say what ``charges_of`` does: whoever overrides that overrides this.
        """
        return None

    def bill_terms(
        self,
        instrument: Instrument,  # noqa: ARG002 - for those who override it
        side: Side,  # noqa: ARG002
        product: str,  # noqa: ARG002
        session: int,  # noqa: ARG002
    ) -> BillTerms | None:
        """For kernels: charges that are more than ``shares``, as numbers, for orders of a session.

        ``product`` is that of the orders, as they have it. ``None``, unless overridden, for other charges.
        Raises what ``charges_of`` raises where there are no rates. It must say what ``charges_of`` does:
        whoever overrides that overrides this. A plan may say this alone, and answer from it.
        """
        return None


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
    """Takes orders. Declares honestly what it can do; is a ``SimulatedBroker`` or a ``RealBroker``.

    A placement is never retried here. What fails for one order is ``Refused`` (definite) or ``InDoubt``;
    what fails for all of them, in ``start`` for example, is a ``BrokerError`` that names the file or the
    host, and what to do. One that fails in ``stop`` fails the run: nobody else knows what it still held.
    """

    account: ClassVar[Literal["simulated", "real"]]
    order_types: ClassVar[frozenset[OrderType]]

    @abstractmethod
    def send(self, intents: Sequence[Intent]) -> None:
        """Take intents, in order. Called at the edge, after the intents have been recorded.

        A session hands over one with each call, so that what is raised is about that one order. After a
        ``BrokerError`` the next one is handed over all the same, and the run fails at the end of the
        record; after any other exception none is. Of several, those after the first that fails are not sent.
        """

    def results(self) -> Mapping[str, str]:
        """Files that the broker wrote during the session: what they are, and where.

        Asked once after ``stop``, of a broker that was started. One that raises, or answers with anything
        but texts, fails the run.
        """
        return {}


class SimulatedBroker(Broker, ABC):
    """A broker whose fills are computed from the bars instead of received.

    ``send`` need not be there: the matcher is given every working order. One that is there is told every
    intent. In the runs of ``--sensitivity`` and of ``friday explain`` only the matcher takes part.

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


        @hookimpl
        def friday_components():
            return [ComponentSpec("broker", "postal", Postal, Settings)]
    """

    account = "simulated"
    #: No exchange confirms its fills, and a person has to make them true.
    assumed: ClassVar[bool] = False

    @abstractmethod
    def matcher(self) -> Matcher:
        """A fresh matcher for one session; asked before ``start``, and when a configuration is checked."""

    def send(self, intents: Sequence[Intent]) -> None:
        """Nothing to do; without one of its own, a broker is not called for each intent."""


class RealBroker(Broker, ABC):
    """A broker at an exchange, which tells what becomes of its orders; nothing is computed from bars.

    An update says all that has happened to an order so far, so that one that is lost, late or comes
    twice does no harm; it may be passed on as it comes, those of orders of somebody else too. It is
    the tag that orders are known by, after a restart as well: put it on every order.

    A plugin, complete; its client stands for a vendor's library, and trades everything at 100 rupees::

        from friday_core.api import (
            CancelOrder, ComponentSpec, InDoubt, OrderStatus, OrderType, OrderUpdate, RealBroker, Refused, hookimpl
        )


        class Declined(Exception):
            pass  # the client's word for a definite no


        class Client:
            def __init__(self):
                self.rows, self.on_row = {}, None

            def place(self, tag, quantity):
                trades, now = [(quantity, 10_000)], 1_700_000_000_000_000
                self.rows[tag] = {"id": f"N{tag}", "tag": tag, "state": "done", "trades": trades, "at": now, "why": ""}
                self.on_row(self.rows[tag])

            def cancel(self, tag):
                raise Declined(f"order {tag} is done")

            def book(self):
                return self.rows.values()


        STATES = {"open": "open", "done": "filled", "refused": "rejected", "withdrawn": "cancelled"}


        def update(row):
            status = OrderStatus(STATES.get(row["state"], "acked"))
            filled = sum(quantity for quantity, _ in row["trades"])
            notional = sum(quantity * price for quantity, price in row["trades"])  # minor units, as its prices are
            reason = f"{status.name}: {row['why']}" if row["why"] else ""
            return OrderUpdate(row["tag"], row["id"], status, filled, notional, row["at"], reason)


        class Harbour(RealBroker):
            order_types = frozenset({OrderType.MARKET})

            def __init__(self, client=None):
                self.client = client or Client()

            def listen(self, tell):
                self.client.on_row = lambda row: tell(update(row))

            def orders(self):
                return [update(row) for row in self.asked(ConnectionError, self.client.book)]

            def send(self, intents):
                for intent in intents:
                    if isinstance(intent, CancelOrder):
                        self.asked(InDoubt, self.client.cancel, intent.tag)
                    else:
                        self.asked(InDoubt, self.client.place, intent.order.tag, intent.order.quantity)

            def asked(self, silence, request, *arguments):
                try:
                    return request(*arguments)
                except Declined as error:
                    raise Refused(str(error)) from error
                except OSError as error:
                    raise silence(str(error)) from error


        @hookimpl
        def friday_components():
            return [ComponentSpec("broker", "harbour", Harbour)]
    """

    #: ``"simulated"`` of one that stands at a sandbox, where no money is at stake.
    account: ClassVar[Literal["simulated", "real"]] = "real"

    @abstractmethod
    def listen(self, tell: Callable[[OrderUpdate], None]) -> None:
        """Keep ``tell`` and call it with every update, from ``start`` on.

        Called once, before ``initialize`` and ``start``. ``tell`` may be called by any thread, also
        before ``send`` returns; it returns at once and does not raise.
        """

    @abstractmethod
    def orders(self) -> Sequence[OrderUpdate]:
        """Where every order of the day stands now, once each, whoever placed it and however it ended.

        Asked after ``start``, by any thread: an order in doubt that is not among them does not exist.
        So never an answer that is short: ``Refused`` if the broker will not tell, as when its session
        has expired, and ``ConnectionError`` if it cannot be reached or understood.
        """

    def positions(self) -> Mapping[InstrumentId, int] | None:
        """What the account holds, signed, in all products together; ``None``, unless overridden, if it does not tell.

        Asked like ``orders``, and by the same rules. What is held beyond the session's books is left alone.
        """
        return None

    def cash(self) -> int | None:
        """What can be spent now, in minor units of its currency; ``None``, unless overridden, if it does not tell.

        Asked like ``orders``. It is compared while no order works: where the session's books have more, entries stop.
        """
        return None
