"""Rows of one class, kept as columns: appended one by one or as arrays, read as the same rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeVar, overload

import numpy as np

from friday_core.errors import InvariantError
from friday_core.session.columns import Block, Coded, Given, Late, LateColumns
from friday_core.session.row_layout import Layout

R = TypeVar("R")

#: Rows that are made columns at once.
BLOCK_ROWS = 4_096
#: Less rows take less room as objects, until there are so many that they become one block.
_FEW = 64


class Rows(Sequence[R]):
    """An append-only table of rows of one class: a sequence of row objects, in memory mostly columns.

    ``append(row)`` takes one row. ``extend(columns)`` takes many at the cost of looking at them: by field
    name of the row class a numpy array (money in minor units, prices in price units, quantities, times:
    anything that is safely an int64; float64; bool), a ``Coded`` (one code a row into a tuple of
    values, for texts, enumerations and instruments: the positions of a universe, and its ids), a list,
    one value that all rows share, or ``Late``, which is made when it is asked for, of what nobody changes
    any more. Arrays are not copied, unless they are small parts of others: hand them over for good, they
    become read-only. ::

        log.equity.extend({
            "ts_event": ts, "session": days, "strategy": "cross",
            "cash": cash, "value": value, "gross": gross, "equity": cash + value,
        })
        log.fills.extend({..., "instrument": Coded(inst, ids), "side": Coded(side, (Side.BUY, Side.SELL))})

    Rows come out as equal objects of the class, made when they are asked for, in the order in which
    they went in; ``rows[a:b]`` is a list. ``release`` lets go of the oldest: ``len`` and the numbers of
    the others stay, asking for one that is gone, or for all of them, is an ``InvariantError``.

    Rows of a class that may still change (``Layout.is_final``: working orders) are kept as the very
    objects until they are final and released; what was released before is told by ``late``.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, layout: Layout[R], rows: Iterable[R] = ()) -> None:
        self.layout = layout
        self._parts: list[Block | list[R]] = []
        #: Number of the first row of each part.
        self._starts: list[int] = []
        self._gone = 0
        self._end = 0
        self._tail: list[R] = []
        self._late: dict[int, R] = {}
        for row in rows:
            self.append(row)

    def append(self, row: R) -> None:
        """One more row."""
        tail = self._tail
        tail.append(row)
        if len(tail) == BLOCK_ROWS:
            self._close_tail()

    def extend(self, columns: Mapping[str, Given], rows: int | None = None) -> None:
        """Many more rows, by column; see the class. ``InvariantError`` for columns that are not the row class's.

        ``rows`` has to say how many where no column does.
        """
        fields, given = self.layout.fields, {**self.layout.defaults, **columns}
        if given.keys() != fields.keys():
            differ = ", ".join(sorted(given.keys() ^ fields.keys()))
            raise InvariantError(f"columns of {self.layout.name} rows: not both asked for and given: {differ}")
        if rows is None:
            rows = next((len(one) for one in given.values() if isinstance(one, np.ndarray | Coded | list)), None)
        if rows is None:
            raise InvariantError(f"columns of {self.layout.name} rows: every one is a single value, how many rows?")
        block = self._block({name: given[name] for name in fields}, rows)
        if rows >= _FEW:
            self._close_tail()
            self._add(block, rows)
        else:
            for row in self.layout.rows(block):
                self.append(row)

    def __len__(self) -> int:
        return self._end + len(self._tail)

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> list[R]: ...
    def __getitem__(self, index: int | slice) -> R | list[R]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step < 0:
                return [self[n] for n in range(start, stop, step)]
            return self._range(start, stop)[::step]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        return self._range(number, number + 1)[0]

    def __iter__(self) -> Iterator[R]:
        self._require(0)
        parts = (part if isinstance(part, list) else self.layout.rows(part) for part in self._parts)
        return chain(chain.from_iterable(parts), self._tail)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows | list):
            return NotImplemented
        return len(self) == len(other) and list(self) == list(other)

    def __repr__(self) -> str:
        shown = not self._gone and len(self) <= BLOCK_ROWS
        return repr(list(self)) if shown else f"<{len(self):,} {self.layout.name} rows>"

    # What is read by column -----------------------------------------------------------------------

    def blocks(self) -> Iterator[Block]:
        """The rows that are still here as columns, in order; those that may change as they stand now."""
        if self._tail and self.layout.is_final is None:
            self._close_tail()
        for part in (*self._parts, self._tail):
            if not isinstance(part, list):
                yield part
            elif part:
                yield self.layout.block(part)

    @property
    def kept(self) -> int:
        """Rows that are still here."""
        return len(self) - self._gone

    @property
    def objects(self) -> int:
        """Rows of them that are objects, which take some ten times the room of columns."""
        return sum(len(part) for part in self._parts if isinstance(part, list)) + len(self._tail)

    def release(self) -> list[Block]:
        """Let go of every row that is here, as columns; objects that are not final are kept as ``late``."""
        blocks, is_final = list(self.blocks()), self.layout.is_final
        if is_final is not None:
            here = enumerate(self._with_numbers(), self._gone)
            self._late.update((number, row) for number, row in here if row is not None and not is_final(row))
        self._gone = self._end = len(self)
        self._parts, self._starts, self._tail = [], [], []
        return blocks

    @property
    def late(self) -> Mapping[int, R]:
        """By number, the rows that were released before they were final; they go on changing."""
        return self._late

    def changeable(self) -> Iterator[R]:
        """Every row whose object is still at hand, to be changed in place; blocks of columns become objects for it."""
        objects = [part if isinstance(part, list) else list(self.layout.rows(part)) for part in self._parts]
        self._parts = [*objects]
        return chain(self._late.values(), chain.from_iterable(objects), self._tail)

    def _with_numbers(self) -> Iterator[R | None]:
        """What stands at each number: the object, ``None`` in columns."""
        for part in (*self._parts, self._tail):
            yield from part if isinstance(part, list) else (None,) * len(part)

    def _range(self, start: int, stop: int) -> list[R]:
        """Rows by their numbers, ``start`` not negative."""
        if start < stop:
            self._require(start)
        found: list[R] = []
        at = max(bisect_right(self._starts, start) - 1, 0)
        for first, part in zip(self._starts[at:], self._parts[at:], strict=True):
            if first >= stop:
                return found
            begin, end = max(start - first, 0), min(stop - first, len(part))
            found += part[begin:end] if isinstance(part, list) else self.layout.rows(part, begin, end)
        if stop > self._end:
            found += self._tail[max(start - self._end, 0) : stop - self._end]
        return found

    def _require(self, number: int) -> None:
        if number < self._gone:
            raise InvariantError(f"the first {self._gone:,} {self.layout.name} rows were written and let go of")

    def _close_tail(self) -> None:
        if self._tail:
            tail, self._tail = self._tail, []
            self._add(tail if self.layout.is_final is not None else self.layout.block(tail), len(tail))

    def _add(self, part: Block | list[R], rows: int) -> None:
        self._parts.append(part)
        self._starts.append(self._end)
        self._end += rows

    def _block(self, given: Mapping[str, Given], rows: int) -> Block:
        """Columns that are as they will be; all of them are made later where one is."""
        layout = self.layout
        if any(isinstance(one, Late) for one in given.values()):
            return Block(LateColumns(given, lambda name, one: layout.column(name, one, rows)), rows)
        return Block({name: layout.column(name, one, rows) for name, one in given.items()}, rows)
