"""What the host tells its observers, besides what the core logs."""

from __future__ import annotations

from typing import Any

import msgspec


class ComponentStateChanged(msgspec.Struct, frozen=True):
    """A component went from one state of its life to another."""

    component: str
    old: str
    new: str


class SessionOpened(msgspec.Struct, frozen=True):
    """Every component runs, and the first record is about to be applied."""

    profile: str
    mode: str


class SessionClosed(msgspec.Struct, frozen=True):
    """The session is over; ``summary`` is what ``summary.json`` holds."""

    summary: dict[str, Any]
