"""Whether a gap between two sessions is a split or a bonus that nobody announced, and which, from prices and volume.

Let x be the mean of ln(P / open) and ln(P / close), P being the last close before. For a ratio r,
the distance of the bar is e = (|ln(P / open) - ln r| + |ln(P / close) - ln r|) / 2, so that both
must lie near. Let v be ln(turnover / usual turnover): a split changes it little, a crash
multiplies it. With s the robust spread of the share's daily returns times the root of the sessions
passed, at least ``FLOOR``, and t3 the density of Student's t with three degrees of freedom::

    weight of r    = share of r among splits and bonuses  x  t3(e / s) / s  x  t3((v - 0.08) / 0.45) / 0.45
    weight of none = ODDS x exp(-(x - ln LEAST) / MEAN) / MEAN              x  t3((v - 1.0) / 1.2) / 1.2
    probability    = sum of the weights of all r / sum of all weights

The shares are counts: of 249 splits and bonuses of 2020 to 2023 in NSE's list, of shares on which
nothing here was measured; of both on one day, the product of the two. That makes 2:1 three times as
likely as 3:2 where the price fits both, and 7:3 unheard of. What is no ratio is a demerger, a crash, a
wrong price or another instrument: large gaps of this kind are rarer than small ones.

Looked at and left out, since it told no more of the events that it was tried on: the move of the
market (none falls by a fifth over night). A rise is never taken for a consolidation: wrong prices
are more frequent. ``docs/corporate_actions.md`` has what was found and what was missed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from statistics import median
from typing import NamedTuple

_SPLITS = {Fraction(2): 24, Fraction(5, 2): 3, Fraction(3): 1, Fraction(5): 55, Fraction(10): 35}
_BONUSES = {
    Fraction(6, 5): 4,
    Fraction(5, 4): 2,
    Fraction(4, 3): 6,
    Fraction(7, 5): 3,
    Fraction(3, 2): 24,
    Fraction(5, 3): 1,
    Fraction(9, 5): 1,
    Fraction(2): 52,
    Fraction(3): 10,
    Fraction(4): 2,
    Fraction(5): 4,
    Fraction(6): 1,
}
_BOTH_ON_ONE_DAY = 16

#: Gaps below this ratio look like many other things, and are not judged.
LEAST = 1.2
#: These, and centre and scale of v, were chosen on every second share of the measured ones.
FLOOR, ODDS, MEAN = 0.02, 0.2, 0.4
_OF_A_SPLIT, _OF_NONE = (0.08, 0.45), (1.0, 1.2)
#: Spread of the returns of a share of which too little is known.
_USUAL_SPREAD = 0.03
#: Of a normal distribution, the standard deviation in median absolute deviations.
_DEVIATIONS = 1.4826
_T3 = 0.3675525969478614
_SESSIONS_A_DAY = 5 / 7


class Gap(NamedTuple):
    """What is known at a gap: the last close, the bar after it, and the past.

    Prices are positive and comparable: adjusted for everything announced. ``days`` passed between
    the two sessions. ``spread`` is that of ``spread_of`` over earlier returns, ``turnover`` the v
    of ``turnover_of``; NaN where too little is known.
    """

    last_close: float
    open: float
    high: float
    close: float
    days: float = 1.0
    spread: float = math.nan
    turnover: float = math.nan


class LikelyRatio(NamedTuple):
    """``ratio`` new shares of one old share, and how probable it is that the gap is a split or a bonus at all."""

    ratio: Fraction
    probability: float

    def __str__(self) -> str:
        return f"{self.ratio.numerator}:{self.ratio.denominator}"


def likely_ratio(gap: Gap) -> LikelyRatio | None:
    """The likeliest ratio, and the probability of any; ``None`` where there is no gap that one could explain.

    Uses nothing that comes after the bar, and is sure of nothing: compare the probability with 0.5.
    """
    opens, closes = math.log(gap.last_close / gap.open), math.log(gap.last_close / gap.close)
    least = math.log(LEAST)
    if min(opens, closes) < least:
        return None
    spread = _USUAL_SPREAD if math.isnan(gap.spread) else gap.spread
    scale = max(FLOOR, spread * math.sqrt(max(1.0, gap.days * _SESSIONS_A_DAY)))
    highest = math.log(gap.last_close / gap.high)
    weights = {
        ratio: share * _density((abs(opens - log) + abs(closes - log)) / 2 / scale) / scale
        for ratio, (share, log) in _RATIOS.items()
        # The whole bar lies nearer to the new price than to the old one.
        if highest > log / 2
    }
    if not weights:
        return None
    some = sum(weights.values()) * _usual(gap.turnover, _OF_A_SPLIT)
    none = ODDS * math.exp(-((opens + closes) / 2 - least) / MEAN) / MEAN * _usual(gap.turnover, _OF_NONE)
    return LikelyRatio(max(weights, key=lambda ratio: weights[ratio]), some / (some + none))


def spread_of(returns: Sequence[float]) -> float:
    """The standard deviation of a normal distribution with their median absolute deviation; NaN below 20."""
    if len(returns) < 20:
        return math.nan
    middle = median(returns)
    return _DEVIATIONS * median(abs(one - middle) for one in returns)


def turnover_of(bar: float, earlier: Sequence[float]) -> float:
    """The v of a bar whose turnover is ``bar``, against the median of earlier ones; NaN if one of them is nothing."""
    usual = median(earlier) if earlier else 0.0
    return math.log(bar / usual) if bar > 0 and usual > 0 else math.nan


def _usual(turnover: float, centre_and_scale: tuple[float, float]) -> float:
    """How well a turnover fits; where it is unknown it says nothing."""
    centre, scale = centre_and_scale
    return 1.0 if math.isnan(turnover) else _density((turnover - centre) / scale) / scale


def _density(deviations: float) -> float:
    """Of Student's t with three degrees of freedom."""
    return _T3 / (1.0 + deviations * deviations / 3.0) ** 2


def _shares() -> Mapping[Fraction, tuple[float, float]]:
    """Of each ratio its share among all, and its logarithm."""
    counts: dict[Fraction, float] = dict.fromkeys({*_SPLITS, *_BONUSES}, 0.0)
    for single in (_SPLITS, _BONUSES):
        for ratio, count in single.items():
            counts[ratio] += count
    splits, bonuses = sum(_SPLITS.values()), sum(_BONUSES.values())
    for (split, often), (bonus, also) in itertools.product(_SPLITS.items(), _BONUSES.items()):
        both = _BOTH_ON_ONE_DAY * often * also / splits / bonuses
        counts[split * bonus] = counts.get(split * bonus, 0.0) + both
    total = sum(counts.values())
    return {ratio: (count / total, math.log(ratio)) for ratio, count in sorted(counts.items()) if float(ratio) > LEAST}


_RATIOS = _shares()
