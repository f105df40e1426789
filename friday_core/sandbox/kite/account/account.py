"""One client's account at the broker: what a server asks of it, one transaction of the book for each change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.calculators import Calculators
from friday_core.sandbox.kite.account.charges import Charges
from friday_core.sandbox.kite.account.days import Days
from friday_core.sandbox.kite.account.desk import Autosliced, Desk, Origin
from friday_core.sandbox.kite.account.forms import PRODUCTS, Form
from friday_core.sandbox.kite.account.gtt import Gtts
from friday_core.sandbox.kite.account.holdings import Holdings, opened
from friday_core.sandbox.kite.account.life import Life
from friday_core.sandbox.kite.account.money import SEGMENTS, Money
from friday_core.sandbox.kite.account.orders import TERMINAL, KiteOrder, Owner, Side, Status
from friday_core.sandbox.kite.account.placement import Placement
from friday_core.sandbox.kite.account.positions import Conversion, Positions
from friday_core.sandbox.kite.account.prices import Prices
from friday_core.sandbox.kite.account.rows import order_row, trade_row, update_row
from friday_core.sandbox.kite.account.rules import ORDINARY, Fate, Rules
from friday_core.sandbox.kite.account.trading import Trading
from friday_core.sandbox.kite.refusals import bad_input, order_refused, short_of_funds, short_of_holdings
from friday_core.sandbox.kite.values import Print

#: States that sockets and postbacks tell of besides parts and modifications.
_TOLD = TERMINAL | {Status.TRIGGER_PENDING, Status.MODIFIED}


class Account:
    """Every method that changes something does it in a transaction; ``KiteRefusal`` for what is not done.

    ``ts`` is the market's time, ``wall`` the wall clock's, both microseconds UTC; nothing here reads a clock.
    ``changed`` are the states of orders to be told to sockets and postbacks since somebody emptied it: rows with
    ``unfilled_quantity``, a partial fill or a modification as ``UPDATE``. ``fate_of_trigger`` says what is in store
    for the order of a GTT, by its symbol and the market's time.
    """

    def __init__(
        self, book: Book, market: Prices, rules: Rules, fate_of_trigger: Callable[[str, int], Fate] | None = None
    ) -> None:
        self.book, self._market, self._rules = book, market, rules
        self._fate_of_trigger = fate_of_trigger or (lambda *_: ORDINARY)
        self.changed: list[dict[str, Any]] = []
        self._positions = Positions(book, market)
        self._holdings = Holdings(book, market, self._positions, rules)
        self._charges = Charges(book, rules.broker)
        self._money = Money(book, market, self._positions, self._holdings, charges=self._charges, rules=rules)
        placement = Placement(market, rules)
        self._life = Life(book, market, self._money, rules)
        self._desk = Desk(book, market, placement, self._life, money=self._money, rules=rules)
        self._trading = Trading(book, market, self._life, self._money, rules=rules, done=self._desk.follow)
        self._days = Days(
            book,
            market,
            self._life,
            self._desk,
            self._positions,
            holdings=self._holdings,
            charges=self._charges,
            rules=rules,
        )
        self._gtts = Gtts(book, market, placement, rules)
        self._calculators = Calculators(market, placement, self._positions, self._money, self._charges)
        self._told: dict[str, KiteOrder] = {one.id: one for one in book.orders()}
        book.changed.clear()
        self._open(market.now)

    # Orders ----------------------------------------------------------------------------------------

    def place(
        self, variety: str, form: Mapping[str, object], ts: int, wall: int, *, fate: Fate = ORDINARY,
        owner: str = "client", app: str = "",
    ) -> str | Autosliced:  # fmt: skip
        """The number of a new order: it is received, not yet accepted."""
        with self.book.transaction():
            placed = self._desk.place(variety, form, ts, wall, origin=Origin(Owner(owner), app, fate))
        self._tell()
        return placed

    def modify(
        self, variety: str, order_id: str, form: Mapping[str, object], ts: int, wall: int, *, fate: Fate = ORDINARY
    ) -> str:
        """The number; that the request was accepted says nothing of the exchange."""
        with self.book.transaction():
            self._desk.modify(variety, order_id, form, ts, wall, fate=fate)
        self._tell()
        return order_id

    def cancel(self, variety: str, order_id: str, ts: int, wall: int, fate: Fate = ORDINARY) -> str:
        """The number; a fill may still win the race."""
        with self.book.transaction():
            self._desk.cancel(variety, order_id, ts, wall, fate)
        self._tell()
        return order_id

    def external(self, form: Mapping[str, object], ts: int, wall: int) -> str | Autosliced:
        """An order of somebody else in the account; ``variety`` may stand in the form."""
        return self.place(str(form.get("variety") or "regular"), form, ts, wall, owner="external")

    def orders(self, before: int | None = None) -> list[dict[str, Any]]:
        """The day's orders, oldest first; as they stood at ``before`` of the wall clock for a stale read."""
        found = self.book.orders() if before is None else self.book.orders_before(before)
        return [order_row(one) for one in found if not one.hidden]

    def history(self, order_id: str) -> list[dict[str, Any]]:
        """Every state of an order, oldest first."""
        self._known(order_id)
        return [order_row(one) for one in self.book.states(order_id)]

    def trades(self, order_id: str | None = None) -> list[dict[str, Any]]:
        """The day's trades, or those of an order."""
        if order_id is not None:
            self._known(order_id)
        return [trade_row(one) for one in self.book.trades if order_id in {None, one.order}]

    def app_of(self, order_id: str) -> str:
        """The API key of whoever placed an order; empty if it came from elsewhere."""
        return self._known(order_id).app

    # Portfolio -------------------------------------------------------------------------------------

    def positions(self) -> dict[str, list[dict[str, Any]]]:
        return self._positions.rows()

    def convert(self, form: Mapping[str, object]) -> bool:
        """Hold so many of a position in another product, at what they cost."""
        asked = Form(form)
        key = f"{asked.text('exchange')}:{asked.text('tradingsymbol')}"
        old, new = asked.one_of("old_product", PRODUCTS), asked.one_of("new_product", PRODUCTS)
        side, quantity = Side(asked.one_of("transaction_type", tuple(Side))), asked.count("quantity", least=1)
        asked.one_of("position_type", ("day", "overnight"))
        held = self._positions.held(key, old)
        if held is None or held.quantity * side.sign < quantity:
            raise short_of_holdings("Insufficient quantity to convert.")
        fits = {"CNC", "MIS", "MTF"} if held.contract.kind == "EQ" else {"NRML", "MIS"}
        if new not in fits or new == old or (new != "MIS" and side is Side.SELL and held.contract.kind == "EQ"):
            raise bad_input(f"Position cannot be converted from {old} to {new}.")
        worth = held.cost() * quantity // abs(held.quantity)
        segment = held.contract.segment
        before = self._money.available(segment)
        try:
            with self.book.transaction():
                self._positions.convert(
                    Conversion(contract=held.contract, side=side, quantity=quantity, worth=worth, old=old, new=new)
                )
                after = self._money.available(segment)
                if after < 0 and after < before:
                    needed, free = (before - after) / 100, before / 100
                    raise short_of_funds(
                        f"Insufficient funds. Required margin is {needed:.2f} but available margin is {free:.2f}."
                    )
        finally:
            self._positions.forget()
        return True

    def holdings(self) -> list[dict[str, Any]]:
        return self._holdings.rows()

    def holdings_summary(self) -> dict[str, float]:
        return self._holdings.summary()

    def auctions(self) -> list[dict[str, Any]]:
        """Nobody has failed to deliver here."""
        return []

    def authorise(self, form: Mapping[str, str]) -> dict[str, str]:
        """Begin the authorisation of holdings for sale: ``isin`` and ``quantity``, or nothing for all."""
        with self.book.transaction():
            return self._holdings.authorise(form)

    def approve(self, request_id: str) -> None:
        """What the client does on CDSL's page."""
        with self.book.transaction():
            self._holdings.approve(request_id)

    # Money -----------------------------------------------------------------------------------------

    def margins(self, segment: str | None = None) -> dict[str, Any]:
        if segment is None:
            return {name: self._money.row(name) for name in SEGMENTS}
        if segment not in SEGMENTS:
            raise bad_input("Invalid `segment`.")
        return self._money.row(segment)

    def order_margins(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return self._calculators.order_margins(rows)

    def basket_margins(
        self, rows: Sequence[Mapping[str, Any]], consider_positions: bool, mode: str | None = None
    ) -> dict[str, Any]:
        return self._calculators.basket(rows, consider_positions, mode)

    def contract_note(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return self._calculators.notes(rows)

    # Triggers --------------------------------------------------------------------------------------

    def gtts(self) -> list[dict[str, Any]]:
        return self._gtts.rows()

    def gtt(self, trigger_id: int) -> dict[str, Any]:
        return self._gtts.row(trigger_id)

    def place_gtt(self, form: Mapping[str, str]) -> dict[str, int]:
        with self.book.transaction():
            return {"trigger_id": self._gtts.place(form)}

    def modify_gtt(self, trigger_id: int, form: Mapping[str, str]) -> dict[str, int]:
        with self.book.transaction():
            return {"trigger_id": self._gtts.modify(trigger_id, form)}

    def delete_gtt(self, trigger_id: int) -> dict[str, int]:
        with self.book.transaction():
            return {"trigger_id": self._gtts.delete(trigger_id)}

    # Time ------------------------------------------------------------------------------------------

    def step(self, prints: Sequence[Print], ts: int, wall: int) -> None:
        """What has become due by now happens; ``prints`` are the market's since the step before."""
        if self._market.day(ts).isoformat() != self.book.day:
            self.next_day(ts, wall)
        squared = self._days.squares_off(ts)
        if not (squared or self._gtts.is_due(prints, ts) or self._trading.is_due(prints, ts, wall)):
            return
        with self.book.transaction():
            for exchange in squared:
                self._days.square_off("MIS", ts, wall, exchange)
            self._gtts.step(prints, ts, lambda form, meta: self._by_trigger(form, meta, ts, wall))
            self._trading.step(prints, ts, wall)
        self._tell()

    def square_off(self, product: str, ts: int, wall: int) -> list[str]:
        """The broker closes what is held in a product, now; the numbers of its orders."""
        with self.book.transaction():
            closed = self._days.square_off(product, ts, wall)
        self._tell()
        return closed

    def next_day(self, ts: int, wall: int = 0) -> str:
        """The day of ``ts`` begins, if it has not; returns the day of the book."""
        if self._market.day(ts).isoformat() > self.book.day:
            with self.book.transaction():
                self._days.turn(ts, wall)
            self._told = {one.id: one for one in self.book.orders()}
            self._tell()
        return self.book.day

    def happen(
        self, what: str, order_id: str, ts: int, wall: int, *, quantity: int = 0, price: float = 0.0, words: str = ""
    ) -> dict[str, Any]:
        """What somebody who tries a client wants to befall an order: ``trade``, ``cancelled`` or ``rejected``."""
        order = self._known(order_id)
        with self.book.transaction():
            if what == "trade" and order.status in {Status.OPEN, Status.CANCEL_PENDING}:
                if not 0 < quantity <= order.remaining or price <= 0:
                    raise bad_input("Invalid `quantity` or `price`.")
                order = self._life.fill(order, quantity, round(price * 10**order.contract.decimals), ts, wall)
            elif what == "cancelled" and order.status not in TERMINAL:
                order = self._life.cancelled(order, ts, wall, words)
            elif what == "rejected" and order.status in {Status.VALIDATION, Status.OPEN_PENDING, Status.OPEN}:
                order = self._life.rejected(order, words, ts, wall)
            else:
                raise order_refused(f"{what!r} cannot happen to an order that is {order.status}.")
        self._tell()
        return order_row(order)

    def states_after(self, number: int) -> tuple[int, list[dict[str, Any]]]:
        """Every state that orders were in after the first ``number`` of them, and how many there are now."""
        count, found = self.book.states_after(number)
        return count, [order_row(one) for one in found]

    # ----------------------------------------------------------------------------------------------

    def _open(self, ts: int) -> None:
        """The account's first day: its money, and what it holds."""
        if self.book.day:
            return
        with self.book.transaction():
            self.book.note("day", self._market.day(ts).isoformat())
            self.book.post("equity", "opening", round(self._rules.cash * 100))
            self.book.post("commodity", "opening", round(self._rules.commodity_cash * 100))
            for holding in opened(self._rules, self._market):
                self._holdings.put(holding)

    def _by_trigger(self, form: Mapping[str, object], meta: Mapping[str, Any], ts: int, wall: int) -> str:
        fate = self._fate_of_trigger(f"{form['exchange']}:{form['tradingsymbol']}", ts)
        placed = self._desk.place("regular", form, ts, wall, origin=Origin(Owner.GTT, fate=fate, meta=meta))
        return placed if isinstance(placed, str) else placed.order_id

    def _known(self, order_id: str) -> KiteOrder:
        try:
            order = self.book.order(order_id)
        except LookupError:
            raise order_refused("Couldn't find that `order_id`.") from None
        if order.hidden:
            raise order_refused("Couldn't find that `order_id`.")
        return order

    def _tell(self) -> None:
        """Move what the book has saved into ``changed``, as far as anybody is told."""
        for order in self.book.changed:
            before = self._told.get(order.id)
            first = order.status is Status.OPEN and (before is None or order.exchange_id != before.exchange_id)
            more = before is not None and order.filled > before.filled
            if order.status in _TOLD or more or (first and self._rules.publish_open):
                self.changed.append(update_row(order, before))
            self._told[order.id] = order
        self.book.changed.clear()
