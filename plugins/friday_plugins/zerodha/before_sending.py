"""What is looked at before an order leaves: the order itself, prices, hours, shares to deliver, and its margin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from friday_core.api import Order, OrderType, Refused, get_logger
from friday_plugins.zerodha.checks import Bands, check, check_prices
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.hours import TradingHours
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.margins import check_margin
from friday_plugins.zerodha.order_book import OrderBook
from friday_plugins.zerodha.orders import rupees
from friday_plugins.zerodha.portfolio import portfolio_of
from friday_plugins.zerodha.updates import TERMINAL

Form = Mapping[str, Any]
#: Seconds for which the latest price is good enough for a stop, and a day's band for a limit.
_STOP_AGE, _BAND_AGE = 3.0, 600.0
#: Seconds that a sale waits for what is held.
_DEADLINE = 4.0
#: Products of which nothing is sold that is not there.
_DELIVERED = frozenset({"CNC", "MTF"})


class BeforeSending:
    """Every method raises ``Refused`` with what is wrong. ``hours`` is ``None`` where they are not looked at."""

    def __init__(
        self, connection: Zerodha, book: OrderBook, bands: Bands, hours: TradingHours | None, *,
        after_market: bool, margins: bool,
    ) -> None:  # fmt: skip
        self._connection, self._book, self._bands, self._hours = connection, book, bands, hours
        self._after_market, self._margins = after_market, margins

    def variety(self, listed: Listed, now: dt.datetime) -> str:
        """``amo`` for what is to wait for the next open."""
        at = self._hours.at(listed, self._connection.instruments(), now) if self._after_market and self._hours else None
        return "regular" if at is None or at.is_open else "amo"

    def is_reached(self, order: Order, listed: Listed) -> bool:
        """Whether the latest price is at a stop's trigger, or beyond it; Kite refuses such a stop."""
        last = self._bands.fresh(listed.key, _STOP_AGE).last if order.type is OrderType.STOP else Decimal()
        trigger = Decimal(rupees(order.trigger_price or 0, listed))
        return last > 0 and order.side.sign * (last - trigger) >= 0

    def look(self, form: Form, listed: Listed, now: dt.datetime, *, reduces: bool) -> None:
        """At an order as a whole, with the tag of its last slice."""
        check(form, listed, now.date())
        if self._hours is not None:
            at = self._hours.at(listed, self._connection.instruments(), now)
            self._hours.check(form, at, now, reduces=reduces)
        self._look_at_prices(form, listed)
        if form["transaction_type"] == "SELL" and form["product"] in _DELIVERED:
            self._look_at_shares(form)

    def look_at_margin(self, forms: Sequence[Form], *, reduces: bool) -> None:
        """At all slices together; never at an exit, which frees more than it ties up."""
        if self._margins and not reduces:
            check_margin(self._connection, forms)

    def _look_at_prices(self, form: Form, listed: Listed) -> None:
        """By what is known; what that forbids is looked up anew, since bands are widened in the day."""
        if "price" not in form and "trigger_price" not in form:
            return
        try:
            check_prices(form, self._bands.fresh(listed.key, _STOP_AGE if "trigger_price" in form else _BAND_AGE))
        except Refused:
            check_prices(form, self._bands.fresh(listed.key))

    def _look_at_shares(self, form: Form) -> None:
        """Shares that are there, less those that are being sold. Where Kite does not answer, Kite decides later."""
        symbol, product = form["tradingsymbol"], form["product"]
        try:
            portfolio = portfolio_of(self._connection, _DEADLINE)
            there = portfolio.sellable(symbol, product)
            late = self._traded(symbol, product) - portfolio.traded(symbol, product)
        except (OSError, LookupError, TypeError, ValueError) as error:
            get_logger("zerodha").warning("what is held cannot be read", why=str(error))
            return
        # Positions may lag behind the trades of the book.
        free = there + max(late, 0) - self._being_sold(symbol, product)
        if form["quantity"] > free:
            raise Refused(
                f"order {form['tag']} is not sent: {form['quantity']} of {symbol} are to be delivered as {product}, "
                f"and {max(free, 0)} are there to be sold"
            )

    def _traded(self, symbol: str, product: str) -> int:
        rows = self._of(symbol, product)
        return sum(int(row.get("filled_quantity") or 0) * _sign(row) for row in rows)

    def _being_sold(self, symbol: str, product: str) -> int:
        rows = [one for one in self._of(symbol, product) if one["status"] not in TERMINAL and _sign(one) < 0]
        return sum(int(row["quantity"]) - int(row.get("filled_quantity") or 0) for row in rows)

    def _of(self, symbol: str, product: str) -> list[Form]:
        return [
            row for row in self._book.rows() if row.get("tradingsymbol") == symbol and row.get("product") == product
        ]


def _sign(row: Form) -> int:
    return 1 if row["transaction_type"] == "BUY" else -1
