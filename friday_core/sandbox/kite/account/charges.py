"""What executed orders cost: an estimate while the day lasts, the contract note when it is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side as Direction
from friday_core.domain.sessions import to_days
from friday_core.errors import DataError
from friday_core.market.charges.contract_note import contract_note
from friday_core.market.charges.lines import Estimate, Line
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.orders import Contract, KiteOrder, Owner, Side
from friday_core.sandbox.kite.account.prices import OPTIONS

PRODUCTS = {"CNC": "delivery", "MIS": "intraday", "NRML": "normal", "MTF": "mtf"}
_GOODS = frozenset({"MCX", "NCO"})


class Charges:
    """By the dated tables of the book's day. What they have no rates for, such as currencies, costs nothing."""

    def __init__(self, book: Book, broker: str) -> None:
        self._book, self._broker = book, broker
        self._tariff: IndianTariff | None = None
        self._known: dict[str, tuple[int, int]] = {}

    @property
    def tariff(self) -> IndianTariff:
        """Read when it is first asked."""
        if self._tariff is None:
            self._tariff = IndianTariff(rate_tables(self._broker))
        return self._tariff

    def of(self, orders: Iterable[KiteOrder]) -> int:
        """What the trades of these orders cost by an estimate, in paise."""
        return sum(self._of(order) for order in orders if order.filled)

    def note(self, orders: Iterable[KiteOrder], also: Iterable[ExecutedOrder] = ()) -> dict[str, int]:
        """The contract note of a day: paise by line, with what the ledger is charged beside it."""
        done = [one for order in orders if order.filled and self._has(one := self.executed(order))]
        done += [one for one in also if self._has(one)]
        if not done:
            return {}
        note = contract_note(self.tariff, done)
        totals = dict.fromkeys(Line, 0)
        for bill in (*note.exchanges.values(), note.ledger):
            for line in Line:
                totals[line] += getattr(bill, line.value)
        return {line.value: paise for line, paise in totals.items() if paise}

    def executed(self, order: KiteOrder) -> ExecutedOrder:
        """An order of the book as a tariff is told of it."""
        return self.whole(
            order.contract, order.side, order.product, order.filled, order.worth,
            squared_off=order.owner is Owner.BROKER,
        )  # fmt: skip

    def whole(
        self, contract: Contract, side: Side, product: str, quantity: int, worth: int, *, squared_off: bool = False
    ) -> ExecutedOrder:
        """So many traded for a sum of price units times quantity."""
        session = to_days(dt.date.fromisoformat(self._book.day))
        direction = Direction.BUY if side is Side.BUY else Direction.SELL
        return ExecutedOrder(
            instrument(contract), direction, quantity, contract.paise(worth), session, PRODUCTS[product],
            squared_off=squared_off,
        )  # fmt: skip

    def estimated(self, order: ExecutedOrder) -> dict[str, Any]:
        """The ``charges`` of an order as Kite's answers have them, in rupees."""
        try:
            found = self.tariff.estimate(order)
        except DataError:
            return bill(None, order.instrument.id.exchange)
        return bill(found, order.instrument.id.exchange)

    def _of(self, order: KiteOrder) -> int:
        known = self._known.get(order.id)
        if known is None or known[0] != order.worth:
            executed = self.executed(order)
            cost = self.tariff.charges(executed, to_the_paisa=True).total if self._has(executed) else 0
            known = self._known[order.id] = (order.worth, cost)
        return known[1]

    def _has(self, order: ExecutedOrder) -> bool:
        try:
            self.tariff.exact(order)
        except DataError:
            return False
        return True


def instrument(contract: Contract) -> Instrument:
    """A contract as the facts of the market know it."""
    kind = "future" if contract.kind == "FUT" else "option" if contract.kind in OPTIONS else "equity"
    return Instrument(InstrumentId(contract.symbol, contract.exchange), "INR", contract.decimals, kind=kind)


def bill(found: Estimate | None, exchange: str) -> dict[str, Any]:
    """Kite's names for the lines of an estimate."""

    def rupees(*lines: Line) -> float:
        return 0 if found is None else float(found.rupees(*lines))

    gst = rupees(Line.GST)
    return {
        "transaction_tax": rupees(Line.STT),
        "transaction_tax_type": "ctt" if exchange in _GOODS else "stt",
        "exchange_turnover_charge": rupees(Line.EXCHANGE, Line.IPFT),
        "sebi_turnover_charge": rupees(Line.SEBI),
        "brokerage": rupees(Line.BROKERAGE),
        "stamp_duty": rupees(Line.STAMP),
        "gst": {"igst": gst, "cgst": 0, "sgst": 0, "total": gst},
        "total": rupees(),
    }
