"""A first look at files that are too large for memory: what is in them, and whether it is in order."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from friday_core.data.bar_times import Origin
from friday_core.data.frames import BarReader
from friday_core.domain.chunk import Int64
from friday_core.domain.instruments import InstrumentId

if TYPE_CHECKING:
    import pandas as pd


class Survey:
    """Takes the frames of one file after the other."""

    def __init__(self, reader: BarReader) -> None:
        self._reader = reader
        self._last: pd.DataFrame | None = None
        self._until: int | None = None
        self.instruments: set[InstrumentId] = set()
        self.rows = 0
        #: Whether no bar of a file closed before the one above it.
        self.is_in_order = True

    def begin(self) -> None:
        """Another file."""
        self._last = self._until = None

    def take(self, frame: pd.DataFrame, instruments: Collection[InstrumentId], origin: Origin) -> None:
        """The next rows of the file; raises what reading them at once would, as far as it takes several rows."""
        closes = self._reader.closes(frame, origin)
        first, last = int(closes[0]), int(closes[-1])
        self.is_in_order &= (self._until is None or self._until <= first) and bool((np.diff(closes) >= 0).all())
        self._check_days(frame, closes, origin)
        self._until = last
        self.instruments.update(instruments)
        self.rows += len(frame)

    def _check_days(self, frame: pd.DataFrame, closes: Int64, origin: Origin) -> None:
        """Also of the last day of the frame before, of which there may be more."""
        import pandas as pd  # noqa: PLC0415

        if not self._reader.times.daily:
            return
        if self._last is not None and self._until is not None:
            whole = pd.concat([self._last, frame])
            before = np.full(len(self._last), self._until, np.int64)
            self._reader.check_days(whole, np.concatenate([before, closes]), origin)
        self._last = frame[closes == closes[-1]]
