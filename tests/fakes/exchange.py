"""A broker whose faults are drawn, and that outlives the processes that talk to it; its time goes in ticks."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import Order, OrderStatus
from friday_core.domain.records import (
    BrokerRead,
    CancelOrder,
    Intent,
    OrderTold,
    PositionTold,
    Record,
    SendAnswered,
    SendOutcome,
)
from friday_core.errors import InDoubt, Refused

#: Ticks in which whatever was sent has arrived.
SETTLE = 6
#: Ticks between two readings of the book.
READ_EVERY = 25
_S = OrderStatus


@dataclass
class Held:
    """An order as the exchange has it. ``fate`` is what becomes of it, tick by tick."""

    order: Order
    number: str
    status: OrderStatus = _S.ACKED
    filled: int = 0
    notional: int = 0
    fate: list[str] = field(default_factory=list)

    def update(self, now: int) -> OrderUpdate:
        return OrderUpdate(self.order.tag, self.number, self.status, self.filled, self.notional, now)


class Exchange:
    """Takes orders, perhaps; tells what becomes of them, perhaps twice; tells the whole truth when its book is read."""

    def __init__(self, seed: int, *, calm: bool = False) -> None:
        self.now = 0
        self.held: list[Held] = []
        self.faults: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._calm = calm
        self._on_the_way: list[tuple[int, Callable[[], None]]] = []
        self._updates: list[tuple[int, OrderUpdate]] = []

    def tick(self) -> None:
        """Time goes on: what was on its way arrives, orders trade and end."""
        self.now += 1
        for due, arrive in list(self._on_the_way):
            if due <= self.now:
                self._on_the_way.remove((due, arrive))
                arrive()
        for one in self.held:
            if not one.status.terminal and one.fate:
                self._befall(one, one.fate.pop(0))

    def updates(self) -> Iterator[OrderUpdate]:
        """What has reached whoever listens now."""
        due = [one for one in self._updates if one[0] <= self.now]
        self._updates = [one for one in self._updates if one[0] > self.now]
        self._random.shuffle(due)
        yield from (update for _, update in due)

    def forget_listener(self) -> None:
        """The process that listened is gone, and with it what was on its way to it."""
        self._updates.clear()

    def place(self, order: Order) -> None:
        match self._fault():
            case "refused":
                raise Refused("margin is short")
            case "lost request":
                raise InDoubt("nobody answered")
            case "late":
                delay = self._random.randint(1, SETTLE - 1)
                self._on_the_way.append((self.now + delay, lambda: self._accept(order)))
                raise InDoubt("nobody answered in time")
            case "lost answer":
                self._accept(order)
                raise InDoubt("nobody answered")
            case _:
                self._accept(order)

    def cancel(self, tag: str) -> None:
        open_ones = [one for one in self.held if one.order.tag == tag and not one.status.terminal]
        fault = self._fault()
        if fault == "refused" or not open_ones:
            raise Refused("the order cannot be cancelled")
        if fault != "lost request":
            for one in open_ones:
                one.fate = [*one.fate[: self._random.randint(0, 2)], "cancelled"]
        if fault in ("lost request", "lost answer", "late"):
            raise InDoubt("nobody answered")

    def orders(self) -> tuple[OrderUpdate, ...]:
        return tuple(one.update(self.now) for one in self.held)

    def position(self, name: InstrumentId) -> int:
        return sum(one.filled * one.order.side.sign for one in self.held if one.order.instrument == name)

    def _fault(self) -> str:
        if self._calm or self._random.random() < 0.5:
            return ""
        fault = self._random.choice(["refused", "lost request", "late", "lost answer"])
        self.faults[fault] += 1
        return fault

    def _accept(self, order: Order) -> None:
        one = Held(order, f"N{len(self.held) + 1}", fate=self._fate(order.quantity))
        self.held.append(one)
        self._tell(one)

    def _fate(self, quantity: int) -> list[str]:
        steps = ["open"] * self._random.randint(0, 2)
        if not self._calm and self._random.random() < 0.1:
            return [*steps, "rejected"]
        parts = self._random.randint(1, min(3, quantity))
        for _ in range(parts):
            steps += ["rest"] * self._random.randint(0, 3) + ["part"]
        return steps[:-1] if self._random.random() < 0.2 else [*steps, "rest of it"]

    def _befall(self, one: Held, what: str) -> None:
        left = one.order.quantity - one.filled
        if what in ("part", "rest of it"):
            traded = left if what == "rest of it" else min(left, max(1, one.order.quantity // 3))
            one.filled += traded
            one.notional += traded * self._random.randint(9_000, 11_000)
            one.status = _S.FILLED if one.filled == one.order.quantity else _S.PARTIAL
        elif what == "open":
            one.status = _S.OPEN if not one.filled else one.status
        elif what == "cancelled":
            one.status = _S.CANCELLED
        elif what == "rejected":
            one.status = _S.REJECTED
        else:
            return
        self._tell(one)

    def _tell(self, one: Held) -> None:
        for _ in range(1 if self._calm else self._random.choice([0, 1, 1, 1, 2])):
            delay = 0 if self._calm else self._random.randint(0, 4)
            self._updates.append((self.now + delay, one.update(self.now)))


class Wire:
    """What a ``BrokerGateway`` does, without threads: each time that it is asked, a tick has passed.

    ``step`` is called wherever a process may die. The switches take away what keeps orders from being lost or doubled.
    """

    answers = True

    def __init__(
        self,
        exchange: Exchange,
        step: Callable[[], None],
        *,
        settles: bool = True,
        reads: bool = True,
        resends_blindly: bool = False,
    ) -> None:
        self.component, self.doing, self.unsent = "broker.fake", "", dict[str, str]()
        self._exchange, self._step = exchange, step
        self._settles, self._reads, self._resends_blindly = settles, reads, resends_blindly
        self._outbox: list[Intent] = []
        self._last_read = exchange.now

    def send(self, intents: Sequence[Intent]) -> None:
        self._step()
        self._outbox += intents

    def opening(self, _goes_on: Callable[[], bool]) -> Iterator[Record]:
        for _ in range(SETTLE if self._settles else 0):
            self._exchange.tick()
            self._step()
        yield from self._read()

    def read_soon(self) -> None:
        self._last_read = self._exchange.now - READ_EVERY

    def news(self) -> Iterator[Record]:
        self._exchange.tick()
        if self._outbox:
            yield self._answer(self._outbox.pop(0))
        for update in self._exchange.updates():
            self._step()
            yield OrderTold(update)
        if self._exchange.now - self._last_read >= READ_EVERY:
            yield from self._read()

    def closing(self, is_done: Callable[[], bool], _goes_on: Callable[[], bool]) -> Iterator[Record]:
        for _ in range(20 * READ_EVERY):
            if is_done():
                return
            yield from self.news()

    def _answer(self, intent: Intent) -> SendAnswered:
        self._step()
        is_cancel, outcome, reason = isinstance(intent, CancelOrder), SendOutcome.TAKEN, ""
        tag = intent.tag if isinstance(intent, CancelOrder) else intent.order.tag
        for _ in range(2 if self._resends_blindly else 1):
            try:
                if isinstance(intent, CancelOrder):
                    self._exchange.cancel(tag)
                else:
                    self._exchange.place(intent.order)
                outcome = SendOutcome.TAKEN
                break
            except Refused as error:
                outcome, reason = SendOutcome.REFUSED, f"REFUSED: {error}"
                break
            except InDoubt as error:
                outcome, reason = SendOutcome.IN_DOUBT, f"IN_DOUBT: {error}"
        self._step()
        return SendAnswered(self._exchange.now, tag, outcome, is_cancel, reason)

    def _read(self) -> Iterator[Record]:
        self._last_read = self._exchange.now
        if not self._reads:
            return
        self._step()
        now, orders = self._exchange.now, self._exchange.orders()
        settled = now - SETTLE if self._settles else now
        names = sorted({one.order.instrument for one in self._exchange.held})
        held = tuple(PositionTold(name, self._exchange.position(name)) for name in names)
        yield BrokerRead(now, orders, held, settled)
