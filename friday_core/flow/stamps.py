"""Columns that the flow itself adds to every row: the session's date and the adjustment factor."""

from __future__ import annotations

import numpy as np

from friday_core.domain.chunk import Chunk, Float64, Int64, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import SessionDates

#: ``session`` in days since 1970-01-01; ``factor`` makes raw prices comparable over time.
STAMPED_COLUMNS = ("session", "factor")


class Stamps:
    """Adds ``session`` and ``factor``; a row's factor depends on actions up to its own session."""

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
            {"session": sessions.astype(np.float64), "factor": self._factors(chunk, sessions)}
        )

    def _factors(self, chunk: Chunk, sessions: Int64) -> Float64:
        factors = np.ones(len(chunk))
        for position, actions in self._actions.items():
            rows = chunk.inst == position
            if rows.any():
                cumulative = np.cumprod([1.0, *(action.factor for action in actions)])
                since = np.searchsorted([action.session for action in actions], sessions[rows], side="right")
                factors[rows] = cumulative[since]
        return factors
