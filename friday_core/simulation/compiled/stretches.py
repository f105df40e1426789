"""Slices on which nothing happens: no order works, nobody decides, no session begins."""

# ruff: noqa: PLR0917, SIM110 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.domain.chunk import MISSING_PRICE
from friday_core.simulation.compiled.books import mark
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import LARGEST_AMOUNT
from friday_core.simulation.compiled.places import desk_at, instrument_at, pair_at
from friday_core.simulation.compiled.words import (
    CASH,
    DEEPEST,
    DESKS,
    DIVISOR,
    EQUITY,
    EQUITY_ROWS,
    FAULT,
    FIRST_ORDINAL,
    GROSS,
    HAS_LATEST,
    HELD,
    INSTS,
    IS_WATCHED,
    LATEST_SESSION,
    LATEST_TS,
    MARK,
    MULTIPLIER,
    ORDINAL,
    PEAK,
    POSITION,
    ROWS,
    STOP_ROW,
    VALUE,
    WORKING,
    WORTH,
)


def pass_over(m: Memory, row: int) -> int:
    """Steps such slices of the only desk, whose limits need not be told of each; the row that comes next."""
    c, s = m.c, m.s
    if c[DESKS] != 1 or c[IS_WATCHED] == 1 or s[WORKING] != 0 or s[HAS_LATEST] == 0:
        return row
    if s[desk_at(0) + HELD] == 0:
        return _flat(m, row)
    return _only(m, row) if c[INSTS] == 1 and m.s[instrument_at(m, 0) + DIVISOR] == 1 else _held(m, row)


def _flat(m: Memory, row: int) -> int:
    """Nothing is held: every slice is like the one before."""
    c, s, d = m.c, m.s, desk_at(0)
    cash, session, to = s[d + CASH], float(s[LATEST_SESSION]), s[ORDINAL] - c[FIRST_ORDINAL]
    every = c[EQUITY_ROWS]
    last, first, several = min(c[ROWS], c[STOP_ROW]), row, c[INSTS] > 1
    while row < last and m.session[row] == session:
        end = slice_end(m, row)
        if is_wished(m, 0, row, end):
            break
        if several:
            m.e[4 * every + to] = row
            m.e[3 * every + to] = 0
        m.e[to], m.e[every + to], m.e[2 * every + to] = cash, 0, cash
        to, row = to + 1, end
    if row > first:
        _remember(m, row, to, max(s[d + PEAK], s[d + EQUITY], cash), s[d + DEEPEST], cash)
    return row


def _held(m: Memory, row: int) -> int:
    c, s, d = m.c, m.s, desk_at(0)
    cash, session, to = s[d + CASH], float(s[LATEST_SESSION]), s[ORDINAL] - c[FIRST_ORDINAL]
    every = c[EQUITY_ROWS]
    peak, deepest, equity = max(s[d + PEAK], s[d + EQUITY]), s[d + DEEPEST], s[d + EQUITY]
    last, first, several = min(c[ROWS], c[STOP_ROW]), row, c[INSTS] > 1
    if peak > s[d + PEAK]:
        deepest = 0
    while row < last and m.session[row] == session:
        end = slice_end(m, row)
        if is_wished(m, 0, row, end):
            break
        for place in range(row, end):
            if m.close[place] != MISSING_PRICE:
                mark(m, 0, m.inst[place], m.close[place])
        if c[FAULT] != 0:
            break
        equity = cash + s[d + VALUE]
        if equity >= peak:
            peak, deepest = equity, 0
        deepest = max(deepest, peak - equity)
        if several:
            m.e[4 * every + to] = row
            m.e[3 * every + to] = s[d + GROSS]
        m.e[to], m.e[every + to], m.e[2 * every + to] = cash, s[d + VALUE], equity
        to, row = to + 1, end
    if row > first:
        _remember(m, row, to, peak, deepest, equity)
    return row


def _only(m: Memory, row: int) -> int:
    """As ``_held`` for the only instrument, whose worth is its mark times a number."""
    c, s, d, p = m.c, m.s, desk_at(0), pair_at(m, 0, 0)
    cash, session, to = s[d + CASH], float(s[LATEST_SESSION]), s[ORDINAL] - c[FIRST_ORDINAL]
    every = c[EQUITY_ROWS]
    peak, deepest, equity = max(s[d + PEAK], s[d + EQUITY]), s[d + DEEPEST], s[d + EQUITY]
    last, first = min(c[ROWS], c[STOP_ROW]), row
    times, worth, price = s[p + POSITION] * m.s[instrument_at(m, 0) + MULTIPLIER], s[p + WORTH], s[p + MARK]
    most = LARGEST_AMOUNT // abs(times)
    if peak > s[d + PEAK]:
        deepest = 0
    while row < last and m.session[row] == session and slice_end(m, row) == row + 1:
        close = m.close[row]
        if is_wished(m, 0, row, row + 1) or (close != MISSING_PRICE and not -most <= close <= most):
            break
        if close != MISSING_PRICE:
            price, worth = close, close * times
        equity = cash + worth
        if equity >= peak:
            peak, deepest = equity, 0
        deepest = max(deepest, peak - equity)
        m.e[to], m.e[every + to], m.e[2 * every + to] = cash, worth, equity
        to, row = to + 1, row + 1
    if row > first:
        s[p + MARK], s[p + WORTH], s[d + VALUE], s[d + GROSS] = price, worth, worth, abs(worth)
        _remember(m, row, to, peak, deepest, equity)
    return row


def slice_end(m: Memory, row: int) -> int:
    """The row after the slice that begins at one."""
    end, rows, ts = row + 1, m.c[ROWS], m.ts[row]
    while end < rows and m.ts[end] == ts and m.inst[end] > m.inst[end - 1]:
        end += 1
    return end


def is_wished(m: Memory, desk: int, row: int, end: int) -> bool:
    """Whether a desk decides on a slice."""
    start = desk * m.c[ROWS]
    for place in range(start + row, start + end):
        if m.targets[place] == m.targets[place]:  # not NaN
            return True
    return False


def _remember(m: Memory, row: int, to: int, peak: int, deepest: int, equity: int) -> None:
    s, d = m.s, desk_at(0)
    s[LATEST_TS], s[ORDINAL] = m.ts[row - 1], to + m.c[FIRST_ORDINAL]
    s[d + PEAK], s[d + DEEPEST], s[d + EQUITY] = peak, deepest, equity
