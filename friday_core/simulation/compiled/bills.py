"""What orders are charged by terms: each line rounded, and one bill for each instrument and session."""

# ruff: noqa: PLR0917 - compiled code knows no names of arguments

from __future__ import annotations

from friday_core.domain.money import divide_half_even
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import amount, charges, times
from friday_core.simulation.compiled.places import limits_at
from friday_core.simulation.compiled.words import (
    A_FLAT,
    A_LEAST,
    A_MOST,
    A_SHARE,
    B_CHARGED,
    B_IS_PAID,
    B_NEXT,
    B_PRODUCT,
    B_QUANTITY,
    B_SAME_DAY,
    B_SIDE,
    B_WORTH,
    BILL,
    BILL_WORDS,
    BILLS,
    BILLS_AT,
    FAULT,
    HEADS_AT,
    INSTS,
    INTRADAY,
    IS_BILLED,
    L_PRODUCT,
    MET_AT,
    NO_TERMS,
    NONE,
    OVERFLOW,
    PERIOD,
    PERIODS_AT,
    PRODUCTS,
    Q_DESK,
    Q_INST,
    SIDE,
    T_FEE,
    T_LINES,
    T_MOST,
    T_SCALE,
    T_SCALE_OF,
    T_TAX,
    T_TAX_ROUNDING,
    T_TAX_STEP,
    T_TAX_UNIT,
    TERMS_AT,
    TERMS_WORDS,
    TL_HAS_MET,
    TL_IS_TAXED,
    TL_MET,
    TL_OWN,
    TL_ROUNDING,
    TL_STEP,
    TL_UNIT,
    TL_WORDS,
)

#: As ``BillRounding``.
_HALF_UP, _DOWN = 0, 2


def enter_period(m: Memory, session: int) -> None:
    """The terms of a session are those that count; from now on, or when a run begins."""
    c, width = m.c, 1 + 2 * PRODUCTS * m.c[INSTS]
    c[PERIOD] = c[PERIODS_AT]
    while m.s[c[PERIOD]] < session:
        c[PERIOD] += width


def new_bills(m: Memory) -> None:
    """Nothing has traded in the session."""
    m.c[BILLS] = 0
    for inst in range(m.c[INSTS]):
        m.s[m.c[HEADS_AT] + inst] = NONE


def alone(m: Memory, desk: int, inst: int, sign: int, worth: int) -> int:
    """What an order by itself in its session is charged; ``sign`` is its side."""
    if m.c[IS_BILLED] == 0:
        return charges(m, worth)
    return _charged(m, _terms(m, m.c[limits_at(desk) + L_PRODUCT], inst, sign), 1, worth, 0, 0)


def open_bill(m: Memory, q: int) -> None:
    """The order joins the orders of its instrument that are charged together, unless it is among them.

    Where nothing of it trades it has ended, and does not come again.
    """
    s, c = m.s, m.c
    if s[q + BILL] != NONE:
        return
    b = c[BILLS_AT] + c[BILLS] * BILL_WORDS
    c[BILLS] += 1
    s[q + BILL], s[b + B_NEXT] = b, NONE
    s[b + B_SIDE], s[b + B_PRODUCT] = s[q + SIDE], c[limits_at(s[q + Q_DESK]) + L_PRODUCT]
    s[b + B_QUANTITY], s[b + B_WORTH], s[b + B_SAME_DAY], s[b + B_IS_PAID], s[b + B_CHARGED] = 0, 0, 0, 0, 0
    last = c[HEADS_AT] + s[q + Q_INST]
    while s[last] != NONE:
        last = s[last] + B_NEXT
    s[last] = b


def bills_again(m: Memory) -> None:
    """Bills of which the quantities and amounts alone are known."""
    for inst in range(m.c[INSTS]):
        rise(m, inst, NONE, 0, 0, True)


def rise(m: Memory, inst: int, own: int, quantity: int, worth: int, books: bool) -> int:
    """What an instrument's bill rises by if so much more of one order trades; with ``books`` it has."""
    s, total, is_paid = m.s, 0, 0
    _meet(m, inst, own, quantity)
    b = s[m.c[HEADS_AT] + inst]
    while b != NONE:
        traded, notional, product = s[b + B_QUANTITY], s[b + B_WORTH], s[b + B_PRODUCT]
        if b == own:
            traded, notional = traded + quantity, amount(m, notional + worth)
        met = m.c[MET_AT] + 2 * product + (1 if s[b + B_SIDE] > 0 else 0)
        same_day = min(s[met], traded)
        s[met] -= same_day
        charged = s[b + B_CHARGED]
        if b == own or same_day != s[b + B_SAME_DAY] or is_paid != s[b + B_IS_PAID]:
            charged = _charged(m, _terms(m, product, inst, s[b + B_SIDE]), traded, notional, same_day, is_paid)
        total += charged - s[b + B_CHARGED]
        if books:
            s[b + B_QUANTITY], s[b + B_WORTH], s[b + B_SAME_DAY] = traded, notional, same_day
            s[b + B_IS_PAID], s[b + B_CHARGED] = is_paid, charged
        if s[b + B_SIDE] < 0 and same_day < traded and product != INTRADAY:
            is_paid = 1
        b = s[b + B_NEXT]
    return total


def _meet(m: Memory, inst: int, own: int, quantity: int) -> None:
    """By product and side how many were both bought and sold."""
    s, at = m.s, m.c[MET_AT]
    for n in range(2 * PRODUCTS):
        s[at + n] = 0
    b = s[m.c[HEADS_AT] + inst]
    while b != NONE:
        met = at + 2 * s[b + B_PRODUCT] + (1 if s[b + B_SIDE] > 0 else 0)
        s[met] += s[b + B_QUANTITY] + (quantity if b == own else 0)
        b = s[b + B_NEXT]
    for n in range(PRODUCTS):
        both = min(s[at + 2 * n], s[at + 2 * n + 1])
        s[at + 2 * n], s[at + 2 * n + 1] = both, both


def _terms(m: Memory, product: int, inst: int, sign: int) -> int:
    """Where the terms stand; ``NONE``, and a fault, where there are none."""
    side = 1 if sign > 0 else 0
    found = m.s[m.c[PERIOD] + 1 + 2 * (product * m.c[INSTS] + inst) + side]
    if found == NONE:
        m.c[FAULT] = NO_TERMS
        return NONE
    return m.c[TERMS_AT] + found  # type: ignore[no-any-return]


def _charged(m: Memory, t: int, quantity: int, worth: int, same_day: int, is_paid: int) -> int:
    """As ``BillTerms.charges_of``, by the terms at a place; 0 for an order that has not traded."""
    s, total, taxed = m.s, 0, 0
    if t == NONE or quantity == 0:
        return 0
    if worth > s[t + T_MOST]:
        m.c[FAULT] = OVERFLOW
        return 0
    met = divide_half_even(times(m, worth, same_day), quantity) if same_day > 0 else 0
    for n in range(s[t + T_LINES]):
        at = t + TERMS_WORDS + n * TL_WORDS
        bears = met if s[at + TL_HAS_MET] == 1 else 0
        parts = _parts(m, at + TL_MET, bears) if bears > 0 else 0
        if bears == 0 or bears < worth:
            parts += _parts(m, at + TL_OWN, worth - bears)
        taxed += parts * s[at + TL_IS_TAXED]
        total += _rounded(parts, s[at + TL_STEP], s[at + TL_UNIT], s[at + TL_ROUNDING])
    total += _rounded(taxed * s[t + T_TAX], s[t + T_TAX_STEP], s[t + T_TAX_UNIT], s[t + T_TAX_ROUNDING])
    if same_day < quantity and is_paid == 0:
        total += s[t + T_FEE]
    if s[t + T_SCALE] == s[t + T_SCALE_OF]:
        return amount(m, total)
    return amount(m, divide_half_even(times(m, total, s[t + T_SCALE]), s[t + T_SCALE_OF]))


def _parts(m: Memory, a: int, worth: int) -> int:
    """As ``Amount.of``, in the parts that the terms count in."""
    parts = max(m.s[a + A_LEAST], m.s[a + A_FLAT] + m.s[a + A_SHARE] * worth)
    return min(parts, m.s[a + A_MOST])  # type: ignore[no-any-return]


def _rounded(parts: int, step: int, unit: int, rounding: int) -> int:
    """As ``BillRounding.of``: ``step`` are the parts of a unit."""
    whole = parts // step
    if rounding != _DOWN:
        twice = 2 * (parts - whole * step)
        if twice > step or (twice == step and (rounding == _HALF_UP or whole % 2 == 1)):
            whole += 1
    return whole * unit
