"""Orders that columns ask for: as ``column_orders.asked_for``, where one can be made; the rest is the driver's."""

# ruff: noqa: PLR0124 - compiled code knows no names of arguments and no generators

from __future__ import annotations

from friday_core.causal.op import NAN
from friday_core.simulation.compiled.drafts import begin, claim
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import nearest, notional
from friday_core.simulation.compiled.places import inst_at, instrument_at, limits_at
from friday_core.simulation.compiled.words import (
    C_UNPRICED,
    FAULT,
    FINE,
    L_CANCEL,
    L_FACTOR,
    L_LIMIT,
    L_SEEN,
    L_STOP,
    L_TARGET,
    L_TILL,
    L_TRIGGER,
    LOT,
    TICK,
    UNFIT,
    W_CODE,
    W_LIMIT,
    W_PRICE,
    W_STOP,
    W_TARGET,
    W_TILL,
    W_TRIGGER,
    W_VALIDITY,
)
from friday_core.simulation.fill_rules import (
    GTD,
    NO_PRICE,
)

#: As ``column_orders.FINE`` and ``LARGEST_FLOAT``.
_THOUSAND = 1_000
_LARGEST_FLOAT = 2.0**53


def order(m: Memory, desk: int, place: int, shares: float, w: int) -> int:
    """The draft of a row's order; whether there is one."""
    if shares == 0.0:
        return 0
    begin(m, place, w)
    draft, at = m.s, instrument_at(m, inst_at(m, place))
    lot, sign = m.s[at + LOT], 1 if shares > 0.0 else -1
    quantity = int(abs(shares)) // lot * lot if abs(shares) < _LARGEST_FLOAT else 0
    if quantity == 0:
        m.c[FAULT] = UNFIT
        return 1
    limit, trigger = _ticks(m, desk, place, L_LIMIT, sign < 0), _ticks(m, desk, place, L_TRIGGER, sign > 0)
    stop, target = _ticks(m, desk, place, L_STOP, sign < 0), _ticks(m, desk, place, L_TARGET, sign > 0)
    entry = limit if limit != NO_PRICE else trigger
    if (stop != NO_PRICE or target != NO_PRICE) and not (
        _rises(sign, stop, entry) and _rises(sign, entry, target) and _rises(sign, stop, target)
    ):
        m.c[FAULT] = UNFIT
    last = _value(m, desk, place, L_TILL)
    if last == last:
        if not abs(last) < _LARGEST_FLOAT:
            m.c[FAULT] = UNFIT
            return 1
        draft[w + W_VALIDITY], draft[w + W_TILL] = GTD, _floor(last)
    draft[w + W_LIMIT], draft[w + W_TRIGGER], draft[w + W_STOP], draft[w + W_TARGET] = limit, trigger, stop, target
    if m.close[place] < 1:
        draft[w + W_CODE] = C_UNPRICED
        return 1
    if entry != NO_PRICE:
        draft[w + W_PRICE] = entry
    notional(m, inst_at(m, place), max(limit, trigger, m.close[place]), quantity)
    claim(m, desk, w, sign * quantity)
    return 1


def is_cancelled(m: Memory, desk: int, place: int) -> bool:
    """Whether a row cancels what works of its instrument."""
    value = _value(m, desk, place, L_CANCEL)
    return value == value and value != 0.0


def _rises(sign: int, one: int, other: int) -> bool:
    return one == NO_PRICE or other == NO_PRICE or sign * one < sign * other  # noqa: PLR1714 - for the compiler


def _value(m: Memory, desk: int, place: int, word: int) -> float:
    """What a column says on a row; NaN if there is no such column."""
    limits = limits_at(desk)
    if m.c[limits + word] == 0:
        return NAN
    at = place if m.c[limits + L_SEEN] == 0 else m.words(m.c[limits + L_SEEN])[place]
    return m.floats(m.c[limits + word])[at]  # type: ignore[no-any-return]


def _ticks(m: Memory, desk: int, place: int, word: int, up: bool) -> int:
    """As ``column_orders.ticks``; ``NO_PRICE`` for NaN, and a fault for what is no price."""
    price = _value(m, desk, place, word)
    if price != price:
        return NO_PRICE
    at = instrument_at(m, inst_at(m, place))
    fine = price / m.floats(m.c[limits_at(desk) + L_FACTOR])[place] * float(m.s[at + FINE])
    if not abs(fine) < _LARGEST_FLOAT:
        m.c[FAULT] = UNFIT
        return NO_PRICE
    tick, whole = m.s[at + TICK] * _THOUSAND, nearest(fine)
    units: int = (-(-whole // tick) if up else whole // tick) * m.s[at + TICK]
    if units < 1:
        m.c[FAULT] = UNFIT
    return units


def _floor(value: float) -> int:
    whole = int(value)
    return whole if value >= float(whole) else whole - 1
