"""The driver: every instruction on a block of rows, then the next block; and how kernels call it."""

from __future__ import annotations

from friday_core.causal.compiled.pointers import call_driver, call_kernel, words
from friday_core.causal.compiled.words import (
    AGAIN,
    AGAIN_COUNT,
    ALONE,
    BASES,
    BLOCK_INSTS,
    BLOCK_ROWS,
    BLOCK_TIMES,
    CODE,
    CODE_COUNT,
    DRIVER,
    FIRST,
    INSTRUCTION_WORDS,
    INSTS,
    KERNEL,
    LANES,
    REGISTER_COUNT,
    REGISTERS,
    ROWS,
    SPARE,
    STRIDES,
    TIMES,
    WHOLE,
)


def drive(context: int) -> None:
    """The rows that the context asks for; a block ends where a slice does if slices must be whole."""
    to = words(context)
    bases, strides, registers = words(to[BASES]), words(to[STRIDES]), words(to[REGISTERS])
    insts, times, rows = words(to[INSTS]), words(to[TIMES]), to[ROWS]
    start = to[FIRST]
    while start < rows:
        end = min(start + to[BLOCK_ROWS], rows)
        if to[WHOLE]:
            while end < rows and times[end] == times[end - 1]:
                end += 1
        for register in range(to[REGISTER_COUNT]):
            registers[register] = bases[register] + strides[register] * start
        others = 0
        for row in range(start + 1, end):
            others |= insts[row] ^ insts[start]
        to[BLOCK_INSTS], to[BLOCK_TIMES], to[ALONE] = to[INSTS] + 8 * start, to[TIMES] + 8 * start, int(others == 0)
        done = 0
        while done < to[CODE_COUNT]:
            code = to[CODE] + 8 * INSTRUCTION_WORDS * done
            call_kernel(words(code)[KERNEL], to[SPARE], code, to[REGISTERS], end - start, context)
            done += words(code)[LANES]
        start = end


def run_rows(context: int, first: int, stop: int) -> None:
    """Runs a context's code on its rows from ``first`` to before ``stop``: for kernels, without Python."""
    to = words(context)
    to[FIRST], to[ROWS] = first, stop
    call_driver(to[DRIVER], to[SPARE], context)


def run_until(code: int, context: int, latest: int, first: int, stop: int) -> int:
    """As ``run_rows`` by a function of the whole code, up to the first row that says something (``fused_object``)."""
    to = words(context)
    call_kernel(code, to[SPARE], latest, first, stop, context)
    reached = words(to[SPARE])[0]
    to[FIRST], to[ROWS] = first, min(reached + 1, stop)
    return reached  # type: ignore[no-any-return]


def run_again(context: int, first: int, stop: int) -> None:
    """Of rows that were just run from ``first`` on, some, with the state from before: only what has state.

    Where they were more than a block, the registers have only the last one, and everything is run.
    """
    to = words(context)
    code, count = to[CODE], to[CODE_COUNT]
    if to[ROWS] - first <= to[BLOCK_ROWS]:
        to[CODE], to[CODE_COUNT] = to[AGAIN], to[AGAIN_COUNT]
    run_rows(context, first, stop)
    to[CODE], to[CODE_COUNT] = code, count
