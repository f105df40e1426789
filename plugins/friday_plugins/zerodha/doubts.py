"""Orders of which nobody knows whether they stand: until the book shows them nothing is added in their instruments."""

from __future__ import annotations

from collections.abc import Callable

from friday_core.api import InstrumentId, Order, Refused

#: Seconds after which an order that no reading of the book has shown is not expected any more.
_PATIENCE = 30.0


class Doubts:
    """``is_seen`` tells whether the book has an order of a tag; ``now`` is monotonic seconds. For one thread to add."""

    def __init__(self, is_seen: Callable[[str], bool], now: Callable[[], float]) -> None:
        self._is_seen, self._now = is_seen, now
        self._of: dict[InstrumentId, tuple[str, float]] = {}
        self._until = float("-inf")

    @property
    def is_fresh(self) -> bool:
        """Whether one may still turn up: the book is worth a look."""
        return self._now() < self._until

    def add(self, order: Order) -> None:
        """It was sent, and nobody has answered."""
        self._until = self._now() + _PATIENCE
        self._of[order.instrument] = order.tag, self._until

    def check(self, order: Order, *, reduces: bool) -> None:
        """``Refused`` for an order that adds beside one in doubt; one that goes again under its tag may."""
        tag, until = self._of.get(order.instrument, ("", 0.0))
        if reduces or tag in ("", order.tag) or self._now() >= until:
            return
        if self._is_seen(tag):
            del self._of[order.instrument]
            return
        raise Refused(f"order {order.tag} is not sent: whether {tag} in {order.instrument} stands is not known yet")
