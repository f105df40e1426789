"""The slices of a block, one after the other, until one is the driver's."""

# ruff: noqa: PLR0917, SIM110 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.domain.chunk import MISSING_PRICE
from friday_core.simulation.compiled.asking import ask, is_quiet
from friday_core.simulation.compiled.bills import bills_again, enter_period, new_bills
from friday_core.simulation.compiled.books import mark
from friday_core.simulation.compiled.deciding import decide
from friday_core.simulation.compiled.filling import match
from friday_core.simulation.compiled.keeping import charge_shorts, is_due, is_kept, is_squared_off
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import times
from friday_core.simulation.compiled.places import desk_at, inst_at, limits_at, pair_at, queue_at, slice_end
from friday_core.simulation.compiled.releasing import is_account_limited, release
from friday_core.simulation.compiled.squaring import square_off
from friday_core.simulation.compiled.stretches import is_wished, pass_over
from friday_core.simulation.compiled.words import (
    ACCOUNT_LIMITED,
    BACKWARDS,
    BORROW,
    BRACKETS,
    CASH,
    CONES,
    COST,
    DAY_EQUITY,
    DAY_LATCHED,
    DECISIONS,
    DEEPEST,
    DESK_ORDERS,
    DESKS,
    DONE,
    DRAWDOWN_LATCHED,
    DRIVERS,
    ENDED,
    EQUITY,
    EQUITY_ROWS,
    FAULT,
    FILLS,
    FILLS_BEFORE,
    FIRST_ORDINAL,
    GROSS,
    HAS_LATEST,
    HELD,
    INJECTED,
    INSTS,
    IS_BILLED,
    IS_WATCHED,
    KNOWN_FIRST,
    KNOWN_LAST,
    L_DAY_LOSS,
    L_DRAWDOWN,
    LATEST_SESSION,
    LATEST_TS,
    MARK,
    MOST_BRACKETS,
    MOST_DECISIONS,
    MOST_ENDED,
    MOST_FILLS,
    MOST_ORDERS,
    MOST_POSITIONS,
    MOST_POSTINGS,
    MOST_QUEUE,
    NO_ROOM_FOR_LOTS,
    NO_ROOM_FOR_ORDERS,
    NO_ROOM_IN_TABLES,
    ORDER_WIDTH,
    ORDERS,
    ORDINAL,
    P_COST,
    P_DESK,
    P_INST,
    P_MARK,
    P_QUANTITY,
    P_SESSION,
    P_TS,
    P_WORTH,
    PAIR_WORDS,
    PEAK,
    PLAIN_ORDER_WORDS,
    POSITION,
    POSITIONS,
    POSITIONS_AT,
    POSTINGS,
    PPM,
    Q_DESK,
    RESULT,
    RISK_HAS_SESSION,
    RISK_SESSION,
    ROW,
    ROWS,
    SAVED_AT,
    SENT,
    STOP_ROW,
    STOP_SESSION,
    STOPS,
    VALUE,
    WORKING,
    WORTH,
)


def run(m: Memory) -> None:
    """Slices from ``ROW`` on; ``RESULT`` says why no more, and the state is that before the slice at ``ROW``."""
    c, rows = m.c, m.c[ROWS]
    row = c[ROW]
    c[RESULT], c[FAULT] = DONE, 0
    if c[IS_BILLED] == 1:
        enter_period(m, m.s[LATEST_SESSION])
        bills_again(m)
        if c[FAULT] != 0:
            c[RESULT] = DRIVERS
    while row < rows and c[RESULT] == DONE:
        row = pass_over(m, row)
        if row < rows:
            end = slice_end(m, row)
            c[RESULT] = _slice(m, row, end)
            if c[RESULT] == DONE:
                row = end
    c[ROW] = row


def _slice(m: Memory, row: int, end: int) -> int:
    """One slice whole, or not at all; why not."""
    c, s = m.c, m.s
    session = int(m.session[row])
    is_new = s[HAS_LATEST] == 0 or session != s[LATEST_SESSION]
    if row >= c[STOP_ROW]:
        c[FAULT] = INJECTED
        return DRIVERS
    keeps = is_kept(m, row, is_new)
    is_plain = c[IS_WATCHED] == 0 and s[WORKING] == 0 and not keeps and not _decides(m, row, end)
    if is_plain and (_begins_plainly(m, session) if is_new else is_quiet(m, end)):
        return _uneventful(m, row, end, session, is_new)
    is_backwards = s[HAS_LATEST] != 0 and session < s[LATEST_SESSION]
    is_known = c[KNOWN_FIRST] <= session <= c[KNOWN_LAST]
    if session >= c[STOP_SESSION] or is_backwards or not is_known:
        c[FAULT] = BACKWARDS if is_backwards else STOPS
        return DRIVERS
    room = _room(m, end - row, keeps)
    if room != DONE:
        return room
    c[FAULT] = 0
    _copy(m, 0, c[SAVED_AT], queue_at(m, s[WORKING]))
    _eventful(m, row, end, session, is_new, keeps)
    if c[FAULT] == 0:
        return _done(m, row, session)
    _copy(m, c[SAVED_AT], 0, queue_at(m, s[c[SAVED_AT] + WORKING]))
    return NO_ROOM_FOR_LOTS if c[FAULT] == NO_ROOM_FOR_LOTS else DRIVERS


def _begins_plainly(m: Memory, session: int) -> bool:
    """Whether a session begins, and all there is to do is to say what is held: the slice need not be taken back."""
    c, s = m.c, m.s
    is_next = s[HAS_LATEST] == 1 and s[LATEST_SESSION] < session < c[STOP_SESSION]
    is_known = c[KNOWN_FIRST] <= session <= c[KNOWN_LAST]
    has_room = s[POSITIONS] + c[DESKS] * c[INSTS] <= c[MOST_POSITIONS]
    return bool(is_next and is_known and has_room and c[IS_BILLED] == 0 and c[CONES] == 0)


def _uneventful(m: Memory, row: int, end: int, session: int, is_new: bool) -> int:
    """A slice without decisions and without orders."""
    c, s, logged = m.c, m.s, m.s[POSITIONS]
    if row >= c[STOP_ROW]:
        c[FAULT] = INJECTED
        return DRIVERS
    if is_new:
        _log_positions(m)
    _mark(m, row, end, session)
    if c[FAULT] != 0:
        _take_back(m, logged)
        return DRIVERS
    if is_new:
        s[FILLS_BEFORE] = s[FILLS]
    return _done(m, row, session)


def _take_back(m: Memory, logged: int) -> None:
    """What was logged of positions from there on; they are worth again what it says of them."""
    s, rows = m.s, m.c[MOST_POSITIONS]
    for n in range(m.c[POSITIONS_AT] + logged, m.c[POSITIONS_AT] + s[POSITIONS]):
        p = pair_at(m, s[n + P_DESK * rows], s[n + P_INST * rows])
        s[p + MARK], s[p + WORTH] = s[n + P_MARK * rows], s[n + P_WORTH * rows]
    s[POSITIONS] = logged


def _decides(m: Memory, row: int, end: int) -> bool:
    for desk in range(m.c[DESKS]):
        if is_wished(m, desk, row, end):
            return True
    return False


def _room(m: Memory, rows: int, keeps: bool) -> int:
    """Whether there is room for all that a slice may bring."""
    c, s = m.c, m.s
    decisions, pairs = rows * c[DESKS], c[DESKS] * c[INSTS]
    if c[ORDER_WIDTH] > PLAIN_ORDER_WORDS:  # cancels are decisions of their own
        decisions = 2 * decisions + s[WORKING]
    orders = decisions + pairs if keeps else decisions
    if c[MOST_BRACKETS] > 0:
        if s[BRACKETS] + s[WORKING] > c[MOST_BRACKETS]:
            return NO_ROOM_FOR_ORDERS
        orders += 2 * (s[BRACKETS] + s[WORKING])
    if s[WORKING] + orders > c[MOST_QUEUE]:
        return NO_ROOM_FOR_ORDERS
    is_full = s[DECISIONS] + decisions > c[MOST_DECISIONS] or s[ORDERS] + orders > c[MOST_ORDERS]
    is_full = is_full or s[FILLS] + s[WORKING] > c[MOST_FILLS] or s[ENDED] + s[WORKING] > c[MOST_ENDED]
    is_full = is_full or (c[BORROW] != 0 and s[POSTINGS] + pairs > c[MOST_POSTINGS])
    return NO_ROOM_IN_TABLES if is_full or s[POSITIONS] + pairs > c[MOST_POSITIONS] else DONE


def _copy(m: Memory, of: int, to: int, count: int) -> None:
    for n in range(count):
        m.s[to + n] = m.s[of + n]


def _done(m: Memory, row: int, session: int) -> int:
    s = m.s
    if m.c[INSTS] > 1:
        m.e[3 * m.c[EQUITY_ROWS] + s[ORDINAL] - m.c[FIRST_ORDINAL]] = row
    s[HAS_LATEST], s[LATEST_TS], s[LATEST_SESSION] = 1, m.ts[row], session
    s[ORDINAL] += 1
    return DONE


def _eventful(m: Memory, row: int, end: int, session: int, is_new: bool, keeps: bool) -> None:
    s, is_late = m.s, is_new and m.s[HAS_LATEST] != 0
    if keeps and is_late and m.c[BORROW] != 0:
        charge_shorts(m, row, session)
    if is_new:
        s[FILLS_BEFORE] = s[FILLS]
        if m.c[IS_BILLED] == 1:
            enter_period(m, session)
            new_bills(m)
        if is_late:
            _log_positions(m)
    if s[WORKING] > 0:
        match(m, row, end, session)
    _mark(m, row, end, session)
    for desk in range(m.c[DESKS]):
        s[desk_at(desk) + DESK_ORDERS] = 0
    at_broker = s[WORKING]
    for n in range(at_broker):
        s[desk_at(s[queue_at(m, n) + Q_DESK]) + DESK_ORDERS] += 1
    for desk in range(m.c[DESKS]):
        if keeps and is_squared_off(m, desk) and (is_late or is_due(m, row)):
            _square_off(m, desk, row, session, is_late)
        if m.c[FAULT] == 0 and m.c[CONES] != 0:
            ask(m, desk, row, end)
        if m.c[FAULT] == 0 and (s[desk_at(desk) + DESK_ORDERS] > 0 or is_wished(m, desk, row, end)):
            decide(m, desk, row, end, session)
    if s[WORKING] > at_broker and m.c[FAULT] == 0:
        release(m, at_broker)


def _square_off(m: Memory, desk: int, row: int, session: int, is_late: bool) -> None:
    """As the driver, whose slice it is where the account has limits and there is something to close or to withdraw."""
    d = desk_at(desk)
    if m.s[d + HELD] != 0 or m.s[d + DESK_ORDERS] > 0:
        if is_account_limited(m):
            m.c[FAULT] = ACCOUNT_LIMITED
        else:
            square_off(m, desk, row, session, is_late)


def _mark(m: Memory, row: int, end: int, session: int) -> None:
    """Books at the slice's closes, and if nothing is wrong a row of equity for each, and what limits remember."""
    c, s, every = m.c, m.s, m.c[EQUITY_ROWS]
    for desk in range(c[DESKS]):
        if s[desk_at(desk) + HELD] != 0:
            first, words = pair_at(m, desk, 0) + POSITION, c[PAIR_WORDS]
            for place in range(row, end):
                if s[first + inst_at(m, place) * words] != 0 and m.close[place] != MISSING_PRICE:
                    mark(m, desk, inst_at(m, place), m.close[place])
    if c[FAULT] != 0:
        return
    for desk in range(c[DESKS]):
        d, e = desk_at(desk), (s[ORDINAL] - c[FIRST_ORDINAL]) * c[DESKS] + desk
        m.e[e], m.e[every + e] = s[d + CASH], s[d + CASH] + s[d + VALUE]
        if c[INSTS] > 1:
            m.e[2 * every + e] = s[d + GROSS]
        _remember(m, desk, session, s[d + CASH] + s[d + VALUE])


def _remember(m: Memory, desk: int, session: int, equity: int) -> None:
    """As ``BookRisk.mark``."""
    s, d = m.s, desk_at(desk)
    before = s[d + EQUITY]
    if s[d + RISK_HAS_SESSION] == 0 or session != s[d + RISK_SESSION]:
        s[d + RISK_HAS_SESSION], s[d + RISK_SESSION], s[d + DAY_EQUITY] = 1, session, before
        s[d + SENT], s[d + DAY_LATCHED] = 0, 0
    peak = max(s[d + PEAK], before, equity)
    if peak > s[d + PEAK] or equity >= peak:
        s[d + DEEPEST] = 0
    s[d + PEAK], s[d + EQUITY] = peak, equity
    s[d + DEEPEST] = max(s[d + DEEPEST], peak - equity)
    drawdown, day_loss = m.c[limits_at(desk) + L_DRAWDOWN], m.c[limits_at(desk) + L_DAY_LOSS]
    if drawdown >= 0 and times(m, peak - equity, PPM) >= times(m, drawdown, peak):
        s[d + DRAWDOWN_LATCHED] = 1
    first = s[d + DAY_EQUITY]
    if day_loss >= 0 and times(m, first - equity, PPM) >= times(m, day_loss, first):
        s[d + DAY_LATCHED] = 1


def _log_positions(m: Memory) -> None:
    """What is held at the end of the latest session, a column a word."""
    s, rows = m.s, m.c[MOST_POSITIONS]
    for desk in range(m.c[DESKS]):
        first, words = pair_at(m, desk, 0), m.c[PAIR_WORDS]
        for inst in range(m.c[INSTS]):
            p = first + inst * words
            if s[p + POSITION] != 0:
                n = m.c[POSITIONS_AT] + s[POSITIONS]
                s[n + P_TS * rows], s[n + P_SESSION * rows], s[n + P_DESK * rows] = (
                    s[LATEST_TS],
                    s[LATEST_SESSION],
                    desk,
                )
                s[n + P_INST * rows], s[n + P_QUANTITY * rows], s[n + P_COST * rows] = (
                    inst,
                    s[p + POSITION],
                    s[p + COST],
                )
                s[n + P_MARK * rows], s[n + P_WORTH * rows] = s[p + MARK], s[p + WORTH]
                s[POSITIONS] += 1
