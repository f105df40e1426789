"""From the targets of a slice to signed quantities: what is missing between a target and what is held or on its way."""

# ruff: noqa: PLR0124 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.simulation.compiled.drafts import begin, claim
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import nearest, notional, times
from friday_core.simulation.compiled.ordering import order
from friday_core.simulation.compiled.places import desk_at, draft_at, inst_at, instrument_at, limits_at, pair_at
from friday_core.simulation.compiled.words import (
    C_NO_CHANGE,
    C_UNPRICED,
    C_ZERO_SIZE,
    CASH,
    DIVISOR,
    FAULT,
    L_ORDERS_BY,
    LOT,
    MULTIPLIER,
    OPEN,
    OVERFLOW,
    POSITION,
    PPM,
    ROWS,
    VALUE,
    W_A,
    W_ASKED,
    W_CODE,
    W_NEXT,
)

#: As ``signals.LARGEST_WEIGHT``: a larger one is the driver's to refuse.
_LARGEST_WEIGHT = 1_000.0


def wants(m: Memory, desk: int, row: int, end: int) -> int:
    """A draft for each target of the slice, in order of instruments; how many.

    ``W_NEXT`` of the drafts leads through them in the order in which they are admitted: sells and what is
    not to be sent, then buys.
    """
    count = 0
    for place in range(row, end):
        weight = m.targets[desk * m.c[ROWS] + place]
        if weight == weight:
            # What is ordered trades on the next row, and most of that nobody has read yet.
            for rows in (m.open, m.high, m.low):
                m.soon(rows, place + end - row)
            w = draft_at(m, count)
            if m.c[limits_at(desk) + L_ORDERS_BY] == 1:
                count += order(m, desk, place, weight, w)
            else:
                _want(m, desk, place, weight, w)
                count += 1
    _link(m, count)
    return count


def first(m: Memory, count: int) -> int:
    """The draft that is admitted first; stands behind the last one."""
    return m.s[draft_at(m, count) + W_NEXT]  # type: ignore[no-any-return]


def _link(m: Memory, count: int) -> None:
    last = draft_at(m, count)
    for buys in range(2):
        for n in range(count):
            if (m.s[draft_at(m, n) + W_ASKED] > 0) == (buys == 1):
                m.s[last + W_NEXT] = draft_at(m, n)
                last = draft_at(m, n)
    m.s[last + W_NEXT] = -1


def _want(m: Memory, desk: int, place: int, weight: float, w: int) -> None:
    inst, price, draft = inst_at(m, place), m.close[place], m.s
    begin(m, place, w)
    if not abs(weight) <= _LARGEST_WEIGHT:
        m.c[FAULT] = OVERFLOW
        return
    if price < 1:
        draft[w + W_CODE] = C_UNPRICED
        return
    p, ppm = pair_at(m, desk, inst), nearest(weight * 1_000_000)
    wished = quantity_for(m, desk, inst, ppm, price)
    held = m.s[p + POSITION] + m.s[p + OPEN]
    if wished == 0 and ppm != 0 and held == 0:
        draft[w + W_CODE] = C_ZERO_SIZE
    elif wished == held:
        draft[w + W_CODE], draft[w + W_A] = C_NO_CHANGE, held
    else:
        claim(m, desk, w, wished - held)


def quantity_for(m: Memory, desk: int, inst: int, ppm: int, price: int) -> int:
    """As ``sizing.quantity_for_weight``."""
    d, at = desk_at(desk), instrument_at(m, inst)
    equity = m.s[d + CASH] + m.s[d + VALUE]
    if equity <= 0 or ppm == 0:
        return 0
    whole = times(m, equity, m.s[at + DIVISOR])
    divisor = max(times(m, times(m, PPM * m.s[at + LOT], m.s[at + MULTIPLIER]), price), 1)
    # In two steps, so that large books do not overflow.
    lots = times(m, abs(ppm), whole // divisor) + times(m, abs(ppm), whole % divisor) // divisor
    quantity = times(m, lots, m.s[at + LOT])
    notional(m, inst, price, quantity)
    return quantity if ppm >= 0 else -quantity
