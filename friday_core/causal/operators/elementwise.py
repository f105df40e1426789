"""Operators that look at one row only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from friday_core.causal.kinds import Kind
from friday_core.causal.op import (
    NAN,
    Example,
    Op,
    Params,
    always,
    comparison,
    number,
    number_from_any,
    same_grid,
    truth,
)

_PROPAGATES = "NaN if an input is NaN"


def _simple(function: Callable[..., float]) -> Callable[[list[float], int, Sequence[float], Params, float], float]:
    """A step without state; the function sees no NaN."""

    def step(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
        for value in x:
            if value != value:
                return NAN
        return function(*x)

    return step


def _divide(a: float, b: float) -> float:
    """IEEE division: by zero gives an infinity, zero by zero NaN."""
    if b != 0.0:
        return a / b
    if a == 0.0:
        return NAN
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _power(a: float, b: float) -> float:
    try:
        result = a**b
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return math.inf
    return NAN if isinstance(result, complex) else result


def _log(a: float) -> float:
    return math.log(a) if a > 0.0 else (-math.inf if a == 0.0 else NAN)


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else NAN


def _and(_s: list[float], _at: int, x: Sequence[float], _p: Params, _scale: float) -> float:
    a, b = x
    if a == 0.0 or b == 0.0:
        return 0.0
    return 1.0 if a == 1.0 and b == 1.0 else NAN


def _or(_s: list[float], _at: int, x: Sequence[float], _p: Params, _scale: float) -> float:
    a, b = x
    if a == 1.0 or b == 1.0:
        return 1.0
    return 0.0 if a == 0.0 and b == 0.0 else NAN


def _where(_s: list[float], _at: int, x: Sequence[float], _p: Params, _scale: float) -> float:
    condition, yes, no = x
    if condition != condition:
        return NAN
    return yes if condition == 1.0 else no


def _where_kind(kinds: tuple[Kind, ...]) -> Kind | None:
    condition, yes, no = kinds
    return yes if condition is Kind.BOOL and yes is no else None


def _to_num(_s: list[float], _at: int, x: Sequence[float], _p: Params, scale: float) -> float:
    return x[0] / scale


def _compare(name: str, meaning: str, function: Callable[[float, float], bool]) -> Op:
    output = [float(function(a, b)) for a, b in ((1, 2), (2, 2), (3, 2))]
    example = Example([[1, 2, 3, NAN], [2, 2, 2, 2]], [*output, NAN])
    return Op(
        name, 2, comparison, meaning, _PROPAGATES, _simple(lambda a, b: float(function(a, b))), examples=[example]
    )


def _binary(
    name: str,
    kind: Callable[[tuple[Kind, ...]], Kind | None],
    meaning: str,
    function: Callable[..., float],
    example: Example,
) -> Op:
    return Op(name, 2, kind, meaning, _PROPAGATES, _simple(function), examples=[example])


def _unary(
    name: str,
    kind: Callable[[tuple[Kind, ...]], Kind | None],
    meaning: str,
    function: Callable[..., float],
    example: Example,
) -> Op:
    return Op(name, 1, kind, meaning, _PROPAGATES, _simple(function), examples=[example])


OPERATORS = (
    Op("input", 0, always(Kind.NUM), "a column of the stream", "as it arrives"),
    Op("const", 0, always(Kind.NUM), "a number", "never, unless the number is"),
    Op("to_num", 1, always(Kind.NUM), "price units / units per currency unit: one division", _PROPAGATES, _to_num,
       examples=[Example([[12345]], [123.45])]),
    Op("count_to_num", 1, always(Kind.NUM), "the same number", _PROPAGATES, lambda _s, _at, x, _p, _scale: x[0],
       examples=[Example([[7]], [7])]),
    _binary("add", same_grid, "a + b", lambda a, b: a + b, Example([[1, NAN], [2, 2]], [3, NAN])),
    _binary("sub", same_grid, "a - b", lambda a, b: a - b, Example([[1, 5], [2, NAN]], [-1, NAN])),
    _binary("mul", number, "a * b", lambda a, b: a * b, Example([[3], [2]], [6])),
    _binary("div", number, "a / b; by zero an infinity, 0 / 0 NaN", _divide, Example([[1, 1, -1, 0], [4, 0, 0, 0]], [0.25, math.inf, -math.inf, NAN])),
    _binary("pow", number, "a ** b; NaN for a root of a negative number", _power, Example([[2, -8], [3, 0.5]], [8, NAN])),
    _binary("min", same_grid, "the smaller; on a tie the first", lambda a, b: b if b < a else a, Example([[1, 2, NAN], [2, 1, 1]], [1, 1, NAN])),
    _binary("max", same_grid, "the larger; on a tie the first", lambda a, b: b if b > a else a, Example([[1, 2, NAN], [2, 1, 1]], [2, 2, NAN])),
    _unary("neg", same_grid, "-a", lambda a: -a, Example([[1, -2]], [-1, 2])),
    _unary("abs", same_grid, "|a|", abs, Example([[1, -2]], [1, 2])),
    _unary("sqrt", number, "square root; NaN below 0", _sqrt, Example([[4, -1]], [2, NAN])),
    _unary("log", number, "natural logarithm; -inf at 0, NaN below", _log, Example([[1, 0, -1]], [0, -math.inf, NAN])),
    _unary("exp", number, "e ** a", _exp, Example([[0, 1000]], [1, math.inf])),
    _unary("sign", number_from_any, "-1, 0 or 1", lambda a: float((a > 0) - (a < 0)), Example([[-3, 0, 2]], [-1, 0, 1])),
    _unary("floor", number, "the largest whole number not above", lambda a: float(math.floor(a)) if math.isfinite(a) else a, Example([[1.5, -1.5]], [1, -2])),
    _compare("gt", "a > b", lambda a, b: a > b),
    _compare("ge", "a >= b", lambda a, b: a >= b),
    _compare("lt", "a < b", lambda a, b: a < b),
    _compare("le", "a <= b", lambda a, b: a <= b),
    _compare("eq", "a == b", lambda a, b: a == b),
    _compare("ne", "a != b", lambda a, b: a != b),
    Op("and", 2, truth, "both true (Kleene)", "unknown unless one side is false", _and,
       examples=[Example([[1, 0, NAN, NAN], [1, NAN, 1, 0]], [1, 0, NAN, 0])]),
    Op("or", 2, truth, "one of them true (Kleene)", "unknown unless one side is true", _or,
       examples=[Example([[0, 1, NAN, NAN], [0, NAN, 1, 0]], [0, 1, 1, NAN])]),
    _unary("not", truth, "true becomes false and false true", lambda a: 1.0 - a, Example([[1, 0, NAN]], [0, 1, NAN])),
    Op("where", 3, _where_kind, "the second where the first is true, else the third",
       "NaN where the condition is unknown, or where the chosen value is", _where,
       examples=[Example([[1, 0, NAN], [7, 7, 7], [9, 9, 9]], [7, 9, NAN])]),
)  # fmt: skip
