"""Notifications reach every channel, or are counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from friday_core.errors import ComponentError
from friday_core.infrastructure.notifications import Notifications
from friday_core.interfaces.notifier import Notification, Notifier, Severity

LONG = 30.0


class Channel(Notifier):
    """Keeps what it is told; hangs if ``release`` is not set."""

    def __init__(self) -> None:
        self.told: list[Notification] = []
        self.entered, self.release = threading.Event(), threading.Event()
        self.release.set()
        self.thread: threading.Thread | None = None

    def notify(self, notification: Notification) -> None:
        self.thread = threading.current_thread()
        self.entered.set()
        assert self.release.wait(LONG)
        self.told.append(notification)


class BrokenChannel(Notifier):
    def notify(self, notification: Notification) -> None:
        raise ConnectionError("no network")


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel()
    yield made
    made.release.set()


def note(message: str = "stopped", severity: Severity = Severity.WARNING, subject: str = "feed") -> Notification:
    return Notification(severity, subject, message)


def test_every_notifier_is_told_in_order_off_the_calling_thread(channel: Channel) -> None:
    other = Channel()
    notifications = Notifications({"a": channel, "b": other}, monotonic=Time())
    assert notifications.notify(note("one"))
    assert notifications.notify(note("two"))
    assert notifications.close(LONG) == ()
    assert channel.told == other.told == [note("one"), note("two")]
    assert threading.current_thread() not in (channel.thread, other.thread)
    assert channel.thread is not other.thread


def test_a_notifier_that_hangs_delays_neither_the_caller_nor_others(channel: Channel) -> None:
    other = Channel()
    notifications = Notifications({"hung": channel, "other": other}, monotonic=Time())
    channel.release.clear()
    notifications.notify(note("one"))
    assert channel.entered.wait(LONG)
    assert notifications.notify(note("two"))
    assert notifications.close(0.2) == ("hung",)
    assert other.told == [note("one"), note("two")]


def test_a_notifier_that_raises_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    notifications = Notifications({"broken": BrokenChannel()}, monotonic=Time())
    assert notifications.notify(note())
    notifications.close(LONG)
    broken = notifications.statistics().channels[0]
    assert (broken.delivered, broken.failed, broken.last_error) == (0, 1, "ConnectionError: no network")
    assert [record.getMessage() for record in caplog.records] == ["an event handler failed"]


def test_nothing_below_the_threshold_is_passed_on(channel: Channel) -> None:
    notifications = Notifications({"a": channel}, monotonic=Time(), threshold=Severity.WARNING)
    sent = [notifications.notify(note(str(severity), severity)) for severity in Severity]
    notifications.close(LONG)
    assert sent == [False, True, True]
    assert [told.severity for told in channel.told] == [Severity.WARNING, Severity.ALARM]
    assert notifications.statistics().minor == 1


def test_the_same_subject_and_message_are_told_once_in_a_window(channel: Channel) -> None:
    now = Time()
    notifications = Notifications({"a": channel}, monotonic=now, window=60.0)
    sent = [notifications.notify(one) for one in (note("x"), note("x"), note("y"), note("x", subject="broker"))]
    now.now = 59.9
    sent.append(notifications.notify(note("x")))
    now.now = 60.0
    sent.append(notifications.notify(note("x")))
    notifications.close(LONG)
    assert sent == [True, False, True, True, False, True]
    assert notifications.statistics().repeated == 2


def test_a_repetition_that_is_more_severe_is_told(channel: Channel) -> None:
    notifications = Notifications({"a": channel}, monotonic=Time())
    levels = (Severity.WARNING, Severity.INFO, Severity.ALARM, Severity.ALARM, Severity.WARNING)
    sent = [notifications.notify(note("x", severity)) for severity in levels]
    notifications.close(LONG)
    assert sent == [True, False, True, False, False]


def test_a_notification_after_the_end_is_counted_and_raises_nothing(
    channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    notifications = Notifications({"a": channel}, monotonic=Time())
    notifications.close(LONG)
    assert not notifications.notify(note())
    assert notifications.statistics().late == 1
    assert [record.getMessage() for record in caplog.records] == ["a notification came too late"]


def test_without_notifiers_nothing_happens() -> None:
    notifications = Notifications({}, monotonic=Time())
    assert notifications.notify(note())
    assert notifications.test_fire(LONG) == {}
    assert notifications.close(LONG) == ()


def test_a_test_tells_per_channel_what_became_of_it(channel: Channel) -> None:
    hung = Channel()
    hung.release.clear()
    channels = {"good": channel, "broken": BrokenChannel(), "hung": hung}
    notifications = Notifications(channels, monotonic=Time(), threshold=Severity.ALARM)
    outcomes = notifications.test_fire(0.2)
    hung.release.set()
    notifications.close(LONG)
    assert outcomes == {
        "good": "delivered",
        "broken": "ConnectionError: no network",
        "hung": "no answer within 0.2 s",
    }
    assert channel.told == [note("This is a test of the notifications.", Severity.INFO, "friday")]


def test_tests_are_not_held_back_as_repetitions(channel: Channel) -> None:
    notifications = Notifications({"a": channel}, monotonic=Time())
    assert [notifications.test_fire(LONG) for _ in range(2)] == [{"a": "delivered"}] * 2
    notifications.close(LONG)


def test_there_is_no_test_after_the_end(channel: Channel) -> None:
    notifications = Notifications({"a": channel}, monotonic=Time())
    notifications.close(LONG)
    with pytest.raises(ComponentError, match="the bus is closed"):
        notifications.test_fire(LONG)
