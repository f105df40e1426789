"""Brackets: as ``session/brackets.py``, what an order opens is closed by a stop and a limit order."""

from __future__ import annotations

from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.places import bracket_at, order_at, pair_at, queue_at
from friday_core.simulation.compiled.placing import place
from friday_core.simulation.compiled.words import (
    ALTERNATIVE,
    BRACKET_WORDS,
    BRACKETS,
    CANCELLED,
    CLOSES,
    DESKS,
    DUE_LIMIT,
    DUE_STOP,
    DUE_TOUCHED,
    FILLED,
    ID,
    INSTS,
    K_DESK,
    K_DUE,
    K_DUE_SECOND,
    K_ENTRY,
    K_INST,
    K_LEFT,
    K_LEG,
    K_SECOND,
    K_SESSION,
    K_SIDE,
    K_STOP,
    K_TARGET,
    LINK,
    NONE,
    NOT_DUE,
    O_BOOKED,
    O_ENTRY,
    O_LIMIT,
    O_NTH,
    O_PRICE,
    O_STOP,
    O_TARGET,
    O_TRIGGER,
    O_TRIGGERED,
    O_WANTED,
    OF_BRACKET,
    OPEN,
    OPENS,
    ORDERS,
    PARTIAL,
    POSITION,
    Q_DESK,
    Q_INST,
    Q_LIMIT,
    Q_TRIGGER,
    QUANTITY,
    SIDE,
    STATUS,
    TRIGGERED,
    WITHDRAWN,
    WORKING,
)
from friday_core.simulation.fill_rules import (
    NO_PRICE,
)


def follow(m: Memory, q: int, quantity: int) -> None:
    """A quantity of an order is booked: what it opens is noted, and what closes too much is withdrawn."""
    s = m.s
    if s[q + LINK] == OPENS:
        _note(m, q, quantity)
    for n in range(s[BRACKETS]):
        b = bracket_at(m, n)
        if s[b + K_DESK] == s[q + Q_DESK] and s[b + K_INST] == s[q + Q_INST]:
            if s[q + LINK] == CLOSES and (s[b + K_LEG] == s[q + ID] or s[b + K_SECOND] == s[q + ID]):
                s[b + K_LEFT] = max(0, s[b + K_LEFT] - quantity)
            held = s[b + K_SIDE] * s[pair_at(m, s[b + K_DESK], s[b + K_INST]) + POSITION]
            s[b + K_LEFT] = min(s[b + K_LEFT], max(0, held))
            _withdraw(m, b, s[b + K_LEG])
            _withdraw(m, b, s[b + K_SECOND])


def _note(m: Memory, q: int, quantity: int) -> None:
    s, o, b = m.s, order_at(m, m.s[q + ID]), bracket_at(m, m.s[BRACKETS])
    s[b + K_ENTRY], s[b + K_DESK], s[b + K_INST], s[b + K_SIDE] = s[q + ID], s[q + Q_DESK], s[q + Q_INST], s[q + SIDE]
    s[b + K_LEFT], s[b + K_STOP], s[b + K_TARGET] = quantity, s[o + O_STOP], s[o + O_TARGET]
    s[b + K_LEG], s[b + K_SECOND], s[b + K_SESSION] = NONE, NONE, 0
    s[b + K_DUE], s[b + K_DUE_SECOND] = NOT_DUE, NOT_DUE
    if s[b + K_STOP] != NO_PRICE:
        _be_due(m, b, DUE_STOP)
    if s[b + K_TARGET] != NO_PRICE:
        _be_due(m, b, DUE_LIMIT)
    s[BRACKETS] += 1


def _be_due(m: Memory, b: int, what: int) -> None:
    word = K_DUE if m.s[b + K_DUE] == NOT_DUE else K_DUE_SECOND
    m.s[b + word] = what


def _working(m: Memory, number: int) -> int:
    """Where an order works; ``NONE`` if it has ended, or is none."""
    s = m.s
    if number != NONE:
        for n in range(s[WORKING]):
            q = queue_at(m, n)
            if s[q + ID] == number and s[q + STATUS] <= PARTIAL:
                return q
    return NONE


def _withdraw(m: Memory, b: int, number: int) -> None:
    """End an order that would close more than is left; what is left of it is due."""
    s, q = m.s, _working(m, number)
    if q == NONE or s[q + QUANTITY] - s[q + FILLED] <= s[b + K_LEFT]:
        return
    s[q + STATUS] = CANCELLED
    o = order_at(m, number)
    s[o + O_WANTED], s[o + O_BOOKED], s[o + O_PRICE] = OF_BRACKET, s[b + K_LEFT], s[ORDERS]
    s[o + O_NTH] = s[WITHDRAWN]
    s[WITHDRAWN] += 1
    if s[q + Q_TRIGGER] == NO_PRICE:
        _be_due(m, b, DUE_LIMIT)
    elif s[q + TRIGGERED] == 1:
        _be_due(m, b, DUE_TOUCHED)
    else:
        _be_due(m, b, DUE_STOP)


def place_legs(m: Memory, row: int, session: int) -> None:
    """After the fills of a slice: what is due is placed, and brackets that nothing closes any more are over."""
    s, kept = m.s, 0
    for n in range(s[BRACKETS]):
        b = bracket_at(m, n)
        first, second = s[b + K_DUE], s[b + K_DUE_SECOND]
        s[b + K_DUE], s[b + K_DUE_SECOND] = NOT_DUE, NOT_DUE
        leg, other = s[b + K_LEG], s[b + K_SECOND]
        s[b + K_LEG], s[b + K_SECOND] = NONE, NONE
        _keep(m, b, leg)
        _keep(m, b, other)
        if s[b + K_LEFT] > 0:
            _place(m, b, first, row, session)
            _place(m, b, second, row, session)
        if s[b + K_LEG] != NONE:
            if kept < n:
                for word in range(BRACKET_WORDS):
                    s[bracket_at(m, kept) + word] = s[b + word]
            kept += 1
    s[BRACKETS] = kept


def _keep(m: Memory, b: int, number: int) -> None:
    """An order that works closes the bracket: the first one counts, the second is its alternative."""
    s, q = m.s, _working(m, number)
    if q == NONE:
        return
    if s[b + K_LEG] == NONE:
        s[b + K_LEG], s[q + ALTERNATIVE] = number, 0
    else:
        s[b + K_SECOND], s[q + ALTERNATIVE] = number, 1


def _place(m: Memory, b: int, what: int, row: int, session: int) -> None:
    s = m.s
    if what == NOT_DUE:
        return
    limit, trigger = NO_PRICE, s[b + K_STOP]
    if what == DUE_LIMIT:
        limit, trigger = s[b + K_TARGET], NO_PRICE
    price = max(limit, trigger)
    number = place(m, s[b + K_DESK], s[b + K_INST], -s[b + K_SIDE] * s[b + K_LEFT], price, row, session, OF_BRACKET)
    q, o = queue_at(m, s[WORKING] - 1), order_at(m, number)
    s[q + Q_LIMIT], s[q + Q_TRIGGER], s[q + LINK] = limit, trigger, CLOSES
    s[q + TRIGGERED] = 1 if what == DUE_TOUCHED else 0
    s[o + O_LIMIT], s[o + O_TRIGGER], s[o + O_ENTRY] = limit, trigger, s[b + K_ENTRY]
    s[o + O_TRIGGERED], s[b + K_SESSION] = s[q + TRIGGERED], session
    _keep(m, b, number)


def count_open(m: Memory) -> None:
    """What working orders would add or take away: of alternatives one counts, and which one may have changed."""
    s = m.s
    for desk in range(m.c[DESKS]):
        for inst in range(m.c[INSTS]):
            s[pair_at(m, desk, inst) + OPEN] = 0
    for n in range(s[WORKING]):
        q = queue_at(m, n)
        if s[q + ALTERNATIVE] == 0:
            s[pair_at(m, s[q + Q_DESK], s[q + Q_INST]) + OPEN] += s[q + SIDE] * (s[q + QUANTITY] - s[q + FILLED])
