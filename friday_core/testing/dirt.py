"""What becomes of rows before a rule is tried on them: faults, gaps, and other futures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, PRICES, Array, Chunk, Int64

_Columns = dict[str, Array]


def _missing(columns: _Columns, rows: Int64) -> None:
    for name, values in columns.items():
        values[rows] = MISSING_PRICE if name in PRICES else np.nan


def _huge(columns: _Columns, rows: Int64) -> None:
    for name, values in columns.items():
        values[rows] *= 10 if name in PRICES else 1_000


def _reversed(columns: _Columns, rows: Int64) -> None:
    for values in columns.values():
        values[rows] = values[rows][::-1].copy()


#: What may stand in the future's place, besides nothing: a past that knows it shows it.
FUTURES: dict[str, Callable[[_Columns, Int64], None]] = {"missing": _missing, "huge": _huge, "reversed": _reversed}
CUT_OFF = "cut off"


def with_future(chunk: Chunk, row: int, how: str) -> Chunk:
    """The rows before ``row`` as they are; from there on cut off, or with other values in their columns."""
    if how == CUT_OFF:
        return chunk.take(slice(0, row))
    columns = {name: values.copy() for name, values in chunk.columns.items()}
    FUTURES[how](columns, np.arange(row, len(chunk)))
    return chunk.with_columns(columns)


def with_gaps(chunk: Chunk) -> Chunk:
    """Every thirteenth row lacks a price, all prices or its volume; order and number of rows stay."""
    columns = {name: values.copy() for name, values in chunk.columns.items()}
    for place, row in enumerate(range(29, len(chunk), 13)):
        lost = [["close"], ["volume"], sorted(columns), ["open"]][place % 4]
        _missing({name: columns[name] for name in lost if name in columns}, np.array([row]))
    return chunk.with_columns(columns)


def soiled(chunk: Chunk) -> Chunk:
    """Rows as bad feeds deliver them, every seventh with a fault; numbered from 0 in the order of arrival."""
    columns = {name: values.copy() for name, values in chunk.columns.items()}
    faulty = np.arange(40, len(chunk), 7)
    for place, row in enumerate(faulty.tolist()):
        _FAULTS[place % len(_FAULTS)](columns, np.array([row]))
    # A level that shifts without a word, so that what was believed before is wrong from here on.
    shifted = (chunk.inst == 1) & (np.arange(len(chunk)) > len(chunk) // 2)
    for name in columns.keys() & PRICES:
        there = shifted & (columns[name] != MISSING_PRICE)
        columns[name][there] //= 3
    made = chunk.with_columns(columns)
    order = np.arange(len(made))
    order[faulty[::5]] -= 1  # the row before, once more
    late = faulty[2::9]
    order[late], order[late - 6] = order[late - 6], order[late].copy()
    return made.take(order).numbered(0)


def _upside_down(columns: _Columns, rows: Int64) -> None:
    columns["high"][rows], columns["low"][rows] = columns["low"][rows] - 5, columns["high"][rows].copy()


def _nothing(columns: _Columns, rows: Int64) -> None:
    for name in columns.keys() & PRICES:
        columns[name][rows] = 0


def _below_zero(columns: _Columns, rows: Int64) -> None:
    columns["volume"][rows] = -1.0
    columns["low"][rows] *= -1


def _far_off(columns: _Columns, rows: Int64) -> None:
    for name in columns.keys() & PRICES:
        columns[name][rows] *= 7


def _stands_still(columns: _Columns, rows: Int64) -> None:
    columns["volume"][rows] = 0.0


_FAULTS = (_upside_down, _missing, _far_off, _nothing, _stands_still, _below_zero)
