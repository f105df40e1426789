"""What an author's ``outputs(m)`` returned, as nodes of the trace."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping

import numpy as np

from friday_core.causal.columns import Col
from friday_core.causal.kinds import Kind
from friday_core.causal.trace import ANY_DOMAIN, Trace
from friday_core.errors import ClockDomainError, TraceError


def columns_of(outputs: object, trace: Trace, where: str) -> dict[str, int]:
    """The nodes of an author's answer: numbers become constants, exact prices prices in the currency.

    ``where`` is the line of the author's function, for what has no line of its own.
    """
    if not isinstance(outputs, Mapping) or not outputs:
        given = "an empty dict" if isinstance(outputs, Mapping) else f"a {type(outputs).__name__}"
        hint = ": use return, not yield" if isinstance(outputs, Iterator) else ""
        if isinstance(outputs, Coroutine):
            outputs.close()
            hint = ": use def, not async def"
        raise TraceError(f"{where}: outputs(m) must return a dict of columns by name, not {given}{hint}")
    return {_name(name, where): _output(name, column, trace, where) for name, column in outputs.items()}


def _name(name: object, where: str) -> str:
    if not isinstance(name, str) or not name:
        raise TraceError(f"{where}: outputs(m) names a column {name!r}; names are text")
    return name


def _output(name: str, column: object, trace: Trace, where: str) -> int:
    if isinstance(column, int | float | np.integer | np.floating):
        with trace.on_behalf(where):
            return trace.constant(float(column))
    if not isinstance(column, Col):
        raise TraceError(f"{where}: outputs(m)[{name!r}] is a {type(column).__name__}, not a column of m")
    node = trace.nodes[column.node] if column.trace is trace else None
    if node is None:
        raise TraceError(f"{where}: outputs(m)[{name!r}] is a column of another program")
    if node.domain not in (trace.base, ANY_DOMAIN):
        raise ClockDomainError(
            f"{node.line}: outputs(m)[{name!r}] is on the clock {node.domain}, the program on {trace.base}; "
            "bring it over with .asof(max_age=...)"
        )
    if node.kind is not Kind.PRICE:
        return node.number
    with trace.on_behalf(node.line):
        return trace.add("to_num", [node.number])
