"""Whether a list of splits and bonuses agrees with raw prices: lists have wrong entries."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.domain.sessions import to_days
from friday_core.market.corporate_actions.adjustment import Columns, last_close
from friday_core.market.corporate_actions.announcement import Announcement, by_ex_date, effective, effects
from friday_core.market.corporate_actions.terms import SHARE_CHANGES, Demerger

#: Return that the first day after an action may have besides it; of 75 real ones the farthest had 0.105.
_MOST = 0.2


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Announcements of one ex-date whose ``factor`` the prices do not show: they fell by ``observed``, as a factor."""

    announcements: tuple[Announcement, ...]
    factor: float
    observed: float

    @property
    def why(self) -> str:
        """Which of the two it is."""
        if _is_nearer_to_none(self.factor, self.observed):
            return f"the price went on as if there were none: {self.observed:.4g} instead of {self.factor:.4g}"
        return f"the price says {self.observed:.4g} instead of {self.factor:.4g}"


def contradictions(columns: Columns, announcements: Sequence[Announcement]) -> Iterator[Contradiction]:
    """Ex-dates of one instrument on which prices and announcements disagree.

    ``columns`` are raw rows with ``session``, ``open`` and ``close``. The observed factor is the
    last close before over the geometric mean of the ex-date's open and close. It contradicts if it
    is nearer to 1 than to the announced one, or farther from that than a share goes in a day
    and a night. An ex-date without prices, or without one before it, says nothing; dividends are too
    small to be seen, and the market's price of a demerged part is not the share of its cost.
    """
    sessions = columns["session"]
    latest = max((one.effective for one in announcements), default=dt.date.max)
    for day, ones in by_ex_date(effective(announcements, latest)):
        row = int(np.searchsorted(sessions, to_days(day)))
        cum = last_close(columns["close"][:row])
        if cum is None or row == len(sessions) or sessions[row] != to_days(day) or not _tells(ones):
            continue
        product = float(columns["open"][row]) * float(columns["close"][row])
        if not product > 0:
            continue
        observed = float(cum) / math.sqrt(product)
        factor = math.prod(float(effect.factor) for effect in effects(ones, cum))
        if _is_nearer_to_none(factor, observed) or abs(math.log(observed / factor)) > _MOST:
            yield Contradiction(tuple(ones), factor, observed)


def _tells(announcements: Sequence[Announcement]) -> bool:
    """Whether prices must show these: a number of shares changes, and no part leaves."""
    changes = any(one.terms.kind in SHARE_CHANGES for one in announcements)
    return changes and not any(isinstance(one.terms, Demerger) for one in announcements)


def _is_nearer_to_none(factor: float, observed: float) -> bool:
    return abs(math.log(observed)) < abs(math.log(observed / factor))
