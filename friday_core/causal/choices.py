"""Words that choose by a condition: where, latch, ratchet."""

from __future__ import annotations

from friday_core.causal.columns import Col, Operand
from friday_core.causal.kinds import Kind
from friday_core.causal.trace import author_line
from friday_core.errors import TraceError

_EXAMPLES = {
    "where": "where(a > b, 1.0, 0.0)",
    "latch": "latch(a > b, a < c)",
    "ratchet": "ratchet(close - 2 * atr, close < stop)",
}


def where(condition: Col, yes: Operand, no: Operand) -> Col:
    """``yes`` where the condition is true, ``no`` where it is false, NaN where it is unknown."""
    return _condition("where", "condition", condition).then("where", yes, no)


def latch(enter: Col, exit: Col) -> Col:
    """True from a row where ``enter`` is true until one where ``exit`` is; ``exit`` wins on both.

    An unknown ``enter`` or ``exit`` keeps the state, but a true ``exit`` always leaves. Unknown
    until both are first known.
    """
    return _condition("latch", "enter", enter).then("latch", _condition("latch", "exit", exit))


def ratchet(column: Col, reset: Col) -> Col:
    """The highest value since the last row where ``reset`` was true: a trailing stop that only rises.

    That row is included. A NaN row gives NaN and still resets; an unknown ``reset`` does not.
    ``-ratchet(-column, reset)`` only falls.
    """
    if not isinstance(column, Col):
        raise TraceError(f"{author_line()}: ratchet() takes a column first, not a {type(column).__name__}")
    return column.then("ratchet", _condition("ratchet", "reset", reset))


def _condition(function: str, argument: str, column: object) -> Col:
    if not isinstance(column, Col) or column.kind is not Kind.BOOL:
        raise TraceError(
            f"{author_line()}: {function}() takes a condition as its {argument}, for example {_EXAMPLES[function]}"
        )
    return column
