"""The event bus: no subscriber hinders another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from friday_core.errors import ComponentError
from friday_core.infrastructure.event_bus import Delivery, Envelope, EventBus
from friday_core.infrastructure.log_lines import CONTEXT

LONG = 30.0


@dataclass(frozen=True)
class Tick:
    number: int


@dataclass(frozen=True)
class OwnTick(Tick):
    pass


@dataclass(frozen=True)
class Alarm:
    text: str


class Inbox:
    """A handler that keeps what it gets; ``wait_for(n)`` returns when n events are there."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope[Any]] = []
        self._changed = threading.Condition()

    def __call__(self, envelope: Envelope[Any]) -> None:
        with self._changed:
            self.envelopes.append(envelope)
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.envelopes) >= count, LONG)
        return [envelope.event for envelope in self.envelopes]


class Gate:
    """A handler that hangs in its first call until it is released; keeps what it got."""

    def __init__(self) -> None:
        self.entered, self.release = threading.Event(), threading.Event()
        self.events: list[Any] = []

    def __call__(self, envelope: Envelope[Any]) -> None:
        self.entered.set()
        assert self.release.wait(LONG)
        self.events.append(envelope.event)


@pytest.fixture
def bus() -> Iterator[EventBus]:
    made = EventBus()
    yield made
    made.close(LONG)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.release.set()


def failing(envelope: Envelope[Any]) -> None:
    raise ValueError(f"cannot take {envelope.event}")


def must(bus: EventBus, event_type: type, handler: Callable[[Any], None], name: str) -> Any:
    return bus.subscribe(event_type, handler, name=name, delivery=Delivery.MUST)


def test_a_subscriber_gets_its_class_and_the_subclasses_and_nothing_else(bus: EventBus) -> None:
    inbox = Inbox()
    must(bus, Tick, inbox, "ticks")
    for event in (Alarm("x"), Tick(1), OwnTick(2)):
        bus.publish(event)
    bus.close(LONG)
    assert inbox.wait_for(2) == [Tick(1), OwnTick(2)]


def test_object_is_the_wildcard(bus: EventBus) -> None:
    inbox = Inbox()
    must(bus, object, inbox, "all")
    bus.publish(Alarm("x"))
    bus.publish("a text")
    assert inbox.wait_for(2) == [Alarm("x"), "a text"]


def test_a_hung_must_deliver_handler_delays_neither_publishers_nor_others(bus: EventBus, gate: Gate) -> None:
    inbox = Inbox()
    must(bus, Tick, gate, "hung")
    must(bus, Tick, inbox, "other")
    bus.publish(Tick(0))
    assert gate.entered.wait(LONG)
    for number in range(1, 1001):
        bus.publish(Tick(number))
    assert inbox.wait_for(1001) == [Tick(number) for number in range(1001)]
    assert bus.statistics()[0].backlog == 1000
    assert gate.events == []


def test_a_hung_must_deliver_handler_gets_everything_once_it_goes_on(bus: EventBus, gate: Gate) -> None:
    must(bus, Tick, gate, "hung")
    for number in range(500):
        bus.publish(Tick(number))
    gate.release.set()
    assert bus.close(LONG) == ()
    assert gate.events == [Tick(number) for number in range(500)]


def test_every_subscriber_sees_the_events_of_many_publishers_in_the_order_of_sequence(bus: EventBus) -> None:
    first, second, start = Inbox(), Inbox(), threading.Barrier(4)
    must(bus, Tick, first, "first")
    must(bus, object, second, "second")

    def publish() -> None:
        start.wait(LONG)
        for number in range(250):
            bus.publish(Tick(number))

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    bus.close(LONG)
    expected = list(range(1, 1001))
    assert [envelope.sequence for envelope in first.envelopes] == expected
    assert [envelope.sequence for envelope in second.envelopes] == expected


def test_best_effort_drops_the_oldest_and_counts_it(bus: EventBus, gate: Gate) -> None:
    bus.subscribe(Tick, gate, name="slow", delivery=Delivery.BEST_EFFORT, capacity=3)
    bus.publish(Tick(0))
    assert gate.entered.wait(LONG)
    for number in range(1, 11):
        bus.publish(Tick(number))
    assert (bus.statistics()[0].dropped, bus.statistics()[0].backlog) == (7, 3)
    gate.release.set()
    bus.close(LONG)
    assert gate.events == [Tick(0), Tick(8), Tick(9), Tick(10)]
    assert (bus.statistics()[0].delivered, bus.statistics()[0].dropped) == (4, 7)


def test_a_handler_that_raises_is_logged_counted_and_stays(bus: EventBus, caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox()
    must(bus, Tick, failing, "bad")
    must(bus, Tick, inbox, "good")
    bus.publish(Tick(1))
    bus.publish(Tick(2))
    bus.close(LONG)
    assert inbox.wait_for(2) == [Tick(1), Tick(2)]
    bad = bus.statistics()[0]
    assert (bad.delivered, bad.failed, bad.last_error) == (0, 2, "ValueError: cannot take Tick(number=2)")
    logged = [(one.levelno, one.getMessage(), one.__dict__["friday_fields"]["subscriber"]) for one in caplog.records]
    assert logged == [(logging.ERROR, "an event handler failed", "bad")] * 2


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_not_even_an_exit_ends_a_subscription(bus: EventBus, error: BaseException) -> None:
    inbox = Inbox()

    def handler(envelope: Envelope[Tick]) -> None:
        if envelope.event.number == 0:
            raise error
        inbox(envelope)

    must(bus, Tick, handler, "exits")
    bus.publish(Tick(0))
    bus.publish(Tick(1))
    assert inbox.wait_for(1) == [Tick(1)]
    assert bus.statistics()[0].failed == 1


def test_an_error_whose_text_fails_is_counted_by_its_class(bus: EventBus) -> None:
    class SullenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def handler(_envelope: Envelope[Any]) -> None:
        raise SullenError

    must(bus, object, handler, "sullen")
    bus.publish(1)
    bus.publish(2)
    bus.close(LONG)
    assert (bus.statistics()[0].failed, bus.statistics()[0].last_error) == (2, "SullenError")


def test_the_statistics_tell_how_long_the_current_call_has_lasted(gate: Gate) -> None:
    now = [100.0]
    bus = EventBus(monotonic=lambda: now[0])
    must(bus, Tick, gate, "hung")
    assert bus.statistics()[0].seconds_in_call == 0.0
    bus.publish(Tick(1))
    assert gate.entered.wait(LONG)
    now[0] = 107.5
    assert bus.statistics()[0].seconds_in_call == 7.5
    gate.release.set()
    bus.close(LONG)
    assert bus.statistics()[0].seconds_in_call == 0.0


def test_closing_delivers_what_waits(bus: EventBus, gate: Gate) -> None:
    inbox = Inbox()
    must(bus, Tick, inbox, "must")
    bus.subscribe(Tick, inbox, name="best effort", delivery=Delivery.BEST_EFFORT)
    for number in range(100):
        bus.publish(Tick(number))
    assert bus.close(LONG) == ()
    assert len(inbox.envelopes) == 200


def test_closing_names_who_hangs_and_does_not_wait_longer(
    bus: EventBus, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    must(bus, Tick, gate, "hung")
    must(bus, Tick, inbox, "other")
    for number in range(5):
        bus.publish(Tick(number))
    assert gate.entered.wait(LONG)
    assert inbox.wait_for(5) == [Tick(number) for number in range(5)]
    assert bus.close(0.2) == ("hung",)
    assert (bus.statistics()[0].dropped, bus.statistics()[0].backlog) == (4, 0)
    assert [one.getMessage() for one in caplog.records] == ["a subscriber did not drain"]


def test_an_abandoned_thread_ends_when_its_handler_returns(bus: EventBus, gate: Gate) -> None:
    must(bus, Tick, gate, "hung")
    for number in range(5):
        bus.publish(Tick(number))
    assert gate.entered.wait(LONG)
    bus.close(0.01)
    gate.release.set()
    assert bus.close(LONG) == ()
    assert gate.events == [Tick(0)]


def test_a_handler_may_close_the_bus(bus: EventBus) -> None:
    closed = threading.Event()

    def close(_envelope: Envelope[Any]) -> None:
        assert bus.close(LONG) == ()
        closed.set()

    must(bus, object, close, "closer")
    bus.publish(1)
    assert closed.wait(LONG)


def test_a_closed_bus_takes_nothing(bus: EventBus) -> None:
    bus.close(LONG)
    with pytest.raises(ComponentError, match="'event_bus': Tick cannot be published: the bus is closed"):
        bus.publish(Tick(1))
    with pytest.raises(ComponentError, match="'event_bus': 'late' cannot subscribe: the bus is closed"):
        must(bus, Tick, failing, "late")


def test_after_unsubscribing_nothing_is_delivered_and_the_name_is_free(bus: EventBus) -> None:
    inbox, other = Inbox(), Inbox()
    subscription = must(bus, Tick, inbox, "name")
    must(bus, Tick, other, "other")
    bus.publish(Tick(1))
    inbox.wait_for(1)
    subscription.unsubscribe()
    bus.publish(Tick(2))
    other.wait_for(2)
    assert inbox.wait_for(1) == [Tick(1)]
    must(bus, Tick, Inbox(), "name")
    assert [one.name for one in bus.statistics()] == ["other", "name"]


def test_what_waits_when_a_subscription_ends_is_dropped_and_counted(bus: EventBus, gate: Gate) -> None:
    subscription = must(bus, Tick, gate, "hung")
    for number in range(4):
        bus.publish(Tick(number))
    assert gate.entered.wait(LONG)
    subscription.unsubscribe()
    gate.release.set()
    assert subscription.drained(LONG)
    assert (subscription.statistics().delivered, subscription.statistics().dropped) == (1, 3)


def test_a_handler_may_end_its_own_subscription(bus: EventBus) -> None:
    seen: list[Tick] = []

    def once(envelope: Envelope[Tick]) -> None:
        seen.append(envelope.event)
        subscription.unsubscribe()

    subscription = must(bus, Tick, once, "once")
    bus.publish(Tick(1))
    assert subscription.drained(LONG)
    bus.publish(Tick(2))
    assert seen == [Tick(1)]


def test_two_subscribers_cannot_share_a_name(bus: EventBus) -> None:
    must(bus, Tick, Inbox(), "name")
    with pytest.raises(ComponentError, match="a subscriber named 'name' exists already"):
        must(bus, Alarm, Inbox(), "name")


def test_a_queue_must_hold_something(bus: EventBus) -> None:
    with pytest.raises(ValueError, match="subscriber 'x': capacity 0 must be at least 1"):
        bus.subscribe(Tick, Inbox(), name="x", delivery=Delivery.BEST_EFFORT, capacity=0)


def test_events_without_a_correlation_begin_one_of_their_own(bus: EventBus) -> None:
    first, second = bus.publish(Tick(1)), bus.publish(Tick(2), correlation="F1ab")
    assert (first.sequence, first.correlation, first.cause) == (1, "1", 0)
    assert (second.sequence, second.correlation, second.cause) == (2, "F1ab", 0)


def test_an_event_published_by_a_handler_inherits_the_correlation_and_names_its_cause(bus: EventBus) -> None:
    inbox = Inbox()

    def react(envelope: Envelope[Tick]) -> None:
        bus.publish(Alarm(str(envelope.event.number)))

    must(bus, Tick, react, "reacts")
    must(bus, Alarm, inbox, "alarms")
    bus.publish(Tick(1))
    inbox.wait_for(1)
    bus.publish(Tick(2), correlation="F1ab")
    inbox.wait_for(2)
    assert [(one.correlation, one.cause) for one in inbox.envelopes] == [("1", 1), ("F1ab", 3)]


def test_what_a_handler_logs_carries_the_correlation(bus: EventBus) -> None:
    contexts: list[dict[str, object]] = []
    must(bus, object, lambda _envelope: contexts.append(dict(CONTEXT.get())), "logs")
    bus.publish(1, correlation="c1")
    bus.close(LONG)
    assert contexts == [{"correlation": "c1"}]


def test_a_class_is_heard_by_those_who_want_it_or_some_of_it(bus: EventBus) -> None:
    assert not bus.is_heard(int)
    subscription = bus.subscribe(bool, print, name="some", delivery=Delivery.MUST)
    assert (bus.is_heard(int), bus.is_heard(bool), bus.is_heard(str)) == (True, True, False)
    subscription.unsubscribe()
    assert not bus.is_heard(bool)
    bus.subscribe(object, print, name="all", delivery=Delivery.MUST)
    assert bus.is_heard(str)
