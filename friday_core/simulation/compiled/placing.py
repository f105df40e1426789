"""Rows of the tables of orders and of decisions; an order joins the end of the queue besides."""

# ruff: noqa: PLR0917 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.places import desk_at, order_at, pair_at, queue_at
from friday_core.simulation.compiled.words import (
    ACTIVE_FROM,
    ALTERNATIVE,
    BILL,
    BILL_SESSION,
    BILLED,
    BILLED_QUANTITY,
    BOOKED,
    COUNTER,
    COUNTER_SESSION,
    D_A,
    D_ASKED,
    D_B,
    D_C,
    D_CODE,
    D_DESK,
    D_ORDER,
    D_ORDINAL,
    D_ROW,
    D_SENT,
    DECIDED,
    DECISION_WORDS,
    DECISIONS,
    DECISIONS_AT,
    DESK_ORDERS,
    FILLED,
    ID,
    LATENCY,
    LATENCY_US,
    LINK,
    NONE,
    O_ACTIVE_FROM,
    O_COUNTER,
    O_DECISION,
    O_DESK,
    O_ENTRY,
    O_FILLED,
    O_INST,
    O_LIMIT,
    O_OPENED,
    O_QUANTITY,
    O_REFERENCE,
    O_ROW,
    O_SESSION,
    O_SIDE,
    O_STATUS,
    O_STOP,
    O_TARGET,
    O_TILL,
    O_TRIGGER,
    O_TRIGGERED,
    O_TS,
    O_VALIDITY,
    OPEN,
    OPENED,
    ORDER_WIDTH,
    ORDERS,
    ORDINAL,
    PLACE,
    PLAIN_ORDER_WORDS,
    Q_DESK,
    Q_INST,
    Q_LIMIT,
    Q_PROTECTION,
    Q_TILL,
    Q_TRIGGER,
    QUANTITY,
    REFERENCE,
    SIDE,
    STATUS,
    TRIGGERED,
    VALIDITY,
    WAITING,
    WORKING,
)
from friday_core.simulation.fill_rules import (
    DAY,
    GTC,
    NO_PRICE,
    ON_ITS_WAY,
)


def place(m: Memory, desk: int, inst: int, quantity: int, price: int, row: int, session: int, decision: int) -> int:
    """An order for a signed quantity, judged at a price, joins the end of the queue; its row in the table."""
    s, d, sign = m.s, desk_at(desk), 1 if quantity > 0 else -1
    if s[d + COUNTER_SESSION] != session:
        s[d + COUNTER_SESSION], s[d + COUNTER] = session, 0
    s[d + COUNTER] += 1
    s[d + DESK_ORDERS] += 1
    q, order = queue_at(m, s[WORKING]), s[ORDERS]
    s[q + ID], s[q + Q_DESK], s[q + Q_INST], s[q + SIDE] = order, desk, inst, sign
    s[q + QUANTITY], s[q + FILLED], s[q + STATUS], s[q + OPENED] = abs(quantity), 0, WAITING, NONE
    s[q + ACTIVE_FROM] = ON_ITS_WAY if m.c[LATENCY_US] > 0 else s[ORDINAL] + 1 + m.c[LATENCY]
    s[q + REFERENCE], s[q + DECIDED] = price, m.ts[row]
    s[q + BILL_SESSION], s[q + BILLED], s[q + BILLED_QUANTITY] = session, 0, 0
    s[q + PLACE], s[q + BOOKED], s[q + BILL] = NONE, 0, NONE
    s[q + Q_LIMIT], s[q + Q_TRIGGER], s[q + TRIGGERED] = NO_PRICE, NO_PRICE, 0
    s[q + VALIDITY], s[q + Q_TILL] = GTC if decision < 0 else DAY, 0
    s[q + Q_PROTECTION], s[q + LINK], s[q + ALTERNATIVE] = NONE, 0, 0
    s[pair_at(m, desk, inst) + OPEN] += quantity
    o = order_at(m, order)
    s[o + O_DESK], s[o + O_INST], s[o + O_SIDE] = desk, inst, sign
    s[o + O_QUANTITY], s[o + O_REFERENCE], s[o + O_ROW] = abs(quantity), price, row
    s[o + O_TS], s[o + O_SESSION], s[o + O_COUNTER] = m.ts[row], session, s[d + COUNTER]
    s[o + O_ACTIVE_FROM], s[o + O_STATUS], s[o + O_FILLED] = s[q + ACTIVE_FROM], WAITING, 0
    s[o + O_OPENED], s[o + O_DECISION] = NONE, decision
    if m.c[ORDER_WIDTH] > PLAIN_ORDER_WORDS:
        s[o + O_LIMIT], s[o + O_TRIGGER], s[o + O_STOP], s[o + O_TARGET] = NO_PRICE, NO_PRICE, NO_PRICE, NO_PRICE
        s[o + O_VALIDITY], s[o + O_TILL], s[o + O_ENTRY], s[o + O_TRIGGERED] = s[q + VALIDITY], 0, NONE, 0
    s[WORKING] += 1
    s[ORDERS] += 1
    return order  # type: ignore[no-any-return]


def note(m: Memory, desk: int, row: int, code: int, order: int) -> int:
    """A decision that asks for nothing and sends nothing, but may name an order; where it stands."""
    s = m.s
    n: int = m.c[DECISIONS_AT] + s[DECISIONS] * DECISION_WORDS
    s[n + D_DESK], s[n + D_ROW], s[n + D_ORDINAL], s[n + D_ORDER] = desk, row, s[ORDINAL], order
    s[n + D_ASKED], s[n + D_SENT], s[n + D_CODE] = 0, 0, code
    s[n + D_A], s[n + D_B], s[n + D_C] = 0, 0, 0
    s[DECISIONS] += 1
    return n
