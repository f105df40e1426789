"""Where things stand in the state."""

from __future__ import annotations

from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.words import (
    BRACKET_WORDS,
    BRACKETS_AT,
    CONE_WORDS,
    CONES,
    DESK_WORDS,
    DESKS_AT,
    DRAFT_WORDS,
    DRAFTS_AT,
    INSTRUMENT_WORDS,
    INSTRUMENTS_AT,
    INSTS,
    LIMIT_WORDS,
    LIMITS,
    ORDER_WIDTH,
    ORDERS_AT,
    PAIR_WORDS,
    PAIRS,
    QUEUE,
    QUEUE_WORDS,
    ROWS,
)


def desk_at(desk: int) -> int:
    return DESKS_AT + desk * DESK_WORDS


def pair_at(m: Memory, desk: int, inst: int) -> int:
    """Where a desk's position in an instrument stands."""
    c = m.c
    return c[PAIRS] + (desk * c[INSTS] + inst) * c[PAIR_WORDS]  # type: ignore[no-any-return]


def instrument_at(m: Memory, inst: int) -> int:
    """Where an instrument stands."""
    return m.c[INSTRUMENTS_AT] + inst * INSTRUMENT_WORDS  # type: ignore[no-any-return]


def draft_at(m: Memory, n: int) -> int:
    """Where a draft stands."""
    return m.c[DRAFTS_AT] + n * DRAFT_WORDS  # type: ignore[no-any-return]


def queue_at(m: Memory, n: int) -> int:
    """Where a working order stands, by its place in the queue."""
    return m.c[QUEUE] + n * QUEUE_WORDS  # type: ignore[no-any-return]


def bracket_at(m: Memory, n: int) -> int:
    """Where a bracket stands."""
    return m.c[BRACKETS_AT] + n * BRACKET_WORDS  # type: ignore[no-any-return]


def order_at(m: Memory, number: int) -> int:
    """Where an order stands in the table of orders."""
    return m.c[ORDERS_AT] + number * m.c[ORDER_WIDTH]  # type: ignore[no-any-return]


def limits_at(desk: int) -> int:
    """Where the limits of a desk stand in the context; ``NONE`` for what is not limited."""
    return LIMITS + desk * LIMIT_WORDS


def cone_at(m: Memory, desk: int) -> int:
    """Where a desk's columns that read its book stand in the context, if any desk has some."""
    return m.c[CONES] + desk * CONE_WORDS  # type: ignore[no-any-return]


def inst_at(m: Memory, row: int) -> int:
    """The instrument of a row; what is not read is not waited for."""
    return m.inst[row] if m.c[INSTS] > 1 else 0


def slice_end(m: Memory, row: int) -> int:
    """The row after the slice that a row belongs to."""
    end, rows, ts = row + 1, m.c[ROWS], m.ts[row]
    while end < rows and m.ts[end] == ts and m.inst[end] > m.inst[end - 1]:
        end += 1
    return end
