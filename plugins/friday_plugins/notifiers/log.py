"""Notifications in the log: the channel that is always there, and that nobody has to set up."""

from __future__ import annotations

from friday_core.api import ComponentSpec, Notification, Notifier, Severity, get_logger, hookimpl


class LogNotifier(Notifier):
    """Writes every notification as one line; its severity is the line's level, an alarm is critical."""

    def __init__(self) -> None:
        log = get_logger("notifier.log")
        self._write = {Severity.INFO: log.info, Severity.WARNING: log.warning, Severity.ALARM: log.critical}

    def notify(self, notification: Notification) -> None:
        write = self._write[notification.severity]
        write("notification", subject=notification.subject, message=notification.message)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("notifier", "log", LogNotifier)]
