"""Splits and bonuses that nobody announced, looked for in the past of one instrument."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import Float64
from friday_core.market.corporate_actions.adjustment import Columns
from friday_core.market.corporate_actions.recognition import Gap, LikelyRatio, likely_ratio, spread_of, turnover_of

#: Believed returns that the spread is told from, and beyond which a return is a jump and not counted.
_WINDOW, _JUMP = 60, 0.25
#: Rows whose median turnover is the usual one.
_TURNOVERS = 20
#: Days without a row, after which the last price says nothing any more.
LONGEST_ABSENCE = 30


@dataclass(frozen=True, slots=True)
class FoundGap:
    """A gap that is likely a split: where, between which prices, and whether the level stayed.

    ``stays`` belongs to the second stage, for cleaning what is past: it knows later rows. ``None``
    if there are none.
    """

    row: int
    session: int
    last_close: float
    open: float
    close: float
    likely: LikelyRatio
    stays: bool | None


def find_gaps(columns: Columns, *, least: float = 0.5, following: int = 5) -> list[FoundGap]:
    """The rows at which a split or bonus of at least this probability took effect, of one instrument.

    ``columns`` are ``session`` (days, ascending), ``open``, ``high``, ``close`` and ``volume``; rows without
    positive prices are passed over. Each row is judged by itself and those before it; ``stays``
    alone looks at the ``following`` ones: whether their median close is nearer to the level
    after the ratio than to the one before.
    """
    positive = np.flatnonzero(
        (columns["open"] > 0) & (columns["high"] > 0) & (columns["close"] > 0) & np.isfinite(columns["close"])
    )
    sessions = columns["session"][positive]
    opens, highs, closes = (columns[name][positive].astype(np.float64) for name in ("open", "high", "close"))
    turnovers = closes * np.nan_to_num(columns["volume"][positive].astype(np.float64))
    moves = np.log(closes[1:] / closes[:-1])
    found = []
    # A bar whose open and close are not both far below the last close needs no closer look.
    far = np.minimum(np.log(closes[:-1] / opens[1:]), -moves) > 0.0
    for before in np.flatnonzero(far).tolist():
        days = float(sessions[before + 1] - sessions[before])
        if days > LONGEST_ABSENCE:
            continue
        row = before + 1
        spread = spread_of(_believed(moves[:before]))
        turnover = turnover_of(turnovers[row], turnovers[max(0, row - _TURNOVERS) : row].tolist())
        likely = likely_ratio(Gap(closes[before], opens[row], highs[row], closes[row], days, spread, turnover))
        if likely is not None and likely.probability >= least:
            stays = _stays(closes[row + 1 : row + 1 + following], closes[before], likely)
            at = int(positive[row])
            opened, close, cum = float(opens[row]), float(closes[row]), float(closes[before])
            found.append(FoundGap(at, int(sessions[row]), cum, opened, close, likely, stays))
    return found


def _believed(moves: Float64) -> Sequence[float]:
    recent = moves[-_WINDOW:]
    kept: list[float] = recent[np.abs(recent) < _JUMP].tolist()
    return kept


def _stays(closes: Float64, last_close: float, likely: LikelyRatio) -> bool | None:
    if not len(closes):
        return None
    fallen = math.log(last_close / float(np.median(closes)))
    return fallen > math.log(likely.ratio) / 2
