"""The equity of books on the slices of a block, kept as columns until the block is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.outcomes import EquityPoint
from friday_core.errors import InvariantError
from friday_core.session.columns import Coded
from friday_core.session.log import SessionLog

_CASH, _VALUE, _GROSS = range(3)


class Points:
    """Points of each slice in turn, and in it of each book; one by one, or of many slices at once."""

    def __init__(self, names: Sequence[str], ts: Int64, sessions: Int64) -> None:
        self._names = tuple(names)
        self._ts, self._sessions = ts, sessions
        self._columns = np.empty((3, len(ts) * len(names)), np.int64)
        self._count = 0

    def append(self, point: EquityPoint) -> None:
        """The point of the next book."""
        try:
            self._columns[:, self._count] = point.cash, point.value, point.gross
        except OverflowError as error:
            raise InvariantError(f"EquityPoint of {point.strategy} cannot be kept in 64 bits: {error}") from error
        self._count += 1

    def put(self, book: int, slices: int, cash: Int64 | int, value: Int64 | int, gross: Int64 | int) -> None:
        """Those of one book on the next slices; ``passed`` says that every book has its own."""
        books = len(self._names)
        own = self._columns[:, self._count + book : self._count + slices * books : books]
        own[_CASH], own[_VALUE], own[_GROSS] = cash, value, gross

    def passed(self, slices: int) -> None:
        """So many slices have the points of every book."""
        self._count += slices * len(self._names)

    def write(self, log: SessionLog) -> None:
        """All of them, to the log."""
        if self._count:
            cash, value, gross = self._columns[:, : self._count]
            columns = {"cash": cash, "value": value, "gross": gross, "equity": cash + value}
            log.equity.extend(equity_rows(self._names, self._ts, self._sessions, columns))


def equity_rows(names: tuple[str, ...], ts: Int64, sessions: Int64, columns: Mapping[str, Int64]) -> dict[str, object]:
    """What the log takes for the first points of books on slices with these times and sessions."""
    books, points = len(names), len(columns["equity"])
    if books == 1:
        return {"ts_event": ts[:points], "session": sessions[:points], "strategy": names[0], **columns}
    return {
        "ts_event": np.repeat(ts, books)[:points],
        "session": np.repeat(sessions, books)[:points],
        "strategy": Coded(np.tile(np.arange(books), len(ts))[:points], names),
        **columns,
    }
