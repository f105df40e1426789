"""What performance is made of, gathered from the equity of the books block by block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from friday_core.analytics.exact_sum import ExactSum, whole_sum
from friday_core.domain.chunk import Float64, Int64


class SessionClose(NamedTuple):
    """The account after the last slice of a session: its time, and its equity in minor units."""

    ts_event: int
    equity: int


class AccountTally:
    """The account after each slice, summed over the strategies; it takes room for each session, not for each slice.

    ``capital`` is the equity before the first slice, in minor units.
    """

    def __init__(self, capital: int) -> None:
        self.capital = capital
        self._closes: dict[int, SessionClose] = {}
        self._slices = 0
        self._equities = 0
        self._exposure = ExactSum()
        self._peak = capital
        self._drawdown = 0.0
        #: Time, session, equity and gross of the last slice: the next rows may belong to it.
        self._open: tuple[int, int, int, int] | None = None

    def take(self, ts_event: Int64, session: Int64, equity: Int64, gross: Int64) -> None:
        """Rows of the books, those of one slice one after the other."""
        if self._open is not None:
            given = (ts_event, session, equity, gross)
            ts_event, session, equity, gross = (
                np.concatenate([[one], column]) for one, column in zip(self._open, given, strict=True)
            )
        if not len(ts_event):
            return
        moments, sessions, equities, grosses = ts_event, session, equity, gross
        is_next = ts_event[1:] != ts_event[:-1]
        if not is_next.all():  # several books
            starts = np.append(0, np.flatnonzero(is_next) + 1)
            ends = np.append(starts[1:], len(ts_event)) - 1
            moments, sessions = ts_event[ends], session[ends]
            equities, grosses = np.add.reduceat(equity, starts), np.add.reduceat(gross, starts)
        self._close(moments[:-1], sessions[:-1], equities[:-1], grosses[:-1])
        self._open = (int(moments[-1]), int(sessions[-1]), int(equities[-1]), int(grosses[-1]))

    def closed(self) -> AccountTally:
        """The same where no row of the last slice will follow."""
        if self._open is not None:
            self._close(*(np.array([one], np.int64) for one in self._open))
            self._open = None
        return self

    @property
    def closes(self) -> dict[int, SessionClose]:
        """By session, in the order of time."""
        return self._closes

    @property
    def slices(self) -> int:
        return self._slices

    @property
    def equities(self) -> int:
        """The sum of the equity after each slice."""
        return self._equities

    @property
    def exposure(self) -> float:
        """The sum of gross value over equity after each slice; 0 for a slice without equity."""
        return self._exposure.value

    @property
    def drawdown(self) -> float:
        """The largest fall from a peak as a fraction of it, the capital being the first peak."""
        return self._drawdown

    def session_at(self, ts: int) -> int | None:
        """The session of the first slice that closed at ``ts`` or after it; ``None`` if none did."""
        return next((session for session, close in self._closes.items() if close.ts_event >= ts), None)

    def _close(self, ts_event: Int64, session: Int64, equity: Int64, gross: Int64) -> None:
        if not len(ts_event):
            return
        self._slices += len(ts_event)
        self._equities += whole_sum(equity)
        held = equity > 0
        self._exposure.add(gross / equity if held.all() else gross[held] / equity[held])
        self._note_peaks(equity)
        ends = np.append(np.flatnonzero(session[1:] != session[:-1]), len(session) - 1)
        rows = zip(session[ends].tolist(), ts_event[ends].tolist(), equity[ends].tolist(), strict=True)
        self._closes.update({one: SessionClose(ts, worth) for one, ts, worth in rows})

    def _note_peaks(self, equity: Int64) -> None:
        peaks = np.maximum(np.maximum.accumulate(equity), self._peak)
        self._peak = int(peaks[-1])
        some = peaks > 0
        falls: Float64 = 1.0 - (equity / peaks if some.all() else equity[some] / peaks[some])
        self._drawdown = max(self._drawdown, float(falls.max(initial=0.0)))
