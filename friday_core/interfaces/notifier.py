"""Role ``notifier``: tells a person."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass

from friday_core.interfaces.component import Component


class Severity(enum.IntEnum):
    """How urgent it is; larger is more urgent, and an alarm wants a person."""

    INFO = 10
    WARNING = 20
    ALARM = 30


@dataclass(frozen=True, slots=True)
class Notification:
    """``subject`` names the component or the strategy concerned."""

    severity: Severity
    subject: str
    message: str


class Notifier(Component, ABC):
    """A channel to a person. A delivery that fails is counted and never stops trading.

    Each notifier has a thread of its own, so that one that hangs holds up nobody else.

    A plugin, complete; one line a notification::

        from pathlib import Path

        from friday_core.api import ComponentSpec, Notifier, PluginSettings, hookimpl


        class Settings(PluginSettings):
            path: Path = Path("notifications.txt")


        class TextFile(Notifier):
            def __init__(self, settings):
                self.path = settings.path

            def notify(self, notification):
                with self.path.open("a", encoding="utf-8") as file:
                    print(notification.severity.name, notification.subject, notification.message, file=file)


        @hookimpl
        def friday_components():
            return [ComponentSpec("notifier", "text_file", TextFile, Settings)]
    """

    @abstractmethod
    def notify(self, notification: Notification) -> None:
        """Deliver; may block, may raise."""
