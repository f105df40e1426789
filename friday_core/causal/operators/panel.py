"""Operators across the instruments of a slice; their rows are sorted by InstrumentId.

An example is one slice: a value for each instrument. The last parameter is ``min_valid``, the
number of values below which the whole slice is NaN. Sums run in the order of the rows.
"""

# ruff: noqa: PLR0124 - only a NaN differs from itself, and kernels will ask in the same way

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from friday_core.causal.op import NAN, Example, Op, PanelStep, Params, number

_NAN_RULE = "a NaN row takes no part and stays NaN; all NaN below min_valid values"

#: The rows that take part, all values of the slice, the parameters, the outputs to fill in.
_Fill = Callable[[list[int], Sequence[float], Params, list[float]], None]


def _across(fill: _Fill) -> PanelStep:
    def panel(columns: Sequence[Sequence[float]], params: Params) -> list[float]:
        values = columns[0]
        rows = [row for row, value in enumerate(values) if value == value]
        result = [NAN] * len(values)
        if rows and len(rows) >= params[-1]:
            fill(rows, values, params, result)
        return result

    return panel


def _rank(rows: list[int], values: Sequence[float], _params: Params, result: list[float]) -> None:
    ordered = sorted(rows, key=values.__getitem__)
    first = 0
    for last, row in enumerate(ordered):
        if last + 1 < len(ordered) and values[ordered[last + 1]] == values[row]:
            continue
        # Places first + 1 .. last + 1 hold one value: each gets their average.
        rank = (first + last + 2) / 2.0 / len(ordered)
        for tied in ordered[first : last + 1]:
            result[tied] = rank
        first = last + 1


def _top(rows: list[int], values: Sequence[float], params: Params, result: list[float]) -> None:
    # Stable: of equal values the earlier row stands first.
    ordered = sorted(rows, key=lambda row: -values[row])
    for place, row in enumerate(ordered):
        result[row] = 1.0 if place < params[0] else 0.0


def _mean(rows: list[int], values: Sequence[float]) -> float:
    """Taken from the first value on, so that the mean of equal values is that value exactly.

    NaN where it is not finite: which rows an infinity spoils must not depend on the rows' order.
    """
    first = values[rows[0]]
    total = 0.0
    for row in rows:
        total += values[row] - first
    mean = first + total / len(rows)
    return mean if mean - mean == 0.0 else NAN


def _demean(rows: list[int], values: Sequence[float], _params: Params, result: list[float]) -> None:
    mean = _mean(rows, values)
    for row in rows:
        result[row] = values[row] - mean


def _zscore(rows: list[int], values: Sequence[float], _params: Params, result: list[float]) -> None:
    mean = _mean(rows, values)
    squares = 0.0
    for row in rows:
        away = values[row] - mean
        squares += away * away
    if len(rows) < 2 or not squares > 0.0:
        return
    deviation = math.sqrt(squares / (len(rows) - 1))
    if not deviation > 0.0:
        return
    for row in rows:
        result[row] = (values[row] - mean) / deviation


def _scale_to(rows: list[int], values: Sequence[float], params: Params, result: list[float]) -> None:
    total = 0.0
    for row in rows:
        total += abs(values[row])
    for row in rows:
        result[row] = values[row] * params[0] / total if total > 0.0 else values[row]


def _op(
    name: str, meaning: str, fill: _Fill, examples: Sequence[Example], *, before: Sequence[str] = (), nan: str = ""
) -> Op:
    rule = _NAN_RULE + nan
    parameters = [*before, "min_valid"]
    return Op(name, 1, number, meaning, rule, panel=_across(fill), examples=examples, parameters=parameters)


OPERATORS = (
    _op("panel_rank", "1 for the lowest, ties averaged, divided by the number of values", _rank, [
        Example([[3, 1, NAN, 1, 9]], [0.75, 0.375, NAN, 0.375, 1], (2,)),
        Example([[3, NAN]], [NAN, NAN], (2,)), Example([[3, NAN]], [1, NAN], (1,)), Example([[]], [], (2,)),
    ]),
    _op("panel_top", "1 for the count highest, 0 for the others; of equal values the earlier InstrumentId", _top, [
        Example([[5, 7, 5, NAN, 5]], [1, 1, 0, NAN, 0], (2, 2)), Example([[5, 7]], [1, 1], (3, 2)),
        Example([[5, NAN]], [NAN, NAN], (1, 2)),
    ], before=["count"]),
    _op("panel_demean", "less the mean of the slice", _demean, [
        Example([[1, 2, 6, NAN]], [-2, -1, 3, NAN], (2,)), Example([[0.1, 0.1, 0.1]], [0, 0, 0], (2,)),
        Example([[1, NAN]], [NAN, NAN], (2,)), Example([[1, math.inf]], [NAN, NAN], (2,)),
    ]),
    _op("panel_zscore", "less the mean, over the sample standard deviation (ddof 1)", _zscore, [
        Example([[1, 2, 3, NAN]], [-1, 0, 1, NAN], (2,)), Example([[0.1, 0.1, 0.1]], [NAN, NAN, NAN], (2,)),
        Example([[1, NAN]], [NAN, NAN], (1,)),
    ], nan="; all NaN where the values are equal"),
    _op("panel_scale_to", "times what makes the absolute values sum to total; zeros stay zeros", _scale_to, [
        Example([[1, -3, NAN]], [0.5, -1.5, NAN], (2, 2)), Example([[0, 0]], [0, 0], (1, 2)),
        Example([[4, NAN]], [NAN, NAN], (1, 2)), Example([[4, NAN]], [1, NAN], (1, 1)),
    ], before=["total"]),
)  # fmt: skip
