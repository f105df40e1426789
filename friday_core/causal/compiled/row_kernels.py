"""Kernels made of an operator's own step: the same source, compiled for a block of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from friday_core.causal.compiled.pointers import floats, own_floats, words
from friday_core.causal.compiled.words import (
    ALONE,
    AT,
    BLOCK_INSTS,
    INPUT,
    OUT,
    PARAMS,
    PRICED,
    SCALES,
    STATE,
    STATE_SIZE,
)

#: ``kernel(instruction, registers, rows, context)``: what the driver calls, all by address.
Kernel = Callable[[int, int, int, int], None]


def _one(a: Sequence[float], _b: Sequence[float], _c: Sequence[float], row: int) -> tuple[float, ...]:
    return (a[row],)


def _two(a: Sequence[float], b: Sequence[float], _c: Sequence[float], row: int) -> tuple[float, ...]:
    return a[row], b[row]


def _three(a: Sequence[float], b: Sequence[float], c: Sequence[float], row: int) -> tuple[float, ...]:
    return a[row], b[row], c[row]


GATHERED = {1: _one, 2: _two, 3: _three}


def carrying(step: Any, gather: Any, slots: int) -> Kernel:
    """For a small state of fixed size: while one instrument lasts, it stands in the processor's registers."""

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        own, to, at = words(instruction), words(context), words(registers)
        out, params, scales = floats(at[own[OUT]]), floats(own[PARAMS]), floats(to[SCALES])
        a, b, c = floats(at[own[INPUT]]), floats(at[own[INPUT + 1]]), floats(at[own[INPUT + 2]])
        insts, state, size = words(to[BLOCK_INSTS]), floats(to[STATE]), to[STATE_SIZE]
        if to[ALONE]:
            held = own_floats(slots)
            place = insts[0] * size + own[AT]
            scale = scales[insts[0]] if own[PRICED] else 1.0
            for slot in range(slots):
                held[slot] = state[place + slot]
            for row in range(rows):
                out[row] = step(held, 0, gather(a, b, c, row), params, scale)
            for slot in range(slots):
                state[place + slot] = held[slot]
        else:
            for row in range(rows):
                inst = insts[row]
                scale = scales[inst] if own[PRICED] else 1.0
                out[row] = step(state, inst * size + own[AT], gather(a, b, c, row), params, scale)

    return kernel


def remembering(step: Any, gather: Any) -> Kernel:
    """For a state whose size depends on the parameters: a window."""

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        own, to, at = words(instruction), words(context), words(registers)
        out, params, scales = floats(at[own[OUT]]), floats(own[PARAMS]), floats(to[SCALES])
        a, b, c = floats(at[own[INPUT]]), floats(at[own[INPUT + 1]]), floats(at[own[INPUT + 2]])
        insts, state, size = words(to[BLOCK_INSTS]), floats(to[STATE]), to[STATE_SIZE]
        for row in range(rows):
            inst = insts[row]
            scale = scales[inst] if own[PRICED] else 1.0
            out[row] = step(state, inst * size + own[AT], gather(a, b, c, row), params, scale)

    return kernel
