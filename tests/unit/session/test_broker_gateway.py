"""The edge to a broker that answers: what is sent once, what is told of it, and when a book proves something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from fakes.bars import A

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side
from friday_core.domain.records import (
    Action,
    BrokerRead,
    CancelOrder,
    Command,
    Intent,
    OrderTold,
    PlaceOrder,
    PositionTold,
    Record,
    SendAnswered,
    SendOutcome,
)
from friday_core.errors import InDoubt, Refused
from friday_core.infrastructure.clock import SteadyWallClock
from friday_core.interfaces.broker import RealBroker
from friday_core.session.broker_gateway import BrokerGateway, BrokerTimes

FAST = BrokerTimes(settle=0.2, interval=60.0, patience=1.0, hung=0.2)
UPDATE = OrderUpdate("F1", "N1", OrderStatus.OPEN, 0, 0, 5)


class Desk(RealBroker):
    """A broker whose answers a test writes: what ``send`` raises, by tag, and what its book has."""

    order_types = frozenset(OrderType)

    def __init__(self, raises: Mapping[str, BaseException] | None = None) -> None:
        self.sent: list[str] = []
        self.book: list[OrderUpdate] = []
        self.holds: dict[InstrumentId, int] | None = None
        self.fails_to_tell = 0
        self.tell: Callable[[OrderUpdate], None] = lambda _update: None
        self.gate = threading.Event()
        self.gate.set()
        self._raises = raises or {}

    def listen(self, tell: Callable[[OrderUpdate], None]) -> None:
        self.tell = tell

    def send(self, intents: Sequence[Intent]) -> None:
        (intent,) = intents
        tag = intent.tag if isinstance(intent, CancelOrder) else intent.order.tag
        self.gate.wait(5)
        self.sent.append(tag)
        if tag in self._raises:
            raise self._raises[tag]

    def orders(self) -> Sequence[OrderUpdate]:
        if self.fails_to_tell:
            self.fails_to_tell -= 1
            raise ConnectionError("nobody there")
        return list(self.book)

    def positions(self) -> Mapping[InstrumentId, int] | None:
        return self.holds


def place(tag: str) -> PlaceOrder:
    return PlaceOrder(Order(A, Side.BUY, 1, tag=tag))


@pytest.fixture
def opened() -> Iterator[Callable[[Desk], BrokerGateway]]:
    """Gateways that have read the book once; closed at the end."""
    made: list[BrokerGateway] = []

    def make(broker: Desk, times: BrokerTimes = FAST) -> BrokerGateway:
        gateway = BrokerGateway(broker, "desk", now=SteadyWallClock().now, times=times)
        gateway.listen()
        list(gateway.opening(lambda: True))
        made.append(gateway)
        return gateway

    yield make
    for one in made:
        one.close()


def until(gateway: BrokerGateway, count: int, seconds: float = 5.0) -> list[Record]:
    """So many records, however long they take."""
    found: list[Record] = []
    end = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        found += gateway.news()
        time.sleep(0.002)
    return found


def outcomes(records: Sequence[Record]) -> list[tuple[str, str]]:
    return [(one.tag, str(one.outcome)) for one in records if isinstance(one, SendAnswered)]


def test_intents_go_out_one_by_one_in_order_and_each_is_answered(opened: Callable[[Desk], BrokerGateway]) -> None:
    broker = Desk({"F2": Refused("no margin"), "F3": InDoubt("no answer"), "F4": RuntimeError("oh")})
    gateway = opened(broker)
    gateway.send([place("F1"), place("F2"), place("F3")])
    gateway.send([place("F4"), CancelOrder("F1", "enough")])
    answers = until(gateway, 5)
    assert broker.sent == ["F1", "F2", "F3", "F4", "F1"]
    assert outcomes(answers) == [
        ("F1", "taken"), ("F2", "refused"), ("F3", "in_doubt"), ("F4", "in_doubt"), ("F1", "taken")
    ]  # fmt: skip
    assert [one.is_cancel for one in answers if isinstance(one, SendAnswered)] == [False] * 4 + [True]
    reasons = [one.reason for one in answers if isinstance(one, SendAnswered)]
    assert reasons[1:4] == ["REFUSED: no margin", "IN_DOUBT: no answer", "IN_DOUBT: RuntimeError: oh"]


def test_sending_does_not_wait_for_the_broker(opened: Callable[[Desk], BrokerGateway]) -> None:
    broker = Desk()
    gateway = opened(broker)
    broker.gate.clear()
    gateway.send([place("F1")])
    assert list(gateway.news()) == []
    broker.gate.set()
    assert outcomes(until(gateway, 1)) == [("F1", "taken")]


def test_what_a_person_stopped_is_not_sent_but_cancels_are(opened: Callable[[Desk], BrokerGateway]) -> None:
    broker = Desk()
    gateway = opened(broker)
    gateway.unobeyed = lambda: Command(1, Action.PAUSE, "strange prices")
    gateway.send([place("F1"), CancelOrder("F0", "enough")])
    answers = until(gateway, 2)
    assert broker.sent == ["F0"]
    assert outcomes(answers) == [("F1", "refused"), ("F0", "taken")]


def test_the_orders_of_a_core_that_hangs_are_cancelled_once_if_a_person_wants_them_ended(
    opened: Callable[[Desk], BrokerGateway],
) -> None:
    broker = Desk()
    gateway = opened(broker)
    gateway.working = lambda: ["F1", "F2"]
    gateway.unobeyed = lambda: Command(1, Action.CANCEL, "strange prices")
    answers = until(gateway, 2)
    time.sleep(0.3)
    assert broker.sent == ["F1", "F2"]
    assert [(one.tag, one.is_cancel) for one in answers if isinstance(one, SendAnswered)] == [
        ("F1", True),
        ("F2", True),
    ]


@pytest.mark.parametrize("action", [None, Action.PAUSE])
def test_without_a_wish_to_end_them_orders_stay_however_long_a_core_hangs(
    opened: Callable[[Desk], BrokerGateway], action: Action | None
) -> None:
    broker = Desk()
    gateway = opened(broker)
    gateway.working = lambda: ["F1"]
    gateway.unobeyed = lambda: None if action is None else Command(1, action, "strange prices")
    time.sleep(0.5)
    assert broker.sent == []


def test_a_core_that_obeys_in_time_ends_its_orders_itself(opened: Callable[[Desk], BrokerGateway]) -> None:
    broker = Desk()
    gateway = opened(broker, BrokerTimes(settle=0.2, interval=60.0, patience=1.0, hung=60.0))  # type: ignore[call-arg]
    gateway.working = lambda: ["F1"]
    gateway.unobeyed = lambda: Command(1, Action.FLATTEN, "strange prices")
    time.sleep(0.5)
    assert broker.sent == []


def test_the_broker_is_heard_from_the_moment_that_it_is_listened_to() -> None:
    broker = Desk()
    gateway = BrokerGateway(broker, "desk", now=SteadyWallClock().now, times=FAST)
    woken: list[None] = []
    gateway.wake = lambda: woken.append(None)
    gateway.listen()
    broker.tell(UPDATE)
    assert list(gateway.news()) == [OrderTold(UPDATE)]
    assert len(woken) == 1
    gateway.close()


def test_the_first_reading_waits_until_nothing_can_be_on_its_way_and_proves_what_was_before() -> None:
    broker, clock = Desk(), SteadyWallClock()
    broker.book = [UPDATE]
    broker.fails_to_tell = 1
    gateway = BrokerGateway(broker, "desk", now=clock.now, times=FAST)
    began, before = time.monotonic(), clock.now()
    (read,) = gateway.opening(lambda: True)
    assert time.monotonic() - began >= FAST.settle
    assert isinstance(read, BrokerRead)
    assert read.orders == (UPDATE,)
    assert before <= read.settled <= read.ts - round(FAST.settle * 1e6)
    gateway.close()


def test_a_book_that_cannot_be_read_is_said_once_and_again_when_it_can(caplog: pytest.LogCaptureFixture) -> None:
    broker = Desk()
    gateway = BrokerGateway(broker, "desk", now=SteadyWallClock().now, times=FAST)
    for fails in (3, 1):
        broker.fails_to_tell = fails
        assert [gateway._read() is None for _ in range(fails + 2)] == [True] * fails + [False] * 2
    gateway.close()
    said = [str(one.msg) for one in caplog.records]
    assert [sum(words in one for one in said) for words in ("cannot be read", "can be read again")] == [2, 2]


def test_a_doubt_makes_the_book_be_read_soon_and_late_enough_to_settle_it(
    opened: Callable[[Desk], BrokerGateway],
) -> None:
    gateway = opened(Desk({"F1": InDoubt("no answer")}))
    gateway.send([place("F1")])
    answer, read = until(gateway, 2)
    assert isinstance(answer, SendAnswered)
    assert isinstance(read, BrokerRead)
    assert answer.outcome is SendOutcome.IN_DOUBT
    assert read.settled >= answer.ts


def test_positions_come_with_a_reading_unless_something_traded_meanwhile() -> None:
    broker = Desk()
    broker.holds = {A: 5}
    gateway = BrokerGateway(broker, "desk", now=SteadyWallClock().now, times=FAST)
    (read,) = gateway.opening(lambda: True)
    assert isinstance(read, BrokerRead)
    assert read.positions == (PositionTold(A, 5),)
    gateway.close()

    class Busy(Desk):
        def orders(self) -> Sequence[OrderUpdate]:
            self.book.append(OrderUpdate("", f"X{len(self.book)}", OrderStatus.OPEN, 0, 0, 1))
            return list(self.book)

    busy = Busy()
    busy.holds = {A: 5}
    gateway = BrokerGateway(busy, "desk", now=SteadyWallClock().now, times=FAST)
    (read,) = gateway.opening(lambda: True)
    assert isinstance(read, BrokerRead)
    assert read.positions is None
    gateway.close()


def test_a_gateway_that_is_closed_sends_nothing_more(opened: Callable[[Desk], BrokerGateway]) -> None:
    broker = Desk()
    gateway = opened(broker)
    gateway.close()
    gateway.send([place("F1")])
    time.sleep(0.05)
    assert broker.sent == []


def test_the_end_waits_for_orders_as_long_as_patience_lasts(opened: Callable[[Desk], BrokerGateway]) -> None:
    broker = Desk()
    gateway = opened(broker)
    done: list[Record] = []
    threading.Timer(0.1, lambda: broker.tell(UPDATE)).start()
    for record in gateway.closing(lambda: bool(done), lambda: True):
        done.append(record)
    assert done == [OrderTold(UPDATE)]
    began = time.monotonic()
    assert list(gateway.closing(lambda: False, lambda: True)) == []
    assert time.monotonic() - began >= FAST.patience
