"""What a person is told while a session runs, through whatever notifiers there are."""

from __future__ import annotations

from collections.abc import Callable

from friday_core.domain.outcomes import BookDiffers, StrategyStopped, ValidatorFault
from friday_core.domain.records import RowsMissing
from friday_core.domain.sessions import to_datetime
from friday_core.infrastructure.event_bus import Delivery, Envelope, EventBus
from friday_core.infrastructure.notifications import Notifications
from friday_core.interfaces.notifier import Notification, Severity


def sound_alarms(events: EventBus, notifications: Notifications, mask: Callable[[str], str]) -> None:
    """Notify of what stopped, what failed, what stays away and what differs at a broker; secrets are masked."""

    def alarm(of: str, message: str, severity: Severity = Severity.ALARM) -> None:
        notifications.notify(Notification(severity, of, mask(message)))

    def on_stopped(envelope: Envelope[StrategyStopped]) -> None:
        alarm(f"strategy {envelope.event.strategy}", f"it was stopped: {envelope.event.error}")

    def on_fault(envelope: Envelope[ValidatorFault]) -> None:
        fault = envelope.event
        alarm(f"validator {fault.validator}", f"it failed, no position is opened from here on: {fault.error}")

    def on_difference(envelope: Envelope[BookDiffers]) -> None:
        found = envelope.event
        what = " ".join(filter(None, (found.tag, str(found.instrument or ""))))
        alarm("broker", f"{found.code}{f' ({what})' if what else ''}: {found.detail}", Severity.WARNING)

    def on_missing(envelope: Envelope[RowsMissing]) -> None:
        told = envelope.event
        if told.is_over:
            alarm(f"stream {told.stream}", "rows come again", Severity.INFO)
            return
        since = f"{to_datetime(told.since):%Y-%m-%d %H:%M:%S} UTC"
        held = "nothing is added to positions until rows come again"
        alarm(f"stream {told.stream}", f"no row since {since}: {told.reason}; {held}")

    events.subscribe(StrategyStopped, on_stopped, name="notifications", delivery=Delivery.MUST)
    events.subscribe(ValidatorFault, on_fault, name="notifications of faults", delivery=Delivery.MUST)
    events.subscribe(BookDiffers, on_difference, name="notifications of differences", delivery=Delivery.MUST)
    events.subscribe(RowsMissing, on_missing, name="notifications of silence", delivery=Delivery.MUST)
