"""The tables that the kernel writes: where their rows are counted, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from friday_core.simulation.compiled import words as w


@dataclass(frozen=True, slots=True)
class Table:
    """Words of a row, and where it stands: its rows in the head of the state, the rest in the context."""

    width: int
    count: int
    most: int
    at: int


TABLES: Mapping[str, Table] = {
    "decisions": Table(w.DECISION_WORDS, w.DECISIONS, w.MOST_DECISIONS, w.DECISIONS_AT),
    "orders": Table(w.ORDER_WORDS, w.ORDERS, w.MOST_ORDERS, w.ORDERS_AT),
    "fills": Table(w.FILL_WORDS, w.FILLS, w.MOST_FILLS, w.FILLS_AT),
    "ended": Table(w.ENDED_WORDS, w.ENDED, w.MOST_ENDED, w.ENDED_AT),
    "positions": Table(w.POSITION_WORDS, w.POSITIONS, w.MOST_POSITIONS, w.POSITIONS_AT),
    "postings": Table(w.POSTING_WORDS, w.POSTINGS, w.MOST_POSTINGS, w.POSTINGS_AT),
}
