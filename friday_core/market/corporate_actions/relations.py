"""Two series of one price: how the one is made of the other, and on which rows that changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import Float64

#: Share of the price by which a row may be off, for rounding in several stages; what a step changes is larger.
_ROUNDING = 0.004
#: Rows by whose median a relation is told, and older ones of which one shows that a row stands alone.
_FITTED, _CONFIRMING = 60, 2


@dataclass(slots=True)
class Relation:
    """From row ``first`` to ``last``, both included: ``seen`` is ``ratio`` times ``expected`` less ``amount``.

    ``lone`` is a row between rows of one relation that keeps to none.
    """

    ratio: float
    amount: float
    first: int
    last: int
    lone: bool = False

    def of(self, expected: Float64) -> Float64:
        return self.ratio * expected - self.amount

    def keeps(self, seen: Float64, expected: Float64, row: int) -> bool:
        """Whether a row may have this relation, but for rounding."""
        return bool(abs(seen[row] - self.of(expected[row])) <= _ROUNDING * seen[row])


def relations(seen: Float64, expected: Float64, tick: float) -> list[Relation]:
    """Lone rows first, then the relations from the newest row to the oldest; the newest is that of equal prices.

    The newest row is lone if it is more than a tick off: a day that is not over has no close yet.
    """
    newest = len(seen) - 1
    current = Relation(1.0, 0.0, 0, newest)
    found, lone = [current], []
    if newest > 0 and abs(seen[newest] - expected[newest]) > tick and current.keeps(seen, expected, newest - 1):
        lone.append(_lone(seen, expected, newest))
        current.last = newest - 1
    for row in range(current.last, -1, -1):
        if current.keeps(seen, expected, row):
            continue
        older = range(row - 1, max(row - 1 - _CONFIRMING, -1), -1)
        if any(current.keeps(seen, expected, other) for other in older):
            lone.append(_lone(seen, expected, row))
            continue
        current.first = row + 1
        current = _next(current, seen, expected, row)
        found.append(current)
    return sorted((one for one in [*found, *lone] if one.first <= one.last), key=lambda one: (not one.lone, -one.last))


def _lone(seen: Float64, expected: Float64, row: int) -> Relation:
    return Relation(float(seen[row] / expected[row]), 0.0, row, row, lone=True)


def _next(newer: Relation, seen: Float64, expected: Float64, last: int) -> Relation:
    """The relation that ends with row ``last``: the newer one times a ratio, or less an amount, whichever fits."""
    rows = slice(max(0, last + 1 - _FITTED), last + 1)
    before, now = newer.of(expected[rows]), seen[rows]
    ratio, amount = float(np.median(now / before)), float(np.median(before - now))
    if np.median(np.abs(now - ratio * before)) <= np.median(np.abs(now - (before - amount))):
        return Relation(newer.ratio * ratio, newer.amount * ratio, 0, last)
    return Relation(newer.ratio, newer.amount + amount, 0, last)
