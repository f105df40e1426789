"""What ``rolling(window)`` and ``ewm(...)`` of a column give: the windows that operators look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

from friday_core.causal.op import NAN
from friday_core.causal.refusals import KnownNames
from friday_core.causal.trace import author_line
from friday_core.errors import TraceError


class Chained(Protocol):
    """A column: it takes part in another one through an operator of the table."""

    def then(self, name: str, *others: Any, params: tuple[float, ...] = ()) -> Self: ...


Column = TypeVar("Column", bound=Chained)


class Rolling(KnownNames, Generic[Column]):
    """A window of rows; NaN exactly while the window holds a NaN or is not full."""

    _owner = "rolling(window)"

    def __init__(self, column: Column, window: float) -> None:
        self._column = column
        self._window = window

    def _of(self, name: str, *others: Column, params: tuple[float, ...] = ()) -> Column:
        return self._column.then(name, *others, params=(self._window, *params))

    def sum(self) -> Column:
        return self._of("rolling_sum")

    def mean(self) -> Column:
        return self._of("rolling_mean")

    def var(self) -> Column:
        """Sample variance (ddof 1)."""
        return self._of("rolling_var")

    def std(self) -> Column:
        """Sample standard deviation (ddof 1)."""
        return self.var().then("sqrt")

    def min(self) -> Column:
        return self._of("rolling_min")

    def max(self) -> Column:
        return self._of("rolling_max")

    def median(self) -> Column:
        return self.quantile(0.5)

    def quantile(self, q: float) -> Column:
        """Linear interpolation between the two nearest ranks."""
        if not 0.0 <= q <= 1.0:
            raise TraceError(f"{author_line()}: quantile({q}) must be in [0, 1]")
        return self._of("rolling_quantile", params=(float(q),))

    def rank(self) -> Column:
        """Rank of the latest value in the window from 1, ties averaged, divided by the window."""
        return self._of("rolling_rank")

    def cov(self, other: Column) -> Column:
        """Sample covariance (ddof 1)."""
        return self._of("rolling_cov", other)

    def corr(self, other: Column) -> Column:
        """Pearson correlation; NaN while one of them is constant."""
        return self._of("rolling_corr", other)


class Ewm(KnownNames, Generic[Column]):
    """Exponential weights; a NaN row gives NaN and leaves the state as it is."""

    _owner = "ewm(...)"

    def __init__(self, column: Column, alpha: float) -> None:
        self._column = column
        self._alpha = alpha

    def mean(self) -> Column:
        return self._column.then("ewm_mean", params=(self._alpha,))

    def var(self) -> Column:
        """``(1 - a) * (v + a * (x - m) ** 2)`` with the mean before the row (biased)."""
        return self._column.then("ewm_var", params=(self._alpha,))

    def std(self) -> Column:
        return self.var().then("sqrt")


def smoothing(span: float | None, com: float | None, alpha: float | None, halflife: float | None) -> float:
    """The weight of the newest value, from the one of four ways to say it that was used."""
    given = {"span": span, "com": com, "alpha": alpha, "halflife": halflife}
    chosen = [(name, value) for name, value in given.items() if value is not None]
    if len(chosen) != 1:
        raise TraceError(f"{author_line()}: ewm() takes exactly one of span, com, alpha, halflife")
    name, value = chosen[0]
    made: dict[str, Callable[[float], float]] = {
        "span": lambda s: 2.0 / (s + 1.0) if s > 0.0 else NAN,
        "com": lambda c: 1.0 / (1.0 + c) if c >= 0.0 else NAN,
        "alpha": float,
        "halflife": lambda h: 1.0 - 0.5 ** (1.0 / h) if h > 0.0 else NAN,
    }
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TraceError(f"{author_line()}: ewm({name}={value!r}): the weight is a number")
    result = made[name](value)
    if not 0.0 < result <= 1.0:
        raise TraceError(f"{author_line()}: ewm({name}={value}) gives alpha {result}; it must be in (0, 1]")
    return result
