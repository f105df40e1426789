"""What a notifier keeps. Nobody is told anything: the network is down while it is tried."""

from __future__ import annotations

from friday_core.interfaces.notifier import Notification, Severity
from friday_core.plugin.time_limit import OverdueError, within
from friday_core.testing.network import DeadNetwork, dead_network
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject

_TOLD = [
    Notification(Severity.INFO, "strategy.kit", "an order was filled"),
    Notification(Severity.WARNING, "stream market_data", 'text with "quotes", <marks> & a line\nbreak'),
    Notification(Severity.ALARM, "friday", "the feed has stopped: " + "x" * 5_000),
]


def _takes_every_severity(subject: Subject) -> None:
    for notification, network, error in _tried(subject):
        if error is not None and not network.asked:
            raise Broken(f"told {notification.severity.name} it raised {in_words(error)}")


def _tells_of_failures(subject: Subject) -> None:
    reached = False
    for notification, network, error in _tried(subject):
        reached = reached or bool(network.asked)
        if network.asked and error is None:
            what = notification.severity.name
            raise Broken(f"{what} went to {network.asked[0]}, nobody answered, and it kept silent")
    if not reached:
        raise DoesNotApply("it uses no network, as far as the kit can see")


def _waits_for_nobody(subject: Subject) -> None:
    for _, network, error in _tried(subject):
        if isinstance(error, OverdueError):
            raise Broken(f"it did not come back within {subject.limits.notify:g} s from a network that is down")
        if network.patient:
            raise Broken(f"it waits for {network.patient[0]} without a limit")


def _tried(subject: Subject) -> list[tuple[Notification, DeadNetwork, Exception | None]]:
    """What became of each notification."""
    found: list[tuple[Notification, DeadNetwork, Exception | None]] = []
    made = subject.make()
    for notification in _TOLD:
        error: Exception | None = None
        with dead_network() as network:
            try:
                within(subject.limits.notify, lambda told=notification: made.notify(told), "notify()")  # type: ignore[misc]
            except Exception as raised:  # noqa: BLE001 - the author's code may raise anything
                error = raised
        found.append((notification, network, error))
    return found


RULES = (
    Rule(
        "it takes notifications of every severity and length",
        "an alarm is the one notification that must not fail for its own text",
        "escape and shorten what the channel does not take",
        _takes_every_severity,
    ),
    Rule(
        "a delivery that fails is told by an exception",
        "failures are counted and logged by the host; one that is swallowed looks like an alarm that was read",
        "let the error of the library out, and check the status of the answer",
        _tells_of_failures,
    ),
    Rule(
        "it waits for nobody without a limit",
        "what comes after it waits behind it, an alarm included",
        "give every request a timeout",
        _waits_for_nobody,
    ),
)
