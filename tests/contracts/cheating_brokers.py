"""Brokers of real money, on the kit's wire: an honest one, and what goes wrong with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from friday_core.api import (
    Broker,
    CancelOrder,
    InDoubt,
    Intent,
    Order,
    OrderStatus,
    OrderType,
    OrderUpdate,
    RealBroker,
    Refused,
)
from friday_core.testing.wire import ScriptedWire, WireOrder, WireRefusal


def worth(row: WireOrder) -> int:
    """What traded, in paise."""
    return sum(quantity * price for quantity, price in row.trades)


class Wired(RealBroker):
    """Its client is the wire itself; every request is one."""

    order_types = frozenset({OrderType.MARKET})

    def __init__(self, wire: ScriptedWire | None = None) -> None:
        self.wire = wire or ScriptedWire()
        self.tell: Callable[[OrderUpdate], None] = lambda update: None
        self.wire.listen(self.take_in)

    def listen(self, tell: Callable[[OrderUpdate], None]) -> None:
        self.tell = tell

    def take_in(self, row: WireOrder) -> None:
        self.tell(self.update(row))

    def update(self, row: WireOrder) -> OrderUpdate:
        reason = f"{row.status.name}: {row.words}" if row.words else ""
        return OrderUpdate(row.tag, row.number, row.status, row.filled, worth(row), row.ts_event, reason)

    def orders(self) -> Sequence[OrderUpdate]:
        try:
            return [self.update(row) for row in self.wire.orders()]
        except WireRefusal as error:
            raise Refused(str(error)) from error
        except TimeoutError as error:
            raise ConnectionError(str(error)) from error

    def place(self, order: Order) -> None:
        self.wire.place(order.tag, order.quantity)

    def send(self, intents: Sequence[Intent]) -> None:
        for intent in intents:
            try:
                if isinstance(intent, CancelOrder):
                    self.wire.cancel(intent.tag)
                else:
                    self.place(intent.order)
            except WireRefusal as error:
                raise Refused(str(error)) from error
            except TimeoutError as error:
                raise InDoubt(str(error)) from error


class TriesAgain(Wired):
    """What did not answer is sent once more."""

    def place(self, order: Order) -> None:
        try:
            super().place(order)
        except TimeoutError:
            super().place(order)


class GivesUpOnSilence(Wired):
    """A time-out is taken for a no."""

    def place(self, order: Order) -> None:
        try:
            super().place(order)
        except TimeoutError as error:
            raise Refused(str(error)) from error


class DoubtsEverything(Wired):
    def place(self, order: Order) -> None:
        try:
            super().place(order)
        except WireRefusal as error:
            raise InDoubt(str(error)) from error


class LastFirst(Wired):
    def send(self, intents: Sequence[Intent]) -> None:
        super().send(list(reversed(intents)))


class SaysNothing(Broker):
    """It sends, as brokers did before they could tell."""

    account = "real"
    order_types = frozenset({OrderType.MARKET})

    def __init__(self, wire: ScriptedWire | None = None) -> None:
        self.honest = Wired(wire)

    def send(self, intents: Sequence[Intent]) -> None:
        self.honest.send(intents)


class NamesItByNumber(Wired):
    """The tag is lost on the way; the broker's number stands in its place."""

    def update(self, row: WireOrder) -> OrderUpdate:
        return replaced(super().update(row), tag=row.number)


class AddsUp(Wired):
    """It takes totals for what is new."""

    def __init__(self, wire: ScriptedWire | None = None) -> None:
        super().__init__(wire)
        self.totals: dict[str, tuple[int, int]] = {}

    def update(self, row: WireOrder) -> OrderUpdate:
        filled, notional = self.totals.get(row.number, (0, 0))
        self.totals[row.number] = filled + row.filled, notional + worth(row)
        filled, notional = self.totals[row.number]
        return replaced(super().update(row), filled=filled, notional=notional)


class TrustsTheAverage(Wired):
    """The notional is made of a price that was rounded."""

    def update(self, row: WireOrder) -> OrderUpdate:
        return replaced(super().update(row), notional=round(row.average_price * row.filled * 100))


class AddsDifferences(Wired):
    """It adds what each update has more than the one before it, and believes that they come in order."""

    def __init__(self, wire: ScriptedWire | None = None) -> None:
        super().__init__(wire)
        self.before: dict[str, tuple[int, int]] = {}
        self.totals: dict[str, tuple[int, int]] = {}

    def take_in(self, row: WireOrder) -> None:
        before, total = self.before.get(row.number, (0, 0)), self.totals.get(row.number, (0, 0))
        now = (row.filled, worth(row))
        more = [max(0, one - other) for one, other in zip(now, before, strict=True)]
        self.before[row.number] = now
        self.totals[row.number] = (total[0] + more[0], total[1] + more[1])
        filled, notional = self.totals[row.number]
        self.tell(replaced(self.update(row), filled=filled, notional=notional))


class LosesTheWords(Wired):
    def update(self, row: WireOrder) -> OrderUpdate:
        return replaced(super().update(row), reason="")


class ForgetsRejections(Wired):
    """To it an order that the exchange has taken is an order that works."""

    def take_in(self, row: WireOrder) -> None:
        if row.status is not OrderStatus.REJECTED:
            super().take_in(row)


class OnlyItsOwn(Wired):
    """It looks up who placed an order, and falls over one that it did not place."""

    def __init__(self, wire: ScriptedWire | None = None) -> None:
        super().__init__(wire)
        self.sent: dict[str, Order] = {}

    def place(self, order: Order) -> None:
        self.sent[order.tag] = order
        super().place(order)

    def take_in(self, row: WireOrder) -> None:
        super().take_in(replaced_row(row, self.sent[row.tag].tag))


class DiesOfStrangers(OnlyItsOwn):
    """As it falls over one, it hears no more; nobody sees why."""

    dead = False

    def take_in(self, row: WireOrder) -> None:
        self.dead = self.dead or row.tag not in self.sent
        if not self.dead:
            super().take_in(row)


class EveryState(Wired):
    """Its list has every state of every order."""

    def __init__(self, wire: ScriptedWire | None = None) -> None:
        super().__init__(wire)
        self.history: list[OrderUpdate] = []

    def take_in(self, row: WireOrder) -> None:
        self.history.append(self.update(row))
        super().take_in(row)

    def orders(self) -> Sequence[OrderUpdate]:
        return self.history


class RemembersAnswered(Wired):
    """Its list has the orders whose placement was answered."""

    def __init__(self, wire: ScriptedWire | None = None) -> None:
        super().__init__(wire)
        self.known: set[str] = set()

    def place(self, order: Order) -> None:
        super().place(order)
        self.known.add(order.tag)

    def orders(self) -> Sequence[OrderUpdate]:
        return [one for one in super().orders() if one.tag in self.known]


class EmptyOnSilence(Wired):
    """When nobody answers, there are no orders."""

    def orders(self) -> Sequence[OrderUpdate]:
        try:
            return super().orders()
        except ConnectionError:
            return []


class LeavesItsTimeout(Wired):
    """The client's own error is let through."""

    def orders(self) -> Sequence[OrderUpdate]:
        return [self.update(row) for row in self.wire.orders()]


def replaced(update: OrderUpdate, **changes: Any) -> OrderUpdate:
    given = {name: getattr(update, name) for name in update.__struct_fields__}
    return OrderUpdate(**{**given, **changes})


def replaced_row(row: WireOrder, tag: str) -> WireOrder:
    return WireOrder(row.number, tag, row.quantity, row.status, row.ts_event, row.trades, row.words)
