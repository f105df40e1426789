"""What all desks send on a slice against the limits of the account: where one would cut, the slice is the driver's."""

from __future__ import annotations

from friday_core.simulation.compiled.limiting import gross_of
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import amount, notional, share, units_worth
from friday_core.simulation.compiled.places import desk_at, instrument_at, pair_at, queue_at
from friday_core.simulation.compiled.words import (
    ACCOUNT_GROSS,
    ACCOUNT_LIMITED,
    ACCOUNT_VALUE,
    CASH,
    DESKS,
    FAULT,
    FILLED,
    INSTS,
    LOT,
    MARK,
    POSITION,
    Q_INST,
    Q_LIMIT,
    Q_TRIGGER,
    QUANTITY,
    REFERENCE,
    SIDE,
    VALUE,
    WORKING,
)
from friday_core.simulation.fill_rules import NO_PRICE


def release(m: Memory, at_broker: int) -> None:
    """As ``AccountRisk.rulings``, where all orders pass; a fault where one may not. ``at_broker`` work already."""
    c, s = m.c, m.s
    if not is_account_limited(m):
        return
    gross, adds = _gross(m) if c[ACCOUNT_GROSS] >= 0 else 0, False
    for n in range(s[WORKING]):
        q = queue_at(m, n)
        if s[q + Q_LIMIT] != NO_PRICE or s[q + Q_TRIGGER] != NO_PRICE:
            c[FAULT] = ACCOUNT_LIMITED  # what may trade or not counts in other ways
        inst, price, remaining = s[q + Q_INST], s[q + REFERENCE], s[q + QUANTITY] - s[q + FILLED]
        reducing = min(remaining, max(0, -s[q + SIDE] * _left(m, inst, n)))
        adding = remaining - reducing
        if n >= at_broker and adding > 0:
            adds = True
            if c[ACCOUNT_VALUE] >= 0 and not _is_within(m, inst, price, adding):
                c[FAULT] = ACCOUNT_LIMITED
        if c[ACCOUNT_GROSS] >= 0:
            mark = _mark(m, inst) if reducing > 0 else 0
            gross = amount(m, gross + gross_of(m, inst, True, price, mark, reducing, adding))
    if c[ACCOUNT_GROSS] >= 0 and adds and gross > share(m, c[ACCOUNT_GROSS], max(_equity(m), 0)):
        c[FAULT] = ACCOUNT_LIMITED


def is_account_limited(m: Memory) -> bool:
    """Whether the account has limits; then a slice on which positions are squared off is the driver's, too."""
    return m.c[ACCOUNT_VALUE] >= 0 or m.c[ACCOUNT_GROSS] >= 0  # type: ignore[no-any-return]


def _is_within(m: Memory, inst: int, price: int, adding: int) -> bool:
    """Whether what an order opens passes the limit of one order, in whole lots."""
    lot = m.s[instrument_at(m, inst) + LOT]
    return units_worth(m, inst, m.c[ACCOUNT_VALUE], price) // lot * lot >= adding  # type: ignore[no-any-return]


def _held(m: Memory, inst: int) -> int:
    """What all books hold together."""
    held = 0
    for desk in range(m.c[DESKS]):
        held += m.s[pair_at(m, desk, inst) + POSITION]
    return held


def _left(m: Memory, inst: int, count: int) -> int:
    """The same after what the first orders, so many, close of it."""
    s, left = m.s, _held(m, inst)
    for n in range(count):
        q = queue_at(m, n)
        if s[q + Q_INST] == inst:
            left += s[q + SIDE] * min(s[q + QUANTITY] - s[q + FILLED], max(0, -s[q + SIDE] * left))
    return left


def _mark(m: Memory, inst: int) -> int:
    """That of the first book which holds the instrument."""
    for desk in range(m.c[DESKS]):
        p = pair_at(m, desk, inst)
        if m.s[p + POSITION] != 0:
            return m.s[p + MARK]  # type: ignore[no-any-return]
    return 0


def _gross(m: Memory) -> int:
    """What the account's positions are worth, either way."""
    gross = 0
    for inst in range(m.c[INSTS]):
        held = _held(m, inst)
        if held != 0:
            gross = amount(m, gross + notional(m, inst, _mark(m, inst), abs(held)))
    return gross


def _equity(m: Memory) -> int:
    equity = 0
    for desk in range(m.c[DESKS]):
        d = desk_at(desk)
        equity = amount(m, equity + m.s[d + CASH] + m.s[d + VALUE])
    return equity
