"""Where a book may change without a strategy: square-off, fees for shorts, endings. All of it is the driver's."""

from __future__ import annotations

from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.places import desk_at, instrument_at, limits_at, pair_at
from friday_core.simulation.compiled.words import (
    DERIVATIVE,
    DESKS,
    DUE_AT,
    ENDS_ROW,
    HELD,
    INSTS,
    INTRADAY,
    IS_BORROWED,
    L_PRODUCT,
    LATEST_SESSION,
    POSITION,
    WORKING,
)


def is_kept(m: Memory, row: int, is_new: bool) -> bool:
    """Whether a book that holds something, or has orders, may change so on the slice at a row."""
    c, s = m.c, m.s
    if c[DUE_AT] == 0 and c[IS_BORROWED] == 0:
        return False
    for desk in range(c[DESKS]):
        if is_squared_off(m, desk) and (s[WORKING] > 0 or s[desk_at(desk) + HELD] != 0) and (is_new or is_due(m, row)):
            return True
        if is_new and c[IS_BORROWED] == 1 and _is_short(m, desk):
            return True
    return False


def kept_from(m: Memory, desk: int, row: int, last: int) -> int:
    """The row up to which the book of a desk without orders surely does not change so, ``last`` at most."""
    c = m.c
    last = min(last, c[ENDS_ROW])
    if m.s[desk_at(desk) + HELD] == 0:
        return last
    last = next_due(m, desk, row, last)
    if not is_squared_off(m, desk) and c[IS_BORROWED] == 0:
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


def _is_short(m: Memory, desk: int) -> bool:
    """Whether a desk is short of anything but a contract."""
    for inst in range(m.c[INSTS]):
        if m.s[pair_at(m, desk, inst) + POSITION] < 0 and m.s[instrument_at(m, inst) + DERIVATIVE] == 0:
            return True
    return False
