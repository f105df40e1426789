"""``m``: the market as an author meets it, and the words besides columns."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import NoReturn

from friday_core.causal.columns import HOLD, Col, Operand
from friday_core.causal.kinds import Kind
from friday_core.causal.trace import Trace, author_line
from friday_core.errors import TraceError

__all__ = ["HOLD", "Market", "Panel", "latch", "ratchet", "where"]

_PRICES = ("open", "high", "low", "close")
#: What the book tells: the same for every row of a slice.
FEEDBACK = {
    "pos": Kind.NUM, "avg_price": Kind.NUM, "open_qty": Kind.NUM, "cash": Kind.NUM, "equity": Kind.NUM,
}  # fmt: skip
#: What the flow stamps from the dated calendar.
STAMPED = {
    "session": Kind.COUNT, "month_end": Kind.BOOL, "week_end": Kind.BOOL, "session_start": Kind.BOOL,
    "session_end": Kind.BOOL,
}  # fmt: skip


class Market:
    """The columns of one stream in one clock domain.

    ``m.close`` is adjusted forward where the stream has corporate actions, and then a ``NUM``;
    ``m.raw.close`` is the price as it traded, exact. ``m.volume`` is exact where it is whole.
    Every further column of the stream is there under its name.
    """

    def __init__(self, trace: Trace, columns: Sequence[str], domain: str, *, adjusted: bool) -> None:
        self._trace = trace
        self._columns = tuple(columns)
        self._domain = domain
        self._adjusted = adjusted

    @property
    def raw(self) -> Raw:
        """Prices as they traded, on the exact grid."""
        return Raw(self._trace, self._domain)

    def at(self, domain: str) -> Market:
        """The same market in a coarser clock domain, ``"15m"`` or ``"1d"``; join with ``.asof()``."""
        return Market(self._trace, self._columns, domain, adjusted=self._adjusted)

    def panel(self, column: Col) -> Panel:
        """The column across the instruments of a slice."""
        return Panel(column)

    def __getattr__(self, name: str) -> Col:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _PRICES:
            kind = Kind.NUM if self._adjusted else Kind.PRICE
            return Col(self._trace, self._trace.input(name if kind is Kind.NUM else f"raw.{name}", kind, self._domain))
        if name == "volume":
            return Col(self._trace, self._trace.input(name, Kind.COUNT, self._domain))
        if name in FEEDBACK:
            return Col(self._trace, self._trace.input(name, FEEDBACK[name], self._domain, feedback=True))
        if name in STAMPED or name in self._columns:
            return Col(self._trace, self._trace.input(name, STAMPED.get(name, Kind.NUM), self._domain))
        return self._unknown(name)

    def __getitem__(self, name: str) -> Col:
        """A column whose name is no Python name."""
        return self.__getattr__(name)

    def _unknown(self, name: str) -> NoReturn:
        known = [*_PRICES, "volume", *FEEDBACK, *STAMPED, *self._columns]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean m.{near[0]}? " if near else ""
        raise TraceError(
            f"{author_line()}: the market has no column {name!r}; {hint}it has {', '.join(dict.fromkeys(known))}"
        )


class Raw:
    """Prices as they traded, in the exact ``PRICE`` kind."""

    def __init__(self, trace: Trace, domain: str) -> None:
        self._trace = trace
        self._domain = domain

    def __getattr__(self, name: str) -> Col:
        if name not in _PRICES:
            raise TraceError(f"{author_line()}: m.raw has {', '.join(_PRICES)}, not {name!r}")
        return Col(self._trace, self._trace.input(f"raw.{name}", Kind.PRICE, self._domain))


class Panel:
    """One column across the instruments of a slice; rows that are NaN take no part and stay NaN."""

    def __init__(self, column: Col) -> None:
        self._column = column

    def rank(self) -> Col:
        """1 for the lowest, ties averaged, divided by the number of values."""
        return self._column.then("panel_rank")

    def top(self, count: int) -> Col:
        """1 for the ``count`` highest, 0 for the others; ties go to the earlier InstrumentId."""
        return self._column.then("panel_top", params=(float(count),))

    def bottom(self, count: int) -> Col:
        """1 for the ``count`` lowest, 0 for the others; ties go to the earlier InstrumentId."""
        return (-self._column).then("panel_top", params=(float(count),))

    def demean(self) -> Col:
        """Less the mean of the slice."""
        return self._column.then("panel_demean")

    def zscore(self) -> Col:
        """Less the mean, over the sample standard deviation (ddof 1)."""
        return self._column.then("panel_zscore")

    def scale_to(self, total: float) -> Col:
        """Multiplied so that the absolute values of the slice sum to ``total``."""
        return self._column.then("panel_scale_to", params=(float(total),))


def where(condition: Col, yes: Operand, no: Operand) -> Col:
    """``yes`` where the condition is true, ``no`` where it is false, NaN where it is unknown."""
    if not isinstance(condition, Col) or condition.kind is not Kind.BOOL:
        raise TraceError(f"{author_line()}: where() takes a condition first, for example where(a > b, 1.0, 0.0)")
    return condition.then("where", yes, no)


def latch(enter: Col, exit: Col) -> Col:  # noqa: A002 - the trade's word
    """True from a row where ``enter`` is true until one where ``exit`` is; ``exit`` wins on both."""
    return enter.then("latch", exit)


def ratchet(column: Col, reset: Col) -> Col:
    """The highest value since the last row where ``reset`` was true: a trailing stop that only rises."""
    return column.then("ratchet", reset)


def columns_of(outputs: Mapping[str, Operand], trace: Trace) -> dict[str, int]:
    """The nodes of an author's answer; numbers become constants."""
    if not isinstance(outputs, Mapping) or not outputs:
        raise TraceError("outputs(m) must return a dict of columns by name")
    found = {}
    for name, column in outputs.items():
        if isinstance(column, Col) and column.trace is trace:
            found[name] = column.node
        elif isinstance(column, int | float):
            found[name] = trace.constant(float(column))
        else:
            raise TraceError(f"outputs(m)[{name!r}] is a {type(column).__name__}, not a column of m")
    return found
