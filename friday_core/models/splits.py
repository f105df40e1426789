"""Which rows may be learned from when: the schedule of refits, and folds for validation, purged and embargoed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.interfaces.model import NEVER, TrainingTable

Period = Literal["month", "quarter", "year"]
_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """One fit: at ``asof`` (microseconds UTC), on these ascending positions in the table."""

    asof: int
    rows: Int64


@dataclass(frozen=True, slots=True)
class WalkForward:
    """When models are fitted anew, and on what.

    ``refit_every`` is a calendar period or a number of sessions; a refit stands at the close of its
    last session. It learns from rows whose label ended before ``asof - embargo`` (microseconds), of
    the last ``window`` sessions, or of all (``None``). The first refit is the first with ``min_rows``
    rows that have a label. ``ValueError`` for a number below its least.
    """

    refit_every: Period | int = "month"
    min_rows: int = 250
    window: int | None = None
    embargo: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.refit_every, int) and self.refit_every < 1:
            raise ValueError(f"refit_every is at least one session, not {self.refit_every}")
        if isinstance(self.refit_every, str) and self.refit_every not in _MONTHS:
            raise ValueError(f"refit_every is {', '.join(_MONTHS)} or a number of sessions, not {self.refit_every!r}")
        if self.min_rows < 1 or self.embargo < 0 or (self.window is not None and self.window < 1):
            raise ValueError("min_rows and window are at least 1, and the embargo is not negative")

    def refits(self, table: TrainingTable) -> list[Refit]:
        """The refits in order of time.

        A refit is there once a session of the next period is: rows that come later add refits and
        change none.
        """
        sessions, first = np.unique(table.sessions, return_index=True)
        period = self._periods(sessions)
        found: list[Refit] = []
        for end in np.flatnonzero(period[1:] != period[:-1]).tolist():
            asof = int(table.ts[first[end + 1] - 1])
            rows = known_rows(table, asof, self.embargo)
            if self.window is not None:
                rows = rows[table.sessions[rows] >= sessions[max(0, end + 1 - self.window)]]
            if found or len(rows) >= self.min_rows:
                found.append(Refit(asof, rows))
        return found

    def _periods(self, sessions: Int64) -> Int64:
        """The number of the period of each session."""
        if isinstance(self.refit_every, int):
            return np.arange(len(sessions)) // self.refit_every
        months = sessions.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return months // _MONTHS[self.refit_every]


def known_rows(table: TrainingTable, asof: int, embargo: int = 0) -> Int64:
    """Positions of rows whose label ended before ``asof - embargo``; a label that ends just then is left out."""
    return np.flatnonzero(table.label_end < asof - embargo)


def purged_folds(table: TrainingTable, folds: int, embargo: int = 0) -> Iterator[tuple[Int64, Int64]]:
    """(training rows, test rows) of each fold: purged k-fold, Lopez de Prado, AFML (2018), 7.4.1 and 7.4.2.

    Test rows are ``folds`` blocks of consecutive times, as many times each as possible. A training
    row is left out if ``[ts, label_end]`` touches ``[first ts of the test, last label_end of the test
    + embargo]``. Rows without a label are in neither. ``ValueError`` for less than two folds or fewer
    times than folds.
    """
    labelled = table.label_end != NEVER
    times = np.unique(table.ts[labelled])
    if not 2 <= folds <= len(times):
        raise ValueError(f"{folds} folds of {len(times)} times: at least two, and a time in each")
    for block in np.array_split(times, folds):
        test = labelled & (table.ts >= block[0]) & (table.ts <= block[-1])
        begin, end = block[0], table.label_end[test].max() + embargo
        train = labelled & ((table.label_end < begin) | (table.ts > end))
        yield np.flatnonzero(train), np.flatnonzero(test)
