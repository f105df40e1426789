"""The drafts of a slice against what their book has: gross exposure and cash, cut by one common scale."""

# ruff: noqa: PLR0917, SIM110 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.simulation.compiled.limiting import cash_of, gross_of, margin_of, opening_cost
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import amount, notional, share, times
from friday_core.simulation.compiled.places import desk_at, draft_at, instrument_at, limits_at, pair_at, queue_at
from friday_core.simulation.compiled.words import (
    ALTERNATIVE,
    C_CLIPPED_CASH,
    C_GROSS_EXPOSURE,
    C_MARGIN,
    C_MIN_ORDER_VALUE,
    CASH,
    COSTLY_SHORT,
    FAULT,
    FILLED,
    GROSS,
    L_GROSS,
    L_MARGIN,
    L_MIN_ORDER_VALUE,
    LOT,
    MARK,
    POSITION,
    Q_DESK,
    Q_INST,
    Q_LIMIT,
    Q_TRIGGER,
    QUANTITY,
    REFERENCE,
    SIDE,
    VALUE,
    W_A,
    W_ADDING,
    W_B,
    W_CLAIMS,
    W_CODE,
    W_INST,
    W_LIMIT,
    W_MARK,
    W_PRICE,
    W_REDUCING,
    W_SIGN,
    W_TRIGGER,
    WORKING,
)
from friday_core.simulation.fill_rules import NO_PRICE

_STEPS = 1_000
#: What is shared: gross exposure and the margin by all drafts, and cash, for which buys are cut; in this order.
_GROSS, _CASH, _MARGIN = range(3)


def share_out(m: Memory, desk: int, count: int) -> None:
    """As ``Sharing.rulings``: changes what drafts may open, and says why."""
    if not _any_adding(m, count):
        return
    d = desk_at(desk)
    cash = amount(m, m.s[d + CASH] - _working(m, desk, _CASH))
    _refuse_costly_shorts(m, desk, count, cash)
    for kind in range(3):
        if kind == _CASH:
            _keep_within(m, desk, count, kind, 0, cash)
        else:
            part = m.c[limits_at(desk) + (L_GROSS if kind == _GROSS else L_MARGIN)]
            if part >= 0:
                most = share(m, part, max(m.s[d + CASH] + m.s[d + VALUE], 0))
                _keep_within(m, desk, count, kind, amount(m, m.s[d + GROSS] + _working(m, desk, kind)), most)
    # What is cut leaves more of everything else: asked again, no limit cuts more, but for shorts that now are costly.
    _refuse_costly_shorts(m, desk, count, cash)
    _drop_small(m, desk, count)


def _any_adding(m: Memory, count: int) -> bool:
    for n in range(count):
        if m.s[draft_at(m, n) + W_ADDING] > 0:
            return True
    return False


def _working(m: Memory, desk: int, kind: int) -> int:
    """What the desk's orders that work take together."""
    taken = 0
    for n in range(m.s[WORKING]):
        if m.s[queue_at(m, n) + Q_DESK] == desk and m.s[queue_at(m, n) + ALTERNATIVE] == 0:
            taken = amount(m, taken + _of_working(m, desk, n, kind))
    return taken


def _of_working(m: Memory, desk: int, n: int, kind: int) -> int:
    """What an order that works takes, after what the orders before it close."""
    s = m.s
    q = queue_at(m, n)
    inst, p = s[q + Q_INST], pair_at(m, desk, s[q + Q_INST])
    left, reducing, adding = s[p + POSITION], 0, 0
    for before in range(n + 1):
        b = queue_at(m, before)
        if s[b + Q_DESK] == desk and s[b + Q_INST] == inst and s[b + ALTERNATIVE] == 0:
            remaining = s[b + QUANTITY] - s[b + FILLED]
            reducing = min(remaining, max(0, -s[b + SIDE] * left))
            left += s[b + SIDE] * reducing
            adding = remaining - reducing
    mark = s[p + MARK] if reducing > 0 else 0
    is_sure = s[q + Q_LIMIT] == NO_PRICE and s[q + Q_TRIGGER] == NO_PRICE
    return _taken(m, desk, inst, kind, s[q + SIDE], is_sure, s[q + REFERENCE], mark, reducing, adding)


def _taken(
    m: Memory, desk: int, inst: int, kind: int, sign: int, is_sure: bool, price: int, mark: int, reducing: int,
    adding: int,
) -> int:  # fmt: skip
    if kind == _GROSS:
        return gross_of(m, inst, is_sure, price, mark, reducing, adding)
    if kind == _CASH:
        return cash_of(m, desk, inst, sign, is_sure, price, mark, reducing, adding)
    return margin_of(m, desk, inst, sign, is_sure, price, mark, reducing, adding)


def _refuse_costly_shorts(m: Memory, desk: int, count: int, cash: int) -> None:
    """Shorts whose charges exceed what they bring are the driver's."""
    for n in range(count):
        w = draft_at(m, n)
        costs = opening_cost(m, desk, m.s[w + W_INST], m.s[w + W_PRICE], m.s[w + W_ADDING])
        if m.s[w + W_SIGN] < 0 and costs > max(0, cash):
            m.c[FAULT] = COSTLY_SHORT


def _use(m: Memory, desk: int, w: int, kind: int, adding: int) -> int:
    draft = m.s
    inst, price, mark, reducing = draft[w + W_INST], draft[w + W_PRICE], draft[w + W_MARK], draft[w + W_REDUCING]
    is_sure = draft[w + W_LIMIT] == NO_PRICE and draft[w + W_TRIGGER] == NO_PRICE
    return _taken(m, desk, inst, kind, draft[w + W_SIGN], is_sure, price, mark, reducing, adding)


def _is_cut(m: Memory, w: int, kind: int) -> bool:
    """Whether a budget cuts the draft if it does not suffice: cash cuts buys."""
    return m.s[w + W_ADDING] > 0 and (kind != _CASH or m.s[w + W_SIGN] > 0)


def _scaled(m: Memory, w: int, kind: int, step: int, steps: int) -> int:
    adding = m.s[w + W_ADDING]
    if not _is_cut(m, w, kind):
        return adding  # type: ignore[no-any-return]
    lot = m.s[instrument_at(m, m.s[w + W_INST]) + LOT]
    return times(m, adding, step) // steps // lot * lot  # type: ignore[no-any-return]


def _wanted(m: Memory, desk: int, count: int, kind: int, used: int) -> int:
    """What all drafts take as they are."""
    total = used
    for n in range(count):
        w = draft_at(m, n)
        if m.s[w + W_CLAIMS] == 1:
            total = amount(m, total + _use(m, desk, w, kind, m.s[w + W_ADDING]))
    return total


def _total(m: Memory, desk: int, count: int, kind: int, used: int, step: int, steps: int) -> int:
    """What all drafts take at a step of the common scale."""
    total = used
    for n in range(count):
        w = draft_at(m, n)
        if m.s[w + W_CLAIMS] == 1:
            total = amount(m, total + _use(m, desk, w, kind, _scaled(m, w, kind, step, steps)))
    return total


def _keep_within(m: Memory, desk: int, count: int, kind: int, used: int, most: int) -> bool:
    """As ``Sharing._keep_within``; whether something was cut."""
    wanted = _wanted(m, desk, count, kind, used)
    if wanted <= most:
        return False
    largest, concerned, last = 1, 0, draft_at(m, count)
    for n in range(count):
        w = draft_at(m, n)
        if _is_cut(m, w, kind):
            largest = max(largest, m.s[w + W_ADDING] // m.s[instrument_at(m, m.s[w + W_INST]) + LOT])
            concerned, last = concerned + 1, w
    if concerned == 0:
        return False
    steps = _STEPS * largest
    if concerned == 1:
        return _cut(m, last, _alone(m, desk, last, kind, wanted, most, steps), kind, wanted, most)
    low, high = 0, steps - 1
    while low < high and m.c[FAULT] == 0:
        middle = (low + high + 1) // 2
        if _total(m, desk, count, kind, used, middle, steps) <= most:
            low = middle
        else:
            high = middle - 1
    changed = False
    for n in range(count):
        w = draft_at(m, n)
        changed = _cut(m, w, _scaled(m, w, kind, low, steps), kind, wanted, most) or changed
    return changed


def _cut(m: Memory, w: int, adding: int, kind: int, wanted: int, most: int) -> bool:
    if adding >= m.s[w + W_ADDING]:
        return False
    m.s[w + W_ADDING] = adding
    m.s[w + W_CODE] = C_CLIPPED_CASH if kind == _CASH else C_GROSS_EXPOSURE if kind == _GROSS else C_MARGIN
    m.s[w + W_A], m.s[w + W_B] = wanted, most
    return True


def _alone(m: Memory, desk: int, w: int, kind: int, wanted: int, most: int, steps: int) -> int:
    """What the common scale leaves of the only draft concerned: the most whole lots that fit, below all of it.

    Every number of lots is some step of the scale; so bisection may go over lots, from a good guess.
    """
    lot, adding = m.s[instrument_at(m, m.s[w + W_INST]) + LOT], m.s[w + W_ADDING]
    low, high = 0, (adding - (adding + steps - 1) // steps) // lot
    whole = _use(m, desk, w, kind, adding)
    room = most - (wanted - whole)
    guess = int(float(adding // lot) * float(max(room, 0)) / float(max(whole, 1)))
    if guess < high:
        if _use(m, desk, w, kind, (guess + 1) * lot) <= room:
            low = guess + 1
        else:
            high = guess
            if guess > 0 and _use(m, desk, w, kind, guess * lot) <= room:
                low = guess
    while low < high and m.c[FAULT] == 0:
        middle = (low + high + 1) // 2
        if _use(m, desk, w, kind, middle * lot) <= room:
            low = middle
        else:
            high = middle - 1
    return low * lot  # type: ignore[no-any-return]


def _drop_small(m: Memory, desk: int, count: int) -> bool:
    """As ``Sharing._drop_small``."""
    least = m.c[limits_at(desk) + L_MIN_ORDER_VALUE]
    if least < 0:
        return False
    changed = False
    for n in range(count):
        w = draft_at(m, n)
        if m.s[w + W_CLAIMS] == 1 and m.s[w + W_ADDING] > 0:
            worth = notional(m, m.s[w + W_INST], m.s[w + W_PRICE], m.s[w + W_REDUCING] + m.s[w + W_ADDING])
            if worth < least:
                m.s[w + W_ADDING], m.s[w + W_CODE], m.s[w + W_A], m.s[w + W_B] = 0, C_MIN_ORDER_VALUE, worth, 0
                changed = True
    return changed
