"""Where a session stands between two slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from friday_core.domain.outcomes import EquityPoint
from friday_core.session.slices import Slice


@dataclass(slots=True)
class Standing:
    """The latest slice, and the equity of each book after it, in minor units.

    Of the latest slice only its number, time and session count. ``note`` takes the equity of the next one.
    ``stage`` says whose code is running, as ``strategy.cross``; empty if nobody's. Other threads read it.
    """

    latest: Slice | None
    equity: dict[str, int]
    note: Callable[[EquityPoint], None]
    stage: str = ""
