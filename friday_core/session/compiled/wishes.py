"""What strategies wish on the rows of a block: targets, or signals that a sizer makes targets by a share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from friday_core.domain.chunk import Chunk, Float64, Int64, Universe
from friday_core.session.desk import Desk
from friday_core.trading.column_runner import ColumnRunner

TARGET, SIGNAL = "target", "signal"


class Wishes:
    """The wishes of one desk: ``targets`` has the weight of every row that decides, NaN elsewhere.

    ``kind`` is what decisions are called, ``values`` what they say by row. A weight that is no weight
    stands for a signal that is none: both are the driver's to refuse.
    """

    def __init__(self, desk: Desk, runner: ColumnRunner, outputs: Mapping[str, Float64], rows: Chunk) -> None:
        self.outputs = outputs
        self.kind = SIGNAL if SIGNAL in outputs else TARGET
        self.values = outputs[self.kind]
        self._runner = runner
        self._changes: Int64 = np.empty(0, np.int64)
        self._inst, self._done = rows.inst, 0
        if self.kind == TARGET:
            self.targets = self.values
            return
        self._changes = self._changed(runner.latest_signals(), rows)
        self.targets = np.full(len(rows), np.nan)
        strength, share = self.values[self._changes], desk.share
        assert share is not None
        self.targets[self._changes] = np.where(np.abs(strength) <= 1.0, strength * share, np.inf)

    def catch_up(self, row: int, universe: Universe) -> None:
        """The runner is told of the signals before a row."""
        end = int(np.searchsorted(self._changes, row))
        if end > self._done and self._runner.stopped is None:
            rows = self._changes[self._done : end]
            places, values = self._inst[rows].tolist(), self.values[rows].tolist()
            self._runner.remember(dict(zip((universe[place].id for place in places), values, strict=True)))
            self._done = end

    def _changed(self, before: Float64, rows: Chunk) -> Int64:
        """The rows on which a signal is another one than the instrument's last; ``before`` by instrument."""
        known = np.flatnonzero(self.values == self.values)  # not NaN
        known = known[np.argsort(rows.inst[known], kind="stable")]
        inst, values = rows.inst[known], self.values[known]
        last = np.empty(len(known))
        last[1:] = values[:-1]
        first = np.ones(len(known), np.bool_)
        first[1:] = inst[1:] != inst[:-1]
        last[first] = before[inst[first]]
        found: Int64 = np.sort(known[values != last])
        return found
