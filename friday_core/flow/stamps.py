"""Columns that the flow itself adds to every row: the session's date, the adjustment factor, the split ratio."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from operator import mul

import numpy as np

from friday_core.domain.chunk import Chunk, Float64, Int64, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import SessionDates

#: ``session`` in days since 1970-01-01; raw prices times ``factor`` compare over time, and so do raw
#: volumes divided by ``split``, the shares that one share has become.
STAMPED_COLUMNS = ("session", "factor", "split")


class Stamps:
    """Adds ``session``, ``factor`` and ``split``; the last two depend on actions up to the row's own session."""

    def __init__(self, universe: Universe, dates: SessionDates) -> None:
        self._universe = universe
        self._dates = dates
        self._actions: dict[int, list[CorporateAction]] = {}

    def announce(self, action: CorporateAction) -> None:
        """Rows from the ex-date on carry the action's factor."""
        known = self._actions.setdefault(self._universe.position(action.instrument), [])
        known.append(action)
        known.sort(key=lambda one: one.session)

    def stamp(self, chunk: Chunk) -> Chunk:
        sessions = self._dates.of(chunk.ts_event)
        return chunk.with_columns(
            {
                "session": sessions.astype(np.float64),
                "factor": self._product(chunk, sessions, lambda action: action.factor),
                "split": self._product(chunk, sessions, lambda action: Fraction(action.numerator, action.denominator)),
            }
        )

    def _product(self, chunk: Chunk, sessions: Int64, term: Callable[[CorporateAction], float | Fraction]) -> Float64:
        """The product of each row's actions so far; of fractions, exact and rounded once."""
        products = np.ones(len(chunk))
        for position, actions in self._actions.items():
            rows = chunk.inst == position
            if rows.any():
                cumulative = np.array([float(one) for one in accumulate(map(term, actions), mul, initial=1)])
                since = np.searchsorted([action.session for action in actions], sessions[rows], side="right")
                products[rows] = cumulative[since]
        return products
