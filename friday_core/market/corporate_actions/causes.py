"""What a vendor's adjustment on an ex-date likely was, told from prices: a name for a pattern, not a proof."""

from __future__ import annotations

import datetime as dt
import enum
import math
from dataclasses import dataclass

from friday_core.market.corporate_actions.recognition import LEAST

#: A dividend is a multiple of five paise; how far off the grid the rounded prices may put it, and its largest share.
_GRID, _OFF_GRID, _LARGEST = 5.0, 0.75, 0.15
#: Beyond this the market's gap and the adjustment are of different things: a cost share is not a market price.
_OTHER_THING = 0.04


class Cause(enum.StrEnum):
    """Why a vendor's price is not the raw one divided by the factors of the announced actions."""

    DIVIDEND = "large dividend"
    RIGHTS = "rights"
    DEMERGER = "demerger"
    SHARES = "split or bonus"
    ANNOUNCED_OTHERWISE = "announced with other terms"
    ROUNDING = "rounding"
    PARTIAL_DAY = "partial day"
    LONE_ROW = "lone row"
    RENAME = "rename"
    MISSING_DAY = "missing day"


@dataclass(frozen=True, slots=True)
class Step:
    """What a vendor did to the days before ``ex_date``: divided by ``factor``, or took ``paise`` off.

    ``paise`` is also what the factor comes to as a dividend, of the last raw close ``cum``;
    ``error`` its standard error. ``open`` is the raw open of the ex-date.
    """

    ex_date: dt.date
    factor: float
    paise: float
    error: float
    cum: float
    open: float
    subtracted: bool = False
    announced: bool = False

    @property
    def cause(self) -> Cause:
        """In this order: an action that was announced on the day; a dividend that was taken off; a gap of
        the market that is another one than the adjustment; a fall as by a split; a dividend on the
        grid of five paise; else rights.
        """
        if self.announced:
            return Cause.ANNOUNCED_OTHERWISE
        if self.subtracted:
            return Cause.DIVIDEND
        if abs(math.log(self.cum / self.open) - math.log(self.factor)) > _OTHER_THING:
            return Cause.DEMERGER
        if self.factor >= LEAST:
            return Cause.SHARES
        off_grid = abs(self.paise - _GRID * round(self.paise / _GRID))
        is_round = off_grid <= max(_OFF_GRID, 3.0 * self.error)
        return Cause.DIVIDEND if is_round and 0 < self.paise <= _LARGEST * self.cum else Cause.RIGHTS
