"""The limits of one order, and what of the book its cash and its exposure take."""

# ruff: noqa: PLR0917 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.simulation.compiled.bills import alone
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import notional, share, times, units_worth
from friday_core.simulation.compiled.places import desk_at, instrument_at, limits_at, pair_at, queue_at
from friday_core.simulation.compiled.words import (
    ALTERNATIVE,
    C_INTRADAY_CUT_OFF,
    C_NOT_IN_UNIVERSE,
    C_NOT_SHORTABLE,
    C_OPEN_ORDERS,
    C_ORDER_COUNT,
    C_ORDER_VALUE,
    C_POSITION_WEIGHT,
    C_SHORT_DELIVERY,
    CASH,
    DERIVATIVE,
    DESK_ORDERS,
    FAULT,
    FILLED,
    INTRADAY,
    IS_ASKED,
    L_ALLOW_SHORT,
    L_BUFFER,
    L_OPEN_ORDERS,
    L_ORDER_VALUE,
    L_ORDERS,
    L_POSITION,
    L_PRODUCT,
    LOT,
    MARK,
    POSITION,
    PPM,
    Q_DESK,
    Q_INST,
    QUANTITY,
    R_ASKED,
    R_LATE,
    R_UNBORROWED,
    R_UNLISTED,
    REFUSED_AT,
    SENT,
    SIDE,
    VALUE,
    W_A,
    W_ADDING,
    W_ASKED,
    W_B,
    W_C,
    W_CODE,
    W_INST,
    W_MARK,
    W_PRICE,
    W_REDUCING,
    W_ROW,
    W_SIGN,
    WORKING,
)


def check(m: Memory, desk: int, w: int, ahead: int) -> bool:
    """As ``RiskEngine.check``: splits a draft into what closes a position and what may be opened; whether any of it.

    ``ahead`` orders of the slice go before it.
    """
    draft = m.s
    inst, sign, asked = draft[w + W_INST], draft[w + W_SIGN], abs(draft[w + W_ASKED])
    p = pair_at(m, desk, inst)
    beside = _beside(m, desk, inst, sign)
    after = m.s[p + POSITION] + sign * (beside + asked)
    reducing = min(asked, max(0, -sign * m.s[p + POSITION] - beside))
    draft[w + W_REDUCING], draft[w + W_ADDING] = reducing, asked - reducing
    if asked > reducing:
        if m.c[REFUSED_AT] != 0:
            _refuse(m, desk, w)
        _count(m, desk, w, ahead)
        _size(m, desk, w, after, asked - reducing)
    draft[w + W_MARK] = m.s[p + MARK] if reducing > 0 else 0
    return draft[w + W_REDUCING] + draft[w + W_ADDING] > 0  # type: ignore[no-any-return]


def _beside(m: Memory, desk: int, inst: int, sign: int) -> int:
    """What of the same side works already."""
    s, total = m.s, 0
    for n in range(s[WORKING]):
        q = queue_at(m, n)
        if s[q + Q_DESK] == desk and s[q + Q_INST] == inst and s[q + SIDE] == sign and s[q + ALTERNATIVE] == 0:
            total += s[q + QUANTITY] - s[q + FILLED]
    return total


def cut(m: Memory, w: int, room: int) -> bool:
    """A ruling about what is opened, in whole lots: whether it is the smallest so far."""
    draft = m.s
    lot, reducing = m.s[instrument_at(m, draft[w + W_INST]) + LOT], draft[w + W_REDUCING]
    asked, ruled = abs(draft[w + W_ASKED]), max(0, room)
    adding = asked - reducing if reducing + ruled >= asked else ruled // lot * lot
    if adding >= draft[w + W_ADDING]:
        return False
    draft[w + W_ADDING] = adding
    return True


def _refuse(m: Memory, desk: int, w: int) -> None:
    """As ``EntryRules.rulings``."""
    draft, row = m.s, m.s[w + W_ROW]
    bits = m.words(m.c[REFUSED_AT])[row]
    if bits & R_ASKED != 0:
        m.c[FAULT] = IS_ASKED
    if bits & R_UNLISTED != 0 and cut(m, w, 0):
        draft[w + W_CODE], draft[w + W_A] = C_NOT_IN_UNIVERSE, int(m.session[row])
    if bits & R_UNBORROWED != 0 and draft[w + W_SIGN] < 0 and cut(m, w, 0):
        draft[w + W_CODE], draft[w + W_A] = C_NOT_SHORTABLE, int(m.session[row])
    if bits & R_LATE != 0 and m.c[limits_at(desk) + L_PRODUCT] == INTRADAY and cut(m, w, 0):
        draft[w + W_CODE] = C_INTRADAY_CUT_OFF


def _count(m: Memory, desk: int, w: int, ahead: int) -> None:
    draft, limits = m.s, limits_at(desk)
    most, sent = m.c[limits + L_ORDERS], m.s[desk_at(desk) + SENT] + ahead
    if 0 <= most <= sent and cut(m, w, most - sent):
        draft[w + W_CODE], draft[w + W_A] = C_ORDER_COUNT, sent
    most, working = m.c[limits + L_OPEN_ORDERS], m.s[desk_at(desk) + DESK_ORDERS] + ahead
    if 0 <= most <= working and cut(m, w, most - working):
        draft[w + W_CODE], draft[w + W_A] = C_OPEN_ORDERS, working


def _size(m: Memory, desk: int, w: int, after: int, adding: int) -> None:
    draft, limits = m.s, limits_at(desk)
    inst, price = draft[w + W_INST], draft[w + W_PRICE]
    may_short = m.c[limits + L_ALLOW_SHORT] == 1 or m.s[instrument_at(m, inst) + DERIVATIVE] == 1
    if draft[w + W_SIGN] < 0 and not may_short and cut(m, w, -adding):
        draft[w + W_CODE], draft[w + W_A], draft[w + W_B] = C_SHORT_DELIVERY, adding, m.c[limits + L_PRODUCT]
    most = m.c[limits + L_ORDER_VALUE]
    if most >= 0 and cut(m, w, units_worth(m, inst, most, price)):
        draft[w + W_CODE], draft[w + W_A] = C_ORDER_VALUE, notional(m, inst, price, adding)
    if m.c[limits + L_POSITION] >= 0:
        d = desk_at(desk)
        most = share(m, m.c[limits + L_POSITION], max(m.s[d + CASH] + m.s[d + VALUE], 0))
        if cut(m, w, units_worth(m, inst, most, price) - (abs(after) - adding)):
            draft[w + W_CODE], draft[w + W_A] = C_POSITION_WEIGHT, after
            draft[w + W_B], draft[w + W_C] = notional(m, inst, price, abs(after)), most


# What a claim takes ---------------------------------------------------------------------------------------------


def gross_of(m: Memory, inst: int, is_sure: bool, price: int, mark: int, reducing: int, adding: int) -> int:
    """As ``Claim.gross``; a market order is sure to trade, one with a price may do so or not."""
    change = notional(m, inst, price, adding) - notional(m, inst, mark, reducing)
    return change if is_sure else max(0, change)


def cash_of(
    m: Memory, desk: int, inst: int, sign: int, is_sure: bool, price: int, mark: int, reducing: int, adding: int
) -> int:
    """As ``Claim.cash``."""
    if sign > 0:
        if reducing + adding == 0:
            return 0
        buffered = -(times(m, -price, PPM + m.c[limits_at(desk) + L_BUFFER]) // PPM)
        worth = notional(m, inst, buffered, reducing + adding)
        return worth + alone(m, desk, inst, sign, worth)
    brought = 0
    if reducing > 0 and is_sure:
        closed = notional(m, inst, mark, reducing)
        brought = max(0, closed - alone(m, desk, inst, sign, closed))
    return opening_cost(m, desk, inst, price, adding) - brought


def margin_of(
    m: Memory, desk: int, inst: int, sign: int, is_sure: bool, price: int, mark: int, reducing: int, adding: int
) -> int:
    """What an order takes of the margin: its ``gross_of``, and its charges."""
    if reducing + adding == 0:
        return 0
    charges = alone(m, desk, inst, sign, notional(m, inst, price, reducing + adding))
    return gross_of(m, inst, is_sure, price, mark, reducing, adding) + charges


def opening_cost(m: Memory, desk: int, inst: int, price: int, adding: int) -> int:
    """As ``Claim.opening_cost``: of a sell."""
    if adding == 0:
        return 0
    worth = notional(m, inst, price, adding)
    return max(0, alone(m, desk, inst, -1, worth) - worth)
