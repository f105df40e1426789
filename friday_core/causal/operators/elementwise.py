"""Operators that look at one row only."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence

import numpy as np

from friday_core.causal.kinds import Kind
from friday_core.causal.op import (
    NAN,
    Example,
    Op,
    Params,
    Step,
    always,
    comparison,
    number,
    number_from_any,
    same_grid,
    truth,
)

_PROPAGATES = "NaN if an input is NaN"
#: Rows that every comparison shows: less, equal, greater, unknown, and the two zeros, which are equal.
_COMPARED = ([1, 2, 3, NAN, 0.0], [2, 2, 2, 2, -0.0])


def _simple(function: Callable[..., float]) -> Step:
    """A step without state; the function sees no NaN."""

    def step(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
        for value in x:
            if math.isnan(value):
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
    """C's ``pow``, which sets no errors: the sign of an infinity is that of an odd power."""
    try:
        return math.pow(a, b)
    except OverflowError:
        size = math.inf
    except ValueError:
        size = math.inf if a == 0.0 else NAN
    odd = math.fmod(b, 2.0) in (1.0, -1.0)
    return math.copysign(size, a) if odd else size


def _log(a: float) -> float:
    return math.log(a) if a > 0.0 else (-math.inf if a == 0.0 else NAN)


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else NAN


def _floor(a: float) -> float:
    """The sign is kept: floor of -0.0 is -0.0."""
    return math.copysign(float(math.floor(a)), a) if math.isfinite(a) else a


def _smaller(a: float, b: float) -> float:
    return b if b < a else a


def _larger(a: float, b: float) -> float:
    return b if b > a else a


def _sign(a: float) -> float:
    return float(a > 0.0) - float(a < 0.0)


def _and(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    a, b = x
    if a == 0.0 or b == 0.0:
        return 0.0
    return 1.0 if a == 1.0 and b == 1.0 else NAN


def _or(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    a, b = x
    if a == 1.0 or b == 1.0:
        return 1.0
    return 0.0 if a == 0.0 and b == 0.0 else NAN


def _isna(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    return 1.0 if math.isnan(x[0]) else 0.0


def _where(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    condition, yes, no = x
    if math.isnan(condition):
        return NAN
    return yes if condition == 1.0 else no


def _where_kind(kinds: tuple[Kind, ...]) -> Kind | None:
    condition, yes, no = kinds
    return yes if condition is Kind.BOOL and yes is no else None


def _number_from(grid: Kind) -> Callable[[tuple[Kind, ...]], Kind | None]:
    return lambda kinds: Kind.NUM if kinds == (grid,) else None


def _to_num(_state: list[float], _at: int, x: Sequence[float], _params: Params, scale: float) -> float:
    return x[0] / scale


def _same(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    return x[0]


def _plain(
    name: str,
    kind: Callable[[tuple[Kind, ...]], Kind | None],
    meaning: str,
    function: Callable[..., float],
    *example: Sequence[float],
    kernel: Callable[..., float] | None = None,
) -> Op:
    """An operator that is NaN where an input is; ``example`` is the rows of each input and the output's.

    ``kernel`` is the function for the compiler, whose arithmetic raises nothing.
    """
    *inputs, output = example
    shown = Example(inputs, output)
    compiled = None if kernel is None else _simple(kernel)
    return Op(name, len(inputs), kind, meaning, _PROPAGATES, _simple(function), examples=[shown], kernel=compiled)


def _compare(name: str, meaning: str, function: Callable[[float, float], bool], *output: float) -> Op:
    return _plain(name, comparison, meaning, lambda a, b: float(function(a, b)), *_COMPARED, output)


ARITHMETIC = (
    _plain("add", same_grid, "a + b", operator.add, [1, NAN], [2, 2], [3, NAN]),
    _plain("sub", same_grid, "a - b", operator.sub, [1, 5], [2, NAN], [-1, NAN]),
    _plain("mul", number, "a * b", operator.mul, [3, NAN], [2, 0], [6, NAN]),
    _plain(
        "div", number, "a / b; by zero an infinity, 0 / 0 NaN", _divide,
        [1, 1, -1, 1, 0, NAN], [4, 0, 0, -0.0, 0, 1], [0.25, math.inf, -math.inf, -math.inf, NAN, NAN],
    ),
    _plain(
        "pow", number, "a ** b; NaN for a root of a negative number, an infinity for a negative power of 0", _power,
        [2, -8, 0, -0.0, -10, NAN], [3, 0.5, -2, -1, 309, 0], [8, NAN, math.inf, -math.inf, -math.inf, NAN],
        kernel=math.pow,
    ),
    _plain(
        "min", same_grid, "the smaller; on a tie the first", _smaller,
        [1, 2, NAN, 0.0], [2, 1, 1, -0.0], [1, 1, NAN, 0.0],
    ),
    _plain(
        "max", same_grid, "the larger; on a tie the first", _larger,
        [1, 2, NAN, -0.0], [2, 1, 1, 0.0], [2, 2, NAN, -0.0],
    ),
    _plain("neg", same_grid, "-x", operator.neg, [1, -2, NAN], [-1, 2, NAN]),
    _plain("abs", same_grid, "x without its sign", abs, [1, -2, NAN], [1, 2, NAN]),
    _plain("sqrt", number, "square root; NaN below 0", _sqrt, [4, -1, NAN], [2, NAN, NAN]),
    _plain("log", number, "natural logarithm; -inf at 0, NaN below", _log, [1, 0, -1, NAN], [0, -math.inf, NAN, NAN]),
    _plain("exp", number, "e ** x", _exp, [0, 1000, -1000, NAN], [1, math.inf, 0, NAN], kernel=math.exp),
    _plain("sign", number_from_any, "-1, 0 or 1", _sign, [-3, 0, 2, NAN], [-1, 0, 1, NAN]),
    _plain(
        "floor", number, "the largest whole number not above", _floor,
        [1.5, -1.5, -0.0, NAN], [1, -2, -0.0, NAN], kernel=np.floor,
    ),
)  # fmt: skip

LOGIC = (
    _compare("gt", "a > b", operator.gt, 0, 0, 1, NAN, 0),
    _compare("ge", "a >= b", operator.ge, 0, 1, 1, NAN, 1),
    _compare("lt", "a < b", operator.lt, 1, 0, 0, NAN, 0),
    _compare("le", "a <= b", operator.le, 1, 1, 0, NAN, 1),
    _compare("eq", "a == b", operator.eq, 0, 1, 0, NAN, 1),
    _compare("ne", "a != b", operator.ne, 1, 0, 1, NAN, 0),
    Op(
        "and", 2, truth, "both true (Kleene)", "unknown unless one side is false or both are known", _and,
        examples=[Example([[1, 1, 0, NAN, NAN], [1, 0, NAN, 1, 0]], [1, 0, 0, NAN, 0])],
    ),
    Op(
        "or", 2, truth, "one of them true (Kleene)", "unknown unless one side is true or both are known", _or,
        examples=[Example([[0, 1, 1, NAN, NAN], [0, 0, NAN, 1, 0]], [0, 1, 1, 1, NAN])],
    ),
    _plain("not", truth, "true becomes false and false true", lambda a: 1.0 - a, [1, 0, NAN], [0, 1, NAN]),
    Op(
        "isna", 1, always(Kind.BOOL), "whether the value is missing: the one question that NaN answers", "never", _isna,
        examples=[Example([[NAN, 0, math.inf]], [1, 0, 0])],
    ),
    Op(
        "where", 3, _where_kind, "the second where the first is true, else the third",
        "NaN where the condition is unknown, or where the chosen value is", _where,
        examples=[Example([[1, 0, NAN, 1, 0], [7, 7, 7, 7, NAN], [9, 9, 9, NAN, 9]], [7, 9, NAN, 7, 9])],
    ),
)  # fmt: skip

OPERATORS = (
    Op("input", 0, always(Kind.NUM), "a column of the stream, in the stream's own kind", "as it arrives"),
    Op(
        "const", 0, always(Kind.NUM), "a number, or true or false as 1 or 0", "never, unless the number is",
        parameters=("value",),
    ),
    Op(
        "to_num", 1, _number_from(Kind.PRICE), "price units / units per currency unit: one division", _PROPAGATES,
        _to_num,
        examples=[Example([[12345, NAN]], [123.45, NAN], scale=100)],
    ),
    Op(
        "count_to_num", 1, _number_from(Kind.COUNT), "the same number", _PROPAGATES, _same,
        examples=[Example([[7, NAN]], [7, NAN])],
    ),
    *ARITHMETIC,
    *LOGIC,
)  # fmt: skip
