"""Telling a person, through every channel that is configured, without holding up what is told about."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from friday_core.errors import ComponentError
from friday_core.infrastructure.event_bus import Delivery, Envelope, EventBus, SubscriberStatistics
from friday_core.infrastructure.logging import described, get_logger
from friday_core.interfaces.notifier import Notification, Notifier, Severity


@dataclass(frozen=True, slots=True)
class NotificationStatistics:
    """``repeated`` and ``minor`` notifications were held back; ``late`` ones came after ``close``."""

    repeated: int
    minor: int
    late: int
    channels: tuple[SubscriberStatistics, ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    """A notification of whose delivery the sender wants to hear."""

    notification: Notification
    outcomes: queue.SimpleQueue[tuple[str, str]] = field(default_factory=queue.SimpleQueue)


class Notifications:
    """Passes notifications to all notifiers, each on a thread of its own and in order.

    A notifier that raises, hangs or is slow delays nobody: its failures are counted and logged,
    what it has not taken yet waits. Below ``threshold`` nothing is passed on, nor is the same
    subject and message again within ``window`` seconds of ``monotonic``, unless more severe.
    """

    def __init__(
        self,
        notifiers: Mapping[str, Notifier],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        threshold: Severity = Severity.INFO,
        window: float = 300.0,
    ) -> None:
        self._monotonic = monotonic
        self._threshold = threshold
        self._window = window
        self._log = get_logger("notifications")
        self._names = tuple(notifiers)
        self._bus = EventBus(monotonic)
        for name, notifier in notifiers.items():
            self._bus.subscribe(object, _channel(name, notifier), name=name, delivery=Delivery.MUST)
        self._lock = threading.Lock()
        self._told: dict[tuple[str, str], tuple[float, Severity]] = {}  # since when, in this order
        self._repeated = self._minor = self._late = 0

    def notify(self, notification: Notification) -> bool:
        """Pass ``notification`` on and return at once; false if it was held back. Never raises."""
        if not self._worth_telling(notification):
            return False
        try:
            self._bus.publish(notification)
        except ComponentError:
            with self._lock:
                self._late += 1
            self._log.warning("a notification came too late", subject=notification.subject, of=notification.message)
            return False
        return True

    def test_fire(self, timeout: float) -> dict[str, str]:
        """Send a test through every channel, and what became of it within ``timeout`` seconds.

        Per notifier ``"delivered"``, the error, or that there was no answer. Neither threshold
        nor window hold it back. Raises ``ComponentError`` after ``close``.
        """
        outcomes = dict.fromkeys(self._names, f"no answer within {timeout:g} s")
        trial = _Trial(Notification(Severity.INFO, "friday", "This is a test of the notifications."))
        self._bus.publish(trial)
        deadline = time.monotonic() + timeout
        for _ in self._names:
            try:
                name, outcome = trial.outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            outcomes[name] = outcome
        return outcomes

    def statistics(self) -> NotificationStatistics:
        """Counts so far; ``channels`` in the order of the notifiers."""
        with self._lock:
            return NotificationStatistics(self._repeated, self._minor, self._late, self._bus.statistics())

    def close(self, timeout: float) -> tuple[str, ...]:
        """Deliver what waits, ``timeout`` seconds for all; the names of notifiers that did not get through."""
        return self._bus.close(timeout)

    def _worth_telling(self, notification: Notification) -> bool:
        now = self._monotonic()
        key = (notification.subject, notification.message)
        with self._lock:
            if notification.severity < self._threshold:
                self._minor += 1
                return False
            while self._told and now - next(iter(self._told.values()))[0] >= self._window:
                del self._told[next(iter(self._told))]
            since, severity = self._told.get(key, (now, None))
            if severity is not None and notification.severity <= severity:
                self._repeated += 1
                return False
            self._told[key] = (since, notification.severity)
            return True


def _channel(name: str, notifier: Notifier) -> Callable[[Envelope[object]], None]:
    """The bus's handler for one notifier."""

    def deliver(envelope: Envelope[object]) -> None:
        event = envelope.event
        if isinstance(event, _Trial):
            _try(name, notifier, event)
        elif isinstance(event, Notification):
            notifier.notify(event)

    return deliver


def _try(name: str, notifier: Notifier, trial: _Trial) -> None:
    try:
        notifier.notify(trial.notification)
    except BaseException as error:
        trial.outcomes.put((name, described(error)))
        raise
    trial.outcomes.put((name, "delivered"))
