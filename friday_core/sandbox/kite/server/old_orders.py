"""How the orders stood some seconds ago, for reads that are stale."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class OldOrders:
    """Remembers every state of every order since the process began; what stood then is as old as need be."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._states: dict[str, tuple[list[int], list[Mapping[str, Any]]]] = {}
        for row in rows:
            self.note(row, 0)

    def note(self, row: Mapping[str, Any], wall: int) -> None:
        """An order stands like this from now on."""
        times, rows = self._states.setdefault(row["order_id"], ([], []))
        times.append(wall)
        rows.append(row)

    def latest(self, order_id: str) -> Mapping[str, Any] | None:
        """An order as it stands; ``None`` for one that nobody placed."""
        _, rows = self._states.get(order_id, ([], []))
        return rows[-1] if rows else None

    def as_of(self, wall: int, now: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The orders that are in the book ``now`` as they stood then; without those that were not there yet."""
        found = []
        for order in now:
            times, rows = self._states.get(order["order_id"], ([], []))
            place = bisect_right(times, wall)
            if place:
                shown = {name: value for name, value in rows[place - 1].items() if name in order}
                found.append({**order, **shown})
        return found
