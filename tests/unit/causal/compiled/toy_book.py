"""A book whose position follows the signal, as a routine that runs a block's slices without Python."""

from __future__ import annotations

import math

from friday_core.causal.compiled.driver import run_again, run_rows, run_until
from friday_core.causal.compiled.pointers import floats, words

# What the routine is told: the block's context and its slices, the columns, and positions and
# average prices by instrument.
CONTEXT, SLICES, BOUNDS, INSTS, CLOSE, POS, AVG_PRICE, SIGNAL, HELD, PAID = range(10)
TOLD = 10


def play(word: int) -> None:
    """Slice by slice: the book is stamped, the cone is run, and the signal is traded at the close."""
    to = words(word)
    bounds, insts, close = words(to[BOUNDS]), words(to[INSTS]), floats(to[CLOSE])
    pos, avg_price, signal = floats(to[POS]), floats(to[AVG_PRICE]), floats(to[SIGNAL])
    held, paid = floats(to[HELD]), floats(to[PAID])
    for number in range(to[SLICES]):
        first, stop = bounds[number], bounds[number + 1]
        for row in range(first, stop):
            pos[row], avg_price[row] = held[insts[row]], paid[insts[row]]
        run_rows(to[CONTEXT], first, stop)
        for row in range(first, stop):
            inst = insts[row]
            if not math.isnan(signal[row]) and signal[row] != held[inst]:
                held[inst] = signal[row]
                paid[inst] = close[row] if signal[row] != 0.0 else math.nan


def pass_again(word: int) -> None:
    """Of the context that is told, rows from one to before another: once, or again."""
    to = words(word)
    if to[3] != 0:
        run_again(to[0], to[1], to[2])
    else:
        run_rows(to[0], to[1], to[2])


def pass_until(word: int) -> None:
    """By a cone's function, from the row that is told on; the row that it answers with stands behind."""
    to = words(word)
    to[5] = run_until(to[0], to[1], to[2], to[3], to[4])
