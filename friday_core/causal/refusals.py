"""What cannot be said about a column while it is traced: each way of saying it, with its mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NoReturn, Self

from friday_core.causal.trace import author_line
from friday_core.errors import LookaheadError, TraceError

#: What looks at a whole series, the future included, in pandas or numpy, and what to use instead.
_WHOLE_SERIES = {
    "mean": "rolling(window).mean()", "average": "rolling(window).mean()", "sum": "rolling(window).sum()",
    "std": "rolling(window).std()", "var": "rolling(window).var()", "min": "rolling(window).min()",
    "max": "rolling(window).max()", "amin": "rolling(window).min()", "amax": "rolling(window).max()",
    "ptp": "rolling(window).max()", "median": "rolling(window).median()", "mode": "rolling(window).median()",
    "quantile": "rolling(window).quantile(q)", "percentile": "rolling(window).quantile(q)",
    "rank": "rolling(window).rank()", "sort": "rolling(window).rank()", "argsort": "rolling(window).rank()",
    "sort_values": "rolling(window).rank()", "idxmax": "rolling(window).max()", "idxmin": "rolling(window).min()",
    "argmax": "rolling(window).max()", "argmin": "rolling(window).min()", "corr": "rolling(window).corr(other)",
    "corrcoef": "rolling(window).corr(other)", "cov": "rolling(window).cov(other)", "describe": "rolling(window)",
    "head": "rolling(window)", "tail": "rolling(window)", "first": "rolling(window)", "last": "rolling(window)",
    "convolve": "rolling(window)", "gradient": "diff()", "bfill": "ffill()", "backfill": "ffill()",
    "interpolate": "ffill()", "interp": "ffill()", "iloc": "shift(k) with k >= 1", "loc": "shift(k) with k >= 1",
    "iat": "shift(k) with k >= 1", "at": "shift(k) with k >= 1", "roll": "shift(k) with k >= 1",
    "resample": "asof() on a column of m.at(domain)",
}  # fmt: skip

#: What reads numbers that are not there yet.
_DATA = frozenset({
    "values", "to_numpy", "to_list", "tolist", "array", "item", "index", "apply", "map", "pipe", "iterrows", "items",
    "shape", "size", "dtype", "ndim", "plot", "iteritems", "transform", "agg", "aggregate", "copy", "astype",
})  # fmt: skip

#: Words of pandas and numpy for what is said in another way here.
_INSTEAD = {
    "abs": "abs(column)", "sqrt": "np.sqrt(column)", "log": "np.log(column)", "exp": "np.exp(column)",
    "where": "where(condition, a, b)", "mask": "where(condition, a, b)", "select": "where(condition, a, where(...))",
    "diff": "column.diff()", "clip": "column.clip(lower, upper)", "cumsum": "column.cumsum()",
    "fillna": "column.ffill()", "nan_to_num": "column.ffill()", "expanding": "column.cumsum() or column.ewm(...)",
    "dropna": "column.ffill()", "isnull": "column.isna()", "notnull": "column.notna()",
    "groupby": "m.panel(column); columns run instrument by instrument by themselves", "round": "np.floor(x + 0.5)",
    "between": "(low <= column) & (column <= high)", "square": "column * column", "log10": "np.log(x) / np.log(10.0)",
    "floor_divide": "np.floor(a / b)", "remainder": "a - b * np.floor(a / b)", "reciprocal": "1.0 / column",
    "positive": "the column itself", "isfinite": "comparisons with limits", "logical_xor": "a != b",
    "bitwise_xor": "a != b",
}  # fmt: skip


def numpy_refusal(name: str, known: Iterable[str]) -> TraceError:
    """The error for a numpy function that is no operator."""
    word = name.removeprefix("nan")
    if word in _WHOLE_SERIES:
        return LookaheadError(
            f"{author_line()}: numpy.{name} looks at the whole series, the future included; "
            f"use .{_WHOLE_SERIES[word]} of the column"
        )
    mend = f"use {_INSTEAD[name]}" if name in _INSTEAD else f"known are {', '.join(sorted(set(known)))}"
    return TraceError(f"{author_line()}: numpy.{name} is not an operator on columns; {mend}")


def unknown_name(name: str, owner: str, known: Iterable[str], instead: Mapping[str, str] | None = None) -> TraceError:
    """The error for a name that ``owner`` lacks, with what was probably meant."""
    if instead and name in instead:
        return TraceError(f"{author_line()}: {owner} has no {name!r}; use {instead[name]}")
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return TraceError(f"{author_line()}: {owner} has no {name!r}; {hint}it has {', '.join(names)}")


class KnownNames:
    """What an author reaches through a dot: an unknown name is refused with what was probably meant."""

    _owner: ClassVar[str]

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise unknown_name(name, self._owner, [one for one in dir(type(self)) if not one.startswith("_")])


class Dataless:
    """A value of the trace: it stands for all rows and holds none, and does not change."""

    __slots__ = ()
    #: Names that are not the author's words.
    _internal: ClassVar[frozenset[str]] = frozenset()
    #: The numpy functions that are operators.
    _numpy_names: ClassVar[tuple[str, ...]] = ()

    def __bool__(self) -> NoReturn:
        raise TraceError(
            f"{author_line()}: a column has no single truth. Write where(condition, a, b) instead of if; & | ~ with "
            "brackets instead of and, or, not; (a < b) & (b < c) instead of a < b < c; "
            "np.maximum(a, b) and np.minimum(a, b) instead of max and min"
        )

    def __iter__(self) -> NoReturn:
        raise TraceError(f"{author_line()}: a column has no rows to loop over; columns compute all rows at once")

    def __contains__(self, item: object) -> NoReturn:
        raise TraceError(f"{author_line()}: a column has no rows to search; compare with == instead of in")

    def __len__(self) -> NoReturn:
        raise TraceError(
            f"{author_line()}: a column has no length while it is traced; count rows with .rolling(window)"
        )

    def __float__(self) -> NoReturn:
        raise TraceError(f"{author_line()}: a column is not one number; use numpy functions, not float() or math")

    __int__ = __complex__ = __index__ = __float__

    def __round__(self, digits: int = 0) -> NoReturn:
        raise TraceError(f"{author_line()}: a column is not one number; write np.floor(x + 0.5) instead of round(x)")

    def __floordiv__(self, other: object) -> NoReturn:
        raise TraceError(f"{author_line()}: columns have no //; write np.floor(a / b)")

    def __mod__(self, other: object) -> NoReturn:
        raise TraceError(f"{author_line()}: columns have no %; write a - b * np.floor(a / b)")

    def __xor__(self, other: object) -> NoReturn:
        raise TraceError(f"{author_line()}: columns have no ^; write a != b for conditions, a ** b for powers")

    def __matmul__(self, other: object) -> NoReturn:
        raise TraceError(f"{author_line()}: columns have no @; write the sum of the products")

    __rfloordiv__, __rmod__, __rxor__, __rmatmul__ = __floordiv__, __mod__, __xor__, __matmul__
    __divmod__ = __rdivmod__ = __mod__

    def __getitem__(self, key: object) -> NoReturn:
        if isinstance(key, Dataless):
            raise TraceError(
                f"{author_line()}: rows cannot be picked by a condition; use where(condition, column, HOLD)"
            )
        raise LookaheadError(f"{author_line()}: rows cannot be picked by position; use shift(k) with k >= 1")

    def __setitem__(self, key: object, value: object) -> NoReturn:
        raise TraceError(f"{author_line()}: columns cannot be written to; use where(condition, new, old)")

    __delitem__ = __getitem__

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TraceError(
            f"{author_line()}: columns do not change, so .{name} cannot be set; keep the new column in a variable"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _WHOLE_SERIES:
            raise LookaheadError(
                f"{author_line()}: .{name} looks at the whole series, the future included; use .{_WHOLE_SERIES[name]}"
            )
        if name in _DATA:
            raise TraceError(f"{author_line()}: .{name} needs data, and a column holds none while it is traced")
        if name.startswith("_"):
            raise TraceError(
                f"{author_line()}: another library takes the column for data (it asks for {name}); "
                "use numbers and columns of m, not data of your own"
            )
        known = [one for one in dir(type(self)) if not one.startswith("_") and one not in self._internal]
        raise unknown_name(name, "a column", known, _INSTEAD)

    def __array__(self, *_args: object, **_options: object) -> NoReturn:
        raise TraceError(f"{author_line()}: a column holds no data, so no array can be made of it")

    def __array_function__(self, function: Any, types: object, args: object, kwargs: object) -> NoReturn:
        raise numpy_refusal(function.__name__, self._numpy_names)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TraceError(f"{author_line()}: a column cannot be pickled; it lives only while outputs(m) is traced")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__reduce__()
