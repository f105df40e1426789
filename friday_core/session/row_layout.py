"""How rows of a class lie in columns, and come out of them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
import numpy as np

from friday_core.domain.chunk import Array
from friday_core.errors import InvariantError
from friday_core.session.columns import (
    Block,
    Coded,
    FieldKind,
    Given,
    as_optional,
    broadcast,
    coded,
    numbers,
    optional,
)

R = TypeVar("R")

WHOLE: FieldKind = np.dtype(np.int64)
NUMBER: FieldKind = np.dtype(np.float64)
FLAG: FieldKind = np.dtype(np.bool_)
#: Texts, enumerations, instruments, tuples.
NAMED: FieldKind = None
_KINDS: Mapping[Any, FieldKind] = {int: WHOLE, int | None: WHOLE, float: NUMBER, bool: FLAG}
#: The field that says which of several classes a row is of.
ROW_CLASS = "row_class"


class Layout(Generic[R]):
    """The fields of a row class and their kinds, in the order in which ``take`` gives and ``make`` takes them.

    ``optional`` are fields of whole numbers that may be ``None``. ``is_final`` tells of a row that may change
    whether it still does; ``None`` for a class whose rows never change. ``defaults`` stand for fields
    that columns leave out. ``plain`` is the first of several classes, whose fields need no look at each row.
    """

    def __init__(
        self,
        name: str,
        fields: Mapping[str, FieldKind],
        take: Callable[[R], Sequence[Any]],
        make: Callable[..., R],
        *,
        optional: Iterable[str] = (),
        defaults: Mapping[str, Any] = MappingProxyType({}),
        is_final: Callable[[R], bool] | None = None,
        plain: type[R] | None = None,
    ) -> None:
        self.name = name
        self.fields = fields
        self.defaults = defaults
        self.is_final = is_final
        self._plain = plain
        self._take = take
        self._make = make
        self._optional = frozenset(optional)

    @classmethod
    def of(cls, *kinds: type[R]) -> Layout[R]:
        """The layout of a struct; of several, each of which has the fields of the one before and some with defaults.

        With several the field ``row_class`` says of which a row is, the first unless columns say more.
        """
        widest = kinds[-1]
        hints, names = get_type_hints(widest), widest.__struct_fields__  # type: ignore[attr-defined]
        fields: dict[str, FieldKind] = {name: kind_of(hints[name]) for name in names}
        if len(kinds) == 1:
            optional = [name for name in names if hints[name] == int | None]
            return cls(widest.__name__, fields, msgspec.structs.astuple, widest, optional=optional)  # type: ignore[arg-type]
        added = [one for one in msgspec.structs.fields(widest) if one.name not in _names(kinds[0])]  # type: ignore[arg-type]
        defaults = {one.name: one.default for one in added}
        rest, width = tuple(defaults.values()), {kind: len(_names(kind)) for kind in kinds}

        def take(row: R) -> tuple[Any, ...]:
            values = msgspec.structs.astuple(row)  # type: ignore[arg-type]
            return type(row), *values, *rest[len(values) - len(names) + len(rest) :]

        def make(kind: type[R], *values: Any) -> R:
            return kind(*values[: width[kind]])

        fields = {ROW_CLASS: NAMED, **fields}
        known = {one.name: one.default for one in msgspec.structs.fields(widest) if not one.required}  # type: ignore[arg-type]
        return cls(kinds[0].__name__, fields, take, make, defaults={ROW_CLASS: kinds[0], **known}, plain=kinds[0])

    def block(self, rows: Sequence[R]) -> Block:
        """Rows as columns, as they stand now. ``InvariantError`` names a number beyond 64 bits."""
        if self._plain is not None and rows and set(map(type, rows)) == {self._plain}:
            return self._of_one_class(self._plain, rows)
        values = zip(*map(self._take, rows), strict=True) if rows else iter([()] * len(self.fields))
        columns = zip(self.fields.items(), values, strict=True)
        return Block({name: self._column(name, kind, values) for (name, kind), values in columns}, len(rows))

    def _of_one_class(self, kind: type[R], rows: Sequence[R]) -> Block:
        """The same where the fields of the other classes have nothing to say."""
        own = dict(zip(_names(kind), zip(*map(msgspec.structs.astuple, rows), strict=True), strict=True))  # type: ignore[arg-type]
        columns: dict[str, Any] = {}
        for name, what in self.fields.items():
            if name in own:
                columns[name] = self._column(name, what, own[name])
            else:
                columns[name] = broadcast(self.defaults[name], what, len(rows), f"{self.name}.{name}")
        return Block(columns, len(rows))

    def rows(self, block: Block, start: int = 0, stop: int | None = None) -> Iterator[R]:
        """The rows of a block, made anew."""
        part = block if (start, stop) == (0, None) else block.part(start, block.rows if stop is None else stop)
        return map(self._make, *(self._values(name, part) for name in self.fields))

    def column(self, name: str, given: Given, rows: int) -> Array | Coded:
        """What was given for a field of so many rows, as it is kept; ``InvariantError`` where it is none."""
        kind, what = self.fields[name], f"{self.name}.{name}"
        if not isinstance(given, np.ndarray | Coded | list):
            return broadcast(given, kind, rows, what)
        if len(given) != rows:
            raise InvariantError(f"{what}: {len(given)} values for {rows} rows")
        if isinstance(given, Coded):
            if kind is not None:
                raise InvariantError(f"{what} is a column of numbers, not of codes")
            return given.alone()
        return coded(given) if kind is None else numbers(given, kind, what)

    def _column(self, name: str, kind: FieldKind, values: Sequence[Any]) -> Any:
        if kind is None:
            return coded(values)
        return numbers(optional(values) if name in self._optional else values, kind, f"{self.name}.{name}")

    def _values(self, name: str, block: Block) -> list[Any]:
        column = block.columns[name]
        if isinstance(column, Coded) or name not in self._optional:
            return column.tolist()
        return list(as_optional(column))


def kind_of(hint: object) -> FieldKind:
    """How a field with this annotation is kept; a whole number that may be ``None`` as a whole number."""
    return _KINDS.get(hint)


def _names(kind: type[Any]) -> tuple[str, ...]:
    names: tuple[str, ...] = kind.__struct_fields__
    return names
