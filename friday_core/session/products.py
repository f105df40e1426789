"""In which product a strategy holds each instrument: one at a time, as a book holds one position in it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order
from friday_core.domain.products import Product, products_of
from friday_core.interfaces.risk_rule import Ruling
from friday_core.session.working_orders import WorkingOrders
from friday_core.trading.codes import Code
from friday_core.trading.ledger import Book


class HeldProducts:
    """The products of one strategy; ``usual`` is that of orders that name none, empty if it is left to the tariff."""

    def __init__(self, usual: str, book: Book) -> None:
        self.usual = usual
        self._book = book
        self._named: dict[InstrumentId, str] = {}

    def of(self, instrument: InstrumentId) -> str:
        """That of what is held or on order; of anything else nothing is meant."""
        return self._named.get(instrument, "")

    @property
    def has_intraday(self) -> bool:
        """Whether anything may be held intraday."""
        return Product.INTRADAY in self._named.values()

    @property
    def names_none(self) -> bool:
        """Whether an order that names no product is sent as it is, whatever is held."""
        return not (self.usual or self._named)

    def note(self, order: Order) -> None:
        """An order works from now on."""
        if order.product or self._named:
            self._named[order.instrument] = order.product

    def resume(self, instruments: Iterable[InstrumentId]) -> None:
        """Orders in these, of the usual product, work or worked."""
        if self.usual or self._named:
            self._named.update(dict.fromkeys(instruments, self.usual))

    def named(
        self, order: Order, instrument: Instrument, working: WorkingOrders, before: Iterable[Order]
    ) -> tuple[Order, Ruling | None]:
        """The order with its product, and why it cannot be sent in that; ``before`` are those of its slice."""
        if not (order.product or self.usual or self._named):
            return order, None
        held = self._held(order, working, before)
        product = order.product or (self.usual if held is None else held)
        order = msgspec.structs.replace(order, product=product)
        if product and product not in products_of(instrument.kind):
            return order, Ruling(0, Code.WRONG_PRODUCT, not_held_as(product, instrument))
        if held is not None and held != product:
            detail = f"{product or 'no product'} asked for, {held or 'no product'} held or on order"
            return order, Ruling(0, Code.OTHER_PRODUCT, detail)
        return order, None

    def _held(self, order: Order, working: WorkingOrders, before: Iterable[Order]) -> str | None:
        """The product of what is held or on order; ``None`` if nothing is."""
        name = order.instrument
        if self._book.position(name) or working.of(self._book.name, name):
            return self.of(name)
        return next((one.product for one in before if one.instrument == name), None)


def not_held_as(product: str, instrument: Instrument) -> str:
    """Why an instrument cannot be ordered in a product."""
    return f"{product}: a {instrument.kind} is held as {', '.join(sorted(products_of(instrument.kind)))}"
