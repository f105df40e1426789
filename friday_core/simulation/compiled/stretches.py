"""Slices on which nothing happens: no order works, nobody decides, no session begins."""

# ruff: noqa: PLR0917, SIM110 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.domain.chunk import MISSING_PRICE
from friday_core.simulation.compiled.asking import look_ahead, seen_before
from friday_core.simulation.compiled.books import mark
from friday_core.simulation.compiled.keeping import next_due
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import LARGEST_AMOUNT
from friday_core.simulation.compiled.places import cone_at, desk_at, inst_at, instrument_at, pair_at, slice_end
from friday_core.simulation.compiled.words import (
    B_DONE,
    B_KIND,
    B_QUIET,
    CASH,
    CONES,
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
    NO_CONE,
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
    last = min(c[ROWS], c[STOP_ROW])
    if row < last:
        last = next_due(m, 0, row, last)
    if c[CONES] == 0 or c[cone_at(m, 0) + B_KIND] == NO_CONE:
        return _passed(m, row, last)
    before = -1
    while before < row < last:
        before, row = row, _passed(m, row, min(last, _quiet(m, row)))
    return row


def _quiet(m: Memory, row: int) -> int:
    """The row up to which columns that read the book wish nothing; where that is not known, they are asked."""
    b = cone_at(m, 0)
    if m.c[b + B_QUIET] <= row and m.c[b + B_DONE] <= seen_before(m, b, row):
        look_ahead(m, 0, row)
    return m.c[b + B_QUIET]  # type: ignore[no-any-return]


def _passed(m: Memory, row: int, last: int) -> int:
    if m.s[desk_at(0) + HELD] == 0:
        return _flat(m, row, last)
    if m.c[INSTS] == 1 and m.s[instrument_at(m, 0) + DIVISOR] == 1:
        return _only(m, row, last)
    return _held(m, row, last)


def _flat(m: Memory, row: int, last: int) -> int:
    """Nothing is held: every slice is like the one before."""
    c, s, d = m.c, m.s, desk_at(0)
    cash, session, to = s[d + CASH], float(s[LATEST_SESSION]), s[ORDINAL] - c[FIRST_ORDINAL]
    every = c[EQUITY_ROWS]
    first, several = row, c[INSTS] > 1
    while row < last and m.session[row] == session:
        end = slice_end(m, row)
        if is_wished(m, 0, row, end):
            break
        if several:
            m.e[3 * every + to] = row
            m.e[2 * every + to] = 0
        m.e[to], m.e[every + to] = cash, cash
        to, row = to + 1, end
    if row > first:
        _remember(m, row, to, max(s[d + PEAK], s[d + EQUITY], cash), s[d + DEEPEST], cash)
    return row


def _held(m: Memory, row: int, last: int) -> int:
    c, s, d = m.c, m.s, desk_at(0)
    cash, session, to = s[d + CASH], float(s[LATEST_SESSION]), s[ORDINAL] - c[FIRST_ORDINAL]
    every = c[EQUITY_ROWS]
    peak, deepest, equity = max(s[d + PEAK], s[d + EQUITY]), s[d + DEEPEST], s[d + EQUITY]
    first, several = row, c[INSTS] > 1
    if peak > s[d + PEAK]:
        deepest = 0
    while row < last and m.session[row] == session:
        end = slice_end(m, row)
        if is_wished(m, 0, row, end):
            break
        for place in range(row, end):
            if m.close[place] != MISSING_PRICE:
                mark(m, 0, inst_at(m, place), m.close[place])
        if c[FAULT] != 0:
            break
        equity = cash + s[d + VALUE]
        if equity >= peak:
            peak, deepest = equity, 0
        deepest = max(deepest, peak - equity)
        if several:
            m.e[3 * every + to] = row
            m.e[2 * every + to] = s[d + GROSS]
        m.e[to], m.e[every + to] = cash, equity
        to, row = to + 1, end
    if row > first:
        _remember(m, row, to, peak, deepest, equity)
    return row


def _only(m: Memory, row: int, last: int) -> int:
    """As ``_held`` for the only instrument, whose worth is its mark times a number."""
    c, s, d, p = m.c, m.s, desk_at(0), pair_at(m, 0, 0)
    cash, session, to = s[d + CASH], float(s[LATEST_SESSION]), s[ORDINAL] - c[FIRST_ORDINAL]
    every = c[EQUITY_ROWS]
    peak, deepest, equity = max(s[d + PEAK], s[d + EQUITY]), s[d + DEEPEST], s[d + EQUITY]
    first = row
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
        m.e[to], m.e[every + to] = cash, equity
        to, row = to + 1, row + 1
    if row > first:
        s[p + MARK], s[p + WORTH], s[d + VALUE], s[d + GROSS] = price, worth, worth, abs(worth)
        _remember(m, row, to, peak, deepest, equity)
    return row


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
