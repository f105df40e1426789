"""Books in the kernel: what a fill changes, lot by lot, and what positions are worth."""

# ruff: noqa: PLR0917 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.domain.money import divide_half_even
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import amount, notional, times
from friday_core.simulation.compiled.places import desk_at, pair_at
from friday_core.simulation.compiled.words import (
    CASH,
    CHARGES,
    COST,
    FAULT,
    GROSS,
    HELD,
    LOT_COST,
    LOT_COUNT,
    LOT_FIRST,
    LOT_QUANTITY,
    LOT_TS,
    LOT_WORDS,
    LOTS,
    MARK,
    MOST_LOTS,
    NO_ROOM_FOR_LOTS,
    POSITION,
    REALISED,
    VALUE,
    WORTH,
)


def revalue(m: Memory, desk: int, inst: int) -> None:
    """The worth of a position after its mark, or itself, changed; the desk's sums follow."""
    s, d, p = m.s, desk_at(desk), pair_at(m, desk, inst)
    held = s[p + POSITION]
    worth = notional(m, inst, s[p + MARK], abs(held)) if held != 0 else 0
    if held < 0:
        worth = -worth
    before = s[p + WORTH]
    s[p + WORTH] = worth
    s[d + VALUE] = amount(m, s[d + VALUE] + worth - before)
    s[d + GROSS] = amount(m, s[d + GROSS] + abs(worth) - abs(before))


def mark(m: Memory, desk: int, inst: int, price: int) -> None:
    """As ``Book.mark``."""
    p = pair_at(m, desk, inst)
    if m.s[p + POSITION] != 0 and m.s[p + MARK] != price:
        m.s[p + MARK] = price
        revalue(m, desk, inst)


def apply_fill(m: Memory, desk: int, inst: int, sign: int, quantity: int, price: int, charged: int, ts: int) -> None:
    """As ``Book.apply_fill``."""
    s, d, p = m.s, desk_at(desk), pair_at(m, desk, inst)
    held = s[p + POSITION]
    paid = sign * notional(m, inst, price, quantity)
    closing = min(abs(held), quantity) if (held > 0) == (sign < 0) and held != 0 else 0
    if closing == quantity:
        paid_closing = paid
    elif closing == 0:
        paid_closing = 0
    else:
        paid_closing = divide_half_even(times(m, paid, closing), quantity)
    cost_closed = close_oldest(m, p, closing)
    cost_opened = paid - paid_closing
    if closing < quantity:
        _open_lot(m, p, sign * (quantity - closing), cost_opened, ts)
    s[p + COST] = amount(m, s[p + COST] - cost_closed + cost_opened)
    s[d + CASH] = amount(m, s[d + CASH] - paid - charged)
    s[d + CHARGES] = amount(m, s[d + CHARGES] + charged)
    s[d + REALISED] = amount(m, s[d + REALISED] - paid_closing - cost_closed)
    after = held + sign * quantity
    s[p + POSITION] = after
    if held == 0:
        s[d + HELD] += 1
        s[p + MARK] = price
    elif after == 0:
        s[d + HELD] -= 1
    revalue(m, desk, inst)


def close_oldest(m: Memory, p: int, quantity: int) -> int:
    """As ``lots.close_oldest``."""
    s, most = m.s, m.c[MOST_LOTS]
    cost = 0
    while quantity > 0 and s[p + LOT_COUNT] > 0:
        lot = p + LOTS + s[p + LOT_FIRST] * LOT_WORDS
        held = abs(s[lot + LOT_QUANTITY])
        if held <= quantity:
            cost += s[lot + LOT_COST]
            quantity -= held
            s[p + LOT_FIRST] = s[p + LOT_FIRST] + 1 if s[p + LOT_FIRST] + 1 < most else 0
            s[p + LOT_COUNT] -= 1
            continue
        part = divide_half_even(times(m, s[lot + LOT_COST], quantity), held)
        s[lot + LOT_QUANTITY] += -quantity if s[lot + LOT_QUANTITY] > 0 else quantity
        s[lot + LOT_COST] -= part
        cost += part
        quantity = 0
    return cost


def _open_lot(m: Memory, p: int, quantity: int, cost: int, ts: int) -> None:
    s, most = m.s, m.c[MOST_LOTS]
    if s[p + LOT_COUNT] == most:
        m.c[FAULT] = NO_ROOM_FOR_LOTS
        return
    place = s[p + LOT_FIRST] + s[p + LOT_COUNT]
    lot = p + LOTS + (place - most if place >= most else place) * LOT_WORDS
    s[lot + LOT_QUANTITY], s[lot + LOT_COST], s[lot + LOT_TS] = quantity, cost, ts
    s[p + LOT_COUNT] += 1
