"""Whether an order at Kite was ended by its day, and may go anew in the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from friday_plugins.zerodha.hours import TradingHours
from friday_plugins.zerodha.instruments import Listed, Listing
from friday_plugins.zerodha.updates import has_another_day, last_time_of

Row = Mapping[str, Any]


class DayEnd:
    """Kite has one word for both, CANCELLED: from the end of continuous trading on it was the day that ended it.

    Where ``hours`` are not looked at, or not known, only what ends on a later date than it was placed.
    """

    def __init__(
        self, hours: TradingHours | None, listed: Callable[[Row], Listed | None], listing: Callable[[], Listing]
    ) -> None:
        self._hours, self._listed, self._listing = hours, listed, listing
        self._known: dict[tuple[str, str], bool] = {}

    def has_ended(self, row: Row) -> bool:
        """Of a row that is cancelled."""
        ended = last_time_of(row)
        key = str(row["order_id"]), str(ended)
        if key not in self._known:
            self._known[key] = has_another_day(row) or self._is_after_the_close(row)
        return self._known[key]

    def _is_after_the_close(self, row: Row) -> bool:
        ended, listed = last_time_of(row), self._listed(row)
        if self._hours is None or listed is None or ended is None:
            return False
        at = self._hours.at(listed, self._listing(), ended)
        return at is not None and 0 < at.last <= ended.timestamp() * 1_000_000
