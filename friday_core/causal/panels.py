"""``m.panel(column)``: a column across the instruments of a slice."""

from __future__ import annotations

import math

import numpy as np

from friday_core.causal.columns import Col
from friday_core.causal.domains import TICK, repeats
from friday_core.causal.refusals import KnownNames
from friday_core.causal.trace import author_line
from friday_core.errors import ClockDomainError, TraceError


class Panel(KnownNames):
    """One column across the instruments of a slice; rows that are NaN take no part and stay NaN.

    Below ``min_valid`` values the whole slice is NaN. It is 2 unless the author says otherwise: a
    cross-section of one instrument compares nothing, and its rank of 1 would be a strong signal.
    """

    _owner = "m.panel(column)"

    def __init__(self, column: Col, min_valid: int) -> None:
        if not isinstance(column, Col):
            raise TraceError(f"{author_line()}: m.panel() takes a column of m, not a {type(column).__name__}")
        domain = column.trace.nodes[column.node].domain
        if repeats(domain):
            row = "tick" if domain == TICK else "bar by volume"
            raise ClockDomainError(
                f"{author_line()}: a {row} stands alone in its slice, there is nothing to compare it with; "
                "use m.panel() on bars that close together, such as 1m"
            )
        self._column = column
        self._min_valid = float(_whole("m.panel(min_valid)", min_valid))

    def rank(self) -> Col:
        """1 for the lowest, ties averaged, divided by the number of values."""
        return self._of("panel_rank")

    def top(self, count: int) -> Col:
        """1 for the ``count`` highest, 0 for the others; of equal values the earlier InstrumentId."""
        return self._of("panel_top", float(_whole("top", count)))

    def bottom(self, count: int) -> Col:
        """1 for the ``count`` lowest, 0 for the others; of equal values the earlier InstrumentId."""
        return Panel(-self._column, int(self._min_valid)).top(count)

    def demean(self) -> Col:
        """Less the mean of the slice."""
        return self._of("panel_demean")

    def zscore(self) -> Col:
        """Less the mean, over the sample standard deviation (ddof 1); NaN where all are equal."""
        return self._of("panel_zscore")

    def scale_to(self, total: float) -> Col:
        """Multiplied so that the absolute values of the slice sum to ``total``; zeros stay zeros."""
        if isinstance(total, bool) or not isinstance(total, int | float) or not 0.0 < total < math.inf:
            raise TraceError(f"{author_line()}: scale_to({total!r}): the total is a number above 0")
        return self._of("panel_scale_to", float(total))

    def _of(self, name: str, *params: float) -> Col:
        return self._column.then(name, params=(*params, self._min_valid))


def _whole(name: str, count: object) -> int:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise TraceError(f"{author_line()}: {name}: {count!r} is no whole number from 1 on")
    return int(count)
