"""What the orders of an account are charged, session by session."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import msgspec

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side, WorkingOrder
from friday_core.domain.products import Product
from friday_core.errors import PluginContractError
from friday_core.interfaces.broker import Tariff
from friday_core.simulation.scaled_costs import known_shares


class Bills:
    """One bill for each instrument and session: the charges of all its orders, each whole.

    A fill is charged what the bill rises by:

        charges(fill) = bill(orders with the fill) - bill(orders without it)

    So fills of one order share what is charged per order, the depository is paid once for an
    instrument and session, and of what is both bought and sold in one session and product, first in first
    out, both sides are charged as not delivered. The fill that closes may then be credited what the
    earlier one was charged too much: its charges are negative.
    """

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._alone = known_shares(tariff) is not None
        self._session: int | None = None
        self._bills: dict[InstrumentId, _Bill] = {}
        #: Of bills that nobody has asked for since ``resume``, the orders.
        self._resumed: dict[InstrumentId, dict[Hashable, ExecutedOrder]] = {}

    def fill(
        self, order: WorkingOrder, instrument: Instrument, price: int, session: int, rounding: int = 0
    ) -> OpenFill:
        """A fill in the making, of a quantity that is still to be found; ``price`` in price units.

        ``rounding`` minor units belong to its notional besides.
        """
        if session != self._session:
            self.resume(session, {})
        resumed = self._resumed.pop(instrument.id, None)
        if resumed is not None:
            self._bills[instrument.id] = _Bill.of(resumed, self._tariff)
        bill = self._bills.get(instrument.id) or _Bill({}, {})
        return OpenFill(bill, self._bills, self._tariff, order, instrument, price, session, rounding, self._alone)

    def executed(self, session: int) -> dict[Hashable, ExecutedOrder]:
        """What has traded in a session so far, each instrument's orders in the order of their first fills."""
        if session != self._session:
            return {}
        bills = [*(bill.traded for bill in self._bills.values()), *self._resumed.values()]
        return {order: one for traded in bills for order, one in traded.items()}

    def resume(self, session: int, executed: Mapping[Hashable, ExecutedOrder]) -> None:
        """So much has traded in a session; an order that works still is its own key."""
        self._bills.clear()
        self._resumed.clear()
        self._session = session
        for order, one in executed.items():
            self._resumed.setdefault(one.instrument.id, {})[order] = one


class OpenFill(msgspec.Struct, frozen=True):
    """What an order may trade now at one price, and what each quantity would cost; all in minor units.

    ``bill`` is that of the instrument, one of ``bills`` once something has traded.
    """

    bill: _Bill
    bills: dict[InstrumentId, _Bill]
    tariff: Tariff
    order: WorkingOrder
    instrument: Instrument
    price: int
    session: int
    rounding: int = 0
    #: Whether the tariff looks at each order by itself.
    is_alone: bool = False
    asked: dict[int, tuple[ExecutedOrder, int]] = msgspec.field(default_factory=dict)

    def cost(self, quantity: int) -> int:
        """What it takes from cash, charges included; negative if it brings cash."""
        return self.order.order.side.sign * self.instrument.notional(self.price, quantity) + self.charges(quantity)

    def charges(self, quantity: int) -> int:
        """What the bill rises by; negative where it falls."""
        if self.is_alone:
            return self._alone(quantity)[1] - self.bill.charged.get(self.order, 0)
        return self._with(quantity).total - self.bill.total

    def book(self, quantity: int) -> int:
        """It trades: the bill changes, and its charges are returned."""
        if not self.is_alone:
            charges, self.bills[self.instrument.id] = self.charges(quantity), self._with(quantity)
            return charges
        (executed, charged), bill = self._alone(quantity), self.bill
        before = bill.charged.get(self.order, 0)
        bill.traded[self.order], bill.charged[self.order] = executed, charged
        self.bills[self.instrument.id] = bill
        return charged - before

    def _with(self, quantity: int) -> _Bill:
        return self.bill.replaced(self.order, self._executed(quantity), self.tariff)

    def _alone(self, quantity: int) -> tuple[ExecutedOrder, int]:
        """The same, and what it is charged, where no other order counts; kept, as what is asked for is then booked."""
        found = self.asked.get(quantity)
        if found is None:
            executed = self._executed(quantity)
            found = self.asked[quantity] = executed, charges_of(self.tariff, executed)
        return found

    def _executed(self, quantity: int) -> ExecutedOrder:
        """What of the order has traded if so much more does."""
        order = self.order.order
        notional = self.instrument.notional(self.price, quantity) + self.rounding
        if (before := self.bill.traded.get(self.order)) is not None:
            quantity, notional = quantity + before.quantity, notional + before.notional
        return ExecutedOrder(self.instrument, order.side, quantity, notional, self.session, order.product)


class _Bill(msgspec.Struct, frozen=True):
    """What of each order has traded, in the order of their first fills, and what each is charged."""

    traded: dict[Hashable, ExecutedOrder]
    charged: dict[Hashable, int]

    @classmethod
    def of(cls, orders: dict[Hashable, ExecutedOrder], tariff: Tariff) -> _Bill:
        """The bill of these orders."""
        traded = dict(_told(orders))
        return cls(traded, {one: charges_of(tariff, now) for one, now in traded.items()})

    @property
    def total(self) -> int:
        return sum(self.charged.values())

    def replaced(self, order: WorkingOrder, executed: ExecutedOrder, tariff: Tariff) -> _Bill:
        """The bill where so much of an order has traded; only orders that it changes are charged anew."""
        traded: dict[Hashable, ExecutedOrder] = dict(_told({**self.traded, order: executed}))
        charged = {
            one: self.charged[one] if self.traded.get(one) == now else charges_of(tariff, now)
            for one, now in traded.items()
        }
        return _Bill(traded, charged)


def _told(orders: dict[Hashable, ExecutedOrder]) -> Iterator[tuple[Hashable, ExecutedOrder]]:
    """Each order with what the others of its session and product mean for it."""
    left = {product: _met(orders, product) for product in {one.product for one in orders.values()}}
    paid = False
    for order, one in orders.items():
        meets = left[one.product]
        same_day = min(meets[one.side], one.quantity)
        meets[one.side] -= same_day
        yield order, msgspec.structs.replace(one, same_day=same_day, depository_paid=paid)
        paid |= one.side is Side.SELL and same_day < one.quantity and one.product != Product.INTRADAY


def _met(orders: dict[Hashable, ExecutedOrder], product: str) -> dict[Side, int]:
    """How many were both bought and sold, for either side."""
    own = [one for one in orders.values() if one.product == product]
    return dict.fromkeys(Side, min(sum(one.quantity for one in own if one.side is side) for side in Side))


def charges_of(tariff: Tariff, order: ExecutedOrder) -> int:
    """The charges of an order; ``PluginContractError`` for anything but whole minor units, not negative."""
    charges = tariff.charges_of(order)
    if type(charges) is not int or charges < 0:
        plan = type(tariff).__name__
        raise PluginContractError(f"charges plan {plan} must answer with whole minor units, not {charges!r}")
    return charges
