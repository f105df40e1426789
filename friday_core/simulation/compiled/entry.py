"""Where compiled code is entered: addresses become memory."""

from __future__ import annotations

from friday_core.causal.compiled.driver import run_again, run_rows, run_until
from friday_core.causal.compiled.pointers import floats, soon, words
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.slices import run
from friday_core.simulation.compiled.words import ADDRESSES


def enter(context: int) -> None:
    """``run`` on the memory whose addresses stand in the context, in the order of ``Memory`` after ``c``."""
    c = words(context)
    memory = Memory(
        c,
        words(c[ADDRESSES]),
        words(c[ADDRESSES + 1]),
        words(c[ADDRESSES + 2]),
        words(c[ADDRESSES + 3]),
        words(c[ADDRESSES + 4]),
        words(c[ADDRESSES + 5]),
        words(c[ADDRESSES + 6]),
        words(c[ADDRESSES + 7]),
        floats(c[ADDRESSES + 8]),
        floats(c[ADDRESSES + 9]),
        floats(c[ADDRESSES + 10]),
        floats,
        words,
        soon,
        _run,
        _again,
        run_until,
    )
    run(memory)


def _run(_desk: int, context: int, first: int, stop: int) -> None:
    run_rows(context, first, stop)


def _again(_desk: int, context: int, first: int, stop: int) -> None:
    run_again(context, first, stop)
