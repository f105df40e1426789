"""A real broker at work on a scripted wire: made, listened to, started, and stopped again."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import Order, OrderStatus, Side, WorkingOrder
from friday_core.domain.records import Intent, PlaceOrder
from friday_core.errors import BrokerError, InvariantError
from friday_core.interfaces.broker import Broker, RealBroker
from friday_core.interfaces.component import Component
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.subject import Subject
from friday_core.testing.wire import Answer, Delivery, Happening, ScriptedWire
from friday_core.trading.order_progress import OrderProgress

#: Seconds that updates may take on their way through a plugin's own threads.
_PATIENCE = 1.0

#: Where an order stands: filled, notional in minor units, status.
Standing = tuple[int, int, OrderStatus]


def order_of(tag: str, quantity: int = 1) -> PlaceOrder:
    """An intent to buy at the market."""
    return PlaceOrder(Order(InstrumentId("INFY", "NSE"), Side.BUY, quantity, tag=tag, strategy="trial"))


class Rig:
    """A broker, the wire under it, and all updates that it has told, by whatever thread."""

    def __init__(self, wire: ScriptedWire, broker: Broker) -> None:
        self.wire = wire
        self.broker = broker
        self._told: list[Any] = []
        self._changed = threading.Condition()

    def hear(self, update: Any) -> None:
        """What the broker is given to tell updates with."""
        with self._changed:
            self._told.append(update)
            self._changed.notify_all()

    @property
    def told(self) -> list[OrderUpdate]:
        """Every update so far; ``Broken`` for anything else."""
        with self._changed:
            return updates_of(self._told, "it tells")

    def wait(self, enough: Callable[[Sequence[OrderUpdate]], bool]) -> bool:
        """Whether what was told is soon enough."""
        with self._changed:
            return self._changed.wait_for(lambda: enough(updates_of(self._told, "it tells")), _PATIENCE)

    def send(self, *intents: Intent) -> Exception | None:
        """What ``send`` raised; ``Broken`` if that is no answer of a broker."""
        try:
            self.broker.send(intents)
        except BrokerError as error:
            return error
        except Exception as error:
            raise Broken(f"send() raises {in_words(error):.160}, which is neither Refused nor InDoubt") from error
        return None

    def play(self, *happenings: Happening, delivery: Delivery = "once") -> None:
        """Things happen at the far end; ``Broken`` if the broker fails over an update of them."""
        try:
            self.wire.play(*happenings, delivery=delivery)
        except Exception as error:
            names = ", ".join(str(one) for one in happenings)
            raise Broken(f"when it hears of {names:.200}, it raises {in_words(error):.160}") from error

    def orders(self) -> list[OrderUpdate]:
        """What ``orders`` answers."""
        assert isinstance(self.broker, RealBroker)
        return updates_of(self.broker.orders(), "orders() has")


@contextmanager
def on_the_wire(subject: Subject, script: Iterable[Answer] = (), questions: Iterable[Answer] = ()) -> Iterator[Rig]:
    """A fresh broker that has been started; ``DoesNotApply`` if it computes its fills, or has no wire."""
    if not is_real(subject):
        raise DoesNotApply("it is at no exchange")
    on_wire = subject.provision(subject.markets.daily).on_wire
    if on_wire is None:
        raise DoesNotApply("it has no wire of the kit's; see the rule about that")
    wire = ScriptedWire(script, questions)
    rig = Rig(wire, on_wire(wire))
    if isinstance(rig.broker, RealBroker):
        rig.broker.listen(rig.hear)
    try:
        step(rig.broker, "initialize")
        step(rig.broker, "start")
        yield rig
    finally:
        step(rig.broker, "stop")


def is_real(subject: Subject) -> bool:
    """Whether it is at an exchange that tells of its orders: with real money, or in a sandbox."""
    factory = subject.spec.factory
    made: Any = factory if isinstance(factory, type) else subject.make()
    kind = factory if isinstance(factory, type) else type(made)
    return issubclass(kind, RealBroker) or bool(made.account == "real")


def step(component: Component, name: str) -> None:
    """A step of a component's life, whether it is ``async`` or not."""
    answer = getattr(component, name)()
    if inspect.isawaitable(answer):

        async def waited() -> None:
            await answer

        asyncio.run(waited())


def standing(intent: PlaceOrder, updates: Iterable[OrderUpdate], status: OrderStatus = OrderStatus.SENT) -> Standing:
    """Where Friday sees an order after these updates; ``Broken`` if they cannot be true."""
    working, progress = WorkingOrder(intent.order, 0), OrderProgress()
    working.status = status
    progress.add(working)
    notional = 0
    for update in updates:
        try:
            news = progress.apply(update)
        except InvariantError as error:
            raise Broken(str(error)) from error
        notional += getattr(news, "notional", 0)
    return working.filled, notional, working.status


def updates_of(found: Iterable[Any], where: str) -> list[OrderUpdate]:
    """The same; ``Broken`` if one of them is none."""
    updates = list(found)
    for one in updates:
        if not isinstance(one, OrderUpdate):
            raise Broken(f"{where} {one!r:.80}, which is no OrderUpdate")
    return updates
