"""Columns of rows: numbers as arrays, everything else as codes into the values that occur."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import MISSING_PRICE, Array
from friday_core.errors import InvariantError


class Coded:
    """A column of texts, enumerations, instruments or tuples: ``values[codes[n]]`` is that of row ``n``.

    ``codes`` are whole numbers of any width; values may occur twice. ``Coded(chunk.inst, ids)`` with the
    ids of a universe in its order is a column of instruments.
    """

    __slots__ = ("codes", "values")

    def __init__(self, codes: Array, values: Sequence[Any]) -> None:
        self.codes = codes
        self.values = tuple(values)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice) -> Coded:
        return Coded(self.codes[rows], self.values)

    def alone(self) -> Coded:
        """The same column, without memory that is somebody else's; values that are not made yet stay so."""
        return Coded(alone(self.codes), self.values)

    def heads(self) -> Coded:
        """Of each row what stands before the first colon of its text, the whole text where there is none."""
        return Coded(self.codes, [text.partition(":")[0] for text in self.values])

    def tolist(self) -> list[Any]:
        """The value of each row."""
        return self.at(slice(None))

    def at(self, rows: Any) -> list[Any]:
        """The value of each of the rows picked by a slice, a mask or an index array."""
        return list(map(self.values.__getitem__, self.codes[rows].tolist()))


#: How many times the memory of a column what it is a part of may have.
_ROOM = 2

#: What ``Rows.extend`` takes for one field: an array, codes, a list, one value for all rows, or ``Late``.
Given: TypeAlias = Any
#: How a field's numbers are kept; ``None`` for what is ``Coded``.
FieldKind: TypeAlias = np.dtype[Any] | None


class Late:
    """A column that ``make`` makes when somebody first asks for it."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Given]) -> None:
        self.make = make


class LateColumns(Mapping[str, Array | Coded]):
    """Columns by name, each made by ``make`` of what was given for it when somebody first asks."""

    __slots__ = ("_given", "_made", "_make")

    def __init__(self, given: Mapping[str, Given], make: Callable[[str, Given], Array | Coded]) -> None:
        self._given: dict[str, Given] = dict(given)
        self._made: dict[str, Array | Coded] = {}
        self._make = make

    def __getitem__(self, name: str) -> Array | Coded:
        if name not in self._made:
            given = self._given[name]
            self._made[name] = self._make(name, given.make() if isinstance(given, Late) else given)
            self._given[name] = None
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows of a table, by field name."""

    columns: Mapping[str, Array | Coded]
    rows: int

    def __len__(self) -> int:
        return self.rows

    def array(self, name: str) -> Array:
        """A field of numbers: int64, float64 or bool. ``MISSING_PRICE`` where an optional one is ``None``."""
        column = self.columns[name]
        assert isinstance(column, np.ndarray)
        return column

    def coded(self, name: str) -> Coded:
        """A field of texts, enumerations, instruments or tuples."""
        column = self.columns[name]
        assert isinstance(column, Coded)
        return column

    def take(self, rows: Array) -> Block:
        """The rows picked by an index array."""
        picked = {
            name: Coded(one.codes[rows], one.values) if isinstance(one, Coded) else one[rows]
            for name, one in self.columns.items()
        }
        return Block(picked, len(rows))

    def part(self, start: int, stop: int) -> Block:
        """The rows from one position up to before another; nothing is copied."""
        rows = slice(start, stop)
        return Block({name: one[rows] for name, one in self.columns.items()}, len(range(self.rows)[rows]))


def coded(values: Iterable[Any]) -> Coded:
    """A column of any values that can be hashed."""
    every = values if isinstance(values, list | tuple) else list(values)
    known = dict.fromkeys(every)
    if len(known) == 1:
        return Coded(np.broadcast_to(np.int32(0), len(every)), tuple(known))
    if len(known) == len(every):
        return Coded(np.arange(len(every), dtype=np.int32), every)
    places = dict(zip(known, range(len(known)), strict=True))
    return Coded(np.fromiter(map(places.__getitem__, every), np.int32, len(every)), tuple(places))


def numbers(values: Sequence[Any] | Array, kind: np.dtype[Any], what: str) -> Array:
    """As an array of ``kind`` that nobody changes any more; ``InvariantError`` where that would change a value."""
    found = values if isinstance(values, np.ndarray) else _array(values, kind, what)
    if found.dtype != kind:
        if not np.can_cast(found.dtype, kind, "safe"):
            raise InvariantError(
                f"{what}: {found.dtype} is not safely {kind}, its first value is {found.flat[0].item()!r}"
            )
        found = found.astype(kind)
    return alone(found)


def alone(array: Array) -> Array:
    """The array, read-only; a copy if it is a small part of another one, which would be kept because of it."""
    whole = array
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    if whole.nbytes > _ROOM * array.nbytes:
        array = array.copy()
    array.flags.writeable = False
    return array


def _array(values: Sequence[Any], kind: np.dtype[Any], what: str) -> Array:
    if kind.kind == "b":
        return np.asarray(values) if len(values) else np.empty(0, kind)
    try:
        return np.frombuffer(array("q" if kind.kind == "i" else "d", values), kind)
    except (TypeError, OverflowError) as error:
        raise InvariantError(f"{what} cannot be kept in 64 bits: {error}") from error


def broadcast(value: Any, kind: FieldKind, rows: int, what: str) -> Array | Coded:
    """One value for all rows, which takes no room."""
    if kind is None:
        return Coded(np.broadcast_to(np.int32(0), rows), (value,))
    return np.broadcast_to(numbers([MISSING_PRICE if value is None else value], kind, what)[0], rows)


def optional(values: Iterable[int | None]) -> list[int]:
    """Whole numbers with ``MISSING_PRICE`` for ``None``."""
    return [MISSING_PRICE if value is None else value for value in values]


def as_optional(array: npt.NDArray[np.int64]) -> list[int | None]:
    """The way back from ``optional``."""
    return [None if value == MISSING_PRICE else value for value in array.tolist()]
