"""Publish and subscribe, for those who watch. Never in the path of data or orders."""

from __future__ import annotations

import enum
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from friday_core.errors import ComponentError
from friday_core.infrastructure.logging import described, get_logger, log_context

E = TypeVar("E")


class Delivery(enum.StrEnum):
    """What happens when events come faster than a subscriber handles them.

    ``MUST``: they wait, without limit. ``BEST_EFFORT``: the oldest make room and are counted.
    """

    MUST = "must"
    BEST_EFFORT = "best_effort"


@dataclass(frozen=True, slots=True)
class Envelope(Generic[E]):
    """An event on its way.

    ``sequence`` counts the bus's events from 1. ``correlation`` is common to everything that
    followed from one beginning; ``cause`` is the sequence of the event whose handler published
    this one, 0 if it was published by nobody's handler.
    """

    sequence: int
    correlation: str
    cause: int
    event: E


@dataclass(frozen=True, slots=True)
class SubscriberStatistics:
    """How a subscriber does: ``delivered`` calls returned, ``failed`` calls raised.

    Events offered to it are delivered, failed, dropped, waiting (``backlog``) or in the call that
    has lasted ``seconds_in_call`` (0 if there is none).
    """

    name: str
    delivery: Delivery
    delivered: int
    dropped: int
    failed: int
    last_error: str
    backlog: int
    seconds_in_call: float


class Subscription:
    """A handler with a queue and a thread of its own; made by ``EventBus.subscribe``."""

    def __init__(
        self,
        bus: EventBus,
        event_type: type,
        handler: Callable[[Any], None],
        *,
        name: str,
        delivery: Delivery,
        capacity: int,
    ) -> None:
        self.event_type = event_type
        self.name = name
        self.delivery = delivery
        self._bus = bus
        self._handler = handler
        self._capacity = capacity
        self._log = get_logger("event_bus")
        self._waiting: deque[Envelope[Any]] = deque()
        self._changed = threading.Condition()
        self._open = True
        self._in_call_since: float | None = None
        self._delivered = self._dropped = self._failed = 0
        self._last_error = ""
        self._thread = threading.Thread(target=self._serve, name=f"event-bus-{name}", daemon=True)
        self._thread.start()

    def unsubscribe(self) -> None:
        """End the subscription: what waits is dropped and counted, the call under way goes on."""
        self._bus._forget(self)
        self.end(drop=True)

    def statistics(self) -> SubscriberStatistics:
        """A consistent snapshot; may be asked from any thread at any time."""
        with self._changed:
            since = self._in_call_since
            return SubscriberStatistics(
                name=self.name,
                delivery=self.delivery,
                delivered=self._delivered,
                dropped=self._dropped,
                failed=self._failed,
                last_error=self._last_error,
                backlog=len(self._waiting),
                seconds_in_call=0.0 if since is None else self._bus.monotonic() - since,
            )

    def offer(self, envelope: Envelope[Any]) -> None:
        """Queue ``envelope``; returns at once."""
        with self._changed:
            if not self._open:
                return
            if self.delivery is Delivery.BEST_EFFORT and len(self._waiting) == self._capacity:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(envelope)
            self._changed.notify()

    def end(self, *, drop: bool) -> None:
        """Take no more events; with ``drop`` count those that wait as dropped."""
        with self._changed:
            self._open = False
            if drop:
                self._dropped += len(self._waiting)
                self._waiting.clear()
            self._changed.notify()

    def drained(self, timeout: float) -> bool:
        """Whether the thread ended within ``timeout`` seconds, or is the one that asks."""
        if self._thread is not threading.current_thread():
            self._thread.join(max(0.0, timeout))
            return not self._thread.is_alive()
        return True

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                if not self._waiting:
                    return
                envelope = self._waiting.popleft()
                self._in_call_since = self._bus.monotonic()
            failure = self._call(envelope)
            with self._changed:
                self._in_call_since = None
                self._delivered += not failure
                self._failed += bool(failure)
                self._last_error = failure or self._last_error

    def _call(self, envelope: Envelope[Any]) -> str:
        """The description of what the handler raised; empty if it returned."""
        self._bus.handling.envelope = envelope
        with log_context(correlation=envelope.correlation):
            try:
                self._handler(envelope)
            except BaseException as error:  # noqa: BLE001 - nothing that a handler raises may end the thread
                event = type(envelope.event).__name__
                self._log.error("an event handler failed", subscriber=self.name, of=event, exc_info=error)
                return described(error)
        return ""


class EventBus:
    """Delivers events to subscribers of their class. No subscriber can hinder another or a publisher.

    Every subscriber gets its events one at a time and in the order of their ``sequence``, whoever
    published them. A handler that raises is logged and counted and stays subscribed.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        #: ``envelope``: what the current thread is handling.
        self.handling = threading.local()
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()
        self._sequence = 0
        self._closed = False

    def subscribe(
        self,
        event_type: type[E],
        handler: Callable[[Envelope[E]], None],
        *,
        name: str,
        delivery: Delivery,
        capacity: int = 10_000,
    ) -> Subscription:
        """Call ``handler`` for events of ``event_type`` and its subclasses; ``object`` is all events.

        ``capacity`` is how many may wait with ``BEST_EFFORT``. Raises ``ComponentError`` if the
        name is taken or the bus closed, ``ValueError`` for a capacity below 1.
        """
        if capacity < 1:
            raise ValueError(f"subscriber {name!r}: capacity {capacity} must be at least 1")
        with self._lock:
            self._require_open(f"{name!r} cannot subscribe")
            if any(other.name == name for other in self._subscriptions):
                raise ComponentError("event_bus", f"a subscriber named {name!r} exists already")
            subscription = Subscription(self, event_type, handler, name=name, delivery=delivery, capacity=capacity)
            self._subscriptions += (subscription,)
        return subscription

    def publish(self, event: E, *, correlation: str = "") -> Envelope[E]:
        """Queue ``event`` for its subscribers; never blocks. Raises ``ComponentError`` after ``close``.

        Without ``correlation`` it is that of the event whose handler publishes, else the sequence.
        """
        cause: Envelope[Any] | None = getattr(self.handling, "envelope", None)
        with self._lock:
            self._require_open(f"{type(event).__name__} cannot be published")
            self._sequence += 1
            inherited = cause.correlation if cause else str(self._sequence)
            envelope = Envelope(self._sequence, correlation or inherited, cause.sequence if cause else 0, event)
            for subscription in self._subscriptions:
                if isinstance(event, subscription.event_type):
                    subscription.offer(envelope)
        return envelope

    def is_heard(self, event_type: type) -> bool:
        """Whether somebody subscribed to events of this class, or to some of them."""
        kinds = (one.event_type for one in self._subscriptions)
        return any(issubclass(event_type, kind) or issubclass(kind, event_type) for kind in kinds)

    def statistics(self) -> tuple[SubscriberStatistics, ...]:
        """Of every subscriber, in the order of subscription; also after ``close``."""
        return tuple(subscription.statistics() for subscription in self._subscriptions)

    def close(self, timeout: float) -> tuple[str, ...]:
        """Take no more events, deliver those that wait, and end; ``timeout`` seconds for all together.

        Returns the names of the subscribers that did not get through. What still waits for them
        is dropped and counted, and their threads end if ever their handlers return.
        """
        with self._lock:
            self._closed = True
        deadline = time.monotonic() + timeout
        for subscription in self._subscriptions:
            subscription.end(drop=False)
        hanging = [one for one in self._subscriptions if not one.drained(deadline - time.monotonic())]
        for subscription in hanging:
            subscription.end(drop=True)
            get_logger("event_bus").error("a subscriber did not drain", subscriber=subscription.name)
        return tuple(subscription.name for subscription in hanging)

    def _require_open(self, what: str) -> None:
        if self._closed:
            raise ComponentError("event_bus", f"{what}: the bus is closed")

    def _forget(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions = tuple(one for one in self._subscriptions if one is not subscription)
