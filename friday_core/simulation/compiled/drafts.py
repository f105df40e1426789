"""Drafts: decisions on their way through risk, at their begin and once there is a quantity to ask for."""

from __future__ import annotations

from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.places import inst_at, instrument_at, limits_at
from friday_core.simulation.compiled.words import (
    C_SENT,
    C_WRONG_PRODUCT,
    L_PRODUCT,
    PRODUCTS_OF,
    W_A,
    W_ADDING,
    W_ASKED,
    W_B,
    W_C,
    W_CLAIMS,
    W_CODE,
    W_INST,
    W_LIMIT,
    W_PRICE,
    W_REDUCING,
    W_ROW,
    W_SIGN,
    W_STOP,
    W_TARGET,
    W_TILL,
    W_TRIGGER,
    W_VALIDITY,
)
from friday_core.simulation.fill_rules import DAY, NO_PRICE


def begin(m: Memory, place: int, w: int) -> None:
    """A draft of a row that asks for nothing yet: a market order for the day, judged at the close."""
    draft = m.s
    draft[w + W_ROW], draft[w + W_INST], draft[w + W_PRICE] = place, inst_at(m, place), m.close[place]
    draft[w + W_ASKED], draft[w + W_SIGN], draft[w + W_REDUCING], draft[w + W_ADDING] = 0, -1, 0, 0
    draft[w + W_A], draft[w + W_B], draft[w + W_C], draft[w + W_CLAIMS] = 0, 0, 0, 0
    draft[w + W_LIMIT], draft[w + W_TRIGGER], draft[w + W_STOP] = NO_PRICE, NO_PRICE, NO_PRICE
    draft[w + W_TARGET], draft[w + W_VALIDITY], draft[w + W_TILL] = NO_PRICE, DAY, 0


def claim(m: Memory, desk: int, w: int, quantity: int) -> None:
    """It asks for a signed quantity, unless that cannot be held in the desk's product."""
    draft = m.s
    draft[w + W_CODE], draft[w + W_ASKED], draft[w + W_CLAIMS] = C_SENT, quantity, 1
    draft[w + W_SIGN] = 1 if quantity > 0 else -1
    product = m.c[limits_at(desk) + L_PRODUCT]
    if m.s[instrument_at(m, draft[w + W_INST]) + PRODUCTS_OF] >> product & 1 == 0:
        draft[w + W_CODE], draft[w + W_A], draft[w + W_CLAIMS] = C_WRONG_PRODUCT, product, 0
