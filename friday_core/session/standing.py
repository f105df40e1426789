"""Where a session stands between two slices."""

from __future__ import annotations

from dataclasses import dataclass

from friday_core.session.slices import Slice


@dataclass(slots=True)
class Standing:
    """The latest slice, and the equity of each book after it, in minor units.

    Of the latest slice only its number, time and session count.
    """

    latest: Slice | None
    equity: dict[str, int]
