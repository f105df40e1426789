"""The kernel of ``asof``: values of a coarser clock, as they were when a row closed."""

from __future__ import annotations

from friday_core.causal.compiled.pointers import floats, words
from friday_core.causal.compiled.words import (
    AT,
    BLOCK_INSTS,
    BLOCK_TIMES,
    JOIN,
    JOIN_COUNT,
    JOIN_INSTS,
    JOIN_TAKEN,
    JOIN_TIMES,
    JOIN_VALUES,
    OUT,
    PARAMS,
    STATE,
    STATE_SIZE,
)
from friday_core.causal.op import NAN


def asof(instruction: int, registers: int, rows: int, context: int) -> None:
    """Takes over what closed by now, then gives what is not too old."""
    own, to, at = words(instruction), words(context), words(registers)
    out, state, size, oldest = floats(at[own[OUT]]), floats(to[STATE]), to[STATE_SIZE], floats(own[PARAMS])[0]
    insts, times, join = words(to[BLOCK_INSTS]), words(to[BLOCK_TIMES]), words(own[JOIN])
    coarse_times, coarse_insts, values = words(join[JOIN_TIMES]), words(join[JOIN_INSTS]), floats(join[JOIN_VALUES])
    taken = join[JOIN_TAKEN]
    for row in range(rows):
        while taken < join[JOIN_COUNT] and coarse_times[taken] <= times[row]:
            place = coarse_insts[taken] * size + own[AT]
            state[place] = values[taken]
            state[place + 1] = float(coarse_times[taken])
            taken += 1
        place = insts[row] * size + own[AT]
        out[row] = state[place] if times[row] - state[place + 1] <= oldest else NAN
    join[JOIN_TAKEN] = taken
