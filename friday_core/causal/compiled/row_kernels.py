"""Kernels made of an operator's own step: the same source, compiled for a block of rows."""

# ruff: noqa: PLR0917 - kernels know no names of arguments

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from friday_core.causal.compiled.pointers import floats, own_floats, words
from friday_core.causal.compiled.words import (
    ALIKE,
    ALONE,
    AT,
    BLOCK_INSTS,
    BLOCK_ROWS,
    FIRST,
    INPUT,
    INSTRUCTION_WORDS,
    INSTS,
    OUT,
    PARAMS,
    PERIOD,
    PRICED,
    REGISTER_COUNT,
    ROWS,
    SCALES,
    STATE,
    STATE_SIZE,
    STRIDES,
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


def _one_number(a: float, _b: float, _c: float) -> tuple[float, ...]:
    return (a,)


def _two_numbers(a: float, b: float, _c: float) -> tuple[float, ...]:
    return a, b


def _three_numbers(a: float, b: float, c: float) -> tuple[float, ...]:
    return a, b, c


GATHERED_NUMBERS = {1: _one_number, 2: _two_numbers, 3: _three_numbers}


def alone(step: Any, gather: Any) -> Callable[[int, float, float, float, int, float], float]:
    """One row, whose state and parameters stand at addresses: for code that is put together of steps."""

    def one_row(state: int, a: float, b: float, c: float, params: int, scale: float) -> float:
        return step(floats(state), 0, gather(a, b, c), floats(params), scale)  # type: ignore[no-any-return]

    return one_row


def row_by_row(step: Any, gather: Any) -> Kernel:
    """For any state, and rows of any instruments."""

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


def carrying(step: Any, gather: Any, mixed: Any, slots: int) -> Kernel:
    """For a small state of fixed size: while one instrument lasts, it stands in the processor's registers.

    ``mixed`` is the kernel for rows of several.
    """

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        own, to, at = words(instruction), words(context), words(registers)
        if not to[ALONE]:
            mixed(instruction, registers, rows, context)
            return
        out, params = floats(at[own[OUT]]), floats(own[PARAMS])
        a, b, c = floats(at[own[INPUT]]), floats(at[own[INPUT + 1]]), floats(at[own[INPUT + 2]])
        inst = words(to[BLOCK_INSTS])[0]
        scale = floats(to[SCALES])[inst] if own[PRICED] else 1.0
        state, held = floats(to[STATE] + 8 * (inst * to[STATE_SIZE] + own[AT])), own_floats(slots)
        for slot in range(slots):
            held[slot] = state[slot]
        for row in range(rows):
            out[row] = step(held, 0, gather(a, b, c, row), params, scale)
        for slot in range(slots):
            state[slot] = held[slot]

    return kernel


def stateless(step: Any, gather: Any, mixed: Any) -> Kernel:
    """For no state at all: rows of several instruments differ in their price units only.

    ``mixed`` is the kernel for those that do.
    """

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        own, to, at = words(instruction), words(context), words(registers)
        scale = 1.0
        if own[PRICED]:
            if not (to[ALONE] or to[ALIKE]):
                mixed(instruction, registers, rows, context)
                return
            scale = floats(to[SCALES])[words(to[BLOCK_INSTS])[0]]
        out, params, nothing = floats(at[own[OUT]]), floats(own[PARAMS]), floats(own[PARAMS])
        a, b, c = floats(at[own[INPUT]]), floats(at[own[INPUT + 1]]), floats(at[own[INPUT + 2]])
        for row in range(rows):
            out[row] = step(nothing, 0, gather(a, b, c, row), params, scale)

    return kernel


def running(run: Any, mixed: Any) -> Kernel:
    """For a window: ``run(state, values, out, rows, params, scale)`` does the rows of one instrument."""

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        own, to, at = words(instruction), words(context), words(registers)
        if not to[ALONE]:
            mixed(instruction, registers, rows, context)
            return
        inst = words(to[BLOCK_INSTS])[0]
        scale = floats(to[SCALES])[inst] if own[PRICED] else 1.0
        state = floats(to[STATE] + 8 * (inst * to[STATE_SIZE] + own[AT]))
        run(state, floats(at[own[INPUT]]), floats(at[own[OUT]]), rows, floats(own[PARAMS]), scale)

    return kernel


def recalling(run: Any, mixed: Any) -> Kernel:
    """For ``shift``: as ``running``, and where slices have the same instruments, values stand in the column itself.

    Then the first rows are ``mixed``'s, because what they recall came before them. The ring is
    written again on the last rows only, of which all that is in it will be: its place has gone on meanwhile.
    """

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        own, to, at = words(instruction), words(context), words(registers)
        values, out, insts = floats(at[own[INPUT]]), floats(at[own[OUT]]), words(to[BLOCK_INSTS])
        state, size, params = floats(to[STATE] + 8 * own[AT]), to[STATE_SIZE], floats(own[PARAMS])
        if to[ALONE]:
            run(floats(to[STATE] + 8 * (insts[0] * size + own[AT])), values, out, rows, params, 1.0)
            return
        period, width = to[PERIOD], int(params[0])
        is_column = own[INPUT] < to[REGISTER_COUNT] and words(to[STRIDES])[own[INPUT]] == 8
        done, far = (to[BLOCK_INSTS] - to[INSTS]) // 8 - to[FIRST], width * period
        if period == 0 or not is_column or done < far:
            mixed(instruction, registers, rows, context)
            return
        for row in range(rows):
            out[row] = values[row - far]
        before_last = to[ROWS] - to[FIRST] - far
        if done + rows <= before_last:
            return
        if done <= before_last:
            block = (to[BLOCK_ROWS] + period - 1) // period * period
            passed = (done - (far + block - 1) // block * block) // period
            for row in range(period):
                place = insts[row] * size
                state[place] = float((int(state[place]) + passed) % width)
        for row in range(rows):
            place = insts[row] * size
            slot = int(state[place])
            state[place + 1 + slot] = values[row]
            state[place] = float(slot + 1) if slot + 1 < width else 0.0

    return kernel


def side_by_side(step: Any, mixed: Any, slots: int) -> Kernel:
    """Four instructions of one operator with one input each: what waits for its last row waits together."""

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        to, at, far = words(context), words(registers), 8 * INSTRUCTION_WORDS
        if not to[ALONE]:
            for lane in range(4):
                mixed(instruction + lane * far, registers, rows, context)
            return
        w, x = words(instruction), words(instruction + far)
        y, z = words(instruction + 2 * far), words(instruction + 3 * far)
        inst = words(to[BLOCK_INSTS])[0]
        scale, start = floats(to[SCALES])[inst], to[STATE] + 8 * inst * to[STATE_SIZE]
        scale_w, scale_x = scale if w[PRICED] else 1.0, scale if x[PRICED] else 1.0
        scale_y, scale_z = scale if y[PRICED] else 1.0, scale if z[PRICED] else 1.0
        state_w, state_x = floats(start + 8 * w[AT]), floats(start + 8 * x[AT])
        state_y, state_z = floats(start + 8 * y[AT]), floats(start + 8 * z[AT])
        held_w, held_x, held_y, held_z = own_floats(slots), own_floats(slots), own_floats(slots), own_floats(slots)
        for slot in range(slots):
            held_w[slot], held_x[slot], held_y[slot], held_z[slot] = (
                state_w[slot], state_x[slot], state_y[slot], state_z[slot],
            )  # fmt: skip
        in_w, in_x, in_y, in_z = (
            floats(at[w[INPUT]]), floats(at[x[INPUT]]), floats(at[y[INPUT]]), floats(at[z[INPUT]]),
        )  # fmt: skip
        out_w, out_x, out_y, out_z = floats(at[w[OUT]]), floats(at[x[OUT]]), floats(at[y[OUT]]), floats(at[z[OUT]])
        params_w, params_x = floats(w[PARAMS]), floats(x[PARAMS])
        params_y, params_z = floats(y[PARAMS]), floats(z[PARAMS])
        for row in range(rows):
            out_w[row] = step(held_w, 0, (in_w[row],), params_w, scale_w)
            out_x[row] = step(held_x, 0, (in_x[row],), params_x, scale_x)
            out_y[row] = step(held_y, 0, (in_y[row],), params_y, scale_y)
            out_z[row] = step(held_z, 0, (in_z[row],), params_z, scale_z)
        for slot in range(slots):
            state_w[slot], state_x[slot] = held_w[slot], held_x[slot]
            state_y[slot], state_z[slot] = held_y[slot], held_z[slot]

    return kernel
