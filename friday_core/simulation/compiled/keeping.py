"""Where a book changes without a strategy: square-off and fees for shorts. What ends is the driver's."""

from __future__ import annotations

from friday_core.domain.money import divide_half_even
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import amount, times
from friday_core.simulation.compiled.places import desk_at, instrument_at, limits_at, pair_at
from friday_core.simulation.compiled.words import (
    BORROW,
    CASH,
    CHARGES,
    DERIVATIVE,
    DESKS,
    DUE_AT,
    ENDS_ROW,
    HELD,
    INSTS,
    INTRADAY,
    L_PRODUCT,
    LATEST_SESSION,
    MARK,
    POSITION,
    POSTING_WORDS,
    POSTINGS,
    POSTINGS_AT,
    WORKING,
    WORTH,
    Y_DESK,
    Y_FEE,
    Y_INST,
    Y_PRICE,
    Y_QUANTITY,
    Y_SESSION,
    Y_TS,
)

#: What a fee in parts per million of a year's is divided by, for a day of it.
_DAYS_A_YEAR = 365 * 1_000_000


def is_kept(m: Memory, row: int, is_new: bool) -> bool:
    """Whether a book changes so on the slice at a row, or may."""
    c, s = m.c, m.s
    if c[DUE_AT] == 0 and c[BORROW] == 0:
        return False
    for desk in range(c[DESKS]):
        is_open = s[WORKING] > 0 or s[desk_at(desk) + HELD] != 0
        if is_squared_off(m, desk) and is_open and (is_new or is_due(m, row)):
            return True
        if is_new and c[BORROW] != 0 and _is_short(m, desk):
            return True
    return False


def kept_from(m: Memory, desk: int, row: int, last: int) -> int:
    """The row up to which the book of a desk without orders surely does not change so, ``last`` at most."""
    c = m.c
    last = min(last, c[ENDS_ROW])
    if m.s[desk_at(desk) + HELD] == 0:
        return last
    last = next_due(m, desk, row, last)
    if not is_squared_off(m, desk) and c[BORROW] == 0:
        return last
    while row < last and m.session[row] == m.s[LATEST_SESSION]:
        row += 1
    return row


def next_due(m: Memory, desk: int, row: int, last: int) -> int:
    """The next row on which the desk's intraday positions are to be closed, ``last`` at most."""
    if is_squared_off(m, desk) and m.s[desk_at(desk) + HELD] != 0:
        return min(last, m.words(m.c[DUE_AT])[row])  # type: ignore[no-any-return]
    return last


def is_due(m: Memory, row: int) -> bool:
    return m.words(m.c[DUE_AT])[row] == row  # type: ignore[no-any-return]


def is_squared_off(m: Memory, desk: int) -> bool:
    """Whether what a desk holds is closed before its session ends."""
    return m.c[DUE_AT] != 0 and m.c[limits_at(desk) + L_PRODUCT] == INTRADAY  # type: ignore[no-any-return]


def charge_shorts(m: Memory, row: int, session: int) -> None:
    """As ``Custody``: what shorts of anything but contracts cost since the latest session."""
    c, s = m.c, m.s
    for desk in range(c[DESKS]):
        d = desk_at(desk)
        for inst in range(c[INSTS]):
            p = pair_at(m, desk, inst)
            if s[p + POSITION] < 0 and s[instrument_at(m, inst) + DERIVATIVE] == 0:
                a_day = times(m, -s[p + WORTH], c[BORROW])
                fee = divide_half_even(times(m, a_day, session - s[LATEST_SESSION]), _DAYS_A_YEAR)
                if fee != 0:
                    s[d + CASH], s[d + CHARGES] = amount(m, s[d + CASH] - fee), amount(m, s[d + CHARGES] + fee)
                    y = c[POSTINGS_AT] + s[POSTINGS] * POSTING_WORDS
                    s[y + Y_TS], s[y + Y_SESSION], s[y + Y_DESK], s[y + Y_INST] = m.ts[row], session, desk, inst
                    s[y + Y_QUANTITY], s[y + Y_PRICE], s[y + Y_FEE] = s[p + POSITION], s[p + MARK], fee
                    s[POSTINGS] += 1


def _is_short(m: Memory, desk: int) -> bool:
    """Whether a desk is short of anything but a contract."""
    for inst in range(m.c[INSTS]):
        if m.s[pair_at(m, desk, inst) + POSITION] < 0 and m.s[instrument_at(m, inst) + DERIVATIVE] == 0:
            return True
    return False
