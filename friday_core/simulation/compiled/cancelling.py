"""What works of an instrument ends, because columns say so."""

# ruff: noqa: PLR0124 - compiled code knows no generators

from __future__ import annotations

from friday_core.simulation.compiled.filling import is_forced, settle
from friday_core.simulation.compiled.legs import count_open
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.ordering import is_cancelled
from friday_core.simulation.compiled.places import desk_at, inst_at, order_at, queue_at
from friday_core.simulation.compiled.placing import note
from friday_core.simulation.compiled.releasing import is_account_limited
from friday_core.simulation.compiled.words import (
    ACCOUNT_LIMITED,
    ASKED_FOR,
    BRACKETS,
    C_CANCEL_SENT,
    C_NO_ORDER,
    CANCELLED,
    DECISIONS,
    DESK_ORDERS,
    FAULT,
    ID,
    NONE,
    O_BOOKED,
    O_NTH,
    O_PRICE,
    O_WANTED,
    ORDERS,
    PARTIAL,
    Q_DESK,
    Q_INST,
    ROWS,
    STATUS,
    WITHDRAWN,
    WORKING,
)


def cancel(m: Memory, desk: int, row: int, end: int) -> None:
    """As the cancels of ``Desk.act``: before the orders of a slice, one decision for each order that ends."""
    s, ended = m.s, 0
    for place in range(row, end):
        wish = m.targets[desk * m.c[ROWS] + place]
        if wish == wish and is_cancelled(m, desk, place):
            ended += _cancel(m, desk, place)
    if ended > 0:
        if is_account_limited(m):  # what is new is told from what works by how much works
            m.c[FAULT] = ACCOUNT_LIMITED
        settle(m, m.ts[row])
        if s[BRACKETS] > 0:
            count_open(m)


def _cancel(m: Memory, desk: int, place: int) -> int:
    """Those of one instrument; how many."""
    s, ended = m.s, 0
    for n in range(s[WORKING]):
        q = queue_at(m, n)
        is_mine = s[q + Q_DESK] == desk and s[q + Q_INST] == inst_at(m, place)
        if is_mine and s[q + STATUS] <= PARTIAL and not is_forced(m, q):
            s[q + STATUS] = CANCELLED
            o = order_at(m, s[q + ID])
            s[o + O_WANTED], s[o + O_BOOKED], s[o + O_PRICE] = ASKED_FOR, s[DECISIONS], s[ORDERS]
            s[o + O_NTH] = s[WITHDRAWN]
            s[WITHDRAWN] += 1
            s[desk_at(desk) + DESK_ORDERS] -= 1
            note(m, desk, place, C_CANCEL_SENT, s[q + ID])
            ended += 1
    if ended == 0:
        note(m, desk, place, C_NO_ORDER, NONE)
    return ended
