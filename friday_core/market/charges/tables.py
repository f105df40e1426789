"""Rate files one above the other: the rate of a day, and for how long there is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from friday_core.errors import FactsError
from friday_core.market.dated_tables import DatedTables, Days


class RateTables(DatedTables):
    """Several rate files; where two answer for a day, the earlier file of the list does.

    Never the nearest row: a day without a row is refused.
    """

    called: ClassVar[str] = "rate"
    own: ClassVar[str] = "a file of your own: [plugins.charges.indian] rates"

    def common(self, keys: Iterable[tuple[str, ...]]) -> Days | None:
        """From the first to the last day on which each of these keys has a row; ``None`` without a key.

        Days in between that a file of one's own leaves out are not looked for. ``FactsError`` if there is no such day.
        """
        spans = {key: self._spans(key) for key in keys}
        if not spans:
            return None
        latest = max(spans, key=lambda key: spans[key][0].first)
        soonest = min(spans, key=lambda key: spans[key][-1].last)
        first, last = spans[latest][0].first, spans[soonest][-1].last
        if first > last:
            what = f"rates for {' '.join(soonest)} end on {last}, before those for {' '.join(latest)} begin on {first}"
            raise FactsError(f"{what}\n    mend: trade one of them only, or say the missing rates in {self.own}")
        return Days(first, last)
