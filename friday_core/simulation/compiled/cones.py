"""A desk's columns that read its book, as the kernel is told of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from friday_core.causal.ahead import Ahead
from friday_core.domain.chunk import Float64, Int64
from friday_core.simulation.compiled import words as w

_COLUMNS = {
    "pos": w.B_POS,
    "avg_price": w.B_AVG_PRICE,
    "open_qty": w.B_OPEN_QTY,
    "cash": w.B_CASH,
    "equity": w.B_EQUITY,
}


@dataclass(frozen=True)
class Cone:
    """The cone of a block of rows, and what the book is stamped with there.

    ``says`` is the output that decides. ``places`` has how many of the rows before each one, and behind the last,
    the columns see; ``None``: all of them. ``factor`` is by row of the block, ``latest`` the latest signals by
    instrument and behind these what a signal's strength is multiplied by.
    """

    ahead: Ahead
    says: Literal["target", "signal", "order"]
    places: Int64 | None
    factor: Float64
    latest: Float64
    minor_units: int
    _saved: Float64 = field(init=False)

    def __post_init__(self) -> None:
        room = np.empty((len(self.latest) - 1) * len(self.ahead.slots) + 1)
        object.__setattr__(self, "_saved", room)

    def words(self) -> Int64:
        """As the context has them."""
        found, ahead = np.zeros(w.CONE_WORDS, np.int64), self.ahead
        found[w.B_KIND] = w.SIGNALS if self.says == "signal" else w.TARGETS
        found[w.B_DONE], found[w.B_MAJOR] = ahead.row, self.minor_units
        found[w.B_SPAN] = found[w.B_USUAL] = w.LEAST_SPAN
        for word, column in {
            w.B_OUT: ahead.outputs[self.says], w.B_PLACES: self.places, w.B_LATEST: self.latest,
            w.B_FACTOR: self.factor, w.B_SLOTS: ahead.slots, **self._stamped(),
        }.items():  # fmt: skip
            found[word] = 0 if column is None else column.ctypes.data
        if ahead.context is not None:
            found[w.B_RUN], found[w.B_SLOT_COUNT] = ahead.context, len(ahead.slots)
            found[w.B_SAVED], found[w.B_UNTIL] = self._saved.ctypes.data, ahead.until or 0
        return found

    def _stamped(self) -> dict[int, Float64]:
        return {_COLUMNS[label]: column for label, column in self.ahead.feedback.items()}
