"""The paper broker and its exchange: what becomes of orders, one transaction of the book for each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from friday_core.domain.orders import OrderStatus, OrderType, Side
from friday_core.sandbox.paper import matching
from friday_core.sandbox.paper.book import Book
from friday_core.sandbox.paper.market_clock import MarketClock
from friday_core.sandbox.paper.messages import BookOrder, Declined, Owner, Part, Placement, Position, Trade, notional
from friday_core.sandbox.paper.scenario import MarketSettings
from friday_core.sandbox.paper.tape import Tape
from friday_core.simulation.fill_rules import NO_PRICE

_S = OrderStatus
_SECOND = 1_000_000
#: Bars that one order is held against in one step, so that nobody waits long.
_AT_ONCE = 20_000


class Fate(NamedTuple):
    """What a fault has in store for an order: words of a rejection, and how many parts may trade (-1: all)."""

    ruling: str = ""
    parts: int = -1


ORDINARY = Fate()


class Exchange:
    """Every method that changes the book does it in a transaction of its own, and ``book.changed`` says what.

    ``wall`` is the wall clock's time in microseconds UTC; nothing here reads a clock. ``Declined`` for what the
    broker does not do.
    """

    def __init__(self, book: Book, tape: Tape, market: MarketSettings) -> None:
        self.book, self._tape, self._market = book, tape, market
        self._clock = MarketClock(book, tape, market.speed)

    def place(self, asked: Placement, wall: int, owner: Owner = Owner.CLIENT, fate: Fate = ORDINARY) -> BookOrder:
        """A new order, ACKED; a tag that is known already is a label like any other."""
        self._tick(asked.instrument, asked.price_decimals)
        with self.book.transaction():
            now = self._clock.advance(asked.ts_decided or self._clock.now(wall), wall)
            decided = asked.ts_decided or now
            order = BookOrder(
                **msgspec.structs.asdict(msgspec.structs.replace(asked, ts_decided=decided)),
                number=f"P{self.book.next('orders'):06d}",
                owner=owner,
                day=self.book.day,
                ts_event=now,
                seen=decided,
                reference=max(self._tape.last(asked.instrument, asked.price_decimals, decided), 0),
                parts=fate.parts,
                ruling=fate.ruling,
            )
            return self.book.save(order, wall)

    def cancel(self, wall: int, *, tag: str = "", number: str = "") -> list[str]:
        """Cancel the order of a number, or all working ones of a tag; returns their numbers."""
        found = self._named(tag, number)
        working = [one for one in found if not one.status.terminal]
        if not working:
            raise Declined(f"NOT_CANCELLED: order {found[-1].number} is {found[-1].status}")
        with self.book.transaction():
            for one in working:
                self._end(one, _S.CANCELLED, "CANCELLED: by request", wall)
        return [one.number for one in working]

    def step(self, wall: int) -> bool:
        """What has become due by now happens; returns whether anything did."""
        if self._market.manual or not self.book.working():
            return False
        with self.book.transaction():
            for part in self.book.parts(wall):
                self._settle(part, wall)
            planned = {part.order for part in self.book.parts()}
            for order in self.book.working():
                if order.status is _S.ACKED:
                    self._reached(order, wall)
                elif order.status is _S.OPEN and order.number not in planned and order.parts:
                    self._hold(order, wall)
        return bool(self.book.changed)

    def advance(self, ts: int, wall: int) -> int:
        """The market's time is ``ts`` at least; returns what it is."""
        with self.book.transaction():
            return self._clock.advance(ts, wall)

    def now(self, wall: int) -> int:
        return self._clock.now(wall)

    def next_day(self, wall: int) -> int:
        """The session is over: what still works is EXPIRED, and the next day's book is empty. Returns the day."""
        with self.book.transaction():
            for one in self.book.working():
                self._end(one, _S.EXPIRED, "DAY_ENDED: the session for which it was placed is over", wall)
            self.book.note("day", self.book.day + 1)
            return self.book.day

    def square_off(self, product: str, wall: int) -> list[str]:
        """Close what is held in a product, at the latest price, with orders of the broker's own; returns their numbers.

        Orders that work in the product are cancelled first.
        """
        made = []
        with self.book.transaction():
            for one in self.book.working():
                if one.product == product:
                    self._end(one, _S.CANCELLED, "SQUARED_OFF: the broker closes the product's positions", wall)
            for held in self.book.positions():
                if held.product == product:
                    made.append(self._closed(held, wall))
        return made

    def happen(
        self,
        what: str,
        wall: int,
        *,
        tag: str = "",
        number: str = "",
        quantity: int = 0,
        price: int = 0,
        words: str = "",
    ) -> BookOrder:
        """What somebody who tries a client wants to happen to the latest order of a name.

        ``open``, ``trade`` of a quantity at a price in price units, or the word of a status in which it ends, with
        ``words``. Of an order that ended, a trade may still become known.
        """
        order = self._named(tag, number)[-1]
        with self.book.transaction():
            if what == "trade":
                if not 0 < quantity <= order.remaining or price < 1:
                    raise Declined(f"NO_TRADE: {quantity} at {price} with {order.remaining} remaining")
                return self._traded(order, quantity, price, wall)
            if what == "open":
                return self._moved(order, wall, status=_S.OPEN)
            if what not in (_S.CANCELLED, _S.REJECTED, _S.EXPIRED):
                raise Declined(f"UNKNOWN: nothing is called {what!r}; open, trade, cancelled, rejected, expired are")
            return self._end(order, _S(what), words, wall)

    def cash(self) -> int:
        """Minor units: what there was, less what was bought, and what was sold. Charges are the client's to know."""
        return self._market.cash - sum(one.side.sign * one.notional for one in self.book.orders())

    def _named(self, tag: str, number: str) -> Sequence[BookOrder]:
        found = self.book.orders(tag=tag) if tag else [one for one in self.book.orders() if one.number == number]
        if not found:
            raise Declined(f"UNKNOWN: there is no order {tag or number!r}")
        return found

    def _tick(self, instrument: str, price_decimals: int) -> int:
        try:
            return self._tape.tick_of(instrument, price_decimals)
        except LookupError as error:
            raise Declined(f"UNKNOWN: {error.args[0]}") from error

    def _price(self, instrument: str, price_decimals: int, wall: int) -> int:
        last = self._tape.last(instrument, price_decimals, self._clock.now(wall))
        if last != NO_PRICE:
            return last
        return next(self._tape.after(instrument, price_decimals, self._clock.now(wall))).open

    def _reached(self, order: BookOrder, wall: int) -> None:
        """The exchange has it, or does not want it."""
        if order.ruling:
            self._end(order, _S.REJECTED, f"REJECTED: {order.ruling}", wall)
        else:
            self._hold(self._moved(order, wall, status=_S.OPEN), wall)

    def _hold(self, order: BookOrder, wall: int) -> None:
        """Hold an order against the bars that it has not seen, and settle its parts where it trades."""
        tick, now, seen = self._tick(order.instrument, order.price_decimals), self._clock.now(wall), order
        bars = self._tape.after(order.instrument, order.price_decimals, order.seen)
        for _, bar in zip(range(_AT_ONCE), bars, strict=False):
            if bar.ts > now and not matching.is_immediate(order):
                break
            price, triggered = matching.look(seen, bar, tick, self._market.slippage_ticks)
            seen = msgspec.structs.replace(seen, seen=bar.ts, triggered=triggered)
            if price != NO_PRICE:
                self.book.look(seen)
                self._plan(seen, price, tick, wall)
                return
        if seen is not order:
            self.book.look(seen)

    def _plan(self, order: BookOrder, price: int, tick: int, wall: int) -> None:
        market = self._market
        pieces = matching.in_parts(order.remaining, max(market.parts, order.parts + 1))
        if order.parts >= 0:
            pieces = pieces[: min(order.parts, len(pieces) - 1)]
        for place, quantity in enumerate(pieces):
            due = wall + round((market.delay + place * market.part_delay) * _SECOND)
            at = matching.worse(order, price, place * market.part_ticks, tick)
            part = Part(order.number, place, quantity, at, due)
            self.book.plan(part)
            if due <= wall:
                self._settle(part, wall)

    def _settle(self, part: Part, wall: int) -> None:
        self._traded(self.book.order(part.order), part.quantity, part.price, wall)
        self.book.forget(part.order, part.part)

    def _traded(self, order: BookOrder, quantity: int, price: int, wall: int) -> BookOrder:
        filled, worth = order.filled + quantity, order.worth + quantity * price
        status = _S.FILLED if filled == order.quantity else _S.PARTIAL
        after = self._moved(
            order, wall, filled=filled, worth=worth, notional=notional(order, worth),
            status=order.status if order.status.terminal else status,
        )  # fmt: skip
        names = set(Trade.__struct_fields__) - {"number", "order", "quantity", "price", "day"}
        shared = {name: getattr(after, name) for name in names}
        number = f"T{self.book.next('trades'):06d}"
        self.book.add_trade(
            Trade(number=number, order=order.number, quantity=quantity, price=price, day=self.book.day, **shared)
        )
        return after

    def _end(self, order: BookOrder, status: OrderStatus, reason: str, wall: int) -> BookOrder:
        self.book.forget(order.number)
        return self._moved(order, wall, status=status, reason=reason)

    def _moved(self, order: BookOrder, wall: int, **changes: object) -> BookOrder:
        at = max(self._clock.now(wall), order.ts_event)
        return self.book.save(msgspec.structs.replace(order, ts_event=at, **changes), wall)

    def _closed(self, held: Position, wall: int) -> str:
        """An order of the broker's own that ends a position."""
        side, now = Side.SELL if held.quantity > 0 else Side.BUY, self._clock.now(wall)
        order = BookOrder(
            number=f"P{self.book.next('orders'):06d}", tag="", owner=Owner.BROKER, day=self.book.day,
            instrument=held.instrument, side=side, quantity=abs(held.quantity), type=OrderType.MARKET,
            limit_price=None, trigger_price=None, product=held.product, price_decimals=held.price_decimals,
            currency=held.currency, protection_ppm=0, ts_decided=now, ts_event=now, status=_S.OPEN,
        )  # fmt: skip
        price = self._price(held.instrument, held.price_decimals, wall)
        return self._traded(order, order.quantity, price, wall).number
