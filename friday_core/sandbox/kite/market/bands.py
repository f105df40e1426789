"""Between which prices an instrument may trade on a day."""

from __future__ import annotations

from typing import NamedTuple

from friday_core.market.instruments.columns import CONTRACTS, OPTIONS
from friday_core.sandbox.kite.values import Listed

#: By how much a dynamic band widens, in per cent of the close before.
_FLEX = 5


class Bands(NamedTuple):
    """Per cent of the close before: of shares, of what has a dynamic band, of options.

    A dynamic band, of shares with contracts and of contracts themselves, widens by steps once the market has been at
    its end. An option's is at least ``option_rupees`` to either side.
    """

    share: float = 20.0
    dynamic: float = 10.0
    option: float = 40.0
    option_rupees: float = 20.0

    def limits(self, listed: Listed, has_contracts: bool, close: int, high: int, low: int) -> tuple[int, int]:
        """Lower and upper limit in whole ticks, by the close before and the day's extremes, 0 while there are none.

        Zeros of an index. What has traded on the day is never outside, as it would be where real prices meet rules
        that are not theirs.
        """
        if listed.is_index:
            return 0, 0
        low, high = low or close, high or close
        reach, flex = self._reach(listed, has_contracts, close)
        while flex and (close - reach >= low or close + reach <= high):
            reach += flex
        tick = listed.tick or 1
        lower = max(-(-(close - reach) // tick), 1) * tick
        return min(lower, low), max((close + reach) // tick * tick, high)

    def _reach(self, listed: Listed, has_contracts: bool, close: int) -> tuple[int, int]:
        """How far limits are from the close, and by how much they widen."""
        flex = max(close * _FLEX // 100, listed.tick, 1)
        if listed.kind in OPTIONS:
            return max(round(close * self.option / 100), listed.units(self.option_rupees)), flex
        if has_contracts or listed.kind in CONTRACTS:
            return round(close * self.dynamic / 100), flex
        return round(close * self.share / 100), 0
