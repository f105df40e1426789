"""A vendor's adjusted closes held against raw closes and the actions that are announced.

Going back from the newest day, the vendor's price should be the raw one divided by the factors of
the actions since. Where it is not, it is that times a ratio (the vendor adjusted for something else, too) or
less an amount (some vendors take a dividend off). The days on which ratio or amount change part
the past into stretches; each is told with what the vendor did at its end, and what that likely was.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import Float64, Int64
from friday_core.domain.sessions import to_date
from friday_core.market.corporate_actions.adjustment import Adjustment, Columns
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.causes import Cause, Step
from friday_core.market.corporate_actions.relations import Relation, relations

#: Paise within which a price is reproduced: the tick of NSE to which vendors round.
TICK = 5.0
_FLOATING = 1e-6


@dataclass(frozen=True, slots=True)
class Stretch:
    """``rows`` days of which ``beyond`` are more than a tick off what is expected.

    On them the vendor's price is ``ratio`` times the expected one less ``amount`` paise. ``step`` is what
    the vendor did to them on the day after ``last``; ``None`` if the cause is none of an ex-date.
    """

    symbol: str
    first: dt.date
    last: dt.date
    rows: int
    beyond: int
    ratio: float
    amount: float
    cause: Cause
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One symbol: ``rows`` days that both series have, ``within`` a tick; and the stretches of days that are not."""

    symbol: str
    rows: int
    within: int
    stretches: tuple[Stretch, ...]

    @property
    def by_cause(self) -> Counter[Cause]:
        """Days beyond a tick."""
        counts: Counter[Cause] = Counter()
        for one in self.stretches:
            counts[one.cause] += one.beyond
        return counts


def compare(
    symbol: str, raw: Columns, vendor: Columns, announcements: Sequence[Announcement], *, tick: float = TICK
) -> Comparison:
    """Both series of one symbol: ``session`` ascending and positive ``close`` in paise, raw ones with ``open``.

    Announcements count as of the vendor's last day, dividends if they are among them. ``DataError``
    as in ``Adjustment``.
    """
    series = _Series.of(raw, vendor, announcements)
    off = np.abs(series.seen - series.expected) > tick + _FLOATING
    found = list(_missing(symbol, raw["session"], vendor["session"]))
    newer = None
    for one in relations(series.seen, series.expected, tick) if len(off) else []:
        inside = np.zeros(len(off), bool)
        inside[one.first : one.last + 1] = True
        step = None if newer is None or one.lone else series.step(one, newer)
        if one.lone:
            cause = Cause.PARTIAL_DAY if one.last == len(off) - 1 else Cause.LONE_ROW
        else:
            newer, cause = one, Cause.ROUNDING if step is None else step.cause
        beyond = int((off & inside).sum())
        if beyond:
            first, last = (to_date(int(series.sessions[row])) for row in (one.first, one.last))
            rows = one.last + 1 - one.first
            found.append(Stretch(symbol, first, last, rows, beyond, one.ratio, one.amount, cause, step))
            off &= ~inside
    found.sort(key=lambda one: one.first)
    within = len(off) - sum(one.beyond for one in found if one.cause not in _WITHOUT_ROW)
    return Comparison(symbol, len(off), within, tuple(found))


_WITHOUT_ROW = frozenset({Cause.RENAME, Cause.MISSING_DAY})


@dataclass(frozen=True, slots=True)
class _Series:
    """The days that both series have: what is expected there and what is seen, in paise."""

    sessions: Int64
    closes: Float64
    opens: Float64
    factors: Float64
    seen: Float64
    ex_dates: frozenset[dt.date]

    @classmethod
    def of(cls, raw: Columns, vendor: Columns, announcements: Sequence[Announcement]) -> _Series:
        asof = to_date(int(vendor["session"][-1]))
        factors = Adjustment.of(raw, announcements, asof, dividends=True).price
        sessions, ours, theirs = np.intersect1d(raw["session"], vendor["session"], return_indices=True)
        closes, opens = (raw[name][ours].astype(np.float64) for name in ("close", "open"))
        seen = vendor["close"][theirs].astype(np.float64)
        ex_dates = frozenset(one.ex_date for one in announcements)
        return cls(sessions, closes, opens, factors[ours], seen, ex_dates)

    @property
    def expected(self) -> Float64:
        return self.closes / self.factors

    def step(self, one: Relation, newer: Relation) -> Step:
        """What the vendor did at the end of a stretch, told from all of its days."""
        rows = slice(one.first, one.last + 1)
        day = to_date(int(self.sessions[one.last + 1]))
        cum, opened = float(self.closes[one.last]), float(self.opens[one.last + 1])
        before, now = newer.of(self.expected[rows]), self.seen[rows]
        if one.amount * newer.ratio > newer.amount * one.ratio + _FLOATING:
            off = (before - now) * self.factors[one.last] / newer.ratio
            paise, error = float(np.median(off)), _error(off)
            return Step(day, cum / (cum - paise), paise, error, cum, opened, True, day in self.ex_dates)
        ratios = now / before
        ratio, error = float(np.median(ratios)), _error(ratios) * cum
        return Step(day, 1.0 / ratio, cum * (1.0 - ratio), error, cum, opened, False, day in self.ex_dates)


def _error(values: Float64) -> float:
    """Standard error of the median, as of a normal distribution."""
    return 1.2533 * float(np.std(values)) / math.sqrt(len(values))


def _missing(symbol: str, raw: Int64, vendor: Int64) -> Iterator[Stretch]:
    """Days that only the vendor has: alone, or all since the raw series ended, as after a change of the name."""
    absent = np.setdiff1d(vendor, raw)
    ended = absent[absent > raw[-1]]
    for days, cause in ((ended, Cause.RENAME), *((one, Cause.MISSING_DAY) for one in _runs(absent, vendor, raw[-1]))):
        if len(days):
            first, last = to_date(int(days[0])), to_date(int(days[-1]))
            yield Stretch(symbol, first, last, len(days), len(days), float("nan"), 0.0, cause)


def _runs(absent: Int64, vendor: Int64, end: int) -> list[Int64]:
    """The absent days up to ``end``, those that follow one another together."""
    inside = absent[absent <= end]
    places = np.searchsorted(vendor, inside)
    runs: list[Int64] = np.split(inside, np.flatnonzero(np.diff(places) > 1) + 1)
    return runs
