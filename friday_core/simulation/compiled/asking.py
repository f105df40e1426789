"""What a desk's columns wish that read its book: the book is stamped on their rows, and the program's cone is run.

As long as none of its orders works and it wishes nothing, a book changes by its marks alone. So the cone is run on
many slices at once, and where it wishes something, it is taken back and run up to there.
"""

# ruff: noqa: PLR0124, PLR0917 - compiled code knows no names of arguments

from __future__ import annotations

from friday_core.causal.compiled.words import STATE, STATE_SIZE
from friday_core.causal.op import NAN
from friday_core.domain.chunk import MISSING_PRICE
from friday_core.simulation.compiled.deciding import is_latched
from friday_core.simulation.compiled.keeping import kept_from
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import LARGEST_AMOUNT
from friday_core.simulation.compiled.places import cone_at, desk_at, instrument_at, pair_at, slice_end
from friday_core.simulation.compiled.words import (
    B_AVG_PRICE,
    B_CASH,
    B_DONE,
    B_EQUITY,
    B_FACTOR,
    B_KIND,
    B_LATEST,
    B_MAJOR,
    B_OPEN_QTY,
    B_OUT,
    B_PLACES,
    B_POS,
    B_QUIET,
    B_RUN,
    B_SAVED,
    B_SINCE,
    B_SLOT_COUNT,
    B_SLOTS,
    B_SPAN,
    B_UNTIL,
    B_USUAL,
    CASH,
    CONES,
    COST,
    DESK_ORDERS,
    DESKS,
    DIVISOR,
    FAULT,
    HELD,
    INSTS,
    LEAST_SPAN,
    MOST_SPAN,
    MULTIPLIER,
    NEVER,
    NO_CONE,
    OPEN,
    OVERFLOW,
    POSITION,
    ROWS,
    SIGNALS,
    STOP_SESSION,
    TARGETS,
    VALUE,
    WORTH,
)

#: Whole numbers up to here are floats, so that their quotient is that of Python's whole numbers.
_EXACT = 2**53
_INFINITE = float("inf")


def ask(m: Memory, desk: int, row: int, end: int) -> None:
    """What a desk wishes on a slice at whose closes its book is marked; no slice is run twice."""
    c, b = m.c, cone_at(m, desk)
    if c[b + B_KIND] == NO_CONE or c[b + B_QUIET] >= end:
        return
    first, stop = seen_before(m, b, row), seen_before(m, b, end)
    if c[b + B_DONE] <= first < stop:
        if m.s[desk_at(desk) + DESK_ORDERS] == 0:
            look_ahead(m, desk, row)
        elif is_latched(m, desk):
            return  # its orders are cancelled before it is asked: the driver's
        if c[b + B_DONE] <= first:
            _stamp(m, desk, row, end)
            if c[FAULT] != 0:
                return
            _run(m, desk, first, stop)
            c[b + B_DONE] = stop
    _wish(m, desk, row, end)


def is_quiet(m: Memory, end: int) -> bool:
    """Whether it is known that no columns that read their book wish anything before a row."""
    if m.c[CONES] != 0:
        for desk in range(m.c[DESKS]):
            b = cone_at(m, desk)
            if m.c[b + B_KIND] != NO_CONE and m.c[b + B_QUIET] < end:
                return False
    return True


def look_ahead(m: Memory, desk: int, row: int) -> None:
    """Runs the cone from a slice on that was not run, to the end of the first one that wishes something.

    ``B_QUIET`` is then the row up to which nobody wishes. None of the desk's orders works.
    """
    c, b = m.c, cone_at(m, desk)
    until = _span(m, desk, row)
    first, stop = seen_before(m, b, row), seen_before(m, b, until)
    if until == row or first == stop:
        c[b + B_QUIET] = until
        return
    _stamp(m, desk, row, until)
    if c[b + B_EQUITY] != 0 and m.s[desk_at(desk) + HELD] != 0:
        until = _stamp_equity(m, desk, row, until)
        stop = seen_before(m, b, until)
    if c[FAULT] != 0 or first == stop:
        c[FAULT] = 0
        return
    if c[b + B_UNTIL] != 0:
        _run_to_a_wish(m, desk, row, until)
        return
    _keep(m, b, False)
    m.run(desk, c[b + B_RUN], first, stop)
    quiet = _first_wish(m, b, row, until)
    c[b + B_SINCE] += quiet - row
    c[b + B_SPAN] = _whole_span(c[b + B_SPAN] + c[b + B_SPAN] // 4)
    if quiet < until:
        c[b + B_USUAL], c[b + B_SINCE] = (7 * c[b + B_USUAL] + c[b + B_SINCE]) // 8, 0
        c[b + B_SPAN] = _whole_span(c[b + B_USUAL])
        end = seen_before(m, b, slice_end(m, quiet))
        if end < stop:
            _keep(m, b, True)
            m.again(desk, c[b + B_RUN], first, end)
            stop = end
    c[b + B_QUIET], c[b + B_DONE] = quiet, stop


def _run_to_a_wish(m: Memory, desk: int, row: int, until: int) -> None:
    """As ``look_ahead`` by a function that stops there: nothing is taken back."""
    c, b = m.c, cone_at(m, desk)
    stop = seen_before(m, b, until)
    latest = c[b + B_LATEST] if c[b + B_KIND] == SIGNALS else 0
    reached = m.until(c[b + B_UNTIL], c[b + B_RUN], latest, seen_before(m, b, row), stop)
    if reached < stop:
        row = reached if c[INSTS] == 1 and c[b + B_PLACES] == 0 else row
        end = slice_end(m, row)
        while seen_before(m, b, end) <= reached:
            row, end = end, slice_end(m, end)
        until, stop = row, seen_before(m, b, end)
        _run(m, desk, reached + 1, stop)
    c[b + B_QUIET], c[b + B_DONE] = until, stop


def _run(m: Memory, desk: int, first: int, stop: int) -> None:
    c, b = m.c, cone_at(m, desk)
    if c[b + B_UNTIL] == 0:
        m.run(desk, c[b + B_RUN], first, stop)
        return
    while first < stop:
        first = m.until(c[b + B_UNTIL], c[b + B_RUN], 0, first, stop) + 1


def seen_before(m: Memory, b: int, row: int) -> int:
    """How many of the rows before one the columns see."""
    if m.c[b + B_PLACES] == 0:
        return row
    return m.words(m.c[b + B_PLACES])[row]  # type: ignore[no-any-return]


def _span(m: Memory, desk: int, row: int) -> int:
    """The row after the slices that may be run at once; the row itself if that is not known."""
    c, b = m.c, cone_at(m, desk)
    is_equity_known = m.s[desk_at(desk) + HELD] == 0 or (c[INSTS] == 1 and m.s[instrument_at(m, 0) + DIVISOR] == 1)
    if c[b + B_SAVED] == 0 or (c[b + B_EQUITY] != 0 and not is_equity_known):
        return row
    last = slice_end(m, min(row + max(c[b + B_SPAN], 2 * c[INSTS]), c[ROWS]) - 1)
    last = kept_from(m, desk, row, last)
    if c[STOP_SESSION] == NEVER:
        return last
    until = row
    while until < last and m.session[until] < c[STOP_SESSION]:
        until = slice_end(m, until)
    return until


def _whole_span(rows: int) -> int:
    return min(max(rows + LEAST_SPAN - 1, LEAST_SPAN) // LEAST_SPAN * LEAST_SPAN, MOST_SPAN)


def _keep(m: Memory, b: int, is_back: bool) -> None:
    """The state of the cone is put aside, or taken back."""
    c, context = m.c, m.words(m.c[b + B_RUN])
    count = c[b + B_SLOT_COUNT]
    slots, saved, state = m.words(c[b + B_SLOTS]), m.floats(c[b + B_SAVED]), m.floats(context[STATE])
    for inst in range(c[INSTS]):
        for n in range(count):
            if is_back:
                state[inst * context[STATE_SIZE] + slots[n]] = saved[inst * count + n]
            else:
                saved[inst * count + n] = state[inst * context[STATE_SIZE] + slots[n]]


def _first_wish(m: Memory, b: int, row: int, until: int) -> int:
    """The first row of the first slice that wishes something, or the last row."""
    out, is_target = m.floats(m.c[b + B_OUT]), m.c[b + B_KIND] == TARGETS
    if is_target and m.c[INSTS] == 1 and m.c[b + B_PLACES] == 0:
        while row < until and out[row] != out[row]:
            row += 1
        return row
    latest = m.floats(m.c[b + B_LATEST])
    begin, end = row, row
    for place in range(row, until):
        if place == end:
            begin, end = place, slice_end(m, place)
        at = seen_before(m, b, place)
        if at < seen_before(m, b, place + 1):
            value = out[at]
            if value == value and (is_target or value != latest[m.inst[place]]):
                return begin
    return until


def _wish(m: Memory, desk: int, row: int, end: int) -> None:
    """Targets of a slice that was run; of signals those that change, as targets by the sizer's share."""
    c, b, start = m.c, cone_at(m, desk), desk * m.c[ROWS]
    out, latest = m.floats(c[b + B_OUT]), m.floats(c[b + B_LATEST])
    for place in range(row, end):
        at = seen_before(m, b, place)
        if at == seen_before(m, b, place + 1):
            continue
        value = out[at]
        if c[b + B_KIND] == TARGETS:
            m.targets[start + place] = value
        elif value == value and value != latest[m.inst[place]]:
            latest[m.inst[place]] = value
            m.targets[start + place] = value * latest[c[INSTS]] if abs(value) <= 1.0 else _INFINITE


# The book -------------------------------------------------------------------------------------------------------


def _stamp(m: Memory, desk: int, row: int, end: int) -> None:
    """The book as it is now, on rows; as ``ColumnRunner`` reads it."""
    c, s, d, b = m.c, m.s, desk_at(desk), cone_at(m, desk)
    major = float(c[b + B_MAJOR])
    if c[b + B_POS] != 0:
        _stamp_pairs(m, desk, row, end, c[b + B_POS], POSITION)
    if c[b + B_OPEN_QTY] != 0:
        _stamp_pairs(m, desk, row, end, c[b + B_OPEN_QTY], OPEN)
    if c[b + B_AVG_PRICE] != 0:
        _stamp_average(m, desk, row, end)
    if c[b + B_CASH] != 0:
        _stamp_one(m, b, row, end, c[b + B_CASH], float(s[d + CASH]) / major)
    if c[b + B_EQUITY] != 0:
        _stamp_one(m, b, row, end, c[b + B_EQUITY], float(s[d + CASH] + s[d + VALUE]) / major)


def _stamp_one(m: Memory, b: int, row: int, end: int, column: int, value: float) -> None:
    to = m.floats(column)
    for at in range(seen_before(m, b, row), seen_before(m, b, end)):
        to[at] = value


def _stamp_pairs(m: Memory, desk: int, row: int, end: int, column: int, word: int) -> None:
    b, to = cone_at(m, desk), m.floats(column)
    if m.c[INSTS] == 1:
        _stamp_one(m, b, row, end, column, float(m.s[pair_at(m, desk, 0) + word]))
        return
    for place in range(row, end):
        at = seen_before(m, b, place)
        if at < seen_before(m, b, place + 1):
            to[at] = float(m.s[pair_at(m, desk, m.inst[place]) + word])


def _stamp_average(m: Memory, desk: int, row: int, end: int) -> None:
    """Cost over shares times the factor; a fault where that is no quotient of two floats."""
    c, b = m.c, cone_at(m, desk)
    to, factor = m.floats(c[b + B_AVG_PRICE]), m.floats(c[b + B_FACTOR])
    if c[INSTS] == 1 and c[b + B_PLACES] == 0:
        price = _average(m, b, pair_at(m, desk, 0))
        for place in range(row, end):
            to[place] = price * factor[place]
        return
    price, before = NAN, -1
    for place in range(row, end):
        at = seen_before(m, b, place)
        if at == seen_before(m, b, place + 1):
            continue
        p = pair_at(m, desk, m.inst[place])
        if p != before:
            before, price = p, _average(m, b, p)
        to[at] = price * factor[place]


def _average(m: Memory, b: int, p: int) -> float:
    held, cost, major = m.s[p + POSITION], m.s[p + COST], m.c[b + B_MAJOR]
    if abs(cost) > _EXACT or abs(held) > _EXACT // major:
        m.c[FAULT] = OVERFLOW
        return NAN
    return float(cost) / float(held * major) if held != 0 else NAN


def _stamp_equity(m: Memory, desk: int, row: int, until: int) -> int:
    """The equity that the closes to come make of the only instrument; the row up to which it fits."""
    c, s, d, b, p = m.c, m.s, desk_at(desk), cone_at(m, desk), pair_at(m, desk, 0)
    to, major, cash = m.floats(c[b + B_EQUITY]), float(c[b + B_MAJOR]), s[d + CASH]
    times, worth = s[p + POSITION] * s[instrument_at(m, 0) + MULTIPLIER], s[p + WORTH]
    most = LARGEST_AMOUNT // max(abs(times), 1)
    for place in range(row, until):
        close = m.close[place]
        if close != MISSING_PRICE:
            if not -most <= close <= most:
                return place
            worth = close * times
        at = seen_before(m, b, place)
        if at < seen_before(m, b, place + 1):
            to[at] = float(cash + worth) / major
    return until
