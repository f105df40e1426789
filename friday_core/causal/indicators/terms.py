"""What all indicators share: their arguments are checked, and a few words to write formulas in."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from friday_core.causal.columns import Col
from friday_core.causal.kinds import Kind
from friday_core.causal.market import where
from friday_core.causal.trace import author_line
from friday_core.errors import TraceError

P = ParamSpec("P")
R = TypeVar("R")


def indicator(least: int = 1) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Checks arguments by their annotation before the formula sees them.

    A ``Col`` is a column of ``m``; an ``int`` a whole number of rows, ``least`` or more; a ``float``
    positive and finite. Anything else raises ``TraceError`` with the author's line.
    """

    def decorate(formula: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(formula)

        @functools.wraps(formula)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for name, value in signature.bind(*args, **kwargs).arguments.items():
                wrong = _complaint(str(signature.parameters[name].annotation), value, least)
                if wrong:
                    raise TraceError(f"{author_line()}: {formula.__name__}({name}={_shown(value)}): {name} {wrong}")
            return formula(*args, **kwargs)

        return checked

    return decorate


def _complaint(annotation: str, value: object, least: int) -> str:
    if annotation == "Col":
        return "" if isinstance(value, Col) else "must be a column, such as m.close"
    if annotation == "int":
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least
        return "" if whole else f"counts rows; use a whole number, at least {least}"
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return "must be a positive number"
    return "" if 0.0 < value < math.inf else "must be a positive number"


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, int | float | str) else type(value).__name__


def number(column: Col) -> Col:
    """The column in currency units; what is a plain number stays as it is."""
    if column.kind is Kind.PRICE:
        return column.then("to_num")
    return column.then("count_to_num") if column.kind is Kind.COUNT else column


def ratio(part: Col, whole: Col, times: float = 1.0) -> Col:
    """``times * part / whole``, and 0 where the whole is 0; NaN if either is."""
    return where(whole == 0.0, 0.0 * part, times * (part / whole))


def seeded_mean(column: Col, window: int, alpha: float, *, seed: int, skip: int = 0) -> Col:
    """``m + alpha * (x - m)`` from the ``window``-th value on; the operator's table row says more."""
    return column.then("seeded_mean", params=(float(window), alpha, float(seed), float(skip)))
