"""Role ``notifier``: tells a person."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass

from friday_core.interfaces.component import Component


class Severity(enum.IntEnum):
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
    """A channel to a person. A delivery that fails is counted and never stops trading."""

    @abstractmethod
    def notify(self, notification: Notification) -> None:
        """Deliver; may block, may raise."""
