"""The unit of flow: a columnar chunk of n >= 1 rows, immutable once published."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn, Self

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import SchemaError

#: The type of an array of whole numbers: times, price units.
Int64 = npt.NDArray[np.int64]
#: The type of an array of floats: volumes, features.
Float64 = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

#: Columns of a bar, in price units of the row's instrument.
PRICE_COLUMNS = ("open", "high", "low", "close")
#: Every column that holds prices: those of a bar, and the one of a tick. Whole price units, never a float.
PRICES = frozenset({*PRICE_COLUMNS, "price"})
#: What a price that is not there looks like in an integer column: the smallest 64-bit integer.
MISSING_PRICE = int(np.iinfo(np.int64).min)
#: The marks of one row that has none.
_NO_MARK: npt.NDArray[np.uint16] = np.zeros(1, np.uint16)
_NO_MARK.setflags(write=False)
_INT64, _INT32, _UINT16, _FLOAT64 = (np.dtype(one) for one in (np.int64, np.int32, np.uint16, np.float64))


class Universe:
    """The instruments of a session, sorted by id; a chunk's ``inst`` is the position here.

    ``universe[i]`` is the ``Instrument`` at position ``i`` (an ``int``: ``chunk.inst.tolist()``), and
    ``universe.position(id)`` the way back from an ``InstrumentId``. The position is an address inside one
    session and never appears in a result: another session may have another one for the same
    instrument, so what outlives a session, such as a snapshot, goes by ``str(universe[i].id)``.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._all = tuple(sorted(instruments, key=lambda one: one.id))
        self._position = {one.id: n for n, one in enumerate(self._all)}
        #: Price units of one currency unit, by position.
        self.scales: Float64 = np.array([10.0**one.price_decimals for one in self._all])
        self.scales.flags.writeable = False
        if len(self._position) != len(self._all):
            twice = sorted({str(a.id) for a, b in itertools.pairwise(self._all) if a.id == b.id})
            raise SchemaError(f"two instruments share one name: {', '.join(twice)}")

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._all)

    def __getitem__(self, position: int) -> Instrument:
        """The instrument at a position; ``IndexError`` if there is none."""
        return self._all[position]

    def __contains__(self, instrument: object) -> bool:
        """Whether an ``InstrumentId`` is in the universe."""
        return instrument in self._position

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The instrument of an id; ``KeyError`` if it is not in the universe."""
        return self._all[self._position[instrument]]

    def position(self, instrument: InstrumentId) -> int:
        """Dense index of an instrument; ``KeyError`` if it is not in the universe."""
        return self._position[instrument]

    def __deepcopy__(self, _memo: object) -> Self:
        return self


class Chunk:
    """Rows of one stream as read-only columns, sorted by (``ts_event``, ``inst``).

    ``ts_event`` and ``ts_recv`` are int64 microseconds UTC (for a bar, ``ts_event`` is its close);
    ``inst`` int32 positions in the session's universe; ``seq`` int64 row numbers of the stream;
    ``code`` uint16, why the source marked the row (``RowCode``), 0 for not at all. ``columns`` holds
    the rest, and ``chunk["close"]`` is one of them: ``open``, ``high``, ``low``, ``close`` and the
    ``price`` of a tick as int64 price units, as they traded and not adjusted, ``MISSING_PRICE`` where
    there is none (compare with it before you reckon: ``chunk["close"] != MISSING_PRICE``); everything
    else, ``volume`` and ``session`` too, as float64, NaN where a value is missing. The flow adds
    ``session`` (days since 1970-01-01), ``factor`` and ``split``, and with a calendar its flags.
    Price units in the currency: ``universe[int(chunk.inst[row])].price(units)``. Rows that a source
    marked never reach a validator.

    ``SchemaError`` for columns that differ in length and for a value that an integer column cannot hold.
    """

    __slots__ = ("_alone", "code", "columns", "inst", "seq", "ts_event", "ts_recv")

    ts_event: Int64
    inst: npt.NDArray[np.int32]
    columns: Mapping[str, Array]
    ts_recv: Int64
    seq: Int64
    code: npt.NDArray[np.uint16]
    #: What ``only_row`` or ``few_rows`` gives of it; ``None`` as long as nobody asked, and it was not made of a row.
    _alone: Any

    def __init__(
        self,
        ts_event: Array,
        inst: Array,
        columns: Mapping[str, Array],
        *,
        ts_recv: Array | None = None,
        seq: Array | None = None,
        code: Array | None = None,
    ) -> None:
        n = len(ts_event)
        own = {
            "ts_event": _frozen("ts_event", ts_event, _INT64),
            "inst": _frozen("inst", inst, _INT32),
            "seq": _counting(0, n) if seq is None else _frozen("seq", seq, _INT64),
            "code": unmarked(n) if code is None else _frozen("code", code, _UINT16),
        }
        own["ts_recv"] = own["ts_event"] if ts_recv is None else _frozen("ts_recv", ts_recv, _INT64)
        rest = _columns(columns)
        _require_length(own, n)
        _require_length(rest, n)
        self._set(rest, **own)

    def _set(
        self, columns: dict[str, Array], *, ts_event: Array, inst: Array, ts_recv: Array, seq: Array, code: Array
    ) -> None:
        put = object.__setattr__
        put(self, "ts_event", ts_event)
        put(self, "inst", inst)
        put(self, "ts_recv", ts_recv)
        put(self, "seq", seq)
        put(self, "code", code)
        put(self, "columns", MappingProxyType(columns))
        put(self, "_alone", None)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a chunk is immutable: {name} cannot be set; make another with with_columns()")

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __len__(self) -> int:
        return len(self.ts_event)

    def __getitem__(self, name: str) -> Array:
        """A column; ``SchemaError`` names those that there are."""
        try:
            return self.columns[name]
        except KeyError:
            raise SchemaError(f"no column {name!r} in this chunk; it has {', '.join(self.columns)}") from None

    def take(self, rows: Any) -> Self:
        """The rows picked by a slice, a mask or an index array."""

        is_stretch = isinstance(rows, slice) and rows.step in (None, 1)

        def picked(values: Array) -> Array:
            part: Array = values[rows]
            if not is_stretch:  # which is contiguous and read-only, like what it is a view of
                part = np.ascontiguousarray(part)
                part.flags.writeable = False
            return part

        ts_event = picked(self.ts_event)
        return self._with(
            {name: picked(values) for name, values in self.columns.items()},
            ts_event=ts_event,
            inst=picked(self.inst),
            ts_recv=ts_event if self.ts_recv is self.ts_event else picked(self.ts_recv),
            seq=picked(self.seq),
            code=picked(self.code),
        )

    def with_columns(self, new: Mapping[str, Array]) -> Self:
        """The same rows with columns added or replaced."""
        added = _columns(new)
        _require_length(added, len(self.ts_event))
        return self._with(
            {**self.columns, **added},
            ts_event=self.ts_event,
            inst=self.inst,
            ts_recv=self.ts_recv,
            seq=self.seq,
            code=self.code,
        )

    def numbered(self, first: int) -> Self:
        """The same rows with ``seq`` counting from ``first``."""
        chunk = self._with(
            dict(self.columns),
            ts_event=self.ts_event,
            inst=self.inst,
            ts_recv=self.ts_recv,
            seq=_counting(first, len(self)),
            code=self.code,
        )
        if len(self) == 1 and self._alone is not None:
            object.__setattr__(chunk, "_alone", msgspec.structs.replace(self._alone, seq=first))
        return chunk

    def with_positions(self, inst: Array) -> Self:
        """The same rows with other positions in the universe."""
        return type(self)(self.ts_event, inst, self.columns, ts_recv=self.ts_recv, seq=self.seq, code=self.code)

    @classmethod
    def _with(
        cls, columns: dict[str, Array], *, ts_event: Array, inst: Array, ts_recv: Array, seq: Array, code: Array
    ) -> Self:
        """A chunk of columns that come from a chunk: nothing is looked at again."""
        chunk = cls.__new__(cls)
        chunk._set(columns, ts_event=ts_event, inst=inst, ts_recv=ts_recv, seq=seq, code=code)
        return chunk

    @classmethod
    def concat(cls, parts: Sequence[Chunk]) -> Chunk:
        """The rows of several chunks with the same columns, in the given order."""
        if len(parts) == 1:
            return parts[0]
        names = set(parts[0].columns)
        for part in parts:
            if part.columns.keys() != names:
                differ = ", ".join(sorted(names ^ part.columns.keys()))
                raise SchemaError(f"chunks with different columns cannot be joined: not all have {differ}")
        ts_event = _joined([p.ts_event for p in parts])
        received_then = all(p.ts_recv is p.ts_event for p in parts)
        return cls._with(
            {name: _joined([p.columns[name] for p in parts]) for name in parts[0].columns},
            ts_event=ts_event,
            inst=_joined([p.inst for p in parts]),
            ts_recv=ts_event if received_then else _joined([p.ts_recv for p in parts]),
            seq=_joined([p.seq for p in parts]),
            code=_joined([p.code for p in parts]),
        )


def _joined(parts: Sequence[Any]) -> Any:
    """Arrays of chunks, one after the other, in an array that is read-only as they are."""
    whole = np.concatenate(parts)
    whole.flags.writeable = False
    return whole


def _columns(given: Mapping[str, Array]) -> dict[str, Array]:
    """As a chunk keeps them: prices as integers, everything else as floats."""
    return {name: _frozen(name, values, _INT64 if name in PRICES else _FLOAT64) for name, values in given.items()}


def _counting(first: int, rows: int) -> Int64:
    """Row numbers from ``first`` on, read-only."""
    numbers = np.arange(first, first + rows)
    numbers.setflags(write=False)
    return numbers


def unmarked(rows: int) -> npt.NDArray[np.uint16]:
    """The ``code`` of rows that no source marked, read-only."""
    if rows == 1:
        return _NO_MARK
    codes = np.zeros(rows, np.uint16)
    codes.setflags(write=False)
    return codes


def _require_length(columns: Mapping[str, Array], rows: int) -> None:
    shape = (rows,)
    for values in columns.values():
        if values.shape != shape:
            wrong = {name: values.shape for name, values in columns.items() if values.shape != shape}
            raise SchemaError(f"columns of a chunk of {rows} rows differ in length: {wrong}")


def _frozen(name: str, values: Array, dtype: Any) -> Any:
    """``values`` as a read-only C-contiguous array; shared if nobody can write to it, else copied."""
    array = np.asarray(values)
    if array.dtype != dtype:
        array = _converted(name, array, dtype)
    elif not array.flags.c_contiguous or _writeable(array):
        array = array.copy()
    array.setflags(write=False)
    return array


def _writeable(array: Array) -> bool:
    """Whether the array's memory can be written to, through it or through what it is a view of."""
    base = array.base
    return array.flags.writeable or (isinstance(base, np.ndarray) and _writeable(base))


def _converted(name: str, array: Array, dtype: Any) -> Array:
    """Another type for the same numbers; an integer column takes nothing that it would change."""
    if array.dtype.kind not in "biuf":
        raise SchemaError(f"column {name!r} holds numbers ({np.dtype(dtype)}), not {array.dtype}")
    with np.errstate(invalid="ignore"):
        converted = np.ascontiguousarray(array, dtype=dtype)
    if array.dtype.kind in "iuf" and np.issubdtype(dtype, np.integer) and (converted != array).any():
        first = array[converted != array][0]
        raise SchemaError(f"column {name!r} holds whole numbers ({np.dtype(dtype)}), not {first!r}")
    return converted
