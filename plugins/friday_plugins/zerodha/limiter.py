"""How often Kite may be asked: one count for the whole account in this process.

Kite counts by the calendar second and minute of its own clock. Here a request counts from the moment it leaves until
a whole second (or minute) after its answer: whichever of Kite's seconds it fell into has passed then, so that no
clock has to agree with Kite's, and no delay on the way makes two requests meet.
"""

from __future__ import annotations

import datetime as dt
import enum
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from friday_core.api import Refused
from friday_plugins.zerodha.token_file import IST


class Category(enum.StrEnum):
    """What Kite counts together."""

    ORDER = "order"
    QUOTE = "quote"
    HISTORY = "history"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests at most; ``reserve`` of those of a second, a minute and a day are for what is urgent."""

    per_second: Mapping[Category, int]
    orders_per_minute: int = 380
    orders_per_day: int = 5_000
    reserves: tuple[int, int, int] = (1, 30, 250)
    modifications: int = 20


#: Of all other requests half of what Kite takes: ``friday doctor`` and ``friday arm`` ask beside a session, and no
#: process knows of another's.
USUAL = Limits({Category.ORDER: 9, Category.QUOTE: 1, Category.HISTORY: 3, Category.OTHER: 5})
_SECOND, _MINUTE = 1.0, 60.0
#: Seconds: a limit runs by Kite's clock, and ours may be a little faster.
_MARGIN = 0.05
#: Seconds to send nothing after Kite has said that it was too much: orders, and everything else.
_COOL = {Category.ORDER: 10.5}
_COOL_OTHERS = 1.5


class Limiter:
    """Lets requests through, urgent ones first; ``now`` is monotonic seconds, ``today`` the date in India."""

    def __init__(
        self,
        now: Callable[[], float],
        limits: Limits = USUAL,
        *,
        today: Callable[[], dt.date] = lambda: dt.datetime.now(IST).date(),
    ) -> None:
        self._now, self._limits, self._today = now, limits, today
        self._changed = threading.Condition()
        #: Ends of requests that were answered, by category; and how many are under way.
        self._ended: dict[Category, deque[float]] = {one: deque() for one in Category}
        self._under_way: Counter[Category] = Counter()
        self._minute: deque[float] = deque()
        self._cool_until = dict.fromkeys(Category, 0.0)
        self._urgent_waits: Counter[Category] = Counter()
        self._day: tuple[dt.date, int] = (dt.date.min, 0)
        self._modified: Counter[str] = Counter()

    @contextmanager
    def turn(self, category: Category, *, urgent: bool = False, places: bool = False) -> Iterator[None]:
        """Wait until a request may leave, and count it; ``places`` is an order of the day's.

        ``Refused`` if the day's orders are used up.
        """
        with self._changed:
            if places:
                self._count_order(urgent)
            self._urgent_waits[category] += urgent
            try:
                while (pause := self._pause(category, urgent)) > 0:
                    self._changed.wait(pause)
            finally:
                self._urgent_waits[category] -= urgent
            self._under_way[category] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[category] -= 1
                self._ended[category].append(self._now())
                if category is Category.ORDER:
                    self._minute.append(self._now())
                self._changed.notify_all()

    def cool(self, category: Category) -> None:
        """Kite said that it was too much: nothing of the category leaves for a while."""
        with self._changed:
            until = self._now() + _COOL.get(category, _COOL_OTHERS)
            self._cool_until[category] = max(self._cool_until[category], until)

    def seen_today(self, orders: int) -> None:
        """So many orders of the account are known of today, whoever placed them."""
        with self._changed:
            day, count = self._day
            self._day = self._today(), max(orders, count if day == self._today() else 0)

    def modification(self, number: str) -> None:
        """Count one of an order; ``Refused`` if it was modified so often that Kite may take no more."""
        with self._changed:
            if self._modified[number] >= self._limits.modifications:
                most = self._limits.modifications
                raise Refused(f"order {number} was modified {most} times: cancel it, and place another one")
            self._modified[number] += 1

    def _count_order(self, urgent: bool) -> None:
        today = self._today()
        day, count = self._day
        count = count if day == today else 0
        most = self._limits.orders_per_day - (0 if urgent else self._limits.reserves[2])
        if count >= most:
            raise Refused(f"{count} orders were placed today, and {most} may be; the rest is kept for exits")
        self._day = today, count + 1

    def _pause(self, category: Category, urgent: bool) -> float:
        """Seconds to wait before one may leave; 0 lets it."""
        now = self._now()
        if now < self._cool_until[category]:
            return self._cool_until[category] - now
        if self._urgent_waits[category] and not urgent:
            return _SECOND
        is_order = category is Category.ORDER
        second, minute, _ = self._limits.reserves if is_order and not urgent else (0, 0, 0)
        under_way = self._under_way[category]
        pause = _until_room(
            self._ended[category], self._limits.per_second[category] - second - under_way, now, _SECOND + _MARGIN
        )
        if is_order:
            room = self._limits.orders_per_minute - minute - under_way
            pause = max(pause, _until_room(self._minute, room, now, _MINUTE + _MARGIN))
        return pause


def _until_room(ended: deque[float], most: int, now: float, span: float) -> float:
    """Seconds until fewer than ``most`` of what ended still count."""
    while ended and ended[0] + span <= now:
        ended.popleft()
    if len(ended) < most:
        return 0.0
    if most <= 0:
        return span  # woken when one of those under way has ended
    return ended[len(ended) - most] + span - now
