"""Intraday positions at the end of their session: what would add is withdrawn, and what is held is closed."""

from __future__ import annotations

from friday_core.simulation.compiled.filling import is_forced, settle
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.places import desk_at, order_at, pair_at, queue_at
from friday_core.simulation.compiled.placing import place
from friday_core.simulation.compiled.words import (
    CANCELLED,
    CLOSES,
    DESK_ORDERS,
    FAULT,
    HELD,
    HELD_OVER,
    ID,
    INSTS,
    LINK,
    LINKED,
    MARK,
    O_NTH,
    O_PRICE,
    O_WANTED,
    OPEN,
    ORDER_WIDTH,
    ORDERS,
    PLAIN_ORDER_WORDS,
    POSITION,
    Q_DESK,
    SQUARED_OFF,
    STATUS,
    WITHDRAWN,
    WORKING,
)


def square_off(m: Memory, desk: int, row: int, session: int, is_late: bool) -> None:
    """As ``Custody.squared_off`` where it is time; ``is_late`` says that positions were held over.

    All of a desk's orders are intraday: one that names no product has the usual one.
    """
    s, d, why = m.s, desk_at(desk), HELD_OVER if is_late else SQUARED_OFF
    if s[d + DESK_ORDERS] > 0:
        _withdraw(m, desk, row, why)
    if s[d + HELD] == 0:
        return
    for inst in range(m.c[INSTS]):
        p = pair_at(m, desk, inst)
        left = s[p + POSITION] + s[p + OPEN]
        if s[p + POSITION] != 0 and left != 0:
            place(m, desk, inst, -left, s[p + MARK], row, session, why)


def _withdraw(m: Memory, desk: int, row: int, why: int) -> None:
    """The desk's orders end, but for those that close already."""
    s = m.s
    for n in range(s[WORKING]):
        q = queue_at(m, n)
        if s[q + Q_DESK] == desk and not is_forced(m, q):
            if s[q + LINK] == CLOSES:
                m.c[FAULT] = LINKED
            o = order_at(m, s[q + ID])
            s[q + STATUS], s[o + O_WANTED], s[o + O_PRICE] = CANCELLED, why, s[ORDERS]
            if m.c[ORDER_WIDTH] > PLAIN_ORDER_WORDS:
                s[o + O_NTH] = s[WITHDRAWN]
                s[WITHDRAWN] += 1
            s[desk_at(desk) + DESK_ORDERS] -= 1
    settle(m, m.ts[row])
