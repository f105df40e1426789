"""Kernels across the instruments of a slice: a slice is the rows of one time."""

# ruff: noqa: PLR0917 - kernels know no names of arguments

from __future__ import annotations

import math
from typing import Any

from friday_core.causal.compiled.pointers import floats, words
from friday_core.causal.compiled.row_kernels import Kernel
from friday_core.causal.compiled.words import BLOCK_TIMES, GATE, INPUT, NO_GATE, OUT, PARAMS, SCRATCH
from friday_core.causal.op import NAN

#: So many highest values are kept in order while rows pass by; more are found by sorting all rows.
_FEW = 64

# ``fill(chosen, count, values, params, out, spare)``: ``chosen`` are the rows of the slice that have a
# value, ``out`` is NaN before; ``params`` begins with what the operator calls its first parameter.


def across(fill: Any, parameters: int) -> Kernel:
    """A kernel that fills slice by slice, but for those that nobody sees; the last parameter is ``min_valid``."""

    def kernel(instruction: int, registers: int, rows: int, context: int) -> None:
        own, to, at = words(instruction), words(context), words(registers)
        out, values, params = floats(at[own[OUT]]), floats(at[own[INPUT]]), floats(own[PARAMS])
        times, chosen, spare = words(to[BLOCK_TIMES]), words(to[SCRATCH]), words(to[SCRATCH] + 8 * rows)
        gate = own[GATE]
        conditions = floats(at[own[INPUT] if gate == NO_GATE else gate])
        start = 0
        while start < rows:
            end, count, is_seen = start, 0, gate == NO_GATE
            while end < rows and times[end] == times[start]:
                out[end] = NAN
                is_seen = is_seen or conditions[end] == 1.0
                end += 1
            if is_seen:
                count = _valid(chosen, start, end, values)
            if count > 0 and count >= params[parameters - 1]:
                fill(chosen, count, values, params, out, spare)
            start = end

    return kernel


def _valid(chosen: Any, start: int, end: int, values: Any) -> int:
    """How many rows of a slice have a value; they are the chosen ones."""
    count = 0
    for row in range(start, end):
        if not math.isnan(values[row]):
            chosen[count] = row
            count += 1
    return count


def _sort(chosen: Any, count: int, values: Any, sign: float, spare: Any) -> None:
    """Stable merge sort of rows by ``sign * value``, in blocks that double."""
    width = 1
    while width < count:
        for start in range(0, count, 2 * width):
            middle, end = min(start + width, count), min(start + 2 * width, count)
            left, right = start, middle
            for place in range(start, end):
                if right >= end or (left < middle and sign * values[chosen[left]] <= sign * values[chosen[right]]):
                    spare[place] = chosen[left]
                    left += 1
                else:
                    spare[place] = chosen[right]
                    right += 1
        for place in range(count):
            chosen[place] = spare[place]
        width *= 2


def _rank(chosen: Any, count: int, values: Any, _params: Any, out: Any, spare: Any) -> None:
    _sort(chosen, count, values, 1.0, spare)
    first = 0
    for last in range(count):
        if last + 1 < count and values[chosen[last + 1]] == values[chosen[last]]:
            continue
        rank = (first + last + 2) / 2.0 / count
        for tied in range(first, last + 1):
            out[chosen[tied]] = rank
        first = last + 1


def _top(chosen: Any, count: int, values: Any, params: Any, out: Any, spare: Any) -> None:
    if params[0] > _FEW:
        _sort(chosen, count, values, -1.0, spare)
        for place in range(count):
            out[chosen[place]] = 1.0 if place < params[0] else 0.0
        return
    best = 0  # so many of the highest so far stand in ``spare``, the highest first
    for place in range(count):
        row = chosen[place]
        out[row] = 0.0
        at = best
        while at > 0 and values[spare[at - 1]] < values[row]:
            at -= 1
        if at < params[0]:
            if best < params[0]:
                best += 1
            for other in range(best - 1, at, -1):
                spare[other] = spare[other - 1]
            spare[at] = row
    for place in range(best):
        out[spare[place]] = 1.0


def _mean(chosen: Any, count: int, values: Any) -> float:
    first = values[chosen[0]]
    total = 0.0
    for place in range(count):
        total += values[chosen[place]] - first
    mean = first + total / count
    return mean if mean - mean == 0.0 else NAN


def _demean(chosen: Any, count: int, values: Any, _params: Any, out: Any, _spare: Any) -> None:
    mean = _mean(chosen, count, values)
    for place in range(count):
        out[chosen[place]] = values[chosen[place]] - mean


def _zscore(chosen: Any, count: int, values: Any, _params: Any, out: Any, _spare: Any) -> None:
    mean = _mean(chosen, count, values)
    squares = 0.0
    for place in range(count):
        away = values[chosen[place]] - mean
        squares += away * away
    if count < 2 or not squares > 0.0:
        return
    deviation = math.sqrt(squares / (count - 1))
    if not deviation > 0.0:
        return
    for place in range(count):
        out[chosen[place]] = (values[chosen[place]] - mean) / deviation


def _scale_to(chosen: Any, count: int, values: Any, params: Any, out: Any, _spare: Any) -> None:
    total = 0.0
    for place in range(count):
        total += abs(values[chosen[place]])
    for place in range(count):
        value = values[chosen[place]]
        out[chosen[place]] = value * params[0] / total if total > 0.0 else value


#: By operator and version: what is filled, and the number of parameters.
FILLS = {
    "panel_rank/1": (_rank, 1),
    "panel_top/1": (_top, 2),
    "panel_demean/1": (_demean, 1),
    "panel_zscore/1": (_zscore, 1),
    "panel_scale_to/1": (_scale_to, 2),
}
