"""How often anybody may ask, by calendar second of the server's wall clock."""

from __future__ import annotations

import enum

from friday_core.sandbox.kite.refusals import too_many_requests
from friday_core.sandbox.kite.server.settings import SessionSettings
from friday_core.sandbox.kite.values import SECOND

_MINUTE = 60 * SECOND


class Category(enum.StrEnum):
    """What is counted together; ``FREE`` is not counted."""

    QUOTE = "quote"
    HISTORICAL = "historical"
    ORDER = "order"
    OTHER = "other"
    FREE = "free"


class Limits:
    """Counts what is asked for, over all sessions of the account; a restart forgets the counts."""

    def __init__(self, settings: SessionSettings) -> None:
        self._cool_down = settings.cool_down
        self._per_second = {
            Category.QUOTE: settings.quotes_per_second, Category.HISTORICAL: settings.historical_per_second,
            Category.ORDER: settings.orders_per_second, Category.OTHER: settings.others_per_second,
        }  # fmt: skip
        self._per_minute = settings.orders_per_minute
        #: The calendar second or minute that was counted last, and how many.
        self._counted: dict[tuple[Category, int], tuple[int, int]] = {}
        self._cool_until: dict[Category, int] = {}

    def admit(self, category: Category, wall: int) -> None:
        """Count one request; ``KiteRefusal`` 429 if it is one too many, or if orders cool down."""
        if category is Category.FREE:
            return
        if wall < self._cool_until.get(category, 0):
            raise too_many_requests()
        within = self._count(category, SECOND, wall) <= self._per_second[category]
        if category is Category.ORDER:
            within = self._count(category, _MINUTE, wall) <= self._per_minute and within
            if not within:
                self.cool(category, self._cool_down, wall)
        if not within:
            raise too_many_requests()

    def cool(self, category: Category, seconds: float, wall: int) -> None:
        """Whatever is counted with it is refused for so long."""
        self._cool_until[category] = max(self._cool_until.get(category, 0), wall + round(seconds * SECOND))

    def _count(self, category: Category, span: int, wall: int) -> int:
        place, now = (category, span), wall // span
        before, count = self._counted.get(place, (now, 0))
        self._counted[place] = now, (count + 1 if before == now else 1)
        return self._counted[place][1]
