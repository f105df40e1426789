"""Columns as authors write them: they look like pandas and record what they would compute."""

from __future__ import annotations

import difflib
import math
from typing import Any, NoReturn, Union

import numpy as np

from friday_core.causal.domains import seconds
from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN
from friday_core.causal.trace import Trace, author_line
from friday_core.causal.windows import Ewm, Rolling, smoothing
from friday_core.errors import ClockDomainError, LookaheadError, TraceError

#: No decision.
HOLD = NAN

Operand = Union["Col", float, int, bool]

_UFUNCS = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg",
    "absolute": "abs", "fabs": "abs", "minimum": "min", "maximum": "max", "sqrt": "sqrt", "log": "log", "exp": "exp",
    "power": "pow", "sign": "sign", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "equal": "eq", "not_equal": "ne", "logical_and": "and", "logical_or": "or", "logical_not": "not",
    "bitwise_and": "and", "bitwise_or": "or", "invert": "not", "floor": "floor",
}  # fmt: skip

_FUTURE = {
    "mean": "rolling(window).mean()", "sum": "rolling(window).sum()", "std": "rolling(window).std()",
    "var": "rolling(window).var()", "min": "rolling(window).min()", "max": "rolling(window).max()",
    "median": "rolling(window).median()", "quantile": "rolling(window).quantile(q)", "rank": "rolling(window).rank()",
    "bfill": "ffill()", "backfill": "ffill()", "interpolate": "ffill()", "iloc": "shift(k) with k >= 1",
    "loc": "shift(k) with k >= 1", "iat": "shift(k) with k >= 1", "at": "shift(k) with k >= 1",
    "tail": "rolling(window)", "last": "rolling(window)", "describe": "rolling(window)", "idxmax": "rolling(window)",
    "idxmin": "rolling(window)", "cummax": "rolling(window).max()", "resample": "m.at(domain)",
}  # fmt: skip
_DATA = ("values", "to_numpy", "to_list", "tolist", "array", "item", "index", "apply", "map", "pipe", "iterrows")


class Col:
    """A column whose value on a row depends on that row and earlier ones, and on nothing else.

    Made by the market ``m`` and by operators; it holds no data. What cannot be said without
    seeing the future raises ``LookaheadError`` where the plugin is loaded, with the mend.
    """

    __slots__ = ("node", "trace")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, trace: Trace, node: int) -> None:
        self.trace = trace
        self.node = node

    @property
    def kind(self) -> Kind:
        return self.trace.nodes[self.node].kind

    def __repr__(self) -> str:
        node = self.trace.nodes[self.node]
        return f"Col({node.op.name} {node.label}, {node.kind}, domain {node.domain!r})"

    # Operators ----------------------------------------------------------------------------------

    def then(self, name: str, *others: Operand, params: tuple[float, ...] = ()) -> Col:
        """The column of an operator on this one and others."""
        nodes = [self.node, *(self._lifted(other) for other in others)]
        return Col(self.trace, self.trace.add(name, nodes, params))

    def _before(self, name: str, first: Operand) -> Col:
        return Col(self.trace, self.trace.add(name, [self._lifted(first), self.node]))

    def _lifted(self, other: Operand) -> int:
        if isinstance(other, Col):
            if other.trace is not self.trace:
                raise TraceError(f"{author_line()}: this column belongs to another plugin's program")
            return other.node
        if isinstance(other, bool | np.bool_):
            return self.trace.constant(float(other), Kind.BOOL)
        if isinstance(other, int | float | np.integer | np.floating):
            return self.trace.constant(float(other))
        raise TraceError(
            f"{author_line()}: a column cannot be combined with {type(other).__name__}; "
            "use numbers and columns of m, not data of your own"
        )

    def __add__(self, other: Operand) -> Col:
        return self.then("add", other)

    def __radd__(self, other: Operand) -> Col:
        return self._before("add", other)

    def __sub__(self, other: Operand) -> Col:
        return self.then("sub", other)

    def __rsub__(self, other: Operand) -> Col:
        return self._before("sub", other)

    def __mul__(self, other: Operand) -> Col:
        return self.then("mul", other)

    def __rmul__(self, other: Operand) -> Col:
        return self._before("mul", other)

    def __truediv__(self, other: Operand) -> Col:
        return self.then("div", other)

    def __rtruediv__(self, other: Operand) -> Col:
        return self._before("div", other)

    def __pow__(self, other: Operand) -> Col:
        return self.then("pow", other)

    def __neg__(self) -> Col:
        return self.then("neg")

    def __abs__(self) -> Col:
        return self.then("abs")

    def __gt__(self, other: Operand) -> Col:
        return self.then("gt", other)

    def __ge__(self, other: Operand) -> Col:
        return self.then("ge", other)

    def __lt__(self, other: Operand) -> Col:
        return self.then("lt", other)

    def __le__(self, other: Operand) -> Col:
        return self.then("le", other)

    def __eq__(self, other: Operand) -> Col:  # type: ignore[override]
        return self.then("eq", other)

    def __ne__(self, other: Operand) -> Col:  # type: ignore[override]
        return self.then("ne", other)

    def __and__(self, other: Operand) -> Col:
        return self._logic("and", other)

    def __or__(self, other: Operand) -> Col:
        return self._logic("or", other)

    def __rand__(self, other: Operand) -> Col:
        return self._logic("and", other)

    def __ror__(self, other: Operand) -> Col:
        return self._logic("or", other)

    def __invert__(self) -> Col:
        return self._logic("not")

    def _logic(self, name: str, *others: Operand) -> Col:
        kinds = [self.kind, *(o.kind if isinstance(o, Col) else Kind.BOOL for o in others)]
        if any(kind is not Kind.BOOL for kind in kinds) or any(
            not isinstance(o, Col | bool | np.bool_) for o in others
        ):
            raise TraceError(
                f"{author_line()}: & | ~ take conditions only; compare first, in brackets: (a > b) & (c > d)"
            )
        return self.then(name, *others)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Col:
        name = _UFUNCS.get(ufunc.__name__)
        if method != "__call__" or options or name is None:
            known = ", ".join(sorted({n for n in _UFUNCS if not n.startswith(("bitwise", "logical"))}))
            raise TraceError(f"{author_line()}: numpy.{ufunc.__name__} is not an operator; known are {known}")
        first, *rest = inputs
        logic = name in ("and", "or", "not")
        if not isinstance(first, Col):
            return self._logic(name, first) if logic else self._before(name, first)
        return first._logic(name, *rest) if logic else first.then(name, *rest)

    # Time ---------------------------------------------------------------------------------------

    def shift(self, periods: int = 1) -> Col:
        """The value ``periods`` rows of the instrument ago; ``periods >= 1``."""
        return self.then("shift", params=(_rows("shift", periods),))

    def diff(self, periods: int = 1) -> Col:
        """``self - self.shift(periods)``."""
        return self - self.shift(periods)

    def pct_change(self, periods: int = 1) -> Col:
        """``self / self.shift(periods) - 1``."""
        return self / self.shift(periods) - 1.0

    def rolling(self, window: int, **options: Any) -> Rolling[Col]:
        """The last ``window`` rows of the instrument, this one included."""
        if options.get("center"):
            raise LookaheadError(
                f"{author_line()}: rolling(center=True) uses rows to come; leave center out, or shift the result back"
            )
        if options:
            raise TraceError(f"{author_line()}: rolling() takes a window only, not {', '.join(options)}")
        return Rolling(self, _rows("rolling", window))

    def ewm(
        self, *, span: float | None = None, com: float | None = None, alpha: float | None = None,
        halflife: float | None = None,
    ) -> Ewm[Col]:  # fmt: skip
        """Exponentially weighted, ``m + alpha * (x - m)`` from the first value on (``adjust=False``)."""
        return Ewm(self, smoothing(span, com, alpha, halflife))

    def ffill(self) -> Col:
        """The latest value that was not NaN."""
        return self.then("ffill")

    def since(self) -> Col:
        """Rows since the condition was last true, 0 on such a row; NaN before the first."""
        return self.then("since")

    def cumsum(self) -> Col:
        """Sum since the session's first row; NaN rows are skipped."""
        return self.then("session_sum", Col(self.trace, self._session()))

    def clip(self, lower: Operand | None = None, upper: Operand | None = None) -> Col:
        """Not below ``lower`` and not above ``upper``."""
        column = self if lower is None else self.then("max", lower)
        return column if upper is None else column.then("min", upper)

    def asof(self, max_age: str | float | None = None) -> Col:
        """The latest value of a coarser domain; NaN when older than ``max_age`` (``"30m"`` or seconds)."""
        trace, domain = self.trace, self.trace.nodes[self.node].domain
        if seconds(domain, author_line()) <= seconds(trace.base, author_line()):
            raise ClockDomainError(
                f"{author_line()}: asof() goes from coarse to fine; {domain} is not coarser than {trace.base}"
            )
        age = seconds(max_age, author_line()) if isinstance(max_age, str) else max_age
        microseconds = math.inf if age is None else age * 1e6
        return Col(trace, trace.add("asof", [self.node], (microseconds,), domain=trace.base))

    def crossed_above(self, other: Operand) -> Col:
        """Above on this row, not above on the row before."""
        now, before = self > other, _shifted(self) > _shifted(other)
        return now & ~before

    def crossed_below(self, other: Operand) -> Col:
        """Below on this row, not below on the row before."""
        now, before = self < other, _shifted(self) < _shifted(other)
        return now & ~before

    def _session(self) -> int:
        return self.trace.input("session", Kind.COUNT, self.trace.nodes[self.node].domain)

    # What cannot be said ------------------------------------------------------------------------

    def __bool__(self) -> NoReturn:
        raise TraceError(
            f"{author_line()}: a column has no single truth; write where(condition, a, b) instead of if, "
            "and & | ~ instead of and, or, not"
        )

    def __iter__(self) -> NoReturn:
        raise TraceError(f"{author_line()}: a column has no rows to loop over; columns compute all rows at once")

    def __len__(self) -> NoReturn:
        raise TraceError(f"{author_line()}: a column has no length while it is traced")

    def __float__(self) -> NoReturn:
        raise TraceError(f"{author_line()}: a column is not one number; use numpy functions, not math")

    def __getitem__(self, key: object) -> NoReturn:
        raise LookaheadError(f"{author_line()}: rows cannot be picked by position; use shift(k) with k >= 1")

    def __setitem__(self, key: object, value: object) -> NoReturn:
        raise TraceError(f"{author_line()}: columns cannot be written to; use where(condition, new, old)")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _FUTURE:
            raise LookaheadError(
                f"{author_line()}: .{name} looks at the whole series, the future included; use .{_FUTURE[name]}"
            )
        if name in _DATA:
            raise TraceError(f"{author_line()}: .{name} needs data, and a column holds none while it is traced")
        known = [one for one in dir(Col) if not one.startswith("_")]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean .{near[0]}? " if near else ""
        raise TraceError(f"{author_line()}: columns have no .{name}; {hint}known are {', '.join(known)}")


def _shifted(column: Operand) -> Operand:
    return column.shift(1) if isinstance(column, Col) else column


def _rows(name: str, count: object) -> float:
    if isinstance(count, bool) or not isinstance(count, int | np.integer):
        raise TraceError(f"{author_line()}: {name}({count!r}): the number of rows is a whole number")
    if count < 1:
        raise LookaheadError(f"{author_line()}: {name}({count}) would look ahead or at nothing; use at least 1")
    return float(count)
