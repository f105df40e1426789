"""Columns as authors write them: they look like pandas and record what they would compute."""

from __future__ import annotations

from typing import Any, Union

import numpy as np

from friday_core.causal.domains import is_coarser, microseconds
from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN, Op
from friday_core.causal.own_operators import given_parameters, parameter_faults
from friday_core.causal.refusals import Dataless, numpy_refusal
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
    "bitwise_and": "and", "bitwise_or": "or", "invert": "not", "floor": "floor", "isnan": "isna",
}  # fmt: skip


class Col(Dataless):
    """A column whose value on a row depends on that row and earlier ones, and on nothing else.

    Made by the market ``m`` and by operators; it holds no data. What cannot be said without
    seeing the future raises ``LookaheadError`` where the plugin is loaded, with the mend.
    """

    __slots__ = ("node", "trace")
    __hash__ = None  # type: ignore[assignment]
    _internal = frozenset({"kind", "node", "then", "trace"})
    _numpy_names = tuple(name for name in _UFUNCS if not name.startswith(("bitwise", "logical", "true")))
    trace: Trace
    node: int

    def __init__(self, trace: Trace, node: int) -> None:
        object.__setattr__(self, "trace", trace)
        object.__setattr__(self, "node", node)

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
        if method != "__call__":
            raise LookaheadError(
                f"{author_line()}: numpy.{ufunc.__name__}.{method} looks at the whole series, the future included; "
                "use .rolling(window) or .cumsum()"
            )
        if options:
            raise TraceError(
                f"{author_line()}: numpy.{ufunc.__name__} takes columns only here, not {', '.join(options)}="
            )
        if name is None:
            raise numpy_refusal(ufunc.__name__, self._numpy_names)
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

    def isna(self) -> Col:
        """Whether the value is missing; never unknown, also before the first value."""
        return self.then("isna")

    def notna(self) -> Col:
        """Whether there is a value."""
        return ~self.isna()

    def since(self) -> Col:
        """Rows since the condition was last true, 0 on such a row; NaN before the first."""
        return self.then("since")

    def cumsum(self) -> Col:
        """Sum since the session's first row; NaN on a NaN row, which is skipped."""
        return self._in_session("session_sum")

    def cummax(self) -> Col:
        """The highest value since the session's first row; NaN on a NaN row, which is skipped."""
        return self._in_session("session_max")

    def cummin(self) -> Col:
        """The lowest value since the session's first row; NaN on a NaN row, which is skipped."""
        return self._in_session("session_min")

    def session_first(self) -> Col:
        """The session's first value; NaN on a NaN row, which is skipped."""
        return self._in_session("session_first")

    def _in_session(self, name: str) -> Col:
        trace = self.trace
        return self.then(name, Col(trace, trace.input("session", Kind.COUNT, trace.nodes[self.node].domain)))

    def clip(self, lower: Operand | None = None, upper: Operand | None = None) -> Col:
        """Not below ``lower`` and not above ``upper``."""
        column = self if lower is None else self.then("max", lower)
        return column if upper is None else column.then("min", upper)

    def asof(self, max_age: str | float | None = None) -> Col:
        """The value of the latest row of a coarser domain, in the program's own.

        NaN before the first such row, where its value is, and when it closed more than ``max_age``
        ago (``"30m"`` or seconds; at exactly that age it still counts).
        """
        trace, domain = self.trace, self.trace.nodes[self.node].domain
        if not is_coarser(domain, trace.base):
            raise ClockDomainError(
                f"{author_line()}: asof() goes from coarse to fine; {domain} is not coarser than {trace.base}"
            )
        age = microseconds(max_age, author_line())
        return Col(trace, trace.add("asof", [self.node], (age,), domain=trace.base))

    def apply(self, op: Op, *others: Operand, **parameters: float) -> Col:
        """An operator of a plugin on this column, and on others if it reads several: ``.apply(hull, w=20)``."""
        if not isinstance(op, Op):
            Dataless.__getattr__(self, "apply")
        line = author_line()
        if len(others) != op.arity - 1:
            raise TraceError(f"{line}: {op.name} reads {op.arity} columns, not {1 + len(others)}")
        try:
            params = given_parameters(op, parameters)
        except ValueError as error:
            raise TraceError(f"{line}: {op.name} {error}") from None
        for fault in parameter_faults(op, params):
            raise TraceError(f"{line}: {op.name} with {parameters}: {fault}")
        nodes = [self.node, *(self._lifted(other) for other in others)]
        return Col(self.trace, self.trace.add_own(op, nodes, params))

    def crossed_above(self, other: Operand) -> Col:
        """Above on this row and not on the row before; NaN while one of the two is unknown."""
        # A comparison and not &: False & unknown is False, and a crossing needs both rows.
        return (self > other) > (self.shift() > _shifted(other))

    def crossed_below(self, other: Operand) -> Col:
        """Below on this row and not on the row before; NaN while one of the two is unknown."""
        return (self < other) > (self.shift() < _shifted(other))


def _shifted(column: Operand) -> Operand:
    return column.shift(1) if isinstance(column, Col) else column


def _rows(name: str, count: object) -> float:
    if isinstance(count, bool) or not isinstance(count, int | np.integer):
        raise TraceError(f"{author_line()}: {name}({count!r}): the number of rows is a whole number")
    if count < 1:
        raise LookaheadError(f"{author_line()}: {name}({count}) would look ahead or at nothing; use at least 1")
    return float(min(int(count), 2**62))  # what float64 has no number for is too long in any case
