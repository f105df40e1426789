"""What the broker does by the clock: it squares off, and it turns a day into the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.orders import Side as Direction
from friday_core.domain.sessions import to_days
from friday_core.market.margins.holdings import INDICES
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.charges import PRODUCTS, Charges, instrument
from friday_core.sandbox.kite.account.desk import Desk
from friday_core.sandbox.kite.account.holdings import Holdings
from friday_core.sandbox.kite.account.life import Life
from friday_core.sandbox.kite.account.orders import (
    TERMINAL,
    Contract,
    KiteOrder,
    Owner,
    Side,
    Status,
    Terms,
    contract_of,
)
from friday_core.sandbox.kite.account.positions import CARRIED, CONVERTED, Carried, Held, Positions
from friday_core.sandbox.kite.account.prices import OPTIONS, Prices, clock
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.values import IST, SECOND, Listed

_NOON = (dt.time(11), dt.time(14), dt.time(18, 30))


class Days:
    """Every method stands inside the caller's transaction."""

    def __init__(
        self, book: Book, market: Prices, life: Life, desk: Desk, positions: Positions, *, holdings: Holdings,
        charges: Charges, rules: Rules,
    ) -> None:  # fmt: skip
        self._book, self._market, self._life, self._desk = book, market, life, desk
        self._positions, self._holdings, self._charges, self._rules = positions, holdings, charges, rules

    def squares_off(self, ts: int) -> list[str]:
        """Exchanges whose MIS positions the broker closes now, once a day each."""
        held = {one.contract.exchange for one in self._positions.all() if one.product == "MIS" and one.quantity}
        held |= {one.contract.exchange for one in self._book.working() if one.product == "MIS"}
        day, now = self._market.day(ts), clock(ts)
        return [
            name for name in sorted(held)
            if now >= self._rules.squared_off_at(name, day) and self._book.fact(f"squared off {name}") != str(day)
        ]  # fmt: skip

    def square_off(self, product: str, ts: int, wall: int, exchange: str = "") -> list[str]:
        """Cancel what works in a product, and close what is held of it with orders of the broker's own."""
        for order in self._book.working():
            if order.product == product and exchange in {"", order.contract.exchange} and order.owner != Owner.BROKER:
                self._life.cancelled(order, ts, wall, "Order cancelled by the broker's square-off.")
        closed = []
        for held in self._positions.all():
            left = held.quantity + self._closing_already(held)
            if held.product == product and left and exchange in {"", held.contract.exchange}:
                closed.append(self._desk.closing(self._closing(held, left, ts), wall))
        if exchange:
            self._book.note(f"squared off {exchange}", self._market.day(ts))
        return closed

    def turn(self, ts: int, wall: int) -> None:
        """The day of the book is over: what is left of it is settled, and the next one begins.

        Orders of the day end. An MIS position that is still there is closed at its last price. What contracts gained
        is booked, what they were carried at is the last price; one that has expired is paid out in cash.
        """
        day = dt.date.fromisoformat(self._book.day)
        for order in self._book.working():
            if order.status is not Status.AMO_RECEIVED:
                self._life.cancelled(order, ts, wall)
        self._close_at_last(ts, wall)
        settled = list(self._settled(day))
        self._charge([one for one, _ in settled])
        carried = [one for held in self._positions.all() if (one := self._booked(held, day)) is not None]
        for expired, paid in settled:
            segment = "commodity" if expired.instrument.id.exchange == "MCX" else "equity"
            self._book.post(segment, f"settled {expired.instrument.id.symbol}", paid)
        for key, gain in self._holdings.close_day(self._is_session(day)):
            self._book.post("equity", f"sold {key} MTF", gain)
        self._book.drop(CARRIED)
        self._book.drop(CONVERTED)
        for left in carried:
            self._book.put(CARRIED, f"{left.contract.key} {left.product}", left)
        self._book.turn_to(self._market.day(ts).isoformat())

    def _closing_already(self, held: Held) -> int:
        """Signed, what orders of the broker's own still have to trade in a position."""
        return sum(
            one.side.sign * one.remaining for one in self._book.working()
            if one.owner == Owner.BROKER and (one.contract.key, one.product) == (held.contract.key, held.product)
        )  # fmt: skip

    def _closing(self, held: Held, quantity: int, ts: int) -> KiteOrder:
        listed = self._market.listing.by_key(held.contract.key)
        return KiteOrder(
            id="", owner=Owner.BROKER, app="", day=self._book.day, placed_by=self._rules.user, variety="regular",
            contract=held.contract, side=Side.SELL if quantity > 0 else Side.BUY, product=held.product,
            terms=Terms(type="MARKET", quantity=abs(quantity)), tick=listed.tick if listed else 1,
            lot=listed.lot if listed else 1, ts=ts, checked=True,
            due=1,  # it has no way to go: in one jump of the clock it is there, and trades
        )  # fmt: skip

    def _close_at_last(self, ts: int, wall: int) -> None:
        for number in self.square_off("MIS", ts, wall):
            order = self._book.order(number)
            while order.status is not Status.OPEN:
                order = self._life.hurried(order, ts, wall)
            price = self._positions.last(order.contract) or self._cost(order)
            while order.status not in TERMINAL:
                order = self._life.fill(order, order.remaining, price, ts, wall)

    def _cost(self, order: KiteOrder) -> int:
        """An average price, where there is no last one."""
        held = self._positions.held(order.contract.key, order.product)
        return max(1, abs(held.cost() // held.quantity)) if held is not None and held.quantity else 1

    def _charge(self, settled: list[ExecutedOrder]) -> None:
        for segment in ("equity", "commodity"):
            orders = [one for one in self._book.orders() if one.contract.segment == segment]
            note = self._charges.note(orders, settled if segment == "equity" else ())
            for line, paise in note.items():
                self._book.post(segment, line, -paise)

    def _booked(self, held: Held, day: dt.date) -> Carried | None:
        """Book what it brought; returns what is carried of it."""
        contract, quantity = held.contract, held.quantity
        last = self._positions.last(contract) or held.close or (held.cost() // abs(quantity) if quantity else 0)
        self._book.post(contract.segment, f"traded {contract.key} {held.product}", held.flow())
        if held.product != "MTF":
            self._book.post(contract.segment, f"gained {contract.key} {held.product}", sum(held.gain(last)))
        if not quantity or held.product in {"CNC", "MTF"} or self._expired(contract, day):
            return None
        return Carried(contract=contract, product=held.product, quantity=quantity, worth=held.cost(), close=last)

    def _expired(self, contract: Contract, day: dt.date) -> bool:
        listed = self._market.listing.by_key(contract.key)
        return contract.kind in {*OPTIONS, "FUT"} and (listed is None or (listed.expiry or dt.date.max) <= day)

    def _settled(self, day: dt.date) -> Iterator[tuple[ExecutedOrder, int]]:
        """Options that expire in the money: what the tariff is told, and what is paid in paise."""
        for held in self._positions.all():
            listed = self._market.listing.by_key(held.contract.key)
            if held.contract.kind not in OPTIONS or not held.quantity or listed is None or listed.expiry != day:
                continue
            worth = abs(held.quantity) * self._intrinsic(listed)
            paid = held.contract.paise(worth)
            if paid:
                side = Direction.SELL if held.quantity > 0 else Direction.BUY
                product, session = PRODUCTS[held.product], to_days(day)
                own = instrument(held.contract)
                order = ExecutedOrder(own, side, abs(held.quantity), paid, session, product, settled=True)
                yield order, paid if held.quantity > 0 else -paid

    def _intrinsic(self, listed: Listed) -> int:
        """What an option is worth by what it is written on; by its own last price where that is not listed."""
        index = INDICES.get(listed.name)
        exchange = "BSE" if listed.exchange == "BFO" else "NSE"
        key = f"{exchange}:{listed.name}" if index is None else f"{index.exchange}:{index.symbol}"
        found = self._market.listing.by_key(key)
        level = 0 if found is None else self._positions.last(contract_of(found))
        if not level:
            return self._positions.last(contract_of(listed))
        return max(0, (level - listed.strike) * (1 if listed.kind == "CE" else -1))

    def _is_session(self, day: dt.date) -> bool:
        """Whether shares traded on a day, by the hours of what is held or was traded."""
        keys = [*self._holdings.all(), *(one.contract.key for one in self._positions.all())]
        listed = next((found for key in keys if (found := self._market.listing.by_key(key)) is not None), None)
        if listed is None:
            return True
        moments = (round(dt.datetime.combine(day, at, IST).timestamp()) * SECOND for at in _NOON)
        return any(self._market.phase(listed, ts).name != "CLOSED" for ts in moments)
