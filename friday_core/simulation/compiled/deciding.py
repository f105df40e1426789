"""The decisions of a desk on one slice: wants, limits, what they share, and the orders that come of it."""

from __future__ import annotations

from friday_core.simulation.compiled.cancelling import cancel
from friday_core.simulation.compiled.limiting import check
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import times
from friday_core.simulation.compiled.places import desk_at, limits_at, order_at, queue_at
from friday_core.simulation.compiled.placing import note, place
from friday_core.simulation.compiled.ruling import rule
from friday_core.simulation.compiled.sharing import share_out
from friday_core.simulation.compiled.wanting import first, wants
from friday_core.simulation.compiled.words import (
    D_A,
    D_ASKED,
    D_B,
    D_C,
    D_SENT,
    DAY_LATCHED,
    DECISIONS,
    DEEPEST,
    DRAWDOWN_LATCHED,
    FAULT,
    IS_ASKED,
    L_ASKED,
    L_CANCEL,
    L_ORDERS_BY,
    L_TIER,
    LATCHED,
    LINK,
    NONE,
    O_LIMIT,
    O_STOP,
    O_TARGET,
    O_TILL,
    O_TRIGGER,
    O_VALIDITY,
    OPENS,
    ORDERS_ASKED,
    PEAK,
    PPM,
    Q_LIMIT,
    Q_TILL,
    Q_TRIGGER,
    RULES_AT,
    SENT,
    VALIDITY,
    W_A,
    W_ADDING,
    W_ASKED,
    W_B,
    W_C,
    W_CLAIMS,
    W_CODE,
    W_INST,
    W_LIMIT,
    W_NEXT,
    W_PRICE,
    W_REDUCING,
    W_ROW,
    W_SIGN,
    W_STOP,
    W_TARGET,
    W_TILL,
    W_TRIGGER,
    W_VALIDITY,
    WISHES_ASKED,
    WORKING,
)
from friday_core.simulation.fill_rules import (
    NO_PRICE,
)


def decide(m: Memory, desk: int, row: int, end: int, session: int) -> None:
    """All that a desk wants of a slice, to the orders that join the queue."""
    if is_latched(m, desk):
        m.c[FAULT] = LATCHED
        return
    if m.c[limits_at(desk) + L_CANCEL] != 0:
        cancel(m, desk, row, end)
    count = wants(m, desk, row, end)
    asked = m.c[limits_at(desk) + L_ASKED]
    if asked == WISHES_ASKED and count > 0:
        m.c[FAULT] = IS_ASKED
    ahead, w = 0, first(m, count)
    while w >= 0:
        if m.s[w + W_CLAIMS] == 1:
            if asked == ORDERS_ASKED:
                m.c[FAULT] = IS_ASKED
            passes = check(m, desk, w, ahead)
            if m.c[RULES_AT] != 0:
                passes = rule(m, desk, w, first(m, count), session)
            ahead += 1 if passes else 0
        w = m.s[w + W_NEXT]
    share_out(m, desk, count)
    if m.c[FAULT] != 0:
        return
    w = first(m, count)
    while w >= 0:
        quantity = m.s[w + W_REDUCING] + m.s[w + W_ADDING]
        order = _send(m, desk, w, quantity, session) if quantity > 0 else NONE
        _log(m, desk, w, m.s[w + W_SIGN] * quantity, order)
        w = m.s[w + W_NEXT]


def is_latched(m: Memory, desk: int) -> bool:
    """Whether a limit was reached that the driver knows how to keep."""
    s, d = m.s, desk_at(desk)
    tier = m.c[limits_at(desk) + L_TIER]
    if s[d + DRAWDOWN_LATCHED] != 0 or s[d + DAY_LATCHED] != 0:
        return True
    return tier >= 0 and s[d + PEAK] > 0 and times(m, s[d + DEEPEST], PPM) >= times(m, tier, s[d + PEAK])


def _send(m: Memory, desk: int, w: int, quantity: int, session: int) -> int:
    s = m.s
    s[desk_at(desk) + SENT] += 1
    signed, price, row = s[w + W_SIGN] * quantity, s[w + W_PRICE], s[w + W_ROW]
    order = place(m, desk, s[w + W_INST], signed, price, row, session, s[DECISIONS])
    if m.c[limits_at(desk) + L_ORDERS_BY] == 1:
        _name(m, queue_at(m, s[WORKING] - 1), order_at(m, order), w)
    return order


def _name(m: Memory, q: int, o: int, w: int) -> None:
    """An order that was placed is what its draft says besides."""
    s = m.s
    s[q + Q_LIMIT], s[q + Q_TRIGGER] = s[w + W_LIMIT], s[w + W_TRIGGER]
    s[q + VALIDITY], s[q + Q_TILL] = s[w + W_VALIDITY], s[w + W_TILL]
    if s[w + W_STOP] != NO_PRICE or s[w + W_TARGET] != NO_PRICE:
        s[q + LINK] = OPENS
    s[o + O_LIMIT], s[o + O_TRIGGER] = s[w + W_LIMIT], s[w + W_TRIGGER]
    s[o + O_STOP], s[o + O_TARGET] = s[w + W_STOP], s[w + W_TARGET]
    s[o + O_VALIDITY], s[o + O_TILL] = s[w + W_VALIDITY], s[w + W_TILL]


def _log(m: Memory, desk: int, w: int, sent: int, order: int) -> None:
    draft = m.s
    n = note(m, desk, draft[w + W_ROW], draft[w + W_CODE], order)
    m.s[n + D_ASKED], m.s[n + D_SENT] = draft[w + W_ASKED], sent
    m.s[n + D_A], m.s[n + D_B], m.s[n + D_C] = draft[w + W_A], draft[w + W_B], draft[w + W_C]
